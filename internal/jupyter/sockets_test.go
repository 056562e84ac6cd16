package jupyter_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/jupyter"
	"github.com/gocluster/gocluster/internal/jupyter/jupytertest"
)

// echo answers each request with its own content and asks on stdin when told to.
type echo struct {
	t       *testing.T
	author  *jupyter.Author
	mu      sync.Mutex
	sockets *jupyter.Sockets
	inputs  chan *jupyter.Request
}

func (e *echo) Request(r *jupyter.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m, err := e.author.New("echo", &r.Message, r.Content)
	if err != nil {
		e.t.Error(err)
		return
	}
	send := e.sockets.Reply
	if r.Header.Type == "ask_request" {
		send = e.sockets.Ask
	}
	if err := send(context.Background(), r, m); err != nil {
		e.t.Error(err)
	}
	if m, err = e.author.New("echo", &r.Message, nil); err == nil {
		err = e.sockets.Publish(context.Background(), "echo", m)
	}
	if err != nil {
		e.t.Error(err)
	}
}

func (e *echo) Input(r *jupyter.Request) { e.inputs <- r }

func open(t *testing.T, c *jupyter.Connection, logger *slog.Logger) *echo {
	t.Helper()
	e := &echo{t: t, author: jupyter.NewAuthor(), inputs: make(chan *jupyter.Request, 1)}
	e.mu.Lock()
	defer e.mu.Unlock()
	sockets, err := jupyter.Open(context.Background(), c, e.author, e, logger)
	if err != nil {
		t.Fatal(err)
	}
	e.sockets = sockets
	t.Cleanup(func() {
		if err := sockets.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// log is a log's text; it may be read while it is written.
type log struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func quiet(t *testing.T) *slog.Logger { return slog.New(slog.NewTextHandler(t.Output(), nil)) }

func TestTwoClientsOnFiveSockets(t *testing.T) {
	conn := jupytertest.Connection(t)
	e := open(t, conn, quiet(t))
	a, b := jupytertest.Connect(t, conn, "client-a"), jupytertest.Connect(t, conn, "client-b")
	for _, c := range []*jupytertest.Client{a, b} {
		for _, s := range []*jupytertest.Socket{c.Shell, c.Control} {
			id := c.Send(s, "x_request", map[string]string{"who": fmt.Sprintf("%p", s)})
			if got, want := string(c.Read(s).Content), fmt.Sprintf(`{"who":"%p"}`, s); got != want {
				t.Errorf("got the reply %s, want %s", got, want)
			}
			for _, all := range []*jupytertest.Client{a, b} {
				if m := all.Read(all.IOPub); !jupytertest.Answers(m, id) {
					t.Errorf("published for %s, want %s", m.Parent, id)
				}
			}
		}
	}

	id := b.Send(b.Shell, "ask_request", nil)
	if m := b.Read(b.Stdin); !jupytertest.Answers(m, id) {
		t.Errorf("asked about %s, want %s", m.Parent, id)
	}
	b.Send(b.Stdin, "input_reply", map[string]string{"value": "x"})
	if r := <-e.inputs; r.Client() != "client-b" || string(r.Content) != `{"value":"x"}` {
		t.Errorf("input %s from %q", r.Content, r.Client())
	}

	hb := jupytertest.Dial(t, conn.HeartbeatPort, "REQ", "")
	hb.Send(nil, []byte("ping"))
	if got := hb.Receive(); len(got) != 2 || string(got[1]) != "ping" {
		t.Errorf("the heartbeat answers %q", got)
	}
}

func TestASubscriberGetsItsTopicsOnly(t *testing.T) {
	conn := jupytertest.Connection(t)
	open(t, conn, quiet(t))
	c := jupytertest.Connect(t, conn, "c")
	other := jupytertest.Dial(t, conn.IOPubPort, "SUB", "")
	other.Send([]byte("\x01stream"))
	if got := other.Receive(); string(got[0]) != "stream" || !bytes.Contains(got[6], []byte(`{"subscription":"stream"}`)) {
		t.Errorf("welcomed with %q", got)
	}
	id := c.Send(c.Shell, "x_request", nil)
	if m := c.Read(c.IOPub); !jupytertest.Answers(m, id) {
		t.Errorf("published for %s", m.Parent)
	}
	other.Send([]byte("\x01ec"))
	if got := other.Receive(); string(got[0]) != "ec" {
		t.Errorf("got %q, want the second welcome: topic echo is not for this subscriber", got)
	}
	c.Send(c.Shell, "x_request", nil)
	if got := other.Receive(); string(got[0]) != "echo" {
		t.Errorf("got topic %q, want echo", got[0])
	}
}

func TestWhatIsNotSignedIsDroppedAndLogged(t *testing.T) {
	conn := jupytertest.Connection(t)
	var text log
	open(t, conn, slog.New(slog.NewTextHandler(&text, nil)))
	good, bad := jupytertest.Connect(t, conn, "good"), jupytertest.Dial(t, conn.ShellPort, "DEALER", "bad")
	signer, err := jupyter.NewSigner("hmac-sha256", "another-key")
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		m, err := jupyter.NewAuthor().New("x_request", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		bad.Send(signer.Encode(m)...)
		bad.Send([]byte("garbage"), nil, []byte{0xff})
	}
	id := good.Send(good.Shell, "x_request", nil)
	if m := good.Read(good.Shell); !jupytertest.Answers(m, id) {
		t.Errorf("got the reply to %s", m.Parent)
	}
	if m := good.Read(good.IOPub); !jupytertest.Answers(m, id) {
		t.Errorf("published for %s: a bad message was acted on", m.Parent)
	}
	if n := strings.Count(text.String(), "\n"); n == 0 || n > 100 {
		t.Errorf("%d lines logged", n)
	}
}

func TestIPC(t *testing.T) {
	conn := jupytertest.Connection(t)
	conn.Transport, conn.IP = "ipc", filepath.Join(t.TempDir(), "k")
	open(t, conn, quiet(t))
	stale, err := os.Stat(fmt.Sprintf("%s-%d", conn.IP, conn.ShellPort))
	if err != nil || stale.Mode()&os.ModeSocket == 0 {
		t.Errorf("no socket: %v", err)
	}
	if _, err := jupyter.Open(context.Background(), conn, jupyter.NewAuthor(), &echo{}, quiet(t)); err == nil || !strings.Contains(err.Error(), "another kernel listens there") {
		t.Errorf("opened twice: %v", err)
	}
}

// A client that reads nothing is waited for while it is alone. With another one it is given up, which the log tells, and the other gets
// everything.
func TestAClientThatReadsNothingDoesNotHoldUpTheOthers(t *testing.T) {
	conn := jupytertest.Connection(t)
	text := new(log)
	e := open(t, conn, slog.New(slog.NewTextHandler(text, nil)))
	stalled := jupytertest.Dial(t, conn.IOPubPort, "SUB", "stalled")
	stalled.Send([]byte{1})
	stalled.Receive() // the welcome; nothing after it
	reader := jupytertest.Connect(t, conn, "reader")
	const courtesy = 2 * time.Second
	e.sockets.SetCourtesy(courtesy)
	const messages, each = 100, 1 << 20 // more than the queue and the network hold
	published := make(chan time.Duration, 1)
	go func() {
		begin := time.Now()
		for range messages {
			m, err := e.author.New("display_data", nil, nil)
			if err != nil {
				t.Error(err)
				break
			}
			m.Buffers = [][]byte{make([]byte, each)}
			if err := e.sockets.Publish(t.Context(), "display", m); err != nil {
				t.Error(err)
			}
		}
		published <- time.Since(begin)
	}()
	for range messages {
		if m := reader.Read(reader.IOPub); len(m.Buffers) != 1 || len(m.Buffers[0]) != each {
			t.Fatalf("got %d buffers", len(m.Buffers))
		}
	}
	if d := <-published; d < courtesy || d > 10*courtesy {
		t.Errorf("publishing took %v, want a little more than %v", d, courtesy)
	}
	if !strings.Contains(text.String(), "disconnected a client that reads nothing") {
		t.Errorf("the log says %q", text.String())
	}
}
