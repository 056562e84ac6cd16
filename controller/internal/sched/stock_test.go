package sched

import (
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// machine has one of several engines come, on a machine that has something.
func (g *stage) machine(id byte, name, stock string, engines int, has ...proto.Resource) {
	g.tell(Up{Peer: peer(id), Role: proto.RoleEngineHost, Name: name})
	m := &proto.Register{Info: proto.HostInfo{Host: name, PID: int(id), Stock: stock, Resources: has}}
	for range engines {
		m.Engines = append(m.Engines, proto.EngineInfo{ID: proto.NoEngine, PID: 1})
	}
	g.say(id, m)
}

func gpus(n int) []proto.Resource { return []proto.Resource{{Name: "gpu", N: n}} }

func needing(n int) func(*proto.JobSpec) {
	return func(s *proto.JobSpec) { s.Needs = gpus(n) }
}

// end ends a task that its host has.
func (g *stage) end(host byte, t proto.Task) {
	g.say(host, &proto.TaskDone{Task: t.ID, Attempt: t.Attempt, Chunk: proto.Chunk{First: t.First, N: t.N}})
}

func TestTasksRunWhereEnoughIsFree(t *testing.T) {
	g := newStage(t, Config{})
	g.machine(box, "alpha", "", 4, gpus(2)...)
	g.machine(box+1, "beta", "", 4)
	g.job(1, 5, needing(1))
	tasks := g.tasks(box)
	if len(tasks) != 2 || len(g.tasks(box+1)) != 0 {
		t.Fatalf("alpha, which has two, has %d tasks at a time", len(tasks))
	}
	if st := g.s.Status(0, true); len(st.Hosts[0].Used) != 1 || st.Hosts[0].Used[0] != gpus(2)[0] {
		t.Errorf("in use is %+v", st.Hosts[0].Used)
	}
	g.job(2, 8, nil)
	others := map[byte][]proto.Task{box: g.tasks(box), box + 1: g.tasks(box + 1)}
	for host, all := range others {
		if len(all) == 0 {
			t.Errorf("%d has no task of those that need nothing", host)
		}
		for _, x := range all {
			g.end(host, x)
		}
	}
	for done := 0; done < 5; done++ {
		if len(tasks) == 0 {
			t.Fatalf("after %d tasks there are no more", done)
		}
		g.end(box, tasks[0])
		for _, x := range g.tasks(box) {
			if x.Job == (proto.JobID{1}) {
				tasks = append(tasks, x)
			}
		}
		if tasks = tasks[1:]; len(tasks) > 2 {
			t.Errorf("%d at a time", len(tasks))
		}
	}
	if st := g.s.Status(0, true); len(st.Hosts[0].Used) != 0 {
		t.Errorf("in the end, in use is %+v", st.Hosts[0].Used)
	}
}

func TestHostsOfOneMachineShareWhatItHas(t *testing.T) {
	for stock, want := range map[string]int{"lab@alpha": 1, "": 2} {
		g := newStage(t, Config{})
		g.machine(box, "alpha", stock, 1, gpus(1)...)
		g.machine(box+1, "alpha", stock, 1, gpus(1)...)
		g.job(1, 4, needing(1))
		if n := len(g.tasks(box)) + len(g.tasks(box+1)); n != want {
			t.Errorf("with stock %q, %d tasks at a time, want %d", stock, n, want)
		}
	}
}

func TestWhatAnEngineHadIsFreeWhenItIsLost(t *testing.T) {
	g := newStage(t, Config{})
	g.machine(box, "alpha", "lab@alpha", 1, gpus(1)...)
	g.machine(box+1, "alpha", "lab@alpha", 1, gpus(1)...)
	g.job(1, 2, needing(1))
	first, second := box, box+1
	if len(g.tasks(first)) == 0 {
		first, second = second, first
	}
	g.tell(Down{Peer: peer(first), Reason: "gone", Final: true})
	if len(g.tasks(second)) != 1 {
		t.Error("the other engine has no task then")
	}
}

func TestWhatNoMachineHasIsAnErrorAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*proto.JobSpec)
		cfg    Config
		want   string // "": it is accepted
	}{
		"enough":                {needing(2), Config{}, ""},
		"too many":              {needing(3), Config{}, "the job needs gpu=3 for each of its tasks, and no machine has that: alpha has gpu=2"},
		"another":               {func(s *proto.JobSpec) { s.Needs = []proto.Resource{{Name: "gqu", N: 1}} }, Config{}, "the job needs gqu=1 for each of its tasks, and no machine has that: alpha has gpu=2"},
		"on the wrong engines":  {func(s *proto.JobSpec) { s.Needs, s.Targets = gpus(1), []proto.EngineID{1} }, Config{}, "no machine has any resources"},
		"on each":               {func(s *proto.JobSpec) { s.Needs, s.Placement = gpus(1), proto.PlaceEach }, Config{}, "the job needs gpu=1, and engine 1 on beta has no resources"},
		"that a set would have": {needing(3), Config{Expected: []Expected{{Set: "queue", Resources: map[string]int{"gpu": 4}}}}, ""},
		"nonsense":              {needing(0), Config{}, "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newStage(t, c.cfg)
			g.machine(box, "alpha", "", 1, gpus(2)...)
			g.machine(box+1, "beta", "", 1)
			g.job(1, 1, c.change)
			m := last[*proto.Accepted](g, ann)
			if got := m.Error.Message; !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
				t.Errorf("it says %q, want %q", got, c.want)
			}
		})
	}
}

func TestWhyAJobWaitsForResources(t *testing.T) {
	g := newStage(t, Config{Expected: []Expected{{Set: "queue", Resources: map[string]int{"gpu": 4}}}})
	g.machine(box, "alpha", "", 2, gpus(1)...)
	wants := func(job proto.JobID, want string) {
		t.Helper()
		if got := g.s.Explain(job); !strings.Contains(got, want) {
			t.Errorf("it waits because %q, want %q", got, want)
		}
	}
	g.job(1, 1, needing(1))
	wants(g.job(2, 1, needing(1)), "it needs gpu=1, which others have now on alpha")
	large := g.job(3, 1, needing(4))
	wants(large, "it needs gpu=4, which no machine has that is there now; engine set queue has")
	for _, x := range g.tasks(box) {
		g.end(box, x)
	}
	for _, x := range g.tasks(box) {
		g.end(box, x)
	}
	g.machine(box+1, "node", "", 1, gpus(4)...)
	if tasks := g.tasks(box + 1); len(tasks) != 1 || tasks[0].Job != large {
		t.Errorf("when one comes that has, it is given %v", tasks)
	}
}

// TestDirectViewsWaitForResources has each engine do something that needs the same.
func TestDirectViewsWaitForResources(t *testing.T) {
	g := newStage(t, Config{})
	g.machine(box, "alpha", "", 3, gpus(1)...)
	g.job(1, 1, func(s *proto.JobSpec) { s.Needs, s.Placement = gpus(1), proto.PlaceEach })
	seen := map[proto.EngineID]bool{}
	for range 3 {
		tasks := g.tasks(box)
		if len(tasks) != 1 {
			t.Fatalf("%d tasks at a time", len(tasks))
		}
		seen[tasks[0].Engine] = true
		g.end(box, tasks[0])
	}
	if len(seen) != 3 {
		t.Errorf("it ran on %v", seen)
	}
}

// TestASetGrowsForWhatOnlyItHas has work wait that engines of an empty set could do.
func TestASetGrowsForWhatOnlyItHas(t *testing.T) {
	g := newStage(t, Config{Expected: []Expected{{Set: "here", Resources: map[string]int{"gpu": 1}}}})
	const keeper = ann + 100
	g.tell(Up{Peer: peer(keeper), Role: proto.RoleClient, Name: "keeper"})
	g.tell(&Message{Peer: peer(keeper), Message: &proto.Keep{Sets: []proto.KeptSet{{Name: "here", Max: 2, Idle: time.Minute}}}})
	g.job(1, 1, needing(1))
	g.now = g.now.Add(2 * adaptEvery)
	g.tell(Tick{})
	for _, fx := range g.fx {
		if grow, ok := fx.(Grow); ok && grow.Set == "here" {
			return
		}
	}
	t.Error("it does not grow")
}
