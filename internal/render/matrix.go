package render

import (
	"fmt"
	"reflect"
	"strings"
)

// matrix is a matrix of numbers, as gonum's packages have them.
type matrix interface {
	Dims() (r, c int)
	At(i, j int) float64
}

// maxMatrix is how many rows and columns of a matrix its text shows.
const maxMatrix = 20

func matrixFormats(m matrix, mime map[string]any) {
	rows, cols := m.Dims()
	if rows <= 0 || cols <= 0 {
		mime[TextPlain] = fmt.Sprintf("<matrix of %d x %d>", rows, cols)
		return
	}
	at := func(i, j int) string { return fmt.Sprint(m.At(i, j)) }
	mime[TextPlain] = matrixText(rows, cols, at)
	g := matrixGrid(rows, cols, htmlTable, func(i, j int) (reflect.Value, bool) { return reflect.ValueOf(m.At(i, j)), true })
	mime[TextHTML] = g.html()
}

// matrixText writes a matrix in brackets; of a large one the corner, and how large it is.
func matrixText(rows, cols int, at func(i, j int) string) string {
	r, c := min(rows, maxMatrix), min(cols, maxMatrix)
	cells := make([][]string, r)
	widths := make([]int, c)
	for i := range r {
		for j := range c {
			cells[i] = append(cells[i], at(i, j))
			widths[j] = max(widths[j], len(cells[i][j]))
		}
	}
	var b strings.Builder
	for i, row := range cells {
		left, right := "⎢", "⎥"
		switch {
		case rows == 1:
			left, right = "[", "]"
		case i == 0:
			left, right = "⎡", "⎤"
		case i == rows-1:
			left, right = "⎣", "⎦"
		}
		b.WriteString(left)
		for j, s := range row {
			if j > 0 {
				b.WriteString("  ")
			}
			b.WriteString(strings.Repeat(" ", widths[j]-len(s)) + s)
		}
		if c < cols {
			b.WriteString("  ...")
		}
		b.WriteString(right + "\n")
	}
	if r < rows || c < cols {
		fmt.Fprintf(&b, "(%d x %d)\n", rows, cols)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
