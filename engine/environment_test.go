package engine

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/gocluster/gocluster/internal/proto"
)

// diary is what workers run, in order; a source of "bad" is one that fails.
type diary struct {
	mu  sync.Mutex
	ran []string
}

func (y *diary) run(_ context.Context, t *Task, _ Output) (k proto.Chunk, err error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	what := "task"
	switch t.Kind {
	case proto.JobLoad:
		what = t.Source
	case proto.JobClear:
		what = "clear"
	}
	y.ran = append(y.ran, what)
	if t.Kind == proto.JobLoad && t.Source == "bad" {
		return k, &proto.Error{Kind: proto.KindCompile, Message: "undefined: x", Trace: "\tenv.go:3:5\n"}
	}
	return k, nil
}

func (y *diary) is(t *testing.T, want ...string) {
	t.Helper()
	y.mu.Lock()
	defer y.mu.Unlock()
	if !slices.Equal(y.ran, want) {
		t.Errorf("workers ran %v, want %v", y.ran, want)
	}
}

// given tells the host a task of a kind, and waits for its end.
func given(d *desk, id proto.TaskID, kind proto.JobKind, source string) *proto.TaskDone {
	d.t.Helper()
	k := task(id, 10, 0, 1)
	k.Kind, k.Source, k.Cell = kind, source, "env.go"
	d.tell(&proto.Assign{Tasks: []proto.Task{k}})
	return next[*proto.TaskDone](d)
}

func env(version uint64, source string) *proto.Environment {
	return &proto.Environment{Version: version, Name: "env.go", Source: source}
}

func TestWorkersRunTheEnvironmentBeforeAnyTask(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(d *desk)
		want []string
	}{
		"one that is set": {func(d *desk) {
			d.tell(env(1, "a"))
			given(d, 1, proto.JobExecute, "")
		}, []string{"a", "task"}},
		"two": {func(d *desk) {
			d.tell(env(1, "a"))
			synctest.Wait()
			d.tell(env(2, "b"))
			given(d, 1, proto.JobExecute, "")
		}, []string{"a", "b", "task"}},
		"an old one": {func(d *desk) {
			d.tell(env(2, "b"))
			d.tell(env(1, "a"))
			given(d, 1, proto.JobExecute, "")
		}, []string{"b", "task"}},
		"one that a task has run": {func(d *desk) {
			given(d, 1, proto.JobLoad, "a")
			d.tell(env(1, "a"))
			given(d, 2, proto.JobExecute, "")
		}, []string{"a", "task"}},
		"another than a task has run": {func(d *desk) {
			given(d, 1, proto.JobLoad, "b")
			d.tell(env(1, "a"))
			given(d, 2, proto.JobExecute, "")
		}, []string{"b", "a", "task"}},
		"again after a clear": {func(d *desk) {
			d.tell(env(1, "a"))
			given(d, 1, proto.JobClear, "")
			given(d, 2, proto.JobExecute, "")
		}, []string{"a", "clear", "a", "task"}},
		"once over a reconnection": {func(d *desk) {
			d.tell(env(1, "a"))
			synctest.Wait()
			d.h.Up(proto.Welcome{})
			next[*proto.Register](d)
			d.tell(&proto.Registered{Engines: []proto.EngineID{10}, Environment: *env(1, "a")})
			given(d, 1, proto.JobExecute, "")
		}, []string{"a", "task"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var y diary
				d := newDesk(t, 1, y.run, nil)
				d.ups(1)
				c.do(d)
				synctest.Wait()
				y.is(t, c.want...)
				d.over()
			})
		})
	}
}

func TestAReplacedWorkerRunsTheEnvironment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var y diary
		var last *InProcess
		d := newDesk(t, 1, y.run, func(c *Config) {
			c.NewWorker = func(context.Context, proto.EngineID) (Worker, error) {
				last = NewInProcess(y.run)
				return last, nil
			}
		})
		d.ups(1)
		d.tell(env(1, "a"))
		synctest.Wait()
		last.Die("killed")
		next[*proto.EngineDown](d)
		d.ups(1)
		given(d, 1, proto.JobExecute, "")
		y.is(t, "a", "a", "task")
		d.over()
	})
}

func TestAnEngineThatCannotRunTheEnvironmentIsNotUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var y diary
		d := newDesk(t, 1, y.run, nil)
		d.ups(1)
		d.tell(env(1, "bad"))
		for range 3 {
			m := next[*proto.EngineDown](d)
			if want := "the environment cannot be loaded: undefined: x, at env.go:3:5"; !strings.HasPrefix(m.Reason, want) || !m.Restarting {
				t.Errorf("down with %+v, want %q", m, want)
			}
		}
		if i := slices.IndexFunc(d.kept, func(m proto.Message) bool { return m.Type() == proto.TypeEngineUp }); i >= 0 {
			t.Errorf("the engine says that it is up")
		}
		d.tell(env(2, "good"))
		d.ups(1)
		given(d, 1, proto.JobExecute, "")
		d.over()
	})
}
