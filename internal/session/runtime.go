package session

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/interp"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/session/host"
	"github.com/gocluster/gocluster/internal/unit"
)

// process is the child: it serves the parent's requests, and the code that runs in it.
type process struct {
	out     *output
	owners  owners
	exports []interp.Exports
	symbols func() map[string]map[string]reflect.Value
	cells   *interp.Interp // nil if cells are compiled
	native  bool           // cells are compiled
	lasting bool           // what has been shown can be changed when the cell has ended
	comms   bool           // there is a client that takes messages of comms
	files   string         // where the request under way may leave large results
	tasks   tasks
	group   *group.Group
	stdin   *bufio.Reader
	answers chan answer
	asking  sync.Mutex
	// question is the number of the latest question.
	question atomic.Int64

	running whatRuns

	mu    sync.Mutex
	units map[int]*unit.Unit
	lines mapper // of the cells' files
	// columns are where the cells' lines begin.
	columns columns
}

// whatRuns is what an interrupt stops.
type whatRuns struct {
	sync.Mutex
	seq         int
	interp      *interp.Interp
	interpreted *cell // what runs in it
	cell        *cell // if it is compiled
	interrupted bool
	beside      map[int]*cell // requests that run beside it
	halted      bool          // what interprets requests that run beside nothing is stopped
	moved       *sync.Cond    // is told when such a request ends
	early       int           // a request that was interrupted before it began
}

// allInterrupted reports whether no cell runs that was not interrupted. The caller holds the lock.
func (r *whatRuns) allInterrupted() bool {
	if r.cell != nil && !r.cell.interrupted.Load() {
		return false
	}
	for _, c := range r.beside {
		if !c.interrupted.Load() {
			return false
		}
	}
	return true
}

// Display takes the values of a cell's last expression.
func (p *process) Display(typeText string, values []any) {
	s := p.result(typeText, values)
	p.note(func(d *done) { d.Value = s })
	if s != nil && p.owners.cell().keep.Load() {
		p.keep(typeText, values)
	}
}

// Pull takes the value that the parent asked for.
func (p *process) Pull(typeText string, value any) {
	data, err := encoded(typeText, value)
	p.note(func(d *done) {
		if err != nil {
			d.Failure = &failure{Kind: proto.KindValue, Name: "ValueError", Message: err.Error()}
			return
		}
		d.PulledType, d.Pulled = typeText, data
	})
}

// keep has the value of a cell's last expression sent besides what it shows.
func (p *process) keep(typeText string, values []any) {
	if n := len(values); n > 1 && endsInError(typeText) {
		values, typeText = values[:n-1], strings.TrimSuffix(strings.TrimPrefix(typeText, "("), ", error)")
	}
	if len(values) != 1 {
		p.note(func(d *done) { d.Unkept = "it is several values" })
		return
	}
	data, err := encoded(typeText, values[0])
	p.note(func(d *done) {
		if err != nil {
			d.Unkept = err.Error()
			return
		}
		d.PulledType, d.Pulled = typeText, data
	})
}

// encoded is a value for the other side.
func encoded(typeText string, value any) ([]byte, error) {
	v := interp.Unbox(reflect.ValueOf(&value).Elem())
	// A value whose type the other side can name is decoded into that type, not into an interface.
	if t, err := codec.ParseType(typeText); err == nil && t.Kind() != reflect.Interface && v.Kind() == reflect.Interface && !v.IsNil() {
		v = interp.Unbox(v.Elem())
	}
	return codec.Append(nil, v)
}

// note adds to the reply of the request that the calling goroutine belongs to.
func (p *process) note(add func(d *done)) { p.owners.cell().note(add) }

// Step notes how far the cell is.
func (p *process) Step(n int) { p.owners.cell().step.Store(int64(n)) }

// Bind makes a function that is tied to a unit.
func (p *process) Bind(n int, f any, values func() []any) any { return unit.Bind(p.unit(n), f, values) }

// Tie ties a function to a unit. One without a closure need be tied but once.
func (p *process) Tie(n int, f any, values func() []any, static bool) {
	if !static || !unit.Tied(f) {
		unit.Tie(p.unit(n), f, values, static)
	}
}

// unit returns a unit by its number in the session.
func (p *process) unit(n int) *unit.Unit {
	p.mu.Lock()
	defer p.mu.Unlock()
	u := p.units[n]
	if u == nil {
		panic(fmt.Sprintf("the session has no unit %d", n))
	}
	return u
}

// Go runs f beside the cell; it may outlive it.
func (p *process) Go(f func()) {
	if p.native {
		p.goNative(f)
		return
	}
	code := p.owners.cell().code.Load()
	if code == nil {
		code = p.cells
	}
	// A process whose group has stopped is about to end.
	_ = p.group.Go("go", func(context.Context) error {
		if err := code.Run(f); err != nil && !errors.Is(err, host.Interrupted) {
			fail := p.failure(err, nil)
			fail.Positions = fail.Positions[:max(len(fail.Positions)-1, min(len(fail.Positions), 1))] // the last is the go statement
			p.late(fail)
		}
		return nil
	})
}

// Show displays data now.
func (p *process) Show(d host.Data) {
	if s := encode(d); s != nil {
		p.out.send(p.owners.current(), &event{Show: s})
	}
}

// encode returns nil for data that cannot be written as JSON, which is what displays send.
func encode(d host.Data) *show {
	for _, m := range []*map[string]any{&d.MIME, &d.Metadata} {
		if *m == nil {
			*m = map[string]any{}
		}
	}
	b, err := json.Marshal(struct{ MIME, Metadata map[string]any }{d.MIME, d.Metadata})
	if err != nil {
		d.MIME = map[string]any{"text/plain": fmt.Sprintf("(cannot be displayed: %v)", err)}
		if b, err = json.Marshal(struct{ MIME, Metadata map[string]any }{d.MIME, nil}); err != nil {
			return nil
		}
	}
	return &show{JSON: b, ID: d.ID, Update: d.Update}
}

// Here is the screen of the calling goroutine's cell.
func (p *process) Here() host.Screen { return p.here() }

func (p *process) here() screen { return screen{p, p.owners.current()} }

// screen is a cell's output, for goroutines that are not the cell's.
type screen struct {
	p   *process
	seq int
}

// Stdout prints to the cell's standard output.
func (s screen) Stdout(text string) {
	_, _ = s.p.out.print(pipeStdout, s.seq, os.Stdout, []byte(text)) // if nobody reads it, the process is about to end
}

// Stderr prints to the cell's standard error.
func (s screen) Stderr(text string) {
	_, _ = s.p.out.print(pipeStderr, s.seq, os.Stderr, []byte(text))
}

// Display shows something.
func (s screen) Display(d host.Data) {
	if show := encode(d); show != nil {
		s.p.out.send(s.seq, &event{Show: show})
	}
}

// Clear clears the cell's output.
func (p *process) Clear(wait bool) {
	p.out.send(p.owners.current(), &event{Clear: &struct{ Wait bool }{wait}})
}

// Input asks the user for a line. An interrupt ends the waiting.
func (p *process) Input(prompt string, password bool) (string, error) {
	p.asking.Lock()
	defer p.asking.Unlock()
	n := int(p.question.Add(1))
	p.out.send(p.owners.current(), &event{Ask: &ask{N: n, Prompt: prompt, Password: password}})
	for {
		select {
		case a := <-p.answers:
			if a.N != n {
				continue // it came when its question had been interrupted
			}
			switch a.Error {
			case "":
				return a.Text, nil
			case io.EOF.Error():
				return "", io.EOF
			}
			return "", errors.New(a.Error)
		case <-p.ambient().Done():
			return "", host.Interrupted
		}
	}
}

// answered takes an answer, unless its question is over. It is called by one goroutine.
func (p *process) answered(a answer) {
	if a.N != int(p.question.Load()) {
		return
	}
	select {
	case <-p.answers: // of an older question
	default:
	}
	p.answers <- a
}

// ambient returns the context of the calling goroutine's cell; it is cancelled by an interrupt of the cell.
func (p *process) ambient() context.Context {
	return p.owners.cell().ctx
}

// begin makes a request the one that is running, in i.
func (p *process) begin(c *cell, i *interp.Interp) {
	p.running.Lock()
	defer p.running.Unlock()
	r := &p.running
	p.await(func() bool { return !r.halted })
	r.seq, r.interp, r.interpreted, r.interrupted = c.seq, i, c, false
	c.code.Store(i)
	if r.early == c.seq {
		p.stop()
	}
}

// stop stops what runs. The caller holds running.
func (p *process) stop() {
	p.running.interrupted = true
	if p.running.interp != nil {
		p.running.interp.Stop()
	}
	p.running.interpreted.cancel(host.Interrupted)
}

// end undoes an interrupt, and reports whether there was one.
func (p *process) end() (interrupted bool) {
	p.running.Lock()
	defer p.running.Unlock()
	r := &p.running
	if r.interrupted {
		p.await(func() bool { return !r.stopsBeside() })
		p.resume(p.running.interp)
	}
	interrupted = r.interrupted
	r.seq, r.interp, r.interpreted, r.interrupted = 0, nil, nil, false
	r.moved.Broadcast()
	return interrupted
}

// resume lets an interpreter go on. The caller holds running.
func (p *process) resume(i *interp.Interp) {
	if i == nil {
		return
	}
	if err := i.Resume(); err != nil {
		fmt.Fprintln(os.Stderr, "session: the interpreter does not go on after an interrupt:", err)
		p.exit(1)
	}
}

// interrupt stops a request if it is still running.
func (p *process) interrupt(seq int) {
	p.running.Lock()
	defer p.running.Unlock()
	r := &p.running
	switch {
	case r.beside[seq] != nil:
		p.stopBeside(r.beside[seq])
	case r.interp == nil && r.cell == nil || r.seq < seq:
		r.early = seq
	case r.seq == seq && !r.interrupted && r.cell != nil:
		p.stopNative(r.cell)
	case r.seq == seq && !r.interrupted:
		p.stop()
	}
}

// exit ends the process because the user's code says so. The parent is told, behind all output.
func (p *process) exit(code int) {
	c, where := p.owners.cell(), new(failure)
	t := c.at()
	if p.native {
		t = running(callers(2))
	}
	p.mu.Lock()
	p.columns.fill(t.positions)
	p.mu.Unlock()
	where.put(t)
	p.out.finish(c.seq, &event{Exit: &exited{code, where}})
	os.Exit(code)
}
