package sched

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// stage is a scheduler, and what it has said since it was asked last.
type stage struct {
	t   *testing.T
	s   *Scheduler
	now time.Time
	fx  []Effect
}

func newStage(t *testing.T, cfg Config) *stage {
	g := &stage{t: t, now: time.Unix(1000, 0)}
	g.s = New(cfg, g.now)
	g.tell(Up{Peer: peer(ann), Role: proto.RoleClient, Name: "ann"})
	return g
}

func (g *stage) tell(ev Event) {
	for _, fx := range g.s.Apply(g.now, ev) {
		if send, ok := fx.(*Send); ok {
			fx = &Send{To: send.To, Message: Keep(send.Message)}
		}
		g.fx = append(g.fx, fx)
	}
}

func (g *stage) say(from byte, m proto.Message) { g.tell(&Message{Peer: peer(from), Message: m}) }

// host has one of an engine come, on a machine of its own, which has something already.
func (g *stage) host(id byte, name string, has ...proto.Placed) {
	g.tell(Up{Peer: peer(id), Role: proto.RoleEngineHost, Name: name})
	g.say(id, &proto.Register{Info: proto.HostInfo{Host: name, PID: int(id)}, Engines: []proto.EngineInfo{{ID: proto.NoEngine, PID: 1}}, Placed: has})
}

// job submits one of n elements, with a task for each.
func (g *stage) job(id byte, n int, change func(*proto.JobSpec)) proto.JobID {
	spec := proto.JobSpec{ID: proto.JobID{id}, Kind: proto.JobCall, Placement: proto.PlaceAny, Code: code(int(id)), Chunk: 1,
		Inputs: []proto.Block{proto.RangeBlock(0, n, 1)}}
	if change != nil {
		change(&spec)
	}
	g.say(ann, &proto.Submit{Spec: spec})
	return spec.ID
}

// said returns what a peer was told since, of one kind.
func said[M proto.Message](g *stage, to byte) (out []M) {
	g.fx = slices.DeleteFunc(g.fx, func(fx Effect) bool {
		send, ok := fx.(*Send)
		if !ok || send.To != peer(to) {
			return false
		}
		m, ok := send.Message.(M)
		if ok {
			out = append(out, m)
		}
		return ok
	})
	return out
}

// last is the only one, or the last of several.
func last[M proto.Message](g *stage, to byte) M {
	g.t.Helper()
	all := said[M](g, to)
	if len(all) == 0 {
		g.t.Fatalf("peer %d was not told %T", to, *new(M))
	}
	return all[len(all)-1]
}

// tasks are those that a host was given since.
func (g *stage) tasks(host byte) (out []proto.Task) {
	for _, m := range said[*proto.Assign](g, host) {
		out = append(out, m.Tasks...)
	}
	return out
}

// puts puts something, and returns the version.
func (g *stage) puts(to string, id byte) uint64 {
	g.t.Helper()
	g.say(ann, &proto.Put{Seq: 7, Parcel: proto.Parcel{ID: proto.Hash{id}, Name: to, To: to}, Parts: []proto.Hash{{id, 1}}})
	m := last[*proto.Parcels](g, ann)
	return m.List[0].Parcel.Version
}

func TestAMachineHasNoTaskBeforeItHasWhatWasPut(t *testing.T) {
	g := newStage(t, Config{})
	v := g.puts("data", 1)
	g.host(box, "alpha")
	if m := last[*proto.Registered](g, box); len(m.Parcels) != 1 || m.Parcels[0].Version != v {
		t.Errorf("the host is told of %+v", m.Parcels)
	}
	job := g.job(1, 1, nil)
	if got := g.tasks(box); len(got) > 0 {
		t.Errorf("it has tasks before: %v", got)
	}
	if why := g.s.Explain(job); !strings.Contains(why, "data is being brought there") {
		t.Errorf("the job waits because %s", why)
	}
	if st := g.s.Status(0, true); st.Engines[0].State != proto.EngineHeld || st.Hosts[0].Without == "" {
		t.Errorf("the status is %+v", st)
	}
	g.say(box, &proto.Placed{Version: v})
	if got := g.tasks(box); len(got) != 1 {
		t.Errorf("it has tasks %v then", got)
	}
}

func TestAMachineThatHasItTakesTasksAtOnce(t *testing.T) {
	g := newStage(t, Config{})
	v := g.puts("data", 1)
	g.host(box, "alpha", proto.Placed{Version: v})
	g.job(1, 1, nil)
	if got := g.tasks(box); len(got) != 1 {
		t.Errorf("it has tasks %v", got)
	}
}

func TestAMachineGoesOnWhileItIsGivenMore(t *testing.T) {
	g := newStage(t, Config{})
	g.host(box, "alpha")
	g.puts("data", 1)
	g.job(1, 1, nil)
	if got := g.tasks(box); len(got) != 1 {
		t.Errorf("it has tasks %v", got)
	}
}

func TestAMachineThatCannotHaveItIsHeldBack(t *testing.T) {
	g := newStage(t, Config{})
	g.host(box, "alpha")
	g.host(box+1, "beta")
	v := g.puts("data", 1)
	g.job(1, 4, nil)
	g.say(box+1, &proto.Placed{Version: v})
	before := g.tasks(box)
	g.say(box, &proto.Placed{Version: v, Error: "no space"})
	// What it has not begun is asked back.
	back := last[*proto.Revoke](g, box)
	if !back.Queued || len(back.Tasks) != len(before) {
		t.Errorf("%d of %d tasks are asked back", len(back.Tasks), len(before))
	}
	for _, k := range back.Tasks {
		g.say(box, &proto.TaskLost{Task: k.Task, Attempt: k.Attempt, Engine: k.Engine})
	}
	g.job(2, 4, nil)
	if got := g.tasks(box); len(got) > 0 {
		t.Errorf("it is given tasks: %v", got)
	}
	t.Run("until it has it", func(t *testing.T) {
		g.say(box, &proto.Placed{Version: v})
		if got := g.tasks(box); len(got) == 0 {
			t.Error("it is given none")
		}
	})
}

func TestForgettingLetsMachinesGoOn(t *testing.T) {
	g := newStage(t, Config{})
	g.host(box, "alpha")
	v := g.puts("data", 1)
	g.say(box, &proto.Placed{Version: v, Error: "no space"})
	g.job(1, 1, nil)
	g.say(ann, &proto.ParcelsRequest{Seq: 8, Version: v, Forget: true})
	if got := g.tasks(box); len(got) != 1 {
		t.Errorf("it has tasks %v", got)
	}
	if m := last[*proto.Place](g, box); !slices.Equal(m.Drop, []uint64{v}) {
		t.Errorf("the host is told %+v", m)
	}
	if objects := open(g); len(objects) != 0 {
		t.Errorf("objects are kept: %v", objects)
	}
}

// open are the objects that the cluster has begun to need and needs still.
func open(g *stage) map[proto.Hash]int {
	n := map[proto.Hash]int{}
	for _, fx := range g.fx {
		switch fx := fx.(type) {
		case Begin:
			for _, h := range fx.Objects {
				if fx.Client == cluster {
					n[h]++
				}
			}
		case Over:
			for _, h := range fx.Objects {
				if fx.Client != cluster {
					continue
				}
				if n[h]--; n[h] == 0 {
					delete(n, h)
				}
			}
		}
	}
	return n
}

func TestWhatIsPutAgainTakesThePlace(t *testing.T) {
	g := newStage(t, Config{})
	g.host(box, "alpha")
	first := g.puts("data", 1)
	g.say(box, &proto.Placed{Version: first})
	second := g.puts("data", 2)
	if m := last[*proto.Place](g, box); !slices.Equal(m.Drop, []uint64{first}) || m.Parcels[0].Version != second {
		t.Errorf("the host is told %+v", m)
	}
	t.Run("and is undone if nobody can have it", func(t *testing.T) {
		g.say(box, &proto.Placed{Version: second, Error: "it is a folder there"})
		g.say(ann, &proto.ParcelsRequest{Seq: 8, Version: second, Forget: true})
		if m := last[*proto.Place](g, box); len(m.Parcels) != 1 || m.Parcels[0].Version != first {
			t.Errorf("the host is told %+v", m)
		}
		if len(open(g)) != 2 {
			t.Errorf("the first's objects are not those that are kept: %v", open(g))
		}
	})
	t.Run("and lets go of the first when somebody has it", func(t *testing.T) {
		third := g.puts("data", 3)
		g.say(box, &proto.Placed{Version: third})
		if n := open(g); len(n) != 2 || n[proto.Hash{3}] != 1 {
			t.Errorf("objects are kept: %v", n)
		}
	})
}

func TestWhoWaitsForMachinesIsTold(t *testing.T) {
	g := newStage(t, Config{})
	g.host(box, "alpha")
	g.host(box+1, "beta")
	v := g.puts("data", 1)
	g.say(ann, &proto.ParcelsRequest{Seq: 8, Version: v, After: g.s.parcelState})
	if got := said[*proto.Parcels](g, ann); len(got) > 0 {
		t.Fatalf("told at once: %+v", got)
	}
	g.say(box+1, &proto.Placed{Version: v, Files: 3})
	m := last[*proto.Parcels](g, ann)
	if hosts := m.List[0].Hosts; m.Seq != 8 || len(hosts) != 2 || hosts[0].Known || !hosts[1].Known || hosts[1].Placed.Files != 3 {
		t.Errorf("told %+v", m)
	}
	g.say(ann, &proto.ParcelsRequest{Seq: 9, Version: v, After: m.State})
	g.tell(Down{Peer: peer(box), Reason: "gone", Final: true})
	if m := last[*proto.Parcels](g, ann); m.Seq != 9 || len(m.List[0].Hosts) != 1 {
		t.Errorf("when a machine is lost, told %+v", m)
	}
}
