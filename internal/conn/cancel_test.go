package conn_test

import (
	"context"
	"sync"
	"testing"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
)

// wire is a link whose other end is the test.
type wire struct {
	handler link.ClientHandler
	mu      sync.Mutex
	cancels int
}

func (w *wire) Send(m proto.Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if m.Type() == proto.TypeCancel {
		w.cancels++
	}
	return nil
}

func (w *wire) SendHeld(m proto.Message) error                    { return w.Send(m) }
func (w *wire) Flush()                                            {}
func (w *wire) SendWait(_ context.Context, m proto.Message) error { return w.Send(m) }
func (w *wire) Close(string) error                                { return nil }

func (w *wire) sent() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cancels
}

// Cancel and Submit travel on different connections: a Cancel that comes first would be about a job that nobody knows.
func TestACancelDoesNotOvertakeItsJob(t *testing.T) {
	w := &wire{}
	c, err := conn.Dial(t.Context(), conn.Config{Dial: func(_ context.Context, h link.ClientHandler) (link.End, error) {
		w.handler = h
		h.Up(proto.Welcome{})
		return w, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	o := object("f")
	j, err := c.Submit(t.Context(), spec(o, 1), []*proto.Object{o}, newRecord())
	if err != nil {
		t.Fatal(err)
	}
	j.Cancel()
	if got := w.sent(); got != 0 {
		t.Errorf("%d cancels were sent before the job was accepted", got)
	}
	w.handler.Message(&proto.Accepted{Jobs: []proto.JobID{j.ID()}})
	if got := w.sent(); got != 1 {
		t.Errorf("%d cancels were sent, want 1", got)
	}
}
