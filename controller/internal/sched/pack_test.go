package sched

import (
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// known returns a rig of four engines that know well what an element takes.
func known(element time.Duration) *rig {
	g := newRig(1, 4)
	for range 4 {
		g.submit(mapOf(4096))
		for g.ends == 0 {
			g.work(element)
		}
		g.ends = 0
	}
	return g
}

// spreadOver counts the engines that have been given tasks.
func (g *rig) spreadOver() int {
	on := map[proto.EngineID]bool{}
	for _, t := range g.assigned {
		on[t.Engine] = true
	}
	return len(on)
}

// TestBriefTasksGoToOneEngine has four idle engines and work that is not worth waking them all, or is.
func TestBriefTasksGoToOneEngine(t *testing.T) {
	tests := []struct {
		name     string
		g        *rig
		maps, of int
		on       []proto.EngineID
		want     int
	}{
		{"a map of brief elements", known(time.Microsecond), 1, 16, nil, 1},
		{"one of elements that take longer", known(100 * time.Microsecond), 1, 16, nil, 4},
		{"one of a function that is not known", newRig(1, 4), 1, 16, nil, 4},
		{"brief tasks", known(time.Microsecond), 8, 1, nil, 1},
		{"many brief tasks", known(time.Microsecond), 100, 1, nil, 4},
		{"brief tasks for some engines", known(time.Microsecond), 8, 1, []proto.EngineID{1, 2}, 1},
		{"a map for some engines", known(100 * time.Microsecond), 1, 16, []proto.EngineID{1, 2}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for range tt.maps {
				spec := mapOf(tt.of)
				spec.Targets = tt.on
				tt.g.submit(spec)
			}
			if got := tt.g.spreadOver(); got != tt.want {
				t.Errorf("%d tasks are given to %d engines, want %d", len(tt.g.assigned), got, tt.want)
			}
		})
	}
}

// TestTasksThatAreNotBriefAfterAllAreSpread has tasks together that take much longer than those before: other engines are to have them.
func TestTasksThatAreNotBriefAfterAllAreSpread(t *testing.T) {
	g := known(time.Microsecond)
	g.submit(mapOf(16))
	if n := g.spreadOver(); n != 1 || len(g.assigned) != 4 {
		t.Fatalf("%d tasks are given to %d engines, want 4 and 1", len(g.assigned), n)
	}
	g.now = g.now.Add(2 * overdue)
	g.submit(mapOf(16))
	if n := g.spreadOver(); n != 2 {
		t.Errorf("what comes while the first task takes long is given to %d engines with those before, want 2", n)
	}
	g.now = g.now.Add(g.s.cfg.Steal)
	asked := 0
	for _, fx := range g.s.Apply(g.now, Tick{}) {
		if send, ok := fx.(*Send); ok {
			if m, ok := send.Message.(*proto.Revoke); ok && m.Queued {
				asked += len(m.Tasks)
			}
		}
	}
	if asked != 2 {
		t.Errorf("%d tasks are asked back, want one for each of the 2 idle engines", asked)
	}
}

// TestTheEngineThatIsWarmHasTheNextBriefTask has tasks that come one after the other, each when the one before it has ended.
func TestTheEngineThatIsWarmHasTheNextBriefTask(t *testing.T) {
	for _, tt := range []struct {
		name           string
		element, pause time.Duration
		want           int
	}{
		{"at once", time.Microsecond, 0, 1},
		{"after a while", time.Microsecond, 2 * warm, 4},
		{"long ones", 10 * time.Millisecond, 0, 4},
	} {
		g, on := known(tt.element), map[proto.EngineID]bool{}
		for range 8 {
			g.now = g.now.Add(tt.pause)
			g.submit(mapOf(1))
			on[g.assigned[0].Engine] = true
			g.work(tt.element)
		}
		if len(on) != tt.want {
			t.Errorf("%s: 8 tasks went to %d engines, want %d", tt.name, len(on), tt.want)
		}
	}
}
