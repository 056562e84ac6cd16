package session

import (
	"strings"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/unit"
)

// columns are where the lines of cells begin, by the cells' names. Compiled code only knows its lines.
type columns map[string]map[int]int

// learn takes a cell that is about to run.
func (k columns) learn(c gocode.Cell) {
	lines := k[c.Name]
	if lines == nil {
		lines = map[int]int{}
		k[c.Name] = lines
	}
	n := max(c.Line, 1)
	for line := range strings.Lines(c.Source) {
		lines[n] = 1 + len(line) - len(strings.TrimLeft(line, " \t"))
		n++
	}
}

// fill adds the columns that positions lack.
func (k columns) fill(at []unit.Position) {
	for i := range at {
		if at[i].Col == 0 {
			at[i].Col = max(k[at[i].File][at[i].Line], 1)
		}
	}
}
