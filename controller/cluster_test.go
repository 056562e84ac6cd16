package controller_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocluster/gocluster/controller"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/link/linktest"
	"github.com/gocluster/gocluster/internal/proto"
)

// journal is a log that tests can read.
type journal struct {
	mu    sync.Mutex
	text  bytes.Buffer
	lines chan struct{}
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	select {
	case j.lines <- struct{}{}:
	default:
	}
	return j.text.Write(p)
}

// wait waits for a line that contains text.
func (j *journal) wait(t *testing.T, text string) {
	t.Helper()
	late := time.After(patience)
	for {
		j.mu.Lock()
		all := j.text.String()
		j.mu.Unlock()
		if strings.Contains(all, text) {
			return
		}
		select {
		case <-j.lines:
		case <-late:
			t.Fatalf("the log does not say %q:\n%s", text, all)
		}
	}
}

func journaled(j *journal) func(*controller.Config) {
	j.lines = make(chan struct{}, 1)
	return func(cfg *controller.Config) { cfg.Log = slog.New(slog.NewTextHandler(j, nil)) }
}

func TestAThousandHosts(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 50
	}
	k := start(t)
	began := time.Now()
	var wg sync.WaitGroup
	hosts := make([]*fakeHost, n)
	slots := make(chan struct{}, 32)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			hosts[i] = k.host(1)
			<-slots
		})
	}
	wg.Wait()
	t.Logf("%d hosts are registered after %v", n, time.Since(began))
	c := k.client()
	began = time.Now()
	spec := squares(10_000)
	spec.Chunk = 1
	if end := c.run(t, spec); end.State != proto.JobDone {
		t.Errorf("got %v (%s), want %v", end.State, end.Error.Message, proto.JobDone)
	}
	t.Logf("10,000 tasks took %v", time.Since(began))
	seen := map[proto.EngineID]bool{}
	for _, h := range hosts {
		seen[h.ids[0]] = true
	}
	if len(seen) != n || !seen[0] || !seen[proto.EngineID(n-1)] {
		t.Errorf("got %d different engine ids, want 0 to %d", len(seen), n-1)
	}
}

func TestObjectsReachAHostOnce(t *testing.T) {
	k := start(t)
	h := k.host(2)
	h.mu.Lock()
	h.code = proto.HashOf([]byte("square"))
	h.mu.Unlock()
	c := k.client()
	if err := c.conn.Send(&proto.Object{Hash: h.code, Data: []byte("square")}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if end := c.run(t, squares(100)); end.State != proto.JobDone {
			t.Errorf("got %v (%s), want %v", end.State, end.Error.Message, proto.JobDone)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.objects != 1 {
		t.Errorf("the host got %d objects, want 1", h.objects)
	}
}

func TestAMissingObjectIsAskedForAndItsJobFails(t *testing.T) {
	k := start(t)
	h := k.host(1)
	h.mu.Lock()
	h.code = proto.HashOf([]byte("square"))
	h.mu.Unlock()
	c := k.client()
	spec := squares(10)
	if err := c.conn.Send(&proto.Submit{Spec: spec}); err != nil {
		t.Fatal(err)
	}
	for {
		m := await(t, c.messages, "the controller to ask for the object, and the job to end")
		switch m := m.(type) {
		case *proto.NeedObject:
			if err := c.conn.Send(&proto.Object{Hash: m.Hash, Missing: true}); err != nil {
				t.Fatal(err)
			}
		case *proto.JobEnd:
			if m.State != proto.JobFailed || !strings.Contains(m.Error.Message, "no client has it") {
				t.Errorf("got %v: %q, want a failure that says that no client has the object", m.State, m.Error.Message)
			}
			return
		}
	}
}

func TestForgedObjectsAreRefused(t *testing.T) {
	var j journal
	k := start(t, journaled(&j))
	c := k.client()
	if err := c.conn.Send(&proto.Object{Hash: proto.HashOf([]byte("good")), Data: []byte("evil")}); err != nil {
		t.Fatal(err)
	}
	await(t, c.downs, "the client to be refused")
	j.wait(t, "the bytes of an object are not what its name says")
}

func TestObjectsThatDoNotFitFailTheirJob(t *testing.T) {
	k := start(t, func(cfg *controller.Config) { cfg.ObjectBytes = 1000 })
	h := k.host(1)
	big := bytes.Repeat([]byte("x"), 2000)
	h.mu.Lock()
	h.code = proto.HashOf(big)
	h.mu.Unlock()
	c := k.client()
	spec := squares(10)
	spec.Code = h.code
	for _, m := range []proto.Message{&proto.Object{Hash: h.code, Data: big}, &proto.Submit{Spec: spec}} {
		if err := c.conn.Send(m); err != nil {
			t.Fatal(err)
		}
	}
	for {
		switch m := await(t, c.messages, "the job to end").(type) {
		case *proto.NeedObject:
			if err := c.conn.Send(&proto.Object{Hash: m.Hash, Data: big}); err != nil {
				t.Fatal(err)
			}
		case *proto.JobEnd:
			if !strings.Contains(m.Error.Message, "store of code and values is full") {
				t.Errorf("got %q, want an error about the full store", m.Error.Message)
			}
			return
		}
	}
}

func TestRolesAreKept(t *testing.T) {
	tests := []struct {
		name string
		role proto.Role
		says proto.Message
	}{
		{"an engine submits", proto.RoleEngineHost, &proto.Submit{Spec: squares(1)}},
		{"an engine cancels", proto.RoleEngineHost, &proto.Cancel{}},
		{"an engine shuts down", proto.RoleEngineHost, &proto.Shutdown{}},
		{"an engine sends an object", proto.RoleEngineHost, &proto.Object{Missing: true}},
		{"a client registers", proto.RoleClient, &proto.Register{}},
		{"a client has done a task", proto.RoleClient, &proto.TaskDone{Task: 1, Attempt: 1}},
		{"a client asks for an object", proto.RoleClient, &proto.NeedObject{}},
		{"a client speaks for the controller", proto.RoleClient, &proto.JobEnd{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var j journal
			k := start(t, journaled(&j))
			bad := &fakeClient{messages: make(chan proto.Message, 100), downs: make(chan error, 16), welcomes: make(chan proto.Welcome, 16)}
			conn := k.dial(tt.role, link.NewPeerID(), bad)
			if err := conn.Send(tt.says); err != nil {
				t.Fatal(err)
			}
			if err := await(t, bad.downs, "the peer to be refused"); !strings.Contains(err.Error(), "may not send") {
				t.Errorf("got %v, want an error that says that it may not send this", err)
			}
			j.wait(t, "may not send")
		})
	}
}

func TestAHostThatLeavesCostsNothingButTime(t *testing.T) {
	k := start(t)
	slow := k.host(2)
	slow.mu.Lock()
	slow.code = proto.HashOf([]byte("square")) // which never comes: it holds its tasks
	slow.mu.Unlock()
	c := k.client()
	spec := squares(50)
	if err := c.conn.Send(&proto.Submit{Spec: spec}); err != nil {
		t.Fatal(err)
	}
	for {
		if _, asked := await(t, c.messages, "the host to have tasks").(*proto.NeedObject); asked {
			break
		}
	}
	k.host(1)
	if err := slow.conn.Close("the machine is needed"); err != nil {
		t.Fatal(err)
	}
	if end := c.collect(t, spec); end.State != proto.JobDone {
		t.Errorf("got %v (%s), want %v", end.State, end.Error.Message, proto.JobDone)
	}
}

// stuffed is a client that never reads.
type stuffed struct{ block chan struct{} }

func (s stuffed) Up(proto.Welcome)      {}
func (s stuffed) Message(proto.Message) { <-s.block }
func (s stuffed) Down(error, bool)      {}

func TestAClientThatDoesNotReadHoldsUpNobody(t *testing.T) {
	k := start(t)
	k.host(4)
	s := stuffed{block: make(chan struct{})}
	defer close(s.block)
	deaf := k.dial(proto.RoleClient, link.NewPeerID(), s)
	for range 20 {
		if err := deaf.Send(&proto.Submit{Spec: squares(20_000)}); err != nil {
			t.Fatal(err)
		}
	}
	c := k.client()
	if end := c.run(t, squares(20_000)); end.State != proto.JobDone {
		t.Errorf("got %v (%s), want %v", end.State, end.Error.Message, proto.JobDone)
	}
}

func TestStatus(t *testing.T) {
	k := start(t)
	k.host(3)
	c := k.client()
	if err := c.conn.Send(&proto.StatusRequest{Seq: 7}); err != nil {
		t.Fatal(err)
	}
	for {
		st, ok := await(t, c.messages, "the status").(*proto.Status)
		if !ok {
			continue
		}
		if st.Seq != 7 || st.Cluster != "test" || len(st.Engines) != 3 || st.Clients != 1 {
			t.Errorf("got %+v, want the answer to request 7 of cluster test, 3 engines and 1 client", st)
		}
		if e := st.Engines[2]; e.ID != 2 || e.State != proto.EngineIdle || e.Info.Host != "box" {
			t.Errorf("got %+v, want engine 2 idle on box", e)
		}
		return
	}
}

func TestShutdownTellsEverybody(t *testing.T) {
	k := start(t)
	h := k.host(1)
	c := k.client()
	if err := c.conn.Send(&proto.Shutdown{}); err != nil {
		t.Fatal(err)
	}
	await(t, h.stopped, "the host to be told to stop")
	if err := await(t, c.downs, "the client to be told"); !errors.Is(err, link.ErrLeft) {
		t.Errorf("got %v, want a goodbye", err)
	}
	await(t, k.c.Done(), "the controller to end")
	if err := k.c.Err(); err != nil {
		t.Errorf("got %v, want no error", err)
	}
}

func TestAttackersDoNotDisturbAJob(t *testing.T) {
	k := start(t)
	k.host(4)
	c := k.client()
	done := make(chan struct{})
	var wg sync.WaitGroup
	attack := func(f func()) {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					f()
				}
			}
		})
	}
	other := linktest.NewAuthority(t, "test").Client(proto.RoleClient)
	engine := k.auth.Client(proto.RoleEngineHost)
	addr := k.c.Addr().String()
	attack(func() { // bytes that are not TLS
		if conn, err := net.Dial("tcp", addr); err == nil {
			_, _ = conn.Write(bytes.Repeat([]byte{0xff}, 4096))
			_ = conn.Close()
		}
	})
	attack(func() { // another cluster's certificate
		if conn, err := tls.Dial("tcp", addr, other); err == nil {
			_ = conn.Close()
		}
	})
	refused := make(chan error, 1)
	attack(func() { // an engine's certificate as a client
		_, err := link.Dial(t.Context(), link.DialConfig{Addrs: []string{addr}, TLS: engine, Role: proto.RoleClient, Handler: stuffed{}})
		select {
		case refused <- err:
		default:
		}
	})
	for range 5 {
		if end := c.run(t, squares(50_000)); end.State != proto.JobDone {
			t.Errorf("got %v (%s), want %v", end.State, end.Error.Message, proto.JobDone)
		}
	}
	if err := await(t, refused, "the engine to be refused"); !errors.Is(err, link.ErrRefused) {
		t.Errorf("got %v, want a refusal", err)
	}
	close(done)
	wg.Wait()
}

// All known attacks at once, on the port of a controller that has work: each attacker is refused, the jobs are done, and memory stays
// bounded.
func TestEveryAttackWhileJobsRun(t *testing.T) {
	if testing.Short() {
		t.Skip("silent attackers are refused after the handshake's time; package link has the same attacks with shorter limits")
	}
	k := start(t)
	k.host(4)
	c := k.client()
	// What is queued for peers and what has half arrived is bounded per peer and in all; when they are gone, so is it.
	const peak, after = 512 << 20, 64 << 20
	before := heap()
	refused := make(chan string)
	attacks := linktest.Attacks(k.auth)
	for _, attack := range attacks {
		go func() {
			conn, err := net.Dial("tcp", k.c.Addr().String())
			if err == nil {
				err = attack.Perform(conn)
				_ = conn.Close()
			}
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s: not refused", attack.Name)
			}
			refused <- attack.Name
		}()
	}
	for left := len(attacks); left > 0; {
		if end := c.run(t, squares(50_000)); end.State != proto.JobDone {
			t.Errorf("got %v (%s), want %v", end.State, end.Error.Message, proto.JobDone)
		}
		if grown := heap() - before; grown > peak {
			t.Fatalf("with %d attackers left the heap has grown by %d MB", left, grown>>20)
		}
		for waiting := true; waiting; {
			select {
			case <-refused:
				left--
			default:
				waiting = false
			}
		}
	}
	if grown := heap() - before; grown > after {
		t.Errorf("when the attackers are gone the heap has grown by %d MB", grown>>20)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
