package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
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
	code  gocode.Options
	cells int
	pool  pool      // of compiled units
	away  variables // that programs have
	files string    // the path of the directory by which they travel

	before  string          // why the engine's process before this one has ended, "" if there was none or what it had was to be forgotten
	cellsBy *cells          // compiles the cells of the task that runs
	job     proto.JobID     // which that is of
	task    context.Context // that it runs under
	foreign foreign

	mu sync.Mutex
	s  *session.Session
}

var errNobody = errors.New("this engine has nobody who compiles cells")

// There says why no cells can be compiled, nil if they can.
func (w *sessionWorker) There() error {
	if w.cellsBy == nil {
		return errNobody
	}
	return w.cellsBy.There()
}

// Build compiles a cell of the session.
func (w *sessionWorker) Build(ctx context.Context, source string, imports []string) (session.Plugins, error) {
	if w.cellsBy == nil {
		return session.Plugins{}, &session.ColdError{Why: errNobody.Error()}
	}
	p, err := w.cellsBy.build(ctx, &proto.NeedCell{Source: source, Imports: imports, Packages: w.foreign.of(imports), Job: w.job})
	if err == nil {
		w.foreign.hold()
	}
	return p, err
}

// Unfit says that what was built cannot be loaded.
func (w *sessionWorker) Unfit(why error) {
	if w.cellsBy != nil {
		w.cellsBy.Unfit(why)
	}
}

// NewSession starts a worker process for an engine, whose cells can use the standard library.
func NewSession(ctx context.Context, id proto.EngineID) (Worker, error) {
	return Sessions(gocode.Options{})(ctx, id)
}

// Sessions starts worker processes for engines; code says what their cells can use besides the standard library.
func Sessions(code gocode.Options) func(ctx context.Context, id proto.EngineID) (Worker, error) {
	return func(ctx context.Context, id proto.EngineID) (Worker, error) {
		w := &sessionWorker{id: id, code: code}
		var err error
		if w.s, err = w.start(ctx); err != nil {
			return nil, err
		}
		return w, nil
	}
}

func (w *sessionWorker) start(ctx context.Context) (*session.Session, error) {
	return session.Start(ctx, session.Options{
		Code: w.code, Tier: session.TierAuto, Compiler: w,
		Role: session.RoleWorker, Once: true, Env: []string{fmt.Sprintf("%s=%d", EngineEnv, int(w.id))},
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
func (w *sessionWorker) Close() error {
	w.pool.close()
	return w.session().Close()
}

// Run runs a task in the session.
func (w *sessionWorker) Run(ctx context.Context, t *Task, out Output) (proto.Chunk, error) {
	w.cellsBy, w.job, w.task = t.Cells, t.Job, ctx
	w.foreign.begin()
	chunk, err := w.run(ctx, t, printer{out, t.Show, t.Far})
	var missing *session.NoVariableError
	if errors.As(err, &missing) {
		return chunk, w.missing(missing)
	}
	var cell *session.CellError
	if !errors.As(err, &cell) {
		return chunk, err
	}
	if cell.EName == session.LostName {
		return chunk, fmt.Errorf("%w: %s", ErrDied, cell.Message)
	}
	failed := asError(cell)
	if gone := w.gone(); gone != "" && undefined(cell) {
		failed.Message += "\n" + gone
	}
	return chunk, failed
}

// missing is the error about a variable that is not there.
func (w *sessionWorker) missing(err *session.NoVariableError) error {
	if gone := w.gone(); gone != "" {
		return proto.Errorf(proto.KindValue, "%v\n%s", err, gone)
	}
	return proto.Errorf(proto.KindValue, "%v", err)
}

// gone says that what was in the session went with the process before, "" if there was none.
func (w *sessionWorker) gone() string {
	if w.before == "" {
		return ""
	}
	return fmt.Sprintf("engine %d lost its variables and declarations when its process ended (%s)", int(w.id), w.before)
}

// undefined reports whether a cell uses names that nothing declares.
func undefined(c *session.CellError) bool {
	return slices.ContainsFunc([]gocode.Diagnostic(c.Diagnostics), func(d gocode.Diagnostic) bool { return strings.HasPrefix(d.Message, "undefined: ") })
}

// asError is a failed cell as it travels.
func asError(c *session.CellError) *proto.Error {
	if len(c.Diagnostics) > 0 {
		return asCompileError(c)
	}
	trace := c.Trace
	if len(trace) > 0 && trace[0] == c.Message {
		trace = trace[1:]
	}
	return &proto.Error{Kind: c.Kind, Message: c.Message, Trace: strings.Join(trace, "\n")}
}

// asCompileError has the messages of all that is wrong, and the places as a trace.
func asCompileError(c *session.CellError) *proto.Error {
	var messages, places []string
	for i, d := range c.Diagnostics {
		text := d.Message
		if d.Hint != "" {
			text += " (" + d.Hint + ")"
		}
		if d.Position.File != "" {
			places = append(places, fmt.Sprintf("\t%v", d.Position))
			if i > 0 {
				text = fmt.Sprintf("%v: %s", d.Position, text)
			}
		}
		messages = append(messages, text)
	}
	return &proto.Error{Kind: c.Kind, Message: strings.Join(messages, "\n"), Trace: strings.Join(places, "\n")}
}

func (w *sessionWorker) run(ctx context.Context, t *Task, out printer) (proto.Chunk, error) {
	switch t.Kind {
	case proto.JobCall:
		if err := t.arguments(); err != nil {
			return proto.Chunk{}, err
		}
		if chunk, err, ok := w.native(ctx, t, out); ok {
			return chunk, err
		}
		return w.call(ctx, t, out)
	case proto.JobExecute, proto.JobLoad:
		if err := w.fetchAll(ctx, t.Files); err != nil {
			return proto.Chunk{}, err
		}
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

// arguments puts the objects that are arguments of a call among its inputs.
func (t *Task) arguments() (err error) {
	for i, hash := range t.Objects {
		if hash.IsZero() {
			continue
		}
		value := t.Values[hash]
		if value.File != "" {
			if value.Data, err = os.ReadFile(value.File); err != nil {
				return proto.Errorf(proto.KindInternal, "argument %d cannot be read: %v", i+1, err)
			}
		}
		t.Inputs[i] = blockOf(value.Data)
	}
	return nil
}

// native runs a task by its program, if it has one that can be run. An element that takes longer than it may ends its process; the others
// go on in the next.
func (w *sessionWorker) native(ctx context.Context, t *Task, out printer) (chunk proto.Chunk, err error, ok bool) {
	rest := *t
	for {
		k, err, ok := w.nativePart(ctx, &rest, out)
		if err != nil || !ok && rest.N == t.N {
			return k, err, ok
		}
		if !ok { // the process ran before: the unit is no other for its being interpreted
			k, err = w.call(ctx, &rest, out)
			k.N = rest.N
		}
		if err == nil {
			err = join(&chunk, &k)
		}
		if rest.N -= k.N; err != nil || k.N <= 0 || rest.N <= 0 {
			return chunk, err, true
		}
		rest.First += k.N
		if done, bad := chunk.N, len(chunk.Errors); t.Far != nil {
			rest.Far = func(d, f int) { t.Far(done+d, bad+f) }
		}
		rest.Inputs = slices.Clone(rest.Inputs)
		for i, b := range rest.Inputs {
			rest.Inputs[i] = b.Slice(k.N, b.N)
		}
	}
}

// join puts a part of a task's results behind the others.
func join(k, more *proto.Chunk) error {
	if k.N == 0 {
		*k = *more
		return nil
	}
	k.N += more.N
	k.Completed = more.Completed
	k.Errors = append(k.Errors, more.Errors...)
	for i := range k.Outputs {
		if i >= len(more.Outputs) {
			return proto.Errorf(proto.KindInternal, "the parts of a task's results do not go together: this is a defect of gocluster")
		}
		if err := k.Outputs[i].Join(more.Outputs[i]); err != nil {
			return err
		}
	}
	return nil
}

// nativePart runs a task up to the first element that does not end in its time.
func (w *sessionWorker) nativePart(ctx context.Context, t *Task, out printer) (chunk proto.Chunk, err error, ok bool) {
	if t.Program.IsZero() || t.Programs.refused(t.Program) != "" {
		return chunk, nil, false
	}
	p, err := w.pool.get(t, w.id)
	if err != nil {
		t.Programs.refuse(t.Program, err.Error())
		out.Stderr(fmt.Sprintf("%s is interpreted on engine %d: its program cannot be run: %v\n", t.Unit.Name, int(w.id), err))
		return chunk, nil, false
	}
	if err := w.lend(ctx, p, t); err != nil {
		w.pool.release(p, !p.alive())
		return chunk, err, true
	}
	chunk, err = p.run(ctx, t, out.out)
	spoilt := err != nil || late(&chunk)
	w.pool.release(p, spoilt)
	w.used(p, t, spoilt)
	return chunk, err, true
}

// call interprets a task's unit.
func (w *sessionWorker) call(ctx context.Context, t *Task, out printer) (proto.Chunk, error) {
	for _, name := range t.Names {
		if err := w.fetch(ctx, name, t.Files); err != nil {
			return proto.Chunk{}, err
		}
	}
	return w.interpreted(w.session().Call(ctx, session.Call{
		Unit: t.Unit, Captures: t.CapturedValues, Inputs: t.Inputs, Names: t.Names, First: t.First, N: t.N, Timeout: t.Timeout, Files: t.Files,
	}, out))
}

func (w *sessionWorker) interpreted(k proto.Chunk, err error) (proto.Chunk, error) {
	k.Tier, k.Stdout, k.Stderr = proto.TierInterpreted, "", "" // what was printed has been taken, with what was displayed between
	return k, err
}

func (w *sessionWorker) execute(ctx context.Context, t *Task, out printer) (k proto.Chunk, err error) {
	ctx, cancel := bounded(ctx, t)
	defer cancel()
	w.cells++
	cell := gocode.Cell{N: w.cells, Name: t.Cell, Source: t.Source, Line: max(t.Line, 1), Keep: t.Keep}
	if cell.Name == "" {
		cell.Name = fmt.Sprintf("engine In[%d]", w.cells) // without the engine's id, so that engines share what is compiled
	}
	res, err := w.session().Execute(ctx, cell, out)
	if err != nil {
		return k, timedOut(ctx, t, err)
	}
	for _, note := range res.Notes {
		out.Stderr(note + "\n")
	}
	k.Tier = proto.TierInterpreted
	if res.Tier == session.TierNative {
		k.Tier = proto.TierNative
	}
	shown := shown{Count: w.cells, Unkept: res.Unkept, Interpreted: res.Interpreted}
	if res.Value != nil {
		shown.MIME, shown.Metadata = res.Value.MIME, res.Value.Metadata
	}
	data, err := json.Marshal(shown)
	if err != nil {
		return k, proto.Errorf(proto.KindValue, "the value of the last expression cannot be sent: %v", err)
	}
	k.Outputs = []proto.Block{blockOf(data)}
	if res.Kept != nil {
		k.Outputs, k.Types = append(k.Outputs, blockOf(res.Kept)), []string{res.KeptType}
	}
	return k, nil
}

// shown is what the code of a session shows, as it travels.
type shown struct {
	MIME, Metadata map[string]any
	// Count is the number of the cell whose value it is, Unkept why the value itself does not come along.
	Count  int    `json:",omitempty"`
	Unkept string `json:",omitempty"`
	// Interpreted says why the session's cells are not compiled, if they are not.
	Interpreted string `json:",omitempty"`
	// ID and Update are those of what can be changed.
	ID     string `json:",omitempty"`
	Update bool   `json:",omitempty"`
}

func blockOf(data []byte) proto.Block {
	var b proto.Block
	b.Append(data)
	return b
}

func (w *sessionWorker) push(ctx context.Context, t *Task) error {
	if len(t.Inputs) != len(t.Names) || len(t.Types) != len(t.Names) {
		return proto.Errorf(proto.KindInternal, "a push of %d names has %d types and %d values", len(t.Names), len(t.Types), len(t.Inputs))
	}
	for i, name := range t.Names {
		w.forget(name)
		if i < len(t.Objects) && !t.Objects[i].IsZero() {
			if err := w.session().PushBytes(ctx, name, t.Types[i], t.Values[t.Objects[i]]); err != nil {
				return err
			}
			continue
		}
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
	if k, err, ok := w.pullAway(ctx, t); ok {
		return k, err
	}
	if err := w.fetchAll(ctx, t.Files); err != nil {
		return k, err
	}
	typeText, value, err := w.session().PullBytes(ctx, t.Source, t.Files)
	if err != nil {
		return k, timedOut(ctx, t, err)
	}
	b := blockOf(value.Data)
	if value.File != "" {
		b = fileBlock(value.File, value.Size)
	}
	k.Outputs, k.Types = []proto.Block{b}, []string{typeText}
	return k, nil
}

// clear puts a fresh session in the place of the one there is.
func (w *sessionWorker) clear(ctx context.Context) error {
	fresh, err := w.start(ctx)
	if err != nil {
		return err
	}
	for name := range w.away {
		w.forget(name)
	}
	w.mu.Lock()
	old := w.s
	w.s, w.cells, w.foreign.held = fresh, 0, nil
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

// printer is what code on an engine prints to. There is nobody to ask for input.
type printer struct {
	out  Output
	show func(text string, shown []byte)
	far  func(done, failed int)
}

// Far takes how far a call is.
func (p printer) Far(done, failed int) {
	if p.far != nil {
		p.far(done, failed)
	}
}

// Stdout takes standard output.
func (p printer) Stdout(text string) { p.out(false, text) }

// Stderr takes standard error.
func (p printer) Stderr(text string) { p.out(true, text) }

// Clear does nothing: what was printed has been sent.
func (p printer) Clear(bool) {}

// Input fails.
func (p printer) Input(string, bool) (string, error) {
	return "", errors.New("code on an engine cannot ask for input")
}

// maxShown bounds what is displayed as it is, and not as text.
const maxShown = 64 << 20

// Display passes on what is shown, and prints its text for who does not look at it.
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
	text += "\n"
	if data, err := json.Marshal(shown{MIME: d.MIME, Metadata: d.Metadata, ID: d.ID, Update: d.Update}); err == nil && len(data) <= maxShown && p.show != nil {
		p.show(text, data)
		return
	}
	p.out(false, text)
}
