package kernel

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/jupyter"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/kernel/magic"
)

// executeRequest is the content of an execute_request.
type executeRequest struct {
	Code         string            `json:"code"`
	Silent       bool              `json:"silent"`
	StoreHistory *bool             `json:"store_history"`
	Expressions  map[string]string `json:"user_expressions"`
	AllowStdin   bool              `json:"allow_stdin"`
	StopOnError  *bool             `json:"stop_on_error"`
}

// executeReply is the content of an execute_reply that is no error.
type executeReply struct {
	Status      string         `json:"status"`
	Count       int            `json:"execution_count"`
	Payload     []any          `json:"payload"`
	Expressions map[string]any `json:"user_expressions"`
}

// executeRequestOf returns what r asks for. It is decoded once, for its way and for being executed.
func executeRequestOf(r *jupyter.Request) (*executeRequest, error) {
	if req, ok := r.Decoded.(*executeRequest); ok {
		return req, nil
	}
	req := new(executeRequest)
	if err := r.Read(req); err != nil {
		return nil, err
	}
	r.Decoded = req
	return req, nil
}

// isBlank says of an execute_request that it executes nothing.
func isBlank(r *jupyter.Request) bool {
	req, err := executeRequestOf(r)
	return err == nil && req.blank() && len(req.Expressions) == 0
}

func (r *executeRequest) blank() bool { return strings.TrimSpace(r.Code) == "" }

// replyMetadata is the metadata of an execute_reply.
type replyMetadata struct {
	Started time.Time `json:"started"`
}

// executeInput is the content of an execute_input.
type executeInput struct {
	Code  string `json:"code"`
	Count int    `json:"execution_count"`
}

func isNotFalse(b *bool) bool { return b == nil || *b }

// execute runs a cell.
func (k *kernel) execute(ctx context.Context, r *jupyter.Request) (reply, error) {
	req, err := executeRequestOf(r)
	if err != nil {
		return reply{}, err
	}
	if k.aborts(r) {
		return reply{content: executeReply{Status: "aborted", Count: k.lastCount(), Payload: []any{}, Expressions: map[string]any{}}}, nil
	}
	store := !req.Silent && isNotFalse(req.StoreHistory)
	x := &execution{k: k, r: r, req: req, n: k.number(store), store: store, started: time.Now()}
	return reply{content: x.run(ctx), metadata: replyMetadata{Started: x.started.UTC()}}, nil
}

// number is the number of the cell that begins.
func (k *kernel) number(store bool) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	if store {
		k.count++
		return k.count
	}
	return k.count + 1
}

func (k *kernel) lastCount() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.count
}

// aborts reports whether r is not executed because of an earlier failure.
func (k *kernel) aborts(r *jupyter.Request) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return r.Received.Before(k.failed[r.Header.Subshell])
}

// begin makes what is done with the context returned something that an interrupt reaches.
func (k *kernel) begin(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	k.mu.Lock()
	if k.running == nil {
		k.running = map[*context.CancelCauseFunc]bool{}
	}
	k.running[&cancel] = true
	k.mu.Unlock()
	return ctx, func() {
		k.mu.Lock()
		delete(k.running, &cancel)
		k.mu.Unlock()
		cancel(nil)
	}
}

// execution is one cell being executed.
type execution struct {
	k       *kernel
	r       *jupyter.Request
	req     *executeRequest
	n       int
	store   bool
	started time.Time
	session Session
	out     *outlet
	payload []any
}

func (x *execution) name() string { return fmt.Sprintf("In[%d]", x.n) }

// run returns the content of the reply.
func (x *execution) run(ctx context.Context) any {
	ctx, end := x.k.begin(ctx)
	defer end()
	x.out = &outlet{k: x.k, ctx: ctx, request: x.r, silent: x.req.Silent, stdin: x.req.AllowStdin && !x.req.Silent}
	x.out.publish("execute_input", executeInput{x.req.Code, x.n})
	if x.req.blank() {
		return x.ok(ctx)
	}
	x.remember()
	if err := x.cell(ctx); err != nil {
		return x.fail(err)
	}
	return x.ok(ctx)
}

func (x *execution) ok(ctx context.Context) executeReply {
	payload := append([]any{}, x.payload...)
	return executeReply{Status: "ok", Count: x.n, Payload: payload, Expressions: x.expressions(ctx)}
}

// remember keeps the source, for the history and for showing the line of an error.
func (x *execution) remember() {
	x.k.sources.Add(x.name(), 1, x.req.Code)
	if x.store {
		if err := x.k.history.Add(x.n, x.req.Code); err != nil {
			x.k.log.Warn("an input was not kept", "why", err)
		}
	}
}

func (x *execution) cell(ctx context.Context) (err error) {
	if x.session, err = x.k.theSession(ctx); err != nil {
		return fmt.Errorf("no session for the cell: %w", err)
	}
	cell := gocode.Cell{N: x.n, Name: x.name(), Source: x.req.Code, Line: 1}
	cell.Final = !x.req.AllowStdin // a client without a user, such as nbconvert, takes no output when the cell has ended
	return magic.Run(ctx, host{x}, cell)
}

// code executes Go and shows the value of its last expression.
func (x *execution) code(ctx context.Context, c gocode.Cell) (*session.Result, error) {
	res, err := x.inSession(ctx, x.session, c, x.out)
	if x.out.unanswered.Load() && !isInterrupt(err) {
		// The cell has taken the end of the question for the end of its input: what it made of that is nobody's wish.
		err = errInterrupted
	}
	if err != nil || res == nil {
		return nil, err
	}
	for _, note := range res.Notes {
		x.out.Stderr(note + "\n")
	}
	if res.Value != nil {
		x.show(*res.Value)
	}
	return res, nil
}

// show publishes the value of a last expression.
func (x *execution) show(d session.Data) {
	c := content(d)
	c.Count = &x.n
	x.out.publish("execute_result", c)
	if text, ok := d.MIME["text/plain"].(string); ok && x.store {
		if err := x.k.history.SetOutput(x.n, text); err != nil {
			x.k.log.Warn("an output was not kept", "why", err)
		}
	}
}

// fail publishes the error, once, and holds back what is queued behind the cell.
func (x *execution) fail(err error) any {
	c := x.k.describe(err)
	x.out.publish("error", c)
	if isNotFalse(x.req.StopOnError) && !x.req.Silent {
		x.k.mu.Lock()
		if x.k.failed == nil {
			x.k.failed = map[string]time.Time{}
		}
		x.k.failed[x.r.Header.Subshell] = time.Now()
		x.k.mu.Unlock()
	}
	c.Status, c.Count = "error", &x.n
	return c
}

// expressions evaluates the expressions that came with the cell. A failure is the value of its expression only.
func (x *execution) expressions(ctx context.Context) map[string]any {
	values := map[string]any{}
	for name, src := range x.req.Expressions {
		values[name] = x.expression(ctx, src)
	}
	return values
}

func (x *execution) expression(ctx context.Context, src string) any {
	res, err := x.evaluate(ctx, src)
	if err == nil && (res == nil || res.Value == nil) {
		err = errors.New("it has no value")
	}
	if err != nil {
		c := x.k.describe(err)
		c.Status = "error"
		return c
	}
	c := content(*res.Value)
	return map[string]any{"status": "ok", "data": c.Data, "metadata": c.Metadata}
}

func (x *execution) evaluate(ctx context.Context, src string) (*session.Result, error) {
	s, err := x.k.theSession(ctx)
	if err != nil {
		return nil, err
	}
	quiet := &outlet{k: x.k, ctx: ctx, request: x.r, silent: true}
	return x.inSession(ctx, s, gocode.Cell{N: x.n, Name: "user expression", Source: src, Line: 1}, quiet)
}

// inSession executes Go in its turn or, on a subshell, perhaps beside what has the turn.
func (x *execution) inSession(ctx context.Context, s Session, c gocode.Cell, out *outlet) (*session.Result, error) {
	if onSubshell(x.r) {
		return s.ExecuteBeside(ctx, c, out)
	}
	return s.Execute(ctx, c, out)
}
