package engine

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/gocluster/gocluster/internal/proto"
)

// TestAHostThatLeaves finishes what runs, begins nothing more, and gives the rest back.
func TestAHostThatLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leave, release := make(chan string, 1), make(chan struct{})
		d := newDesk(t, 2, func(ctx context.Context, t *Task, out Output) (proto.Chunk, error) {
			<-release
			return echo(ctx, t, out)
		}, func(c *Config) { c.Leave = leave })
		d.ups(2)
		d.tell(&proto.Assign{Tasks: []proto.Task{task(1, 10, 0, 1), task(2, 10, 1, 1)}})
		next[*proto.TaskStarted](d)
		leave <- "its time is up"
		if m := next[*proto.EngineDown](d); m.Engine != 11 || m.Restarting || m.Reason != "its time is up" {
			t.Errorf("the idle engine said %+v", m)
		}
		close(release)
		if m := next[*proto.TaskDone](d); m.Task != 1 {
			t.Errorf("task %v is done, want the one that ran", m.Task)
		}
		if m := next[*proto.TaskLost](d); m.Task != 2 || m.Started {
			t.Errorf("given back: %+v, want task 2, which has not begun", m)
		}
		if m := next[*proto.EngineDown](d); m.Engine != 10 {
			t.Errorf("the busy engine said %+v", m)
		}
		if err := <-d.done; err != nil {
			t.Errorf("the host ended with %v", err)
		}
	})
}
