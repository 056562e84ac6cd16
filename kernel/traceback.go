package kernel

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/unit"
	"github.com/gocluster/gocluster/kernel/magic"
)

// describe is an error as clients show it. Its name is what tools look at: KeyboardInterrupt is an interrupt everywhere.
func (k *kernel) describe(err error) errorContent {
	var cell *session.CellError
	var wrong *magic.Error
	switch {
	case errors.As(err, &cell):
		return k.describeCell(cell)
	case errors.As(err, &wrong):
		return headline("UsageError", wrong.Message)
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		return headline(session.InterruptName, "interrupted")
	}
	return headline("Error", err.Error())
}

// isInterrupt reports whether an error says already that the cell was interrupted.
func isInterrupt(err error) bool {
	var cell *session.CellError
	return errors.As(err, &cell) && cell.EName == session.InterruptName
}

func headline(ename, evalue string) errorContent {
	return errorContent{EName: ename, EValue: evalue, Traceback: []string{title(ename, evalue)}}
}

// The colours of a traceback, as a terminal has them; clients turn them into their own.
const (
	red   = "\x1b[0;31m"
	green = "\x1b[0;32m"
	bold  = "\x1b[1m"
	plain = "\x1b[0m"
)

func title(ename, evalue string) string {
	if evalue == "" {
		return red + ename + plain
	}
	return red + ename + plain + ": " + evalue
}

// maxPlaces is how many places of an error are shown: a deep recursion has more than anybody reads.
const maxPlaces = 8

// describeCell is a failed cell: what it is in one line, the places in cells with the source around them, and what else there
// is to say. The line "Cell In[3], line 2" is what editors recognise to mark the place.
func (k *kernel) describeCell(e *session.CellError) errorContent {
	c := headline(e.EName, e.Message)
	if e.EName == session.CompileErrorName {
		c.Traceback = append(c.Traceback, k.diagnostics(e)...)
		return c
	}
	for _, p := range e.Positions[:min(len(e.Positions), maxPlaces)] {
		c.Traceback = append(c.Traceback, k.place(p)...)
	}
	if more := len(e.Positions) - maxPlaces; more > 0 {
		c.Traceback = append(c.Traceback, fmt.Sprintf("... and %d more", more))
	}
	c.Traceback = append(c.Traceback, e.Extra...)
	return c
}

// diagnostics are what is wrong with a cell, each with its place. The first has been said; lines of the others begin with theirs.
func (k *kernel) diagnostics(e *session.CellError) []string {
	var out []string
	places := map[string]unit.Position{}
	for i, p := range e.Positions {
		if i == 0 {
			out = append(out, k.place(p)...)
		}
		places[p.String()] = p
	}
	if k.isMagic(e.Positions) {
		out = append(out, "hint: magics stand before the cell's Go, each on a line of its own")
	}
	for _, line := range e.Extra {
		where, message, _ := strings.Cut(line, ": ")
		if p, ok := places[where]; ok {
			out = append(append(out, red+message+plain), k.place(p)...)
			continue
		}
		out = append(out, line)
	}
	return out
}

// isMagic reports whether the first error is at a line that looks like a magic.
func (k *kernel) isMagic(at []unit.Position) bool {
	if len(at) == 0 {
		return false
	}
	line, _ := k.line(at[0])
	return strings.HasPrefix(strings.TrimSpace(line), "%")
}

// line is the source at a position.
func (k *kernel) line(p unit.Position) (line string, known bool) {
	source := k.source(p.File)
	if p.Line < 1 || p.Line > len(source) {
		return "", false
	}
	return source[p.Line-1], true
}

// source are the lines of a cell; none if it is unknown.
func (k *kernel) source(cell string) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	text, known := k.sources[cell]
	if !known {
		return nil
	}
	return strings.Split(text, "\n")
}

// around is how many lines are shown before and after the one of an error.
const around = 2

// place shows one position with the source around it.
func (k *kernel) place(p unit.Position) []string {
	where := fmt.Sprintf("%s, line %d", p.File, p.Line)
	if strings.HasPrefix(p.File, "In[") {
		where = "Cell " + where
	}
	if p.Col > 0 {
		where += fmt.Sprintf(", column %d", p.Col)
	}
	out := []string{green + where + plain}
	if _, known := k.line(p); !known {
		return out
	}
	source := k.source(p.File)
	for n := max(1, p.Line-around); n <= min(len(source), p.Line+around); n++ {
		line := strings.TrimRight(source[n-1], "\r")
		if n != p.Line {
			out = append(out, fmt.Sprintf("%7d | %s", n, line))
			continue
		}
		out = append(out, fmt.Sprintf("%s-->%s %3d | %s%s%s", red, plain, n, bold, line, plain))
		if p.Col > 0 {
			out = append(out, strings.Repeat(" ", 7)+" | "+caret(line, p.Col))
		}
	}
	return out
}

// caret points at a byte column of a line; tabs before it stay tabs, so that it stands right whatever their width.
func caret(line string, col int) string {
	var b strings.Builder
	for _, r := range line[:min(col-1, len(line))] {
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String() + red + "^" + plain
}
