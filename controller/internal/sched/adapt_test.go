package sched

import (
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

func TestHowASetChanges(t *testing.T) {
	a := Adapt{Min: 2, Max: 10, Idle: time.Minute}
	for name, c := range map[string]struct {
		x    situation
		want int
	}{
		"nothing to do":               {situation{engines: 2, steady: time.Hour}, 0},
		"fewer than the least":        {situation{engines: 0}, 2},
		"they are coming":             {situation{engines: 1, coming: 1}, 0},
		"work that has just come":     {situation{engines: 2, waiting: 9}, 0},
		"work that waits":             {situation{engines: 2, waiting: 9, waited: time.Second}, 2},
		"less work than engines":      {situation{engines: 4, waiting: 1, waited: time.Second}, 1},
		"up to the most":              {situation{engines: 8, waiting: 99, waited: time.Second}, 2},
		"no more than the most":       {situation{engines: 10, waiting: 99, waited: time.Hour}, 0},
		"more than the most":          {situation{engines: 12, waiting: 99, waited: time.Hour}, 0},
		"work waits for those coming": {situation{engines: 2, coming: 2, waiting: 99, waited: time.Hour}, 0},
		"some are idle":               {situation{engines: 6, idle: 3, steady: time.Hour}, -3},
		"down to the least":           {situation{engines: 4, idle: 4, steady: time.Hour}, -2},
		"a change not long ago":       {situation{engines: 6, idle: 3, steady: time.Second}, 0},
		"idle, and work waits":        {situation{engines: 6, idle: 1, waiting: 1, steady: time.Hour}, 0},
		"some are not needed yet":     {situation{engines: 3, coming: 4, spare: 4, steady: time.Hour}, -4},
		"idle, and others coming":     {situation{engines: 3, coming: 4, idle: 3, spare: 4, steady: time.Hour}, -5},
		"coming, but not for this":    {situation{engines: 3, coming: 4, steady: time.Hour}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := a.change(c.x); got != c.want {
				t.Errorf("%+v: %d more, want %d", c.x, got, c.want)
			}
		})
	}
}

// A set grows while work waits, in steps, and shrinks when its engines have nothing to do.
func TestASetFollowsTheWork(t *testing.T) {
	p := &play{now: time.Unix(1000, 0)}
	p.s = New(Config{}, p.now)
	var grown []int
	var stopped []proto.EngineID
	wait := func(d time.Duration) {
		for range int(d / time.Second) {
			p.now = p.now.Add(time.Second)
			for _, fx := range p.s.Apply(p.now, Tick{}) {
				switch fx := fx.(type) {
				case Grow:
					grown = append(grown, fx.N)
				case *Send:
					if m, ok := fx.Message.(*proto.Stop); ok {
						stopped = append(stopped, m.Engines...)
					}
				}
			}
		}
	}
	p.client()
	const keeper = ann + 100
	kept := func(coming int) {
		p.say(keeper, &proto.Keep{Sets: []proto.KeptSet{{Name: "", Min: 1, Max: 4, Idle: time.Minute, Coming: coming}}})
	}
	p.tell(Up{Peer: peer(keeper), Role: proto.RoleClient, Name: "keeper"})
	kept(1)
	wait(5 * time.Second) // nothing, while the first engines are on their way
	p.host(box, 1)
	kept(0)
	p.submit(9, by(1))
	p.started(1, 1)
	wait(5 * time.Second)
	if len(grown) != 1 || grown[0] != 1 {
		t.Fatalf("grown by %v, want by 1 once", grown)
	}
	p.host(box+1, 1)
	wait(2 * time.Second)
	if len(grown) != 2 || grown[1] != 2 {
		t.Fatalf("grown by %v, want by 1 and 2", grown)
	}
	p.host(box+2, 2)
	for _, j := range p.s.clients[peer(ann)].jobs {
		p.say(ann, &proto.Cancel{Job: j.id})
	}
	for id, task := range p.s.tasks {
		p.say(task.engine.host.id[15], &proto.TaskLost{Task: id, Attempt: task.attempt, Engine: task.engine.id})
	}
	wait(59 * time.Second)
	if len(stopped) > 0 {
		t.Fatalf("engines %v stopped within a minute", stopped)
	}
	wait(5 * time.Second)
	if len(stopped) != 3 || stopped[0] != 1 {
		t.Fatalf("engines %v stopped, want 1, 2 and 3", stopped)
	}
}
