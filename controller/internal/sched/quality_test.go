package sched

import (
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
)

// floor is a simulated machine room: engines that run their tasks one after the other, in simulated time, and tell at once.
type floor struct {
	*rig
	free  map[proto.EngineID]time.Time // when an engine has done what it has
	tasks []ran
}

// ran is a task that has run.
type ran struct {
	job        proto.JobID
	engine     proto.EngineID
	n          int
	begun, end time.Time
}

func newFloor(hosts, engines int) *floor {
	return &floor{rig: newRig(hosts, engines), free: map[proto.EngineID]time.Time{}}
}

// run lets tasks run, element i of a job for cost(i), until so many jobs have ended.
func (f *floor) run(t *testing.T, jobs int, cost func(job proto.JobID, i int) time.Duration) {
	t.Helper()
	type due struct {
		task proto.Task
		ran
	}
	var dues []due
	for f.ends < jobs {
		for _, task := range f.assigned {
			begun := f.now
			if at := f.free[task.Engine]; at.After(begun) {
				begun = at
			}
			end := begun
			for i := range task.N {
				end = end.Add(cost(task.Job, task.First+i))
			}
			f.free[task.Engine] = end
			dues = append(dues, due{task, ran{task.Job, task.Engine, task.N, begun, end}})
		}
		f.assigned = nil
		if len(dues) == 0 {
			t.Fatalf("%d of %d jobs have ended and nothing is running", f.ends, jobs)
		}
		first := 0
		for i := range dues {
			if dues[i].end.Before(dues[first].end) {
				first = i
			}
		}
		d := dues[first]
		dues = append(dues[:first], dues[first+1:]...)
		if d.end.After(f.now) {
			f.now = d.end
		}
		f.tasks = append(f.tasks, d.ran)
		host := f.s.engines[d.engine].host.id
		f.apply(&Message{Peer: host, Message: &proto.TaskStarted{Task: d.task.ID, Attempt: d.task.Attempt}})
		f.apply(&Message{Peer: host, Message: &proto.TaskDone{Task: d.task.ID, Attempt: d.task.Attempt,
			Chunk: proto.Chunk{First: d.task.First, N: d.task.N, Started: d.begun, Completed: d.end}}})
	}
}

func mapOf(n int) proto.JobSpec {
	return proto.JobSpec{Inputs: []proto.Block{proto.RangeBlock(0, n, 1)}}
}

// TestMapsUseAllEngines compares how long maps take with how long they must.
func TestMapsUseAllEngines(t *testing.T) {
	tests := []struct {
		name    string
		n       int
		cost    func(i int) time.Duration
		longest time.Duration // that a chunk of more than one element may last
		share   float64       // of the least time that may be lost
	}{
		{"trivial elements", 1_000_000, func(int) time.Duration { return time.Microsecond }, 100 * time.Millisecond, 0.05},
		{"short elements", 10_000, func(int) time.Duration { return 300 * time.Microsecond }, 100 * time.Millisecond, 0.05},
		{"long elements", 40, func(int) time.Duration { return 100 * time.Millisecond }, 100 * time.Millisecond, 0.05},
		{"elements that grow", 4000, func(i int) time.Duration { return time.Duration(i) * time.Microsecond }, 2100 * time.Millisecond, 0.05},
		{"one in ten is long", 4000, func(i int) time.Duration {
			if i%10 == 0 {
				return 5 * time.Millisecond
			}
			return 10 * time.Microsecond
		}, 100 * time.Millisecond, 0.05},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFloor(1, 4)
			began := f.now
			var total time.Duration
			for i := range tt.n {
				total += tt.cost(i)
			}
			f.submit(mapOf(tt.n))
			f.run(t, 1, func(_ proto.JobID, i int) time.Duration { return tt.cost(i) })
			took, least := f.now.Sub(began), total/4
			if lost := float64(took-least) / float64(least); lost > tt.share {
				t.Errorf("got %v, want %v and at most %.0f%% more", took, least, 100*tt.share)
			}
			for _, r := range f.tasks {
				if d := r.end.Sub(r.begun); r.n > 1 && d > tt.longest {
					t.Errorf("a chunk of %d elements lasted %v, want at most %v", r.n, d, tt.longest)
				}
			}
			t.Logf("%d tasks, %v of %v", len(f.tasks), took, least)
		})
	}
}

// TestJobsShareEngines starts a short job while a long one is going on: it must get its half.
func TestJobsShareEngines(t *testing.T) {
	f := newFloor(1, 2)
	long := f.submit(mapOf(100_000))
	short := f.submit(mapOf(1000))
	f.run(t, 1, func(proto.JobID, int) time.Duration { return 100 * time.Microsecond })
	var done [2]int
	for _, r := range f.tasks {
		switch r.job {
		case long:
			done[0] += r.n
		case short:
			done[1] += r.n
		}
	}
	if done[1] != 1000 || done[0] > 3*done[1] {
		t.Errorf("when the short job had ended, the long one had done %d elements, want no more than three times the short one's 1000", done[0])
	}
}

// TestClientsShareEngines gives one client a hundred jobs and another one job: the other must not wait for the hundred.
func TestClientsShareEngines(t *testing.T) {
	f := newFloor(1, 2)
	for range 100 {
		f.submit(mapOf(1000))
	}
	f.client = proto.PeerID{0: 0xD}
	f.apply(Up{Peer: f.client, Role: proto.RoleClient, Name: "d"})
	other := f.submit(mapOf(1000))
	done := 0
	for n := 1; done < 1000; n++ {
		f.run(t, n, func(proto.JobID, int) time.Duration { return 100 * time.Microsecond })
		done = 0
		for _, r := range f.tasks {
			if r.job == other {
				done += r.n
			}
		}
		if n > 30 {
			t.Fatalf("%d jobs have ended before the other client's", n)
		}
	}
}

// TestAClientThatDoesNotReadMakesItsJobsWait bounds what is kept for it.
func TestAClientThatDoesNotReadMakesItsJobsWait(t *testing.T) {
	p := &play{now: time.Unix(1000, 0)}
	p.s = New(Config{Retain: 10_000, Window: 1000}, p.now)
	p.client()
	p.host(box, 1)
	job := p.submit(1000, by(1))
	next := proto.TaskID(1)
	for ; p.s.tasks[next] != nil; next++ {
		p.done(next, 1, int(next)-1, 1)
	}
	c := p.s.clients[peer(ann)]
	if !c.stalled || c.unacked > 12_000 {
		t.Errorf("got %d tasks done and %d bytes kept, want the job to wait at 10,000", next-1, c.unacked)
	}
	if got, want := p.s.Explain(job), "its client does not read its results: 0 MB wait to be read"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	p.say(ann, &proto.Ack{Jobs: []proto.Acked{{Job: job, Next: uint64(next - 1)}}})
	if p.s.tasks[next] == nil {
		t.Errorf("the job does not go on when its results were read")
	}
}
