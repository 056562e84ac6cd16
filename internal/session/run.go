package session

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/interp"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
)

// run loads a cell's source and runs its entry.
func (p *process) run(c *cell, r *runRequest) *failure {
	c.keep.Store(r.Cell.Keep)
	c.final.Store(r.Cell.Final)
	if err := p.know(r); err != nil {
		return &failure{Kind: proto.KindInternal, Name: "InternalError", Message: err.Error()}
	}
	if err := p.cells.Load(r.File, r.Source); err != nil {
		return p.failure(err, r)
	}
	c.step.Store(0)
	if r.Entry == "" {
		return nil
	}
	v, err := p.cells.Func(r.Entry)
	if err != nil {
		return p.failure(err, r)
	}
	entry, ok := v.Interface().(func())
	if !ok {
		return p.failure(fmt.Errorf("the cell's entry is a %v", v.Type()), r)
	}
	c.runs(r)
	if err := p.cells.Run(entry); err != nil {
		return p.failure(err, r)
	}
	return c.reply().Failure
}

// know takes a cell's units and lines.
func (p *process) know(r *runRequest) error {
	if r.Modules != nil {
		conn.CellModules(func() (*unit.Modules, error) { return r.Modules, nil })
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines[r.File] = lowered{r.Source, r.Lines}
	p.columns.learn(r.Cell)
	for i, data := range r.Units {
		u, err := unit.Decode(data)
		if err != nil {
			return err
		}
		u.Modules = r.Modules
		p.units[r.UnitBase+i] = u
	}
	for n, data := range r.Redefined {
		u, err := unit.Decode(data)
		if err != nil {
			return err
		}
		u.Modules = r.Modules
		if old := p.units[n]; old != nil {
			if !sameCaptures(old, u) {
				u.Native = "it was made before something that it uses was redefined to use other variables; make the function again"
			}
			unit.Replace(old, u) // functions that are bound to it ship the new code
		}
		p.units[n] = u
	}
	return nil
}

// sameCaptures reports whether the captured values of one unit can be given to the other.
func sameCaptures(a, b *unit.Unit) bool {
	return slices.EqualFunc(a.Captures, b.Captures, func(x, y unit.Capture) bool { return x.Name == y.Name && x.Type == y.Type })
}

// failure says what went wrong in terms of cells. r is the request that ran, nil if it was something else.
func (p *process) failure(err error, r *runRequest) *failure {
	var panicked *interp.Panic
	var compile *interp.CompileError
	switch {
	case errors.As(err, &panicked):
		p.mu.Lock()
		defer p.mu.Unlock()
		return ownFault(panicFailure(panicked, p.lines, r, int(p.owners.cell().step.Load())), panicked)
	case errors.As(err, &compile):
		return p.refusal(compile, r)
	}
	return &failure{Kind: proto.KindInternal, Name: "InternalError", Message: err.Error()}
}

// lowPlace finds the place in a lowered file that the interpreter complains of.
var lowPlace = regexp.MustCompile(`^(?:\S+?:)?(\d+):\d+: `)

// refusal says that the interpreter cannot run what the front end thought it could.
func (p *process) refusal(e *interp.CompileError, r *runRequest) *failure {
	text := strings.TrimPrefix(e.Text, e.File+":")
	f := &failure{Kind: proto.KindCompile, Name: CompileErrorName, Hint: "use the native tier (%tier native)"}
	if m := lowPlace.FindStringSubmatch(text); m != nil && r != nil {
		text = text[len(m[0]):]
		line, _ := strconv.Atoi(m[1])
		p.mu.Lock()
		pos, ok := p.lines.near(r.File, line)
		p.mu.Unlock()
		if ok {
			f.Positions = []unit.Position{pos}
		}
	}
	f.Message = "the interpreter does not run this code faithfully: " + text
	return f
}

// panicFailure maps a panic's frames to cells. The interpreter knows in which functions the panic was, and where these begin; for the
// cell's own statements, its outermost frame, we know which one was running.
func panicFailure(e *interp.Panic, lines mapper, r *runRequest, step int) *failure {
	f := &failure{Kind: proto.KindPanic, Name: panicName(e.Value), Message: bounded(e.Message)}
	f.remote(e.Value)
	var t trace
	for i, fr := range e.Frames {
		pos, ok := lines.find(fr.File, fr.Line)
		name := lines.function(fr.File, fr.Line)
		if r != nil && i == len(e.Frames)-1 && fr.File == r.File {
			name = ""
			if at, found := stepPosition(r, step); found {
				pos, ok = at, true
			}
		}
		if ok {
			t.frame(pos, name)
		}
	}
	f.put(t)
	return f
}

// maxMessage bounds the text of a panic: a program may panic with all it has.
const maxMessage = 16 << 10

func bounded(text string) string {
	if text = strings.TrimRight(text, "\n"); len(text) > maxMessage {
		text = strings.ToValidUTF8(text[:maxMessage], "") + " ... (cut)"
	}
	return text
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// panicName is the Go type of an error that was panicked with. Types of cells have no name here.
func panicName(v any) string {
	err, ok := v.(error)
	if !ok {
		return PanicName
	}
	if errors.As(err, new(runtime.Error)) || errors.As(err, new(*reflect.ValueError)) {
		return PanicName // the latter is what the interpreter makes of a nil pointer
	}
	if fmt.Sprintf("%T", err) == "*interp.cfgError" {
		return PanicName // the interpreter's own, of a type assertion
	}
	name := errorName(err)
	switch {
	case strings.Contains(name, "interp."), strings.Contains(name, "struct {"), strings.HasPrefix(name, "basic."):
		return "error"
	}
	return name
}

// stepPosition finds the cell's n-th statement: it follows the call that notes that it begins.
func stepPosition(r *runRequest, n int) (unit.Position, bool) {
	call := fmt.Sprintf(".Step(%d)", n)
	for i, line := range strings.Split(r.Source, "\n") {
		if !strings.Contains(line, call) {
			continue
		}
		for _, at := range []int{i + 1, i} {
			if at < len(r.Lines) && r.Lines[at].File != "" {
				return r.Lines[at], true
			}
		}
	}
	return unit.Position{}, false
}
