// Package magic has the commands of cells that are not Go: lines that begin with %, which no line at the beginning of Go
// source does. Line magics (%name) stand before a cell's Go, a cell magic (%%name) takes the whole cell, and NAME? asks what
// a name is.
package magic

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Variable is a name of the session.
type Variable struct{ Name, Kind, Type string }

// Host is what magics work with: the cell that they stand in.
type Host interface {
	// Code executes Go and shows its value. Lines and columns are the cell's.
	Code(ctx context.Context, src string) error
	// Print prints to the cell's standard output.
	Print(text string)
	// Page shows what a name is, beside the notebook where the client can.
	Page(name string) error
	// Who lists the session's names.
	Who() []Variable
	// Reset forgets them.
	Reset(ctx context.Context) error
}

// Error is a magic wrongly used.
type Error struct{ Message string }

func (e *Error) Error() string { return e.Message }

// ErrorName is the name under which clients see it.
func (e *Error) ErrorName() string { return "UsageError" }

func usage(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// command is one magic. Those with cell set may also take a whole cell.
type command struct {
	args, doc string
	cell      bool
	run       func(ctx context.Context, h Host, c call) error
}

var commands map[string]command

func init() { // help refers to the table
	commands = map[string]command{
		"help":    {args: "[MAGIC]", doc: "say what a magic does; without a name, what there is to know", run: help},
		"lsmagic": {doc: "list the magics", run: list},
		"reset":   {doc: "forget all variables, functions, types and imports of the session", run: reset},
		"time":    {args: "GO", doc: "execute the line (%time) or the cell (%%time) and print how long it took", cell: true, run: timed},
		"who":     {args: "[PREFIX]", doc: "list the session's names with their types", run: who},
	}
}

// Names are the magics' names, in order.
func Names() []string {
	names := make([]string, 0, len(commands))
	for name := range commands {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// call is a magic in a cell.
type call struct {
	name, args string
	// code is what the magic executes, blank where the magic stands, so that lines and columns are the cell's.
	code string
	cell bool
}

// Run executes a cell: its magics, then its Go.
func Run(ctx context.Context, h Host, cell string) error {
	if name, ok := question(cell); ok {
		return h.Page(name)
	}
	calls, rest := split(cell)
	for _, c := range calls {
		m, err := lookup(c)
		if err != nil {
			return err
		}
		if err := m.run(ctx, h, c); err != nil {
			return err
		}
	}
	if len(calls) > 0 && strings.TrimSpace(rest) == "" {
		return nil
	}
	return h.Code(ctx, rest)
}

var questions = regexp.MustCompile(`^(?:\?+\s*([%\w.]+)|([%\w.]+)\s*\?+)$`)

// question recognises a cell that is a question about a name.
func question(cell string) (name string, ok bool) {
	m := questions.FindStringSubmatch(strings.TrimSpace(cell))
	if m == nil {
		return "", false
	}
	return m[1] + m[2], true
}

// split cuts the magics at a cell's beginning from its Go. In rest the magics' lines are blank.
func split(cell string) (calls []call, rest string) {
	lines := strings.SplitAfter(cell, "\n")
	for i, line := range lines {
		text := strings.TrimSpace(line)
		if text == "" {
			continue
		}
		if !strings.HasPrefix(text, "%") {
			break
		}
		c := parse(text)
		if c.cell = strings.HasPrefix(text, "%%"); c.cell && len(calls) == 0 {
			lines[i] = blank(line, len(line))
			c.code = strings.Join(lines, "")
			return []call{c}, ""
		}
		c.code = strings.Join(lines[:i], "") + blank(line, len(line)-len(strings.TrimLeft(afterName(line), " \t")))
		calls = append(calls, c)
		lines[i] = blank(line, len(line))
	}
	return calls, strings.Join(lines, "")
}

func parse(text string) call {
	name, args, _ := strings.Cut(strings.TrimLeft(text, "%"), " ")
	return call{name: strings.TrimSpace(name), args: strings.TrimSpace(args)}
}

// afterName is what stands in a magic's line after its name.
func afterName(line string) string {
	from := strings.IndexByte(line, '%')
	if to := strings.IndexAny(line[from:], " \t\n"); to >= 0 {
		return line[from+to:]
	}
	return ""
}

// blank replaces the first n bytes of a line by blanks, but not the line's end.
func blank(line string, n int) string {
	end := len(strings.TrimRight(line, "\r\n"))
	n = min(n, end)
	return strings.Repeat(" ", n) + line[n:]
}

func lookup(c call) (command, error) {
	m, ok := commands[c.name]
	switch {
	case !ok:
		return m, usage("unknown magic %s%s", sign(c), suggestion(c))
	case c.cell && !m.cell:
		return m, usage("%%%%%s: this magic takes a line, not a cell: write %%%s", c.name, c.name)
	}
	return m, nil
}

func sign(c call) string {
	if c.cell {
		return "%%" + c.name
	}
	return "%" + c.name
}

// suggestion names the magic that was meant, if one is near, and the list otherwise.
func suggestion(c call) string {
	best, at := "", 3
	for _, name := range Names() {
		if d := distance(c.name, name); d < at && d < len(name) {
			best, at = name, d
		}
	}
	if best == "" {
		return "; %lsmagic lists those that there are"
	}
	return fmt.Sprintf("; did you mean %s?", sign(call{name: best, cell: c.cell && commands[best].cell}))
}

// distance is how many letters must be changed, added or removed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// IsQuestion reports whether a cell asks about a name.
func IsQuestion(cell string) bool {
	_, ok := question(cell)
	return ok
}
