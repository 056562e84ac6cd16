package views

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/session/host"
)

// Result is a job under way or ended: its values, its errors, and how it ran. All methods may be called concurrently.
type Result struct {
	what     string // "map factor", for people
	settings settings
	shape    shape
	ctx      context.Context // what the job was submitted under
	conn     *conn.Conn
	under    *under      // shows what tasks print; nil: nobody asks
	job      *conn.Job   // nil where nothing could be submitted
	unbind   func() bool // stops ctx from cancelling the job
	compiled *compilation
	programs []proto.Program // that the job was submitted with

	mu        sync.Mutex
	total     int // elements; -1 as long as an iterator's end is not known
	done      int // elements with a result or an error
	errors    int // elements with an error
	pieces    []*piece
	first     map[int]*piece // the pieces by the index of their first element; nil where there is no more than one
	ended     bool
	finished  atomic.Bool   // ended, for those who do not want to wait for mu
	err       error         // why the job as a whole failed
	failure   error         // the job's error once it has ended, made once
	judged    bool          // failure is made
	changed   chan struct{} // closed whenever something above changes; nil: nobody waits for that
	submitted time.Time
	received  time.Time // when the last piece came
	serial    time.Duration
	running   []proto.Running // what engines are at, as far as is known
	waiting   string          // why nothing is
	byEngine  []share         // what each engine has done, by its id; empty for a job of one element
	plain     error           // why the function is not compiled
	lazy      *stream         // an iterator's job whose elements are used up as they are iterated over

	// Most jobs that there are many of have one piece: room for it.
	only     piece
	onlyList [1]*piece
}

// piece is a chunk as it came.
type piece struct {
	proto.Chunk
	received time.Time
}

func newResult(what string, s settings, sh shape, total int) *Result {
	return &Result{what: what, settings: s, shape: sh, ctx: s.context(), total: total, submitted: time.Now()}
}

// failed returns the result of a call that could not be made.
func failed(what string, s settings, err error) *Result {
	r := newResult(what, s, shape{}, 0)
	r.ended, r.err = true, err
	return r
}

// submit hands in the job.
func (r *Result) submit(c *conn.Conn, spec proto.JobSpec, objects []*proto.Object) error {
	spec.ID = link.NewJobID()
	spec.Label, spec.Chunk, spec.Retries = r.settings.label, r.settings.chunk, r.settings.retries
	spec.Timeout = r.settings.timeout
	spec.Needs = r.settings.needs
	if r.settings.output == nil && !r.settings.shows {
		r.under = newUnder(c, host.Here())
	}
	spec.Live = r.settings.output != nil || r.under != nil
	spec.Cell, spec.Line, spec.Keep = r.settings.cell, r.settings.line, r.settings.keep
	if r.ctx.Err() != nil {
		return interrupted(r.ctx)
	}
	r.conn, r.programs = c, spec.Programs
	job, err := c.Submit(r.ctx, spec, objects, (*sink)(r))
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.job = job
	ended, total := r.ended, r.total
	if !ended && r.ctx.Done() != nil {
		r.unbind = context.AfterFunc(r.ctx, func() { r.abort(interrupted(r.ctx)) })
	}
	r.mu.Unlock()
	if r.compiled != nil && !ended && lacks(spec.Programs, platformsOf(c)) {
		r.compiled.watch(r, total)
	}
	return nil
}

// sink is the result as the connection sees it.
type sink Result

func (s *sink) Accepted(engines []proto.EngineID, there []string) {
	r := (*Result)(s)
	if len(there) > 0 && !slices.Equal(there, platformsOf(r.conn)) {
		platforms.Store(r.conn, there)
		r.turnedOut(there)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shape.perEngine {
		r.total = len(engines)
		r.notify()
	}
}

// turnedOut has programs made for engines of platforms that nobody knew of. What is just being submitted sees to it itself.
func (r *Result) turnedOut(there []string) {
	r.mu.Lock()
	late, total := r.compiled != nil && r.job != nil && !r.ended && lacks(r.programs, there), r.total
	r.mu.Unlock()
	if late {
		r.compiled.watch(r, total)
	}
}

func (s *sink) Chunk(k proto.Chunk, at time.Time) {
	r := (*Result)(s)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended || k.N <= 0 {
		return
	}
	p := r.addPiece(k, at)
	if r.lazy != nil {
		r.lazy.came(p)
	}
	r.done += k.N
	r.errors += len(k.Errors)
	r.serial += k.Completed.Sub(k.Started)
	r.received = at
	r.noteEngine(k.Engine, k.N, len(k.Errors))
	r.notify()
	r.under.rest(int(k.Engine))
}

// addPiece keeps a chunk. The caller holds mu.
func (r *Result) addPiece(k proto.Chunk, at time.Time) *piece {
	if r.total == 1 && r.pieces == nil {
		r.only, r.onlyList[0] = piece{k, at}, &r.only
		r.pieces = r.onlyList[:]
		return &r.only
	}
	p := &piece{Chunk: k, received: at}
	if len(r.pieces) > 0 && r.first == nil {
		r.first = map[int]*piece{r.pieces[0].First: r.pieces[0]}
	}
	r.pieces = append(r.pieces, p)
	if r.first != nil {
		r.first[k.First] = p
	}
	return p
}

// firstAt returns the piece that begins with an element, nil if it is not here. The caller holds mu.
func (r *Result) firstAt(i int) *piece {
	switch {
	case r.first != nil:
		return r.first[i]
	case len(r.pieces) > 0 && r.pieces[0].First == i:
		return r.pieces[0]
	}
	return nil
}

func (s *sink) Output(o proto.Output) {
	if f := s.settings.output; f != nil {
		f(newOutput(o))
		return
	}
	s.under.take(newOutput(o))
}

func (s *sink) End(state proto.JobState, err *proto.Error, cause error) {
	r := (*Result)(s)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return
	}
	r.ended = true
	switch {
	case state == proto.JobDone:
		r.err = nil // it was done before it could be cancelled
	case r.err == nil:
		r.err = jobError(state, err, cause)
	}
	if r.total < 0 {
		r.total = r.reach()
	}
	if r.compiled != nil {
		r.compiled.ended(r)
	}
	if r.received.IsZero() {
		r.received = time.Now()
	}
	if r.unbind != nil {
		r.unbind()
	}
	r.finished.Store(true)
	r.notify()
	r.under.end()
}

// reach is how many elements a job has had that ended before it was known how many there would be: those that were taken of its iterator,
// whether or not they have results. The caller holds mu.
func (r *Result) reach() int {
	if r.lazy == nil {
		return r.done
	}
	return r.lazy.from + len(r.lazy.sizes)
}

// notify wakes who waits for changes. The caller holds mu.
func (r *Result) notify() {
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}

// change returns a channel that is closed at the next change. The caller holds mu.
func (r *Result) change() <-chan struct{} {
	if r.changed == nil {
		r.changed = make(chan struct{})
	}
	return r.changed
}

// abort ends the job from this side, because of err.
func (r *Result) abort(err error) {
	r.mu.Lock()
	if r.err == nil && !r.ended {
		r.err = err
	}
	job := r.job
	r.mu.Unlock()
	if job != nil {
		job.Cancel()
	}
}

// Cancel ends the job: what is queued is dropped, what is running is stopped. Results that are there stay.
func (r *Result) Cancel() {
	r.abort(&JobError{Message: "the job was cancelled", kind: proto.KindCancelled})
}

// Ready reports whether the job has ended.
func (r *Result) Ready() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ended
}

// single reports whether the job has one element.
func (r *Result) single() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.total == 1
}

// wait waits for the job's end, or until ctx or the context of the call is done.
func (r *Result) wait(ctx context.Context) error {
	return calls.wait(r, func() error {
		b := bar{r: r, after: slowStart}
		return b.wait(ctx)
	})
}

// slowStart is how long nothing may happen before the user is told that there is no engine, if that is why, and before a call that waits
// shows how far the job is.
const slowStart = 2 * time.Second

// pause waits until something has changed, or until ctx or the context of the call is done; the latter ends the job, too, if it is the
// one that the job was submitted under.
func (r *Result) pause(ctx context.Context, changed <-chan struct{}, slow <-chan time.Time) error {
	call := r.settings.context()
	select {
	case <-changed:
	case <-slow:
		r.tellWhy(call)
	case <-ctx.Done():
		return fmt.Errorf("waiting for %s: %w", r.what, context.Cause(ctx))
	case <-call.Done():
		return r.stopped(call)
	}
	return nil
}

// stopped is why waiting under a context that is done ends. The job is another's, and goes on, if it was submitted under another context.
func (r *Result) stopped(call context.Context) error {
	if r.ctx.Err() != nil {
		r.abort(interrupted(call))
	}
	return interrupted(call)
}

// tellWhy tells the user if the job waits for engines.
func (r *Result) tellWhy(ctx context.Context) {
	st, err := r.conn.Status(ctx)
	if err != nil {
		return // whoever waits learns of it by itself
	}
	for _, e := range st.Engines {
		if e.State != proto.EngineLost && e.State != proto.EngineDraining {
			return
		}
	}
	r.conn.Note(r.what + " waits for engines: the cluster has none. `goengine` starts some.")
}

// finish is wait for calls that do not return before the job has ended: the errors' values are taken while the inputs are
// certain to be unchanged.
func (r *Result) finish() *Result {
	if r.wait(context.Background()) == nil {
		_ = r.Err()
	}
	return r
}

// Wait waits until the job has ended and returns its error, like Err; or until ctx is done, which is an error but does not end the
// job.
func (r *Result) Wait(ctx context.Context) error {
	if err := r.wait(ctx); err != nil {
		return err
	}
	return r.Err()
}

// Err returns what failed, nil if nothing did so far. Once the job has ended it is a [*MapError], or the error that kept the job
// from being submitted.
func (r *Result) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.judged {
		return r.failure
	}
	err := r.gather()
	if r.ended {
		r.failure, r.judged = err, true
	}
	return err
}

// gather makes the job's error. The caller holds mu.
func (r *Result) gather() error {
	job := r.err
	if r.ended && job == nil && r.lazy.usedUp() == 0 && r.done < r.total {
		job = &JobError{Message: fmt.Sprintf("%d of %d elements have no result: this is a defect of gocluster", r.total-r.done, r.total), kind: proto.KindInternal}
	}
	if r.job == nil && job != nil {
		return job
	}
	if job == nil && r.errors == 0 {
		return nil
	}
	e := &MapError{Total: r.total, Job: job}
	for _, p := range r.pieces {
		for i := range p.Errors {
			e.Failed = append(e.Failed, r.shape.elementError(&p.Errors[i], p.Engine))
		}
	}
	slices.SortFunc(e.Failed, func(a, b *ElementError) int { return cmp.Compare(a.Index, b.Index) })
	return e
}

// sorted returns the pieces by index. The caller holds mu.
func (r *Result) sorted() []*piece {
	return slices.SortedFunc(slices.Values(r.pieces), func(a, b *piece) int { return cmp.Compare(a.First, b.First) })
}

// Get waits and returns the values, one per element, in the order of the inputs; one per engine for Apply and Execute on
// several. Where elements failed, or the job as a whole, the error says so, and the other elements' values are there: those
// without a value are nil. A function with several results has a []any for each element.
func (r *Result) Get() ([]any, error) {
	if err := r.wait(context.Background()); err != nil {
		return nil, err
	}
	err := r.Err()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.job == nil {
		return nil, err
	}
	if used := r.usedUp(); used != nil {
		return nil, used
	}
	out := make([]any, r.total)
	for _, p := range r.pieces {
		if bad := r.shape.values(p, out[p.First:min(p.First+p.N, len(out))]); bad != nil && err == nil {
			err = fmt.Errorf("%s: %w", r.what, bad)
		}
	}
	return out, err
}

// Into waits and puts the values into the slice that ptr points to, whose elements must be of the type of the function's result.
// Where a job has one element, ptr may also point to a single value. For errors it is like Get; elements without a value are
// zero.
func (r *Result) Into(ptr any) error {
	dst := reflect.ValueOf(ptr)
	if dst.Kind() != reflect.Pointer || dst.IsNil() {
		return fmt.Errorf("%s: Into needs a pointer to a slice, not a %T", r.what, ptr)
	}
	if err := r.wait(context.Background()); err != nil {
		return err
	}
	err := r.Err()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.job == nil {
		return err
	}
	if used := r.usedUp(); used != nil {
		return used
	}
	if bad := r.shape.into(r.sorted(), r.total, dst.Elem()); bad != nil && err == nil {
		return fmt.Errorf("%s: %w", r.what, bad)
	}
	return err
}

// Value waits and returns the single value of a job of one element, such as an Apply on one engine.
func (r *Result) Value() (any, error) {
	values, err := r.Get()
	if err != nil {
		return nil, err
	}
	if len(values) != 1 {
		return nil, fmt.Errorf("%s has %d values, not one: use Get", r.what, len(values))
	}
	return values[0], nil
}

// ByEngine waits and returns the values of an Apply, Execute or Pull by engine. Of several values of one engine it has the last.
func (r *Result) ByEngine() (map[int]any, error) {
	values, err := r.Get()
	out := map[int]any{}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.sorted() {
		for i := range p.N {
			if !failedAt(p, p.First+i) && p.First+i < len(values) {
				out[int(p.Engine)] = values[p.First+i]
			}
		}
	}
	return out, err
}

// String says what the job is and how far.
func (r *Result) String() string {
	p := r.Progress()
	r.mu.Lock()
	defer r.mu.Unlock()
	state := "running"
	switch {
	case r.ended && r.err != nil:
		state = "failed: " + strings.SplitN(r.err.Error(), "\n", 2)[0]
	case r.ended:
		state = "done"
	}
	return fmt.Sprintf("%s: %s, %v", r.what, state, p)
}

// maxCellValues is how many values a result shows as a cell's value.
const maxCellValues = 1000

// CellValue is what a notebook shows for a result that is a cell's last expression: the values if the job has ended, else how
// far it is, until it has. A job that failed fails the cell.
func (r *Result) CellValue() (any, error) {
	if !r.Ready() {
		return becoming{r}, nil
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	r.mu.Lock()
	many := r.total > maxCellValues || r.lazy.usedUp() > 0
	r.mu.Unlock()
	if many {
		return r.String(), nil
	}
	return r.Get()
}
