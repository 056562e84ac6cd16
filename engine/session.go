package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/session"
)

// EngineEnv is the environment variable in which code on an engine finds the engine's id.
const EngineEnv = "GOCLUSTER_ENGINE"

// sessionWorker is a worker that is a session's process, for one life of it.
type sessionWorker struct {
	id    proto.EngineID
	cells int

	mu sync.Mutex
	s  *session.Session
}

// NewSession starts a worker process for an engine.
func NewSession(ctx context.Context, id proto.EngineID) (Worker, error) {
	s, err := startSession(ctx, id)
	if err != nil {
		return nil, err
	}
	return &sessionWorker{id: id, s: s}, nil
}

func startSession(ctx context.Context, id proto.EngineID) (*session.Session, error) {
	return session.Start(ctx, session.Options{
		Role: session.RoleWorker, Once: true, Env: []string{fmt.Sprintf("%s=%d", EngineEnv, int(id))},
		MemoryLimit: totalMemory() / 4 * 3, // one worker that grows without end must not take the machine with it
	})
}

// session returns the session, which a clear puts another in place of.
func (w *sessionWorker) session() *session.Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.s
}

// PID returns the process's id.
func (w *sessionWorker) PID() int { return w.session().PID() }

// Died is closed when the process has ended.
func (w *sessionWorker) Died() <-chan struct{} { return w.session().Ended() }

// Death says why it has ended.
func (w *sessionWorker) Death() string { return w.session().Reason() }

// Kill ends the process at once.
func (w *sessionWorker) Kill() { w.session().Kill() }

// Close ends the process.
func (w *sessionWorker) Close() error { return w.session().Close() }

// Run runs a task in the session.
func (w *sessionWorker) Run(ctx context.Context, t *Task, out Output) (proto.Chunk, error) {
	chunk, err := w.run(ctx, t, printer(out))
	var cell *session.CellError
	if !errors.As(err, &cell) {
		return chunk, err
	}
	if cell.EName == session.LostName {
		return chunk, fmt.Errorf("%w: %s", ErrDied, cell.Message)
	}
	return chunk, asError(cell)
}

// asError is a failed cell as it travels.
func asError(c *session.CellError) *proto.Error {
	trace := c.Trace
	if len(trace) > 0 && trace[0] == c.Message {
		trace = trace[1:]
	}
	return &proto.Error{Kind: c.Kind, Message: c.Message, Trace: strings.Join(trace, "\n")}
}

func (w *sessionWorker) run(ctx context.Context, t *Task, out printer) (proto.Chunk, error) {
	switch t.Kind {
	case proto.JobCall:
		return w.session().Call(ctx, session.Call{
			Unit: t.Unit, Captures: t.CapturedValues, Inputs: t.Inputs, First: t.First, N: t.N, Timeout: t.Timeout,
		}, out)
	case proto.JobExecute:
		return w.execute(ctx, t, out)
	case proto.JobPush:
		return proto.Chunk{}, w.push(ctx, t)
	case proto.JobPull:
		return w.pull(ctx, t)
	case proto.JobClear:
		return proto.Chunk{}, w.clear(ctx)
	}
	return proto.Chunk{}, proto.Errorf(proto.KindInternal, "this engine does not know jobs of kind %s: use the same version of gocluster everywhere", t.Kind)
}

func (w *sessionWorker) execute(ctx context.Context, t *Task, out printer) (k proto.Chunk, err error) {
	ctx, cancel := bounded(ctx, t)
	defer cancel()
	w.cells++
	res, err := w.session().Execute(ctx, gocode.Cell{N: w.cells, Name: fmt.Sprintf("engine %d In[%d]", int(w.id), w.cells), Source: t.Source, Line: 1}, out)
	if err != nil {
		return k, timedOut(ctx, t, err)
	}
	var shown []byte
	if res.Value != nil {
		shown, err = json.Marshal(struct{ MIME, Metadata map[string]any }{res.Value.MIME, res.Value.Metadata})
		if err != nil {
			return k, proto.Errorf(proto.KindValue, "the value of the last expression cannot be sent: %v", err)
		}
	}
	var b proto.Block
	b.Append(shown)
	k.Outputs = []proto.Block{b}
	return k, nil
}

func (w *sessionWorker) push(ctx context.Context, t *Task) error {
	if len(t.Inputs) != len(t.Names) || len(t.Types) != len(t.Names) {
		return proto.Errorf(proto.KindInternal, "a push of %d names has %d types and %d values", len(t.Names), len(t.Types), len(t.Inputs))
	}
	for i, name := range t.Names {
		if t.Inputs[i].Kind != proto.BlockVar || t.Inputs[i].N != 1 {
			return proto.Errorf(proto.KindInternal, "the value pushed to %s came as %d elements in a block of kind %d", name, t.Inputs[i].N, t.Inputs[i].Kind)
		}
		if err := w.session().Push(ctx, name, t.Types[i], t.Inputs[i].At(0)); err != nil {
			return err
		}
	}
	return nil
}

func (w *sessionWorker) pull(ctx context.Context, t *Task) (k proto.Chunk, err error) {
	ctx, cancel := bounded(ctx, t)
	defer cancel()
	typeText, value, err := w.session().Pull(ctx, t.Source)
	if err != nil {
		return k, timedOut(ctx, t, err)
	}
	var b proto.Block
	b.Append(value)
	k.Outputs, k.Types = []proto.Block{b}, []string{typeText}
	return k, nil
}

// clear puts a fresh session in the place of the one there is.
func (w *sessionWorker) clear(ctx context.Context) error {
	fresh, err := startSession(ctx, w.id)
	if err != nil {
		return err
	}
	w.mu.Lock()
	old := w.s
	w.s, w.cells = fresh, 0
	w.mu.Unlock()
	return old.Close()
}

// errTimeout is the cause of the end of a task's context by its job's timeout.
var errTimeout = errors.New("timeout")

// bounded applies the job's timeout to a task that is not a call.
func bounded(ctx context.Context, t *Task) (context.Context, context.CancelFunc) {
	if t.Timeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, t.Timeout, errTimeout)
}

// timedOut turns the interrupt of a timeout into an error that says so.
func timedOut(ctx context.Context, t *Task, err error) error {
	var cell *session.CellError
	if context.Cause(ctx) == errTimeout && errors.As(err, &cell) && cell.EName == session.InterruptName {
		return proto.Errorf(proto.KindTimeout, "stopped: it ran longer than the %v that its job allows", t.Timeout)
	}
	return err
}

// printer is what code on an engine prints to. There is nobody to ask for input, and what it displays is shown as text.
type printer Output

// Stdout takes standard output.
func (p printer) Stdout(text string) { p(false, text) }

// Stderr takes standard error.
func (p printer) Stderr(text string) { p(true, text) }

// Clear does nothing: what was printed has been sent.
func (p printer) Clear(bool) {}

// Input fails.
func (p printer) Input(string, bool) (string, error) {
	return "", errors.New("code on an engine cannot ask for input")
}

// Display prints a value's text.
func (p printer) Display(d session.Data) {
	text, ok := d.MIME["text/plain"].(string)
	if !ok {
		var kinds []string
		for kind := range d.MIME {
			kinds = append(kinds, kind)
		}
		slices.Sort(kinds)
		text = "[" + strings.Join(kinds, ", ") + "]"
	}
	p(false, text+"\n")
}
