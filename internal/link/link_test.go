package link_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/link/linktest"
	"github.com/gocluster/gocluster/internal/proto"
)

// server records what a Server's handler is told.
type server struct {
	up       chan *link.Peer
	messages chan proto.Message
	down     chan error
	message  func(p *link.Peer, m proto.Message) // in place of messages
}

func newServer() *server {
	return &server{up: make(chan *link.Peer, 2000), messages: make(chan proto.Message, 2000), down: make(chan error, 2000)}
}

func (s *server) Up(p *link.Peer)              { s.up <- p }
func (s *server) Down(_ *link.Peer, err error) { s.down <- err }
func (s *server) Message(p *link.Peer, m proto.Message) {
	if s.message != nil {
		s.message(p, m)
		return
	}
	s.messages <- m
}

// client records what a Conn's handler is told.
type client struct {
	up       chan proto.Welcome
	messages chan proto.Message
	down     chan error
	final    chan error
}

func newClient() *client {
	return &client{make(chan proto.Welcome, 100), make(chan proto.Message, 2000), make(chan error, 100), make(chan error, 1)}
}

func (c *client) Up(w proto.Welcome)      { c.up <- w }
func (c *client) Message(m proto.Message) { c.messages <- m }
func (c *client) Down(err error, final bool) {
	if final {
		c.final <- err
		return
	}
	c.down <- err
}

func next[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(time.Minute):
		t.Fatal("nothing came")
	}
	panic("unreachable")
}

func TestMessagesTravelBothWays(t *testing.T) {
	a := linktest.NewAuthority(t, "c1")
	h, mine := newServer(), newClient()
	s := a.Listen(link.ServerConfig{}, h)
	c := a.Dial(s.Addr(), proto.RoleEngineHost, link.DialConfig{Handler: mine, Name: "host7"})
	if got := next(t, mine.up).Cluster; got != "c1" {
		t.Errorf("welcomed to %q", got)
	}
	p := next(t, h.up)
	if p.Role() != proto.RoleEngineHost || p.Name() != "host7" || p.ID() != c.Peer() {
		t.Errorf("got %v %q %v", p.Role(), p.Name(), p.ID())
	}
	if err := c.Send(&proto.HostStats{Load: 1.5}); err != nil {
		t.Fatal(err)
	}
	if got, ok := next(t, h.messages).(*proto.HostStats); !ok || got.Load != 1.5 {
		t.Errorf("got %v", got)
	}
	for _, size := range []int{0, 1, 511, 513, 1 << 20, 1<<20 + 1, 9<<20 + 5} {
		data := bytes.Repeat([]byte{7}, size)
		for name, send := range map[string]func(proto.Message) error{
			"send": p.Send,
			"wait": func(m proto.Message) error { return p.SendWait(t.Context(), m) },
		} {
			if err := send(&proto.Object{Data: data}); err != nil {
				t.Fatal(err)
			}
			if got, ok := next(t, mine.messages).(*proto.Object); !ok || !bytes.Equal(got.Data, data) {
				t.Errorf("%s: %d bytes did not arrive", name, size)
			}
		}
	}
	if err := c.Close("enough"); err != nil {
		t.Error(err)
	}
	var left *link.LeftError
	if err := next(t, h.down); !errors.As(err, &left) || left.Reason != "enough" || !left.Final {
		t.Errorf("got %v", err)
	}
	if err := next(t, mine.final); !errors.Is(err, link.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if err := c.Send(&proto.HostStats{}); !errors.Is(err, link.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestCloseSendsWhatIsQueued(t *testing.T) {
	a := linktest.NewAuthority(t, "c1")
	h := newServer()
	s := a.Listen(link.ServerConfig{}, h)
	c := a.Dial(s.Addr(), proto.RoleClient, link.DialConfig{Handler: newClient()})
	const n = 20
	for i := range n {
		if err := c.Send(&proto.Object{Data: make([]byte, 1<<20+i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close("bye"); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if got := next(t, h.messages).(*proto.Object); len(got.Data) != 1<<20+i {
			t.Fatalf("message %d has %d bytes", i, len(got.Data))
		}
	}
}

func TestMessagesOfAChannelKeepTheirOrder(t *testing.T) {
	a := linktest.NewAuthority(t, "c1")
	h := newServer()
	s := a.Listen(link.ServerConfig{}, h)
	c := a.Dial(s.Addr(), proto.RoleEngineHost, link.DialConfig{Handler: newClient()})
	const n = 300
	go func() {
		for i := range n {
			size := 0
			if i%50 == 7 {
				size = 3 << 20
			}
			m := &proto.TaskDone{Task: proto.TaskID(i), Chunk: proto.Chunk{Stdout: string(make([]byte, size))}}
			if err := c.SendWait(context.Background(), m); err != nil {
				t.Error(err)
			}
		}
	}()
	for i := range n {
		if got := next(t, h.messages).(*proto.TaskDone); got.Task != proto.TaskID(i) {
			t.Fatalf("message %d is %d", i, got.Task)
		}
	}
}

func TestHeartbeatsAndSmallMessagesPassBigOnes(t *testing.T) {
	a := linktest.NewAuthority(t, "c1")
	h, mine := newServer(), newClient()
	got := make(chan struct{}, 1)
	h.message = func(p *link.Peer, m proto.Message) {
		switch m.(type) {
		case *proto.StatusRequest:
			_ = p.Send(&proto.Status{})
		case *proto.Object:
			got <- struct{}{}
		}
	}
	s := a.Listen(link.ServerConfig{Heartbeat: 50 * time.Millisecond}, h)
	c := a.Dial(s.Addr(), proto.RoleClient, link.DialConfig{Handler: mine, Limits: link.Limits{Queue: 4 << 20}})
	sent := make(chan error, 1)
	go func() { sent <- c.SendWait(context.Background(), &proto.Object{Data: make([]byte, 100<<20)}) }()
	var times []time.Duration
	for busy := true; busy; {
		start := time.Now()
		if err := c.Send(&proto.StatusRequest{}); err != nil {
			t.Fatal(err)
		}
		next(t, mine.messages)
		times = append(times, time.Since(start))
		select {
		case <-got:
			busy = false
		default:
		}
	}
	if err := next(t, sent); err != nil {
		t.Fatal(err)
	}
	slices.Sort(times)
	median, worst := times[len(times)/2], times[len(times)-1]
	t.Logf("%d round trips beside 100 MB: median %v, worst %v", len(times), median, worst)
	// One that had to wait for the object would take as long as the object.
	if len(times) < 20 || median > 50*time.Millisecond {
		t.Errorf("%d round trips beside 100 MB: median %v, worst %v", len(times), median, worst)
	}
	select {
	case err := <-mine.down:
		t.Errorf("the connection broke: %v", err)
	default:
	}
}

func TestAConnComesBack(t *testing.T) {
	a := linktest.NewAuthority(t, "c1")
	h, mine := newServer(), newClient()
	s := a.Listen(link.ServerConfig{}, h)
	proxy := newProxy(t, s.Addr().String())
	c := a.Dial(proxy.ln.Addr(), proto.RoleEngineHost, link.DialConfig{Handler: mine, Backoff: link.Backoff{Min: time.Millisecond}})
	next(t, mine.up)
	first := next(t, h.up)
	proxy.cut()
	next(t, mine.down)
	next(t, h.down)
	next(t, mine.up)
	second := next(t, h.up)
	if first == second || first.ID() != second.ID() {
		t.Errorf("got the peers %v and %v", first.ID(), second.ID())
	}
	<-first.Done()
	if err := c.Send(&proto.HostStats{Load: 2}); err != nil {
		t.Fatal(err)
	}
	next(t, h.messages)
}

func TestWhatIsFinalIsNotTriedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(s *link.Server, p *link.Peer)
		want error
	}{
		"a refusal":             {func(_ *link.Server, p *link.Peer) { p.Close(proto.Errorf(proto.KindController, "no")) }, link.ErrRefused},
		"a goodbye":             {func(_ *link.Server, p *link.Peer) { p.Close(nil) }, link.ErrLeft},
		"the controller's end":  {func(s *link.Server, _ *link.Peer) { _ = s.Close() }, link.ErrLeft},
		"a controller gone off": {func(s *link.Server, _ *link.Peer) { _ = s.Shutdown("restarting", false) }, link.ErrGaveUp},
	} {
		t.Run(name, func(t *testing.T) {
			a := linktest.NewAuthority(t, "c1")
			h, mine := newServer(), newClient()
			s := a.Listen(link.ServerConfig{}, h)
			conn := a.Dial(s.Addr(), proto.RoleClient, link.DialConfig{Handler: mine, GiveUp: 100 * time.Millisecond, Backoff: link.Backoff{Min: time.Millisecond}})
			c.end(s, next(t, h.up))
			if err := next(t, mine.final); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			<-conn.Done()
			if err := conn.Send(&proto.StatusRequest{}); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestANewConnectionReplacesTheOld(t *testing.T) {
	a := linktest.NewAuthority(t, "c1")
	h := newServer()
	s := a.Listen(link.ServerConfig{}, h)
	id := link.NewPeerID()
	mine := newClient()
	a.Dial(s.Addr(), proto.RoleClient, link.DialConfig{Handler: mine, Peer: id, Backoff: link.Backoff{Min: time.Hour}})
	next(t, h.up)
	a.Dial(s.Addr(), proto.RoleClient, link.DialConfig{Handler: newClient(), Peer: id})
	if err := next(t, h.down); !errors.Is(err, link.ErrReplaced) {
		t.Errorf("got %v", err)
	}
	next(t, mine.down)
	next(t, h.up)
}

func TestDialSaysWhatIsWrong(t *testing.T) {
	a, other := linktest.NewAuthority(t, "c1"), linktest.NewAuthority(t, "c1")
	s := a.Listen(link.ServerConfig{}, newServer())
	unused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	unused.Close()
	// An engine of the cluster that poses as its controller.
	imposter := a.Client(proto.RoleEngineHost)
	imposter.ClientAuth = a.Server().ClientAuth
	for name, c := range map[string]struct {
		addr string
		cfg  link.DialConfig
		role proto.Role
		want error
	}{
		"nobody listens":                           {unused.Addr().String(), link.DialConfig{}, proto.RoleClient, link.ErrNobody},
		"a certificate of another cluster":         {s.Addr().String(), link.DialConfig{TLS: other.Client(proto.RoleClient)}, proto.RoleClient, link.ErrCertificate},
		"a key the controller does not know":       {s.Addr().String(), link.DialConfig{TLS: a.Mixed(other)}, proto.RoleClient, link.ErrCertificate},
		"no key at all":                            {s.Addr().String(), link.DialConfig{TLS: a.Keyless()}, proto.RoleClient, link.ErrCertificate},
		"an engine's certificate used by a client": {s.Addr().String(), link.DialConfig{TLS: a.Client(proto.RoleEngineHost)}, proto.RoleClient, link.ErrRefused},
		"a client's certificate used by an engine": {s.Addr().String(), link.DialConfig{TLS: a.Client(proto.RoleClient)}, proto.RoleEngineHost, link.ErrRefused},
		"a controller's role":                      {s.Addr().String(), link.DialConfig{TLS: a.Client(proto.RoleClient)}, proto.RoleController, link.ErrRefused},
		"an engine posing as a controller":         {a.Listen(link.ServerConfig{TLS: imposter}, newServer()).Addr().String(), link.DialConfig{}, proto.RoleClient, link.ErrCertificate},
		"a web server":                             {answering(t, "HTTP/1.1 400 Bad Request\r\n\r\n"), link.DialConfig{}, proto.RoleClient, link.ErrNotController},
		"one that hangs up":                        {answering(t, ""), link.DialConfig{}, proto.RoleClient, link.ErrNotController},
		"one that says nothing":                    {silent(t), link.DialConfig{Limits: link.Limits{Handshake: 100 * time.Millisecond}}, proto.RoleClient, link.ErrNoAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := c.cfg
			cfg.Addrs, cfg.Role, cfg.Handler = []string{c.addr}, c.role, newClient()
			if cfg.TLS == nil {
				cfg.TLS = a.Client(c.role)
			}
			conn, err := link.Dial(t.Context(), cfg)
			if err == nil {
				_ = conn.Close("")
			}
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			t.Log(err)
		})
	}
}

func TestTheFirstAddressThatAnswersIsTaken(t *testing.T) {
	a := linktest.NewAuthority(t, "c1")
	s := a.Listen(link.ServerConfig{}, newServer())
	unused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	unused.Close()
	a.Dial(nil, proto.RoleClient, link.DialConfig{Handler: newClient(), Addrs: []string{unused.Addr().String(), s.Addr().String()}})
}

func TestAFullQueueIsAnError(t *testing.T) {
	a := linktest.NewAuthority(t, "c1")
	h := newServer()
	s := a.Listen(link.ServerConfig{}, h)
	proxy := newProxy(t, s.Addr().String())
	c := a.Dial(proxy.ln.Addr(), proto.RoleClient, link.DialConfig{Handler: newClient(), Limits: link.Limits{Queue: 1 << 20, Message: 64 << 20}})
	next(t, h.up)
	proxy.freeze()
	var err error
	for range 2000 {
		if err = c.Send(&proto.Object{Data: make([]byte, 100<<10)}); err != nil {
			break
		}
	}
	if !errors.Is(err, link.ErrFull) {
		t.Errorf("got %v, want %v", err, link.ErrFull)
	}
	if got := c.Queued(); got > 2<<20 {
		t.Errorf("%d bytes wait", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	for err = nil; err == nil; {
		err = c.SendWait(ctx, &proto.Object{Data: make([]byte, 100<<10)})
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if err := c.Send(&proto.Object{Data: make([]byte, 65<<20)}); !errors.Is(err, link.ErrTooBig) {
		t.Errorf("got %v, want %v", err, link.ErrTooBig)
	}
	if err := c.Send(&proto.Ping{}); err == nil {
		t.Error("a Ping could be sent by hand")
	}
}

func TestManyPeersAtOnce(t *testing.T) {
	a := linktest.NewAuthority(t, "c1")
	h := newServer()
	h.message = func(p *link.Peer, m proto.Message) { _ = p.Send(&proto.Registered{}) }
	patient := link.Limits{Handshake: time.Minute} // all shake hands at the same time, on a machine that may have other things to do
	s := a.Listen(link.ServerConfig{Limits: patient}, h)
	cfg := a.Client(proto.RoleEngineHost)
	const n = 300
	start := time.Now()
	errs := make(chan error, n)
	for i := range n {
		go func() {
			mine := newClient()
			c, err := link.Dial(t.Context(), link.DialConfig{Addrs: []string{s.Addr().String()}, TLS: cfg, Role: proto.RoleEngineHost, Name: fmt.Sprint(i), Handler: mine, Limits: patient})
			if err == nil {
				err = c.Send(&proto.Register{})
			}
			if err == nil {
				<-mine.messages
				t.Cleanup(func() { _ = c.Close("done") })
			}
			errs <- err
		}()
	}
	for range n {
		if err := next(t, errs); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d peers in %v", n, time.Since(start))
}
