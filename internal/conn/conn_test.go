package conn_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/conn/conntest"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
)

// record is a sink that keeps what comes.
type record struct {
	mu     sync.Mutex
	seen   map[int]int // how often each element came
	state  proto.JobState
	err    *proto.Error
	cause  error
	chunks chan struct{}
	ended  chan struct{}
}

func newRecord() *record {
	return &record{seen: map[int]int{}, chunks: make(chan struct{}, 1000), ended: make(chan struct{})}
}

func (r *record) Accepted([]proto.EngineID, []string) {}
func (r *record) Output(proto.Output)                 {}
func (r *record) Chunk(k proto.Chunk, _ time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range k.N {
		r.seen[k.First+i]++
	}
	r.chunks <- struct{}{}
}
func (r *record) End(s proto.JobState, err *proto.Error, cause error) {
	r.state, r.err, r.cause = s, err, cause
	close(r.ended)
}

// each reports elements that did not come exactly once.
func (r *record) each(t *testing.T, n int) {
	t.Helper()
	<-r.ended
	if r.state != proto.JobDone {
		t.Fatalf("the job ended %v: %v", r.state, r.err)
	}
	for i := range n {
		if r.seen[i] != 1 {
			t.Errorf("element %d came %d times", i, r.seen[i])
		}
	}
	if len(r.seen) != n {
		t.Errorf("%d elements came, not %d", len(r.seen), n)
	}
}

func object(name string) *proto.Object {
	data := (&unit.Unit{Name: name}).Encode()
	return &proto.Object{Hash: proto.HashOf(data), Data: data}
}

func spec(o *proto.Object, n int) proto.JobSpec {
	return proto.JobSpec{
		ID: link.NewJobID(), Kind: proto.JobCall, Placement: proto.PlaceAny, Code: o.Hash, Inputs: []proto.Block{proto.RangeBlock(0, n, 1)},
	}
}

func dial(t *testing.T, cluster *conntest.Cluster, event func(proto.Event)) *conn.Conn {
	t.Helper()
	c, err := conn.Dial(t.Context(), conn.Config{Dial: cluster.Dial, Event: event})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(); cluster.Close() })
	return c
}

func TestObjectsGoOncePerConnection(t *testing.T) {
	cluster := conntest.New(1, map[string]any{"f": func(x int) int { return x }})
	c := dial(t, cluster, nil)
	o := object("f")
	run := func() {
		r := newRecord()
		if _, err := c.Submit(t.Context(), spec(o, 3), []*proto.Object{o}, r); err != nil {
			t.Fatal(err)
		}
		r.each(t, 3)
	}
	sent := func() (n int) {
		cluster.Sync()
		for _, m := range cluster.Log {
			if m.Type() == proto.TypeObject {
				n++
			}
		}
		return n
	}
	run()
	run()
	if got := sent(); got != 1 {
		t.Errorf("the object was sent %d times on one connection", got)
	}
	cluster.Break()
	cluster.Mend()
	cluster.Sync()
	run()
	if got := sent(); got != 2 {
		t.Errorf("the object was sent %d times on two connections", got)
	}
}

func TestAnObjectThatTheControllerLostIsSentAgain(t *testing.T) {
	cluster := conntest.New(1, map[string]any{"f": func(x int) int { return x }})
	c := dial(t, cluster, nil)
	o := object("f")
	for range 2 {
		r := newRecord()
		if _, err := c.Submit(t.Context(), spec(o, 1), []*proto.Object{o}, r); err != nil {
			t.Fatal(err)
		}
		r.each(t, 1)
		cluster.Forget(o.Hash)
	}
}

func TestABrokenConnectionIsResumed(t *testing.T) {
	open := make(chan struct{})
	cluster := conntest.New(2, map[string]any{"f": func(x int) int {
		if x >= 4 {
			<-open
		}
		return x
	}})
	c := dial(t, cluster, nil)
	o := object("f")
	r, late, streamed := newRecord(), newRecord(), newRecord()
	if _, err := c.Submit(t.Context(), spec(o, 10), []*proto.Object{o}, r); err != nil {
		t.Fatal(err)
	}
	s := spec(o, 0)
	s.Inputs, s.Open = nil, true
	job, err := c.Submit(t.Context(), s, []*proto.Object{o}, streamed)
	if err != nil {
		t.Fatal(err)
	}
	extend := func(from, n int, last bool) {
		if err := job.Extend(t.Context(), []proto.Block{proto.RangeBlock(int64(from), n, 1)}, last); err != nil {
			t.Fatal(err)
		}
	}
	extend(0, 2, false)
	<-r.chunks
	<-streamed.chunks
	cluster.Break()
	cluster.Sync()
	close(open)    // the other results are lost on their way
	cluster.Sync() // ... as is what is sent now:
	extend(2, 4, false)
	extend(6, 1, true)
	if _, err := c.Submit(t.Context(), spec(o, 3), []*proto.Object{o}, late); err != nil {
		t.Fatal(err)
	}
	cluster.Mend()
	r.each(t, 10)
	late.each(t, 3)
	streamed.each(t, 7)
}

func TestResultsAreAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := conntest.New(1, map[string]any{"f": func(x int) int { return x }})
		c := dial(t, cluster, nil)
		o, r := object("f"), newRecord()
		for range 3 {
			if _, err := c.Submit(t.Context(), spec(o, 6), []*proto.Object{o}, r); err != nil {
				t.Fatal(err)
			}
			r.each(t, 6)
			r = newRecord()
		}
		time.Sleep(time.Second)
		synctest.Wait()
		cluster.Sync()
		messages, jobs := 0, 0
		for _, m := range cluster.Log {
			a, ok := m.(*proto.Ack)
			if !ok {
				continue
			}
			messages++
			for _, a := range a.Jobs {
				jobs++
				if a.Next != 4 {
					t.Errorf("acknowledged up to %d of three chunks and the end", a.Next)
				}
			}
		}
		if messages != 1 || jobs != 3 {
			t.Errorf("%d messages acknowledge %d jobs, want one for three", messages, jobs)
		}
	})
}

func TestTheLastResultEndsItsJob(t *testing.T) {
	cluster := conntest.New(1, map[string]any{"f": func(x int) int { select {} }})
	c := dial(t, cluster, nil)
	o, r := object("f"), newRecord()
	s := spec(o, 2)
	if _, err := c.Submit(t.Context(), s, []*proto.Object{o}, r); err != nil {
		t.Fatal(err)
	}
	for i, end := range []proto.JobState{0, proto.JobDone} {
		cluster.Tell(&proto.Result{Job: s.ID, Seq: uint64(i), End: end, Chunk: proto.Chunk{First: i, N: 1}})
	}
	<-r.ended
	if r.state != proto.JobDone || r.err != nil || r.cause != nil {
		t.Errorf("ended %v, %v, %v", r.state, r.err, r.cause)
	}
}

func TestAControllerThatDoesNotKnowAJobEndsIt(t *testing.T) {
	cluster := conntest.New(1, map[string]any{"f": func(x int) int { select {} }})
	c := dial(t, cluster, nil)
	o, r := object("f"), newRecord()
	s := spec(o, 1)
	if _, err := c.Submit(t.Context(), s, []*proto.Object{o}, r); err != nil {
		t.Fatal(err)
	}
	cluster.Tell(&proto.JobEnd{Job: s.ID, Seq: 7, State: proto.JobFailed, Error: *proto.Errorf(proto.KindController, "unknown job")})
	<-r.ended
	if r.state != proto.JobFailed || r.err == nil || r.err.Message != "unknown job" {
		t.Errorf("ended %v, %v", r.state, r.err)
	}
}

func TestEverythingEndsWithTheController(t *testing.T) {
	for name, end := range map[string]func(c *conn.Conn, cluster *conntest.Cluster) error{
		"killed": func(_ *conn.Conn, cluster *conntest.Cluster) error { cluster.Kill(); return conn.ErrGone },
		"closed": func(c *conn.Conn, _ *conntest.Cluster) error { _ = c.Close(); return conn.ErrClosed },
	} {
		t.Run(name, func(t *testing.T) {
			cluster := conntest.New(1, map[string]any{"f": func(x int) int { select {} }})
			c := dial(t, cluster, nil)
			o, r := object("f"), newRecord()
			if _, err := c.Submit(t.Context(), spec(o, 1), []*proto.Object{o}, r); err != nil {
				t.Fatal(err)
			}
			waited := make(chan error, 1)
			go func() {
				waited <- c.Until(context.Background(), "nothing", func(*proto.Status) bool { return false })
			}()
			want := end(c, cluster)
			<-r.ended
			<-c.Done()
			for what, err := range map[string]error{"job": r.cause, "connection": c.Err(), "wait": <-waited} {
				if !errors.Is(err, want) {
					t.Errorf("%s: got %v, want %v", what, err, want)
				}
			}
			if _, err := c.Submit(t.Context(), spec(o, 1), nil, newRecord()); !errors.Is(err, want) {
				t.Errorf("a job afterwards: got %v, want %v", err, want)
			}
			if _, err := c.Status(t.Context()); !errors.Is(err, want) {
				t.Errorf("status afterwards: got %v, want %v", err, want)
			}
		})
	}
}

func TestUntilWaitsForTheCluster(t *testing.T) {
	cluster := conntest.New(1, nil)
	events := make(chan proto.Event, 1)
	c := dial(t, cluster, func(e proto.Event) { events <- e })
	go func() { cluster.AddEngine() }()
	err := c.Until(t.Context(), "two engines", func(st *proto.Status) bool { return len(st.Engines) == 2 })
	if err != nil {
		t.Fatal(err)
	}
	if e := <-events; e.Kind != proto.EventEngineUp || e.Engine != 1 {
		t.Errorf("event %+v", e)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("too long"))
	err = c.Until(ctx, "two engines", func(*proto.Status) bool { return false })
	if err == nil || !strings.HasPrefix(err.Error(), "waiting for two engines: ") || !strings.HasSuffix(err.Error(), ": too long") {
		t.Errorf("got %v", err)
	}
}
