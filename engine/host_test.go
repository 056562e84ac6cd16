package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
)

// desk is a controller's end of a link, played by the test: it reads what the host says and answers as the test wants.
type desk struct {
	t    *testing.T
	h    link.ClientHandler
	from chan proto.Message
	done chan error
	stop context.CancelFunc
	kept []proto.Message

	mu   sync.Mutex
	down bool
}

func (d *desk) Send(m proto.Message) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down {
		return errors.New("the link is down")
	}
	got, err := proto.Decode(proto.Encode(m))
	if err != nil {
		return err
	}
	d.from <- got
	return nil
}

func (d *desk) SendHeld(m proto.Message) error                    { return d.Send(m) }
func (d *desk) Flush()                                            {}
func (d *desk) SendWait(_ context.Context, m proto.Message) error { return d.Send(m) }
func (d *desk) Close(string) error                                { return nil }

func (d *desk) tell(m proto.Message) { d.h.Message(m) }

// setDown says whether messages get through.
func (d *desk) setDown(down bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.down = down
}

// next returns the host's next message of type M. Others stay for those who ask for them.
func next[M proto.Message](d *desk) M {
	d.t.Helper()
	for i, m := range d.kept {
		if want, ok := m.(M); ok {
			d.kept = slices.Delete(d.kept, i, i+1)
			return want
		}
	}
	for {
		select {
		case m := <-d.from:
			if want, ok := m.(M); ok {
				return want
			}
			d.kept = append(d.kept, m)
		case <-time.After(time.Hour):
			d.stop()
			d.t.Fatalf("the host never said %T, only %+v", *new(M), d.kept)
		}
	}
}

type job = func(ctx context.Context, t *Task, out Output) (proto.Chunk, error)

// newDesk starts a host of n engines, gives them ids from 10 on, and has their workers run f.
func newDesk(t *testing.T, n int, f job, change func(*Config)) *desk {
	t.Helper()
	return newDeskWith(t, n, f, change, &proto.Registered{})
}

// newDeskWith is newDesk that says more to the host when it registers.
func newDeskWith(t *testing.T, n int, f job, change func(*Config), answer *proto.Registered) *desk {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	d := &desk{t: t, from: make(chan proto.Message, 1000), done: make(chan error, 1), stop: cancel}
	cfg := Config{
		N: n,
		Dial: func(_ context.Context, h link.ClientHandler) (link.End, error) {
			d.h = h
			h.Up(proto.Welcome{})
			return d, nil
		},
		NewWorker: func(context.Context, proto.EngineID) (Worker, error) { return NewInProcess(f), nil },
		Stats:     time.Hour,
	}
	if change != nil {
		change(&cfg)
	}
	go func() { d.done <- Run(ctx, cfg) }()
	next[*proto.Register](d)
	ids := make([]proto.EngineID, n)
	for i := range ids {
		ids[i] = proto.EngineID(10 + i)
	}
	answer.Engines = ids
	d.tell(answer)
	return d
}

func (d *desk) ups(n int) {
	d.t.Helper()
	for range n {
		next[*proto.EngineUp](d)
	}
}

// over ends the host.
func (d *desk) over() {
	d.t.Helper()
	d.stop()
	if err := <-d.done; !errors.Is(err, context.Canceled) {
		d.t.Errorf("the host ended with %v, want that its context was cancelled", err)
	}
}

func task(id proto.TaskID, e proto.EngineID, first, n int) proto.Task {
	return proto.Task{ID: id, Attempt: 1, Engine: e, Kind: proto.JobExecute, First: first, N: n}
}

// echo answers with the task's number.
func echo(_ context.Context, t *Task, _ Output) (proto.Chunk, error) {
	var k proto.Chunk
	k.Outputs = []proto.Block{proto.RangeBlock(int64(t.ID), t.N, 0)}
	return k, nil
}

// untilCancelled runs until it is told not to.
func untilCancelled(ctx context.Context, _ *Task, _ Output) (proto.Chunk, error) {
	<-ctx.Done()
	return proto.Chunk{}, ctx.Err()
}

func TestAnEngineRunsItsTasksInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		ran := map[proto.EngineID][]proto.TaskID{}
		d := newDesk(t, 2, func(_ context.Context, t *Task, _ Output) (proto.Chunk, error) {
			mu.Lock()
			defer mu.Unlock()
			ran[t.Engine] = append(ran[t.Engine], t.ID)
			return proto.Chunk{}, nil
		}, nil)
		d.ups(2)
		var m proto.Assign
		for i := range 20 {
			m.Tasks = append(m.Tasks, task(proto.TaskID(i+1), proto.EngineID(10+i%2), i, 1))
		}
		d.tell(&m)
		for range 20 {
			next[*proto.TaskDone](d)
		}
		for e, ids := range ran {
			if len(ids) != 10 || !slices.IsSorted(ids) {
				t.Errorf("%v ran %v, want its ten tasks in order", e, ids)
			}
		}
		d.over()
	})
}

func TestTheControllerIsToldHowFarLongTasksAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 2, func(_ context.Context, t *Task, _ Output) (proto.Chunk, error) {
			for i := range t.N {
				time.Sleep(110 * time.Millisecond) // in the bubble's time
				t.Far(i+1, i/2)
			}
			return echo(nil, t, nil)
		}, nil)
		d.ups(2)
		d.tell(&proto.Assign{Tasks: []proto.Task{task(1, 10, 0, 10), task(2, 11, 10, 2)}})
		first := next[*proto.TaskProgress](d)
		if want := []proto.TaskAt{{Task: 1, Attempt: 1, Done: 3, Failed: 1}}; !slices.Equal(first.Tasks, want) {
			t.Errorf("got %+v, want %+v: the other has ended", first.Tasks, want)
		}
		next[*proto.TaskDone](d)
		next[*proto.TaskDone](d)
		told := 1
		for _, m := range d.kept {
			if _, ok := m.(*proto.TaskProgress); ok {
				told++
			}
		}
		if told > 4 {
			t.Errorf("told %d times in a second", told)
		}
		d.over()
	})
}

func TestAChunkSaysWhereItIsFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 1, func(_ context.Context, t *Task, out Output) (proto.Chunk, error) {
			time.Sleep(time.Minute) // in the bubble's time
			out(false, "hello ")
			out(true, "oh")
			out(false, "world")
			return echo(nil, t, nil)
		}, nil)
		d.ups(1)
		d.tell(&proto.Assign{Tasks: []proto.Task{task(7, 10, 100, 3)}})
		k := next[*proto.TaskDone](d).Chunk
		if k.First != 100 || k.N != 3 || k.Engine != 10 || k.Attempt != 1 || k.Stdout != "hello world" || k.Stderr != "oh" ||
			k.Completed.Sub(k.Started) != time.Minute || k.Outputs[0].Int(2) != 7 {
			t.Errorf("got %+v", k)
		}
		d.over()
	})
}

func TestAnObjectIsFetchedOnceForAllEngines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		code := (&unit.Unit{Name: "f"}).Encode()
		captures := []byte("captures")
		d := newDesk(t, 2, func(_ context.Context, t *Task, _ Output) (proto.Chunk, error) {
			if t.Unit == nil || t.Unit.Name != "f" || string(t.CapturedValues) != "captures" {
				return proto.Chunk{}, fmt.Errorf("the task came with unit %v, captures %q", t.Unit, t.CapturedValues)
			}
			return proto.Chunk{}, nil
		}, nil)
		d.ups(2)
		var m proto.Assign
		for i := range 6 {
			k := task(proto.TaskID(i+1), proto.EngineID(10+i%2), i, 1)
			k.Kind, k.Code, k.Captures = proto.JobCall, proto.HashOf(code), proto.HashOf(captures)
			m.Tasks = append(m.Tasks, k)
		}
		d.tell(&m)
		asked := map[proto.Hash]bool{next[*proto.NeedObject](d).Hash: true, next[*proto.NeedObject](d).Hash: true}
		if !asked[proto.HashOf(code)] || !asked[proto.HashOf(captures)] {
			t.Errorf("the host asked for %v", asked)
		}
		d.tell(&proto.Object{Hash: proto.HashOf(captures), Data: captures})
		d.tell(&proto.Object{Hash: proto.HashOf(code), Data: code})
		for range 6 {
			if k := next[*proto.TaskDone](d).Chunk; len(k.Errors) > 0 {
				t.Error(k.Errors[0].Message)
			}
		}
		for _, m := range d.kept {
			if m, again := m.(*proto.NeedObject); again {
				t.Errorf("asked again for %v", m.Hash)
			}
		}
		d.over()
	})
}

func TestAnObjectThatIsNotThereFailsItsElements(t *testing.T) {
	for name, answer := range map[string]proto.Object{
		"has not got object": {Missing: true},
		"was damaged":        {Data: []byte("something else")},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t, 1, echo, nil)
			d.ups(1)
			k := task(1, 10, 5, 2)
			k.Kind, k.Code = proto.JobCall, proto.HashOf([]byte("x"))
			d.tell(&proto.Assign{Tasks: []proto.Task{k}})
			answer.Hash = next[*proto.NeedObject](d).Hash
			d.tell(&answer)
			got := next[*proto.TaskDone](d).Chunk.Errors
			if len(got) != 2 || got[0].Index != 5 || got[1].Index != 6 || !strings.Contains(got[0].Message, name) {
				t.Errorf("got %+v, want two errors with %q", got, name)
			}
			d.over()
		})
	}
}

func TestADeadWorkerIsReplacedAndItsTaskReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var workers []*InProcess
		d := newDesk(t, 1, nil, func(c *Config) {
			c.NewWorker = func(context.Context, proto.EngineID) (Worker, error) {
				f := echo
				if len(workers) == 0 {
					f = untilCancelled
				}
				w := NewInProcess(f)
				workers = append(workers, w)
				return w, nil
			}
		})
		d.ups(1)
		d.tell(&proto.Assign{Tasks: []proto.Task{task(1, 10, 0, 1), task(2, 10, 1, 1)}})
		next[*proto.TaskStarted](d)
		synctest.Wait() // a task handed over to a worker that dies before it takes it is not lost with it
		before := time.Now()
		workers[0].Die("killed by signal 9")
		lost := next[*proto.TaskLost](d)
		if lost.Task != 1 || !lost.Started || lost.Reason != "killed by signal 9" {
			t.Errorf("got %+v, want task 1 lost with its worker", lost)
		}
		done := next[*proto.TaskDone](d)
		if done.Task != 2 {
			t.Errorf("got %+v, want task 2 done by the next worker", done)
		}
		if took := time.Since(before); took > time.Second {
			t.Errorf("the replacement took %v", took)
		}
		d.over()
	})
}

func TestAnIdleWorkersDeathSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w *InProcess
		d := newDesk(t, 1, nil, func(c *Config) {
			c.NewWorker = func(context.Context, proto.EngineID) (Worker, error) { w = NewInProcess(echo); return w, nil }
		})
		d.ups(1)
		w.Die("exit status 3")
		if m := next[*proto.EngineDown](d); m.Engine != 10 || m.Reason != "exit status 3" || !m.Restarting {
			t.Errorf("got %+v", m)
		}
		d.ups(1)
		d.over()
	})
}

func TestWorkersThatCannotStartAreTriedLessAndLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		d := newDesk(t, 1, nil, func(c *Config) {
			c.NewWorker = func(context.Context, proto.EngineID) (Worker, error) {
				if tries++; tries < 6 {
					return nil, errors.New("no such file")
				}
				return NewInProcess(echo), nil
			}
		})
		began := time.Now()
		d.tell(&proto.Assign{Tasks: []proto.Task{task(1, 10, 0, 1)}})
		if m := next[*proto.TaskLost](d); m.Started || !strings.Contains(m.Reason, "no such file") {
			t.Errorf("got %+v, want the queued task given back", m)
		}
		d.ups(1)
		if took, want := time.Since(began), (200+400+800+1600)*time.Millisecond; took != want {
			t.Errorf("up after %v, want %v", took, want)
		}
		d.over()
	})
}

func TestRevoke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 1, untilCancelled, nil)
		d.ups(1)
		d.tell(&proto.Assign{Tasks: []proto.Task{task(1, 10, 0, 1), task(2, 10, 1, 1)}})
		next[*proto.TaskStarted](d)
		// Only what is queued: the running task goes on.
		d.tell(&proto.Revoke{Tasks: []proto.Held{{Task: 1, Attempt: 1, Engine: 10}, {Task: 2, Attempt: 1, Engine: 10}}, Queued: true})
		if m := next[*proto.TaskLost](d); m.Task != 2 || m.Started {
			t.Errorf("got %+v, want the queued task back", m)
		}
		d.tell(&proto.Revoke{Tasks: []proto.Held{{Task: 1, Attempt: 1, Engine: 10}}})
		if m := next[*proto.TaskLost](d); m.Task != 1 || !m.Started {
			t.Errorf("got %+v, want the running task stopped", m)
		}
		// A Revoke may overtake the Assign: they travel on different connections.
		d.tell(&proto.Revoke{Tasks: []proto.Held{{Task: 3, Attempt: 1, Engine: 10}}})
		next[*proto.TaskLost](d)
		d.tell(&proto.Assign{Tasks: []proto.Task{task(3, 10, 0, 1), task(4, 10, 0, 1)}})
		if m := next[*proto.TaskStarted](d); m.Task != 4 {
			t.Errorf("task %d started, want 4", m.Task)
		}
		d.over()
	})
}

func TestATaskThatDoesNotStopCostsItsWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w *InProcess
		d := newDesk(t, 1, nil, func(c *Config) {
			c.NewWorker = func(context.Context, proto.EngineID) (Worker, error) {
				w = NewInProcess(nil)
				life := w.Died()
				w.run = func(context.Context, *Task, Output) (proto.Chunk, error) { <-life; return proto.Chunk{}, nil }
				return w, nil
			}
		})
		d.ups(1)
		d.tell(&proto.Assign{Tasks: []proto.Task{task(1, 10, 0, 1)}})
		next[*proto.TaskStarted](d)
		began := time.Now()
		d.tell(&proto.Revoke{Tasks: []proto.Held{{Task: 1, Attempt: 1, Engine: 10}}})
		next[*proto.TaskLost](d)
		if took := time.Since(began); took != DefaultGrace {
			t.Errorf("killed after %v, want %v", took, DefaultGrace)
		}
		d.ups(1)
		d.over()
	})
}

func TestReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		d := newDesk(t, 2, func(ctx context.Context, t *Task, out Output) (proto.Chunk, error) {
			if t.ID == 2 {
				<-release
			}
			return echo(ctx, t, out)
		}, nil)
		d.ups(2)
		d.tell(&proto.Assign{Tasks: []proto.Task{task(1, 10, 0, 1), task(2, 11, 1, 1), task(3, 11, 2, 1)}})
		next[*proto.TaskDone](d)
		d.setDown(true)
		d.h.Down(errors.New("cable"), false)
		close(release) // task 2 and 3 end while nobody can be told
		synctest.Wait()
		d.setDown(false)
		d.h.Up(proto.Welcome{})
		reg := next[*proto.Register](d)
		var held []proto.TaskID
		for _, k := range reg.Held {
			held = append(held, k.Task)
		}
		slices.Sort(held)
		if !slices.Equal(held, []proto.TaskID{1, 2, 3}) || reg.Engines[0].ID != 10 || reg.Engines[1].ID != 11 {
			t.Errorf("registered again with %+v, want tasks 1 2 3 held by engines 10 11", reg)
		}
		d.tell(&proto.Registered{Engines: []proto.EngineID{10, 11}, Drop: []proto.Held{{Task: 1, Attempt: 1, Engine: 10}}})
		got := []proto.TaskID{next[*proto.TaskDone](d).Task, next[*proto.TaskDone](d).Task}
		if !slices.Equal(got, []proto.TaskID{2, 3}) {
			t.Errorf("got the results of %v, want 2 3: what was dropped is not sent again", got)
		}
		d.over()
	})
}

func TestHowAHostEnds(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(d *desk)
		want string
	}{
		"told to stop":        {func(d *desk) { d.tell(&proto.Stop{}) }, "<nil>"},
		"all engines stopped": {func(d *desk) { d.tell(&proto.Stop{Engines: []proto.EngineID{10, 11}}) }, "<nil>"},
		"controller gone":     {func(d *desk) { d.h.Down(errors.New("refused"), true) }, "the controller is gone: refused"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var all []*InProcess
				d := newDesk(t, 2, nil, func(c *Config) {
					c.NewWorker = func(context.Context, proto.EngineID) (Worker, error) {
						mu.Lock()
						defer mu.Unlock()
						all = append(all, NewInProcess(untilCancelled))
						return all[len(all)-1], nil
					}
				})
				d.ups(2)
				d.tell(&proto.Assign{Tasks: []proto.Task{task(1, 10, 0, 1)}})
				next[*proto.TaskStarted](d)
				c.do(d)
				if got := fmt.Sprint(<-d.done); got != c.want {
					t.Errorf("ended with %q, want %q", got, c.want)
				}
				for _, w := range all {
					select {
					case <-w.Died():
					default:
						t.Error("a worker is left")
					}
				}
			})
		})
	}
}

func TestOneEngineCanBeStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 2, untilCancelled, nil)
		d.ups(2)
		d.tell(&proto.Assign{Tasks: []proto.Task{task(1, 10, 0, 1), task(2, 10, 0, 1), task(3, 11, 0, 1)}})
		next[*proto.TaskStarted](d)
		next[*proto.TaskStarted](d)
		d.tell(&proto.Stop{Engines: []proto.EngineID{10}, Reason: "enough"})
		if m := next[*proto.EngineDown](d); m.Restarting || m.Reason != "enough" {
			t.Errorf("got %+v", m)
		}
		lost := map[proto.TaskID]bool{next[*proto.TaskLost](d).Task: true, next[*proto.TaskLost](d).Task: true}
		if !lost[1] || !lost[2] {
			t.Errorf("lost %v, want 1 and 2", lost)
		}
		d.over()
	})
}

func TestATaskForAnEngineThatIsNotHereGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 1, echo, nil)
		d.ups(1)
		d.tell(&proto.Assign{Tasks: []proto.Task{task(1, 99, 0, 1)}})
		if m := next[*proto.TaskLost](d); m.Started || m.Reason != "engine 99 is not on this host" {
			t.Errorf("got %+v", m)
		}
		d.over()
	})
}

func TestLiveOutputComesBeforeTheResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 1, func(_ context.Context, task *Task, out Output) (proto.Chunk, error) {
			out(false, "a")
			out(true, "b")
			task.Show("c\n", []byte("{}"))
			return proto.Chunk{}, nil
		}, nil)
		d.ups(1)
		k := task(1, 10, 0, 1)
		k.Live = true
		d.tell(&proto.Assign{Tasks: []proto.Task{k}})
		a, b := next[*proto.TaskOutput](d), next[*proto.TaskOutput](d)
		if a.Text != "a" || a.Stderr || b.Text != "b" || !b.Stderr {
			t.Errorf("got %+v, %+v", a, b)
		}
		if c := next[*proto.TaskOutput](d); c.Text != "c\n" || string(c.Shown) != "{}" {
			t.Errorf("got %+v", c)
		}
		if k := next[*proto.TaskDone](d).Chunk; k.Stdout != "ac\n" || k.Stderr != "b" {
			t.Errorf("got %+v", k)
		}
		d.over()
	})
}

func TestAFaultOfOursFailsTheTaskNotTheHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 1, func(context.Context, *Task, Output) (proto.Chunk, error) {
			return proto.Chunk{}, errors.New("cannot be encoded")
		}, nil)
		d.ups(1)
		d.tell(&proto.Assign{Tasks: []proto.Task{task(1, 10, 4, 1)}})
		k := next[*proto.TaskDone](d).Chunk
		if len(k.Errors) != 1 || k.Errors[0].Index != 4 || k.Errors[0].Kind != proto.KindInternal || k.Errors[0].Engine != 10 {
			t.Errorf("got %+v", k.Errors)
		}
		d.over()
	})
}
