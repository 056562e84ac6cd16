package sched

import (
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// ending has a machine room whose first host leaves in some time, and is cut off in some time; the others stay.
func ending(hosts int, leaves, cut time.Duration) *floor {
	f := newFloor(hosts, 1)
	h := f.s.engines[0].host
	f.apply(&Message{Peer: h.id, Message: &proto.Register{
		Info: h.info, Engines: []proto.EngineInfo{{ID: 0, PID: 1}}, Leaves: leaves, Ends: cut,
	}})
	return f
}

// TestNothingIsBegunThatWouldBeCut gives long elements to a host as long as its time lasts for them, and short ones for longer.
func TestNothingIsBegunThatWouldBeCut(t *testing.T) {
	f := ending(2, 55*time.Second, 60*time.Second)
	begun := f.now
	cut, leaves := begun.Add(60*time.Second), begun.Add(55*time.Second)
	long := f.submit(mapOf(20))
	short := f.submit(mapOf(30))
	f.run(t, 2, func(job proto.JobID, _ int) time.Duration {
		if job == long {
			return 8 * time.Second
		}
		return time.Second
	})
	elements := map[proto.JobID]int{}
	var last time.Time // that something short began on the host that ends
	for _, r := range f.tasks {
		elements[r.job] += r.n
		if r.engine != 0 {
			continue
		}
		if r.end.After(cut) || r.begun.After(leaves) {
			t.Errorf("a task ran from %v to %v, and the host left after %v", r.begun.Sub(begun), r.end.Sub(begun), leaves.Sub(begun))
		}
		if r.job == short && r.begun.After(last) {
			last = r.begun
		}
	}
	if elements[long] != 20 || elements[short] != 30 {
		t.Errorf("%d long and %d short elements ran, want 20 and 30", elements[long], elements[short])
	}
	if last.IsZero() {
		t.Error("nothing short ran on the host that ends")
	}
}

// TestWorkThatNobodyHasTheTimeForWaits, says why, and is done by the next host that has it.
func TestWorkThatNobodyHasTheTimeForWaits(t *testing.T) {
	p := &play{now: time.Unix(1000, 0)}
	p.s = New(Config{}, p.now)
	p.client()
	p.tell(Up{Peer: peer(box), Role: proto.RoleEngineHost, Name: "box"})
	p.say(box, &proto.Register{Info: proto.HostInfo{Host: "box", PID: 1}, Engines: []proto.EngineInfo{{ID: proto.NoEngine, PID: 1}}, Leaves: time.Minute, Ends: 70 * time.Second})
	job := p.submit(3, func(s *proto.JobSpec) { s.Timeout = 2 * time.Minute })
	if len(p.s.tasks) > 0 {
		t.Error("a task was given that may take longer than the host has")
	}
	if got, want := p.s.Explain(job), "an element is expected to take 2m0s, and the time of engines is up before: engine 0 leaves in 1m0s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	p.submit(1, func(s *proto.JobSpec) { s.Timeout = time.Second })
	if len(p.s.tasks) != 1 {
		t.Errorf("%d tasks were given, want the one that there is time for", len(p.s.tasks))
	}
	p.host(box+1, 1)
	if f := p.s.jobs[job].flight; len(f) == 0 || f[0].engine.id != 1 {
		t.Errorf("in flight are %v, want a task on the new engine", f)
	}
	if err := p.s.audit(); err != nil {
		t.Error(err)
	}
}

// TestAHostThatLeavesIsGivenNothing and what is for its engines alone is refused, with the reason.
func TestAHostThatLeavesIsGivenNothing(t *testing.T) {
	f := ending(1, 55*time.Second, time.Minute)
	if h := f.s.Status(1, true).Hosts[0]; h.Leaves != 55*time.Second {
		t.Errorf("it leaves in %v", h.Leaves)
	}
	f.now = f.now.Add(55 * time.Second)
	f.apply(Tick{})
	st := f.s.Status(1, true)
	if st.Hosts[0].Leaves >= 0 || st.Engines[0].State != proto.EngineDraining {
		t.Errorf("it leaves in %v, and its engine is %v", st.Hosts[0].Leaves, st.Engines[0].State)
	}
	f.submit(mapOf(3))
	if len(f.assigned) > 0 {
		t.Errorf("it was given %v", f.assigned)
	}
	if err := f.s.checkTargets(&proto.JobSpec{Targets: []proto.EngineID{0}}); err == nil || !strings.Contains(err.Message, "engine 0 leaves") {
		t.Errorf("got %v", err)
	}
	f.apply(&Message{Peer: f.s.engines[0].host.id, Message: &proto.EngineDown{Engine: 0, PID: 1, Reason: "its job's time is nearly up"}})
	if err := f.s.audit(); err != nil {
		t.Error(err)
	}
}
