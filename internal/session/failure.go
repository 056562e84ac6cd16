package session

import (
	"errors"
	"fmt"
	"go/ast"
	"regexp"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
)

// compileError is what the front end says against a cell.
func compileError(err error) error {
	var ds gocode.Diagnostics
	if p := (*gocode.Diagnostics)(nil); errors.As(err, &p) {
		ds = *p
	} else if !errors.As(err, &ds) || len(ds) == 0 {
		return &CellError{Kind: proto.KindCompile, EName: CompileErrorName, Message: err.Error(), Trace: strings.Split(err.Error(), "\n")}
	}
	e := &CellError{Kind: proto.KindCompile, EName: CompileErrorName, Diagnostics: ds}
	for i, d := range ds {
		line := fmt.Sprintf("%v: %s", d.Position, d.Message)
		if d.Position.File == "" {
			line = d.Message
		} else {
			e.Positions = append(e.Positions, d.Position)
		}
		e.Trace = append(e.Trace, line)
		if i > 0 {
			e.Extra = append(e.Extra, line)
		}
		if d.Hint != "" {
			e.Trace = append(e.Trace, "\t"+d.Hint)
			e.Extra = append(e.Extra, "hint: "+d.Hint)
		}
	}
	e.Message, e.Hint = ds[0].Message, ds[0].Hint
	return e
}

// cellError is a failure that the child found.
func (f *failure) cellError() *CellError {
	e := &CellError{Kind: f.Kind, EName: f.Name, Message: f.Message, Positions: f.Positions, Funcs: f.Funcs, Repeats: f.Repeats, Hint: f.Hint,
		Engines: f.Engines, Elements: f.Elements, Job: f.Job}
	head := f.Name + ": " + f.Message
	if f.Kind == proto.KindPanic && f.Name != PanicName {
		head = PanicName + ": " + f.Message
	}
	e.Trace = append([]string{head}, f.frames()...)
	if f.Hint != "" {
		e.Trace = append(e.Trace, "\t"+f.Hint)
		e.Extra = append(e.Extra, "hint: "+f.Hint)
	}
	return e
}

// maxLines bounds the lines of a trace.
const maxLines = 64

// frames are the user's functions that were running, as a Go trace would list them.
func (f *failure) frames() []string {
	var lines []string
	for i, p := range f.Positions {
		if hidden := len(f.Positions) - maxLines; hidden > 0 && i >= maxLines/2 && i < maxLines/2+hidden {
			if i == maxLines/2 {
				lines = append(lines, fmt.Sprintf("\t... %d more", hidden))
			}
			continue
		}
		line := "\t" + p.String()
		if i < len(f.Funcs) && f.Funcs[i] != "" {
			line += " in " + f.Funcs[i]
		}
		lines = append(lines, line)
		if i < len(f.Repeats) && f.Repeats[i] > 0 {
			lines = append(lines, fmt.Sprintf("\t... %d more", f.Repeats[i]))
		}
	}
	return lines
}

// put sets where the user's code was.
func (f *failure) put(t trace) { f.Positions, f.Funcs, f.Repeats = t.positions, t.funcs, t.repeats }

// element makes the failure the error of one element of a job.
func (f *failure) element(index int) proto.ElementError {
	e := proto.ElementError{Index: index, Engine: proto.NoEngine}
	e.Kind, e.Message, e.Value = f.Kind, f.Message, f.Value
	if f.Kind == proto.KindPanic && !strings.HasPrefix(f.Message, "panic: ") {
		e.Message = "panic: " + f.Message
	}
	e.Trace = strings.Join(f.frames(), "\n")
	return e
}

func interrupted() *CellError {
	return &CellError{Kind: proto.KindCancelled, EName: InterruptName, Message: "interrupted", Trace: []string{InterruptName + ": interrupted"}}
}

// lostError says that the child died, why, and what that has come to.
func lostError(reason string, wasInterrupted bool, names []string, failed error) *CellError {
	e := &CellError{Kind: proto.KindLost, EName: LostName, Message: "the session's process ended: " + reason, Lost: names}
	if wasInterrupted {
		e.Kind, e.EName, e.Message = proto.KindCancelled, InterruptName, reason
	}
	e.Extra = []string{consequences(names, failed)}
	e.Trace = append([]string{e.EName + ": " + e.Message}, e.Extra...)
	return e
}

// at adds where the user's code was.
func (e *CellError) at(t trace) {
	e.Positions, e.Funcs, e.Repeats = t.positions, t.funcs, t.repeats
	var f failure
	f.put(t)
	e.Trace = slices.Insert(e.Trace, 1, f.frames()...)
}

// mapper finds the places in cells of places in lowered files.
type mapper map[string]lowered

// lowered is a file that the interpreter has, with the cell's position of each of its lines.
type lowered struct {
	source string
	lines  []unit.Position
}

func (m mapper) find(file string, line int) (unit.Position, bool) {
	lines := m[file].lines
	if line < 1 || line > len(lines) || lines[line-1].File == "" {
		return unit.Position{}, false
	}
	return lines[line-1], true
}

// near is find for a line that may be generated: the user's before it is taken.
func (m mapper) near(file string, line int) (unit.Position, bool) {
	for ; line > 0; line-- {
		if pos, ok := m.find(file, line); ok {
			return pos, true
		}
	}
	return unit.Position{}, false
}

// entryLine begins a cell's statements, or what an engine calls.
var entryLine = regexp.MustCompile(`^func (?:cell__\d*|Entry__)\(`)

var (
	methodLine = regexp.MustCompile(`^(\w+?)__\d+_(\w+)__\d+ = func\((?:\w+ )?(\*?)`)
	slotLine   = regexp.MustCompile(`^(\w+?)__\w* = func\(`)
	declLine   = regexp.MustCompile(`^func (?:\([^)]*\) )?(\w+?)(?:__\w*)?\(`)
)

// function returns the user's name of the function around a line. Lowering begins functions at the beginnings of lines.
func (m mapper) function(file string, line int) string {
	lines := strings.Split(m[file].source, "\n")
	for i := min(line, len(lines)) - 1; i >= 0; i-- {
		if entryLine.MatchString(lines[i]) {
			return ""
		}
		if found := methodLine.FindStringSubmatch(lines[i]); found != nil && found[3] == "*" {
			return "(*" + found[1] + ")." + found[2]
		} else if found != nil {
			return found[1] + "." + found[2]
		}
		for _, pattern := range []*regexp.Regexp{slotLine, declLine} {
			if found := pattern.FindStringSubmatch(lines[i]); found != nil {
				return found[1]
			}
		}
	}
	return ""
}

// errorName is the type of an error as its author knows it; of an unexported type, which says nothing to anyone else, just "error".
func errorName(err error) string {
	name := generation.ReplaceAllString(fmt.Sprintf("%T", err), "$1")
	if strings.HasPrefix(name, "interp.") || !ast.IsExported(name[strings.LastIndexByte(name, '.')+1:]) {
		return "error"
	}
	return name
}
