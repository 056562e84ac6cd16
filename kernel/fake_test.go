package kernel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/jupyter"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/unit"
	"github.com/gocluster/gocluster/kernel/history"
)

// The process's goroutine for signals starts with their first use, which must not be in a bubble of synctest.
func init() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	signal.Stop(c)
}

// script is a session that does what a cell's name in it says.
type script struct {
	Session
	mu    sync.Mutex
	cells map[string]func(ctx context.Context, out session.Output) (*session.Result, error)
	ran   []string
	comms commScript
}

func (s *script) Execute(ctx context.Context, c gocode.Cell, out session.Output) (*session.Result, error) {
	s.mu.Lock()
	s.ran = append(s.ran, c.Source)
	do := s.cells[c.Source]
	s.mu.Unlock()
	if do == nil {
		return value(c.Source), nil
	}
	return do(ctx, out)
}

func (s *script) Complete(src string, cursor int) gocode.Completion {
	return gocode.Completion{Start: cursor - 1, End: cursor, Items: []gocode.Item{{Text: src[cursor-1:cursor] + "yz", Kind: "function", Signature: "func()"}}}
}

func (s *script) Inspect(src string, cursor, level int) (gocode.Info, bool) {
	return gocode.Info{Text: fmt.Sprintf("%s at %d, level %d", src, cursor, level)}, src != "unknown"
}

func (s *script) Dir() string { return "." }

func (s *script) IsComplete(src string) (status, indent string) {
	if strings.HasSuffix(src, "{") {
		return "incomplete", "\t"
	}
	return "complete", ""
}

func (s *script) Who() []gocode.Decl {
	return []gocode.Decl{{Name: "x", Kind: "var", Type: "int", Var: "x__1"}}
}
func (s *script) Clear(context.Context) error       { return nil }
func (s *script) Close() error                      { return nil }
func (s *script) Tier() (session.Tier, string)      { return session.TierInterpreted, "interpreted" }
func (s *script) UnitOf(string) (*unit.Unit, error) { return &unit.Unit{}, nil }

func (s *script) Peek(low string) (string, bool) { return "5", low == "x__1" }

func (s *script) Place(context.Context) (session.Place, error) {
	return session.Place{Env: os.Environ()}, nil
}

// value is a cell's result that shows text.
func value(text string) *session.Result {
	return &session.Result{Value: &session.Data{MIME: map[string]any{"text/plain": text}}}
}

// client is the other end: it keeps what the kernel sends, as lines to be read.
type client struct {
	t      *testing.T
	k      *kernel
	author *jupyter.Author

	mu    sync.Mutex
	moved *sync.Cond
	iopub []*jupyter.Message
	reps  []*jupyter.Message
	asked []*jupyter.Message
	// hold lets Publish wait, as a client does that reads nothing.
	hold chan struct{}
}

func (c *client) keep(to *[]*jupyter.Message, m *jupyter.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*to = append(*to, m)
	c.moved.Broadcast()
}

func (c *client) Reply(_ context.Context, _ *jupyter.Request, m *jupyter.Message) error {
	c.keep(&c.reps, m)
	return nil
}

func (c *client) Ask(_ context.Context, _ *jupyter.Request, m *jupyter.Message) error {
	c.keep(&c.asked, m)
	return nil
}

func (c *client) Publish(_ context.Context, _ string, m *jupyter.Message) error {
	c.mu.Lock()
	hold := c.hold
	c.mu.Unlock()
	if hold != nil {
		<-hold
	}
	c.keep(&c.iopub, m)
	return nil
}

func (c *client) Together(do func()) { do() }

// start runs a kernel on the script and returns its client.
func start(t *testing.T, s Session) *client {
	t.Helper()
	store, err := history.Open("")
	if err != nil {
		t.Fatal(err)
	}
	config := Config{
		NewSession: func(context.Context) (Session, error) {
			if s == nil {
				return nil, errors.New("no toolchain")
			}
			return s, nil
		},
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Version: "v0",
	}
	c := &client{t: t, author: jupyter.NewAuthor()}
	c.moved = sync.NewCond(&c.mu)
	c.k = newKernel(config, jupyter.NewAuthor(), store)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.k.run(ctx, c) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the kernel ended with %v", err)
		}
	})
	return c
}

// send sends a request and returns its id.
func (c *client) send(ch jupyter.Channel, msgType string, content any) string {
	c.t.Helper()
	r := c.request(ch, msgType, content)
	c.k.Request(r)
	return r.Header.MsgID
}

func (c *client) request(ch jupyter.Channel, msgType string, content any) *jupyter.Request {
	c.t.Helper()
	m, err := c.author.New(msgType, nil, content)
	if err != nil {
		c.t.Fatal(err)
	}
	m.RawHeader = json.RawMessage(fmt.Sprintf(`{"msg_id":%q,"future":true}`, m.Header.MsgID))
	return &jupyter.Request{Message: *m, Channel: ch, Received: time.Now()}
}

func (c *client) execute(code string) string {
	c.t.Helper()
	return c.send(jupyter.Shell, "execute_request", map[string]any{"code": code, "allow_stdin": true})
}

// await waits until there is a message in list for which ok holds.
func (c *client) await(list *[]*jupyter.Message, ok func(m *jupyter.Message) bool) *jupyter.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		for _, m := range *list {
			if ok(m) {
				return m
			}
		}
		c.moved.Wait()
	}
}

func answers(m *jupyter.Message, id string) bool {
	return strings.Contains(string(m.Parent), fmt.Sprintf("%q", id))
}

// done waits for the request's reply and idle, and returns what was published for it and the reply.
func (c *client) done(id string) (published string, reply *jupyter.Message) {
	reply = c.await(&c.reps, func(m *jupyter.Message) bool { return answers(m, id) })
	return c.idle(id), reply
}

// idle waits for the request's idle and returns what was published for it, a line each.
func (c *client) idle(id string) string {
	c.await(&c.iopub, func(m *jupyter.Message) bool { return answers(m, id) && strings.Contains(string(m.Content), `"idle"`) })
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	for _, m := range c.iopub {
		if answers(m, id) {
			fmt.Fprintf(&b, "%s %s\n", m.Header.Type, m.Content)
		}
	}
	return b.String()
}

// waitFor waits until something of this type is published for the request.
func (c *client) waitFor(id, msgType string) {
	c.await(&c.iopub, func(m *jupyter.Message) bool { return answers(m, id) && m.Header.Type == msgType })
}
