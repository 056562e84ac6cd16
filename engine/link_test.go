package engine

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/profiles"
)

// office is a controller's end of real links, played by the test: it registers hosts and notes what they say.
type office struct {
	mu    sync.Mutex
	next  proto.EngineID
	said  chan said
	peers []*link.Peer
	wires []net.Conn
}

// dial opens a connection that can be broken.
func (o *office) dial(ctx context.Context, addr string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.wires = append(o.wires, c)
	return c, err
}

// cut breaks all connections.
func (o *office) cut() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range o.wires {
		_ = c.Close()
	}
}

type said struct {
	peer *link.Peer
	m    proto.Message
}

func (o *office) Up(p *link.Peer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.peers = append(o.peers, p)
}

func (o *office) Down(*link.Peer, error) {}

func (o *office) Message(p *link.Peer, m proto.Message) {
	if r, ok := m.(*proto.Register); ok {
		var ids []proto.EngineID
		o.mu.Lock()
		for _, e := range r.Engines {
			if e.ID == proto.NoEngine {
				e.ID = o.next
				o.next++
			}
			ids = append(ids, e.ID)
		}
		o.mu.Unlock()
		_ = p.Send(&proto.Registered{Engines: ids})
	}
	o.said <- said{p, m}
}

// await passes over messages until one is as wanted.
func await[M proto.Message](t *testing.T, o *office, ok func(M) bool) (*link.Peer, M) {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		select {
		case s := <-o.said:
			if m, is := s.m.(M); is && ok(m) {
				return s.peer, m
			}
		case <-late:
			t.Fatalf("no host said %T", *new(M))
		}
	}
}

func always[M proto.Message](M) bool { return true }

// open starts an office, and returns a way to connect to it as an engine host.
func open(t *testing.T) (*office, link.Dialer) {
	t.Helper()
	a, err := profiles.NewAuthority("test")
	if err != nil {
		t.Fatal(err)
	}
	o := &office{said: make(chan said, 10_000)}
	srv, err := link.Listen(t.Context(), "127.0.0.1:0", link.ServerConfig{TLS: a.ControllerTLS(), Cluster: "test"}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	conn, err := a.Connection(proto.RoleEngineHost, []string{srv.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	tls, err := conn.ClientTLS()
	if err != nil {
		t.Fatal(err)
	}
	return o, func(ctx context.Context, h link.ClientHandler) (link.End, error) {
		return link.Dial(ctx, link.DialConfig{
			Addrs: conn.Addrs, TLS: tls, Role: proto.RoleEngineHost, Name: "here", Handler: h, GiveUp: 10 * time.Second, DialFunc: o.dial,
			Backoff: link.Backoff{Min: time.Millisecond, Max: 10 * time.Millisecond},
		})
	}
}

func TestManyHostsOverRealLinks(t *testing.T) {
	const hosts, engines, tasks = 20, 5, 10
	o, dial := open(t)
	ended := make(chan error, hosts)
	for range hosts {
		go func() {
			ended <- Run(t.Context(), Config{
				Dial: dial, N: engines,
				NewWorker: func(context.Context, proto.EngineID) (Worker, error) { return NewInProcess(echo), nil },
			})
		}()
	}
	where := map[proto.EngineID]*link.Peer{}
	for range hosts * engines {
		p, up := await(t, o, always[*proto.EngineUp])
		where[up.Engine] = p
	}
	id := proto.TaskID(0)
	for e, p := range where {
		var m proto.Assign
		for range tasks {
			id++
			m.Tasks = append(m.Tasks, task(id, e, 0, 1))
		}
		if err := p.SendWait(t.Context(), &m); err != nil {
			t.Fatal(err)
		}
	}
	done := map[proto.TaskID]bool{}
	for range hosts * engines * tasks {
		_, m := await(t, o, always[*proto.TaskDone])
		done[m.Task] = true
	}
	if len(done) != hosts*engines*tasks {
		t.Errorf("%d tasks done, want %d", len(done), hosts*engines*tasks)
	}
	for _, p := range o.peers {
		_ = p.Send(&proto.Stop{Reason: "over"})
	}
	for range hosts {
		if err := <-ended; err != nil {
			t.Errorf("a host ended with %v, want nil", err)
		}
	}
}

func TestAHostGoesOnAfterItsConnectionBroke(t *testing.T) {
	o, dial := open(t)
	release := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- Run(t.Context(), Config{Dial: dial, N: 1, NewWorker: func(context.Context, proto.EngineID) (Worker, error) {
			return NewInProcess(func(ctx context.Context, t *Task, out Output) (proto.Chunk, error) {
				<-release
				return echo(ctx, t, out)
			}), nil
		}})
	}()
	p, up := await(t, o, always[*proto.EngineUp])
	if err := p.Send(&proto.Assign{Tasks: []proto.Task{task(1, up.Engine, 0, 1)}}); err != nil {
		t.Fatal(err)
	}
	await(t, o, always[*proto.TaskStarted])
	o.cut()
	p, again := await(t, o, func(r *proto.Register) bool { return len(r.Held) > 0 })
	if again.Engines[0].ID != up.Engine || again.Held[0].Task != 1 {
		t.Errorf("registered again as %+v", again)
	}
	close(release)
	await(t, o, func(m *proto.TaskDone) bool { return m.Task == 1 })
	_ = p.Send(&proto.Stop{})
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
