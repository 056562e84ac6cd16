package controller_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gocluster/gocluster/controller"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/link/linktest"
	"github.com/gocluster/gocluster/internal/proto"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// cluster is a controller with the authority that its peers' certificates come from.
type cluster struct {
	t    *testing.T
	auth *linktest.Authority
	c    *controller.Controller
}

func start(t *testing.T, change ...func(*controller.Config)) *cluster {
	t.Helper()
	k := &cluster{t: t, auth: linktest.NewAuthority(t, "test")}
	cfg := controller.Config{Listen: "127.0.0.1:0", TLS: k.auth.Server(), Cluster: "test", HostGrace: 300 * time.Millisecond}
	for _, f := range change {
		f(&cfg)
	}
	c, err := controller.Start(context.WithoutCancel(t.Context()), cfg)
	if err != nil {
		t.Fatal(err)
	}
	k.c = c
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("closing the controller: %v", err)
		}
	})
	return k
}

func (k *cluster) dial(role proto.Role, peer proto.PeerID, h link.ClientHandler) *link.Conn {
	k.t.Helper()
	return k.auth.Dial(k.c.Addr(), role, link.DialConfig{Local: k.c.Local(), Peer: peer, Handler: h, Name: role.String() + "-host"})
}

// square is what the fake engines do: every input is an integer of a range.
func square(x int64) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(x*x)) }

// fakeHost is an engine host whose engines answer at once.
type fakeHost struct {
	conn    *link.Conn
	n       int
	code    proto.Hash // an object that it asks for before it works; zero: none
	mu      sync.Mutex
	ids     []proto.EngineID
	got     map[proto.Hash]bool
	waiting []proto.Task
	tasks   int
	objects int
	last    *proto.Object
	welcome proto.Welcome
	ready   chan struct{}
	stopped chan struct{}
}

func (k *cluster) host(n int) *fakeHost {
	k.t.Helper()
	h := &fakeHost{n: n, ready: make(chan struct{}), stopped: make(chan struct{}), got: map[proto.Hash]bool{}}
	conn := k.dial(proto.RoleEngineHost, link.NewPeerID(), h)
	h.mu.Lock()
	h.conn = conn
	h.mu.Unlock()
	h.register(k.t)
	return h
}

func (h *fakeHost) register(t *testing.T) {
	m := &proto.Register{Info: proto.HostInfo{Host: "box", PID: 1}}
	for range h.n {
		m.Engines = append(m.Engines, proto.EngineInfo{ID: proto.NoEngine, PID: 1})
	}
	if err := h.conn.Send(m); err != nil {
		t.Fatal(err)
	}
	await(t, h.ready, "the host to be registered")
}

func await[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case x := <-c:
		return x
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

func (h *fakeHost) Up(w proto.Welcome) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.welcome = w
}
func (h *fakeHost) Down(error, bool) {}

func (h *fakeHost) Message(m proto.Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch m := m.(type) {
	case *proto.Registered:
		h.ids = m.Engines
		close(h.ready)
	case *proto.Object:
		h.objects++
		h.last = m
		if m.Missing {
			return
		}
		h.got[m.Hash] = true
		for _, t := range h.waiting {
			h.work(t)
		}
		h.waiting = nil
	case *proto.Stop:
		close(h.stopped)
	case *proto.Assign:
		for _, t := range m.Tasks {
			if !h.code.IsZero() && !h.got[h.code] {
				if len(h.waiting) == 0 {
					_ = h.conn.Send(&proto.NeedObject{Hash: h.code})
				}
				h.waiting = append(h.waiting, t)
				continue
			}
			h.work(t)
		}
	}
}

func (h *fakeHost) work(t proto.Task) {
	h.tasks++
	now := time.Now()
	out := proto.Block{}
	for i := range t.N {
		x := int64(t.First + i)
		if len(t.Inputs) > 0 {
			x = t.Inputs[0].Int(i)
		}
		out.Append(square(x))
	}
	_ = h.conn.Send(&proto.TaskStarted{Task: t.ID, Attempt: t.Attempt, At: now})
	_ = h.conn.Send(&proto.TaskDone{Task: t.ID, Attempt: t.Attempt, Chunk: proto.Chunk{
		First: t.First, N: t.N, Outputs: []proto.Block{out}, Started: now, Completed: now.Add(time.Duration(t.N) * time.Microsecond)}})
}

// fakeClient keeps what it is sent.
type fakeClient struct {
	conn     *link.Conn
	messages chan proto.Message
	downs    chan error
	welcomes chan proto.Welcome
}

func (k *cluster) client() *fakeClient {
	k.t.Helper()
	c := &fakeClient{messages: make(chan proto.Message, 100_000), downs: make(chan error, 16), welcomes: make(chan proto.Welcome, 16)}
	c.conn = k.dial(proto.RoleClient, link.NewPeerID(), c)
	return c
}

func (c *fakeClient) Up(w proto.Welcome)      { c.welcomes <- w }
func (c *fakeClient) Message(m proto.Message) { c.messages <- m }
func (c *fakeClient) Down(err error, _ bool)  { c.downs <- err }

// run submits a map of n squares and checks that every element comes once and right.
func (c *fakeClient) run(t *testing.T, spec proto.JobSpec) *proto.JobEnd {
	t.Helper()
	if err := c.conn.SendWait(t.Context(), &proto.Submit{Spec: spec}); err != nil {
		t.Fatal(err)
	}
	return c.collect(t, spec)
}

func (c *fakeClient) collect(t *testing.T, spec proto.JobSpec) *proto.JobEnd {
	t.Helper()
	n := spec.Count()
	seen := make([]bool, n)
	for {
		switch m := await(t, c.messages, "results").(type) {
		case *proto.Accepted:
			if m.Error.Kind != 0 {
				t.Fatalf("not accepted: %s", m.Error.Message)
			}
		case *proto.Result:
			if m.Job != spec.ID {
				continue
			}
			if err := check(m.Chunk, seen, spec.Inputs[0]); err != nil {
				t.Fatal(err)
			}
			_ = c.conn.Send(&proto.Ack{Jobs: []proto.Acked{{Job: m.Job, Next: m.Seq + 1}}})
			if m.End != 0 {
				complete(t, seen)
				return &proto.JobEnd{Job: m.Job, Seq: m.Seq, State: m.End}
			}
		case *proto.JobEnd:
			if m.Job != spec.ID {
				continue
			}
			if m.State == proto.JobDone {
				complete(t, seen)
			}
			_ = c.conn.Send(&proto.Ack{Jobs: []proto.Acked{{Job: m.Job, Next: m.Seq + 1}}})
			return m
		}
	}
}

func complete(t *testing.T, seen []bool) {
	t.Helper()
	for i, ok := range seen {
		if !ok {
			t.Fatalf("element %d has no result", i)
		}
	}
}

func check(k proto.Chunk, seen []bool, in proto.Block) error {
	for i := range k.N {
		e := k.First + i
		if seen[e] {
			return fmt.Errorf("element %d came twice", e)
		}
		seen[e] = true
		if got, want := string(k.Outputs[0].At(i)), string(square(in.Int(e))); got != want {
			return fmt.Errorf("element %d: got %x, want %x", e, got, want)
		}
	}
	return nil
}

func squares(n int) proto.JobSpec {
	return proto.JobSpec{
		ID: link.NewJobID(), Kind: proto.JobCall, Placement: proto.PlaceAny, Func: "square", Code: proto.HashOf([]byte("square")),
		Inputs: []proto.Block{proto.RangeBlock(3, n, 2)},
	}
}

func TestMap(t *testing.T) {
	k := start(t)
	h := k.host(4)
	c := k.client()
	if end := c.run(t, squares(10_000)); end.State != proto.JobDone {
		t.Errorf("got %v (%s), want %v", end.State, end.Error.Message, proto.JobDone)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.tasks < 4 || h.tasks > 1000 {
		t.Errorf("got %d tasks for 10,000 quick elements on 4 engines, want some dozens", h.tasks)
	}
	if len(h.ids) != 4 || h.ids[3] != 3 {
		t.Errorf("got engines %v, want 0 to 3", h.ids)
	}
}
