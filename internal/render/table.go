package render

import (
	"fmt"
	"html"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Table makes a table, in HTML and as text, of a list of structs, maps or lists, of a map or of a matrix. What is too much for a page is
// left out, and counted.
func Table(v any) (page, plain string, err error) {
	rv := reflect.ValueOf(&v).Elem()
	make := func(l limits) *grid {
		if m, ok := valueOf(reachable(inside(rv))).(matrix); ok {
			rows, cols := m.Dims()
			return matrixGrid(rows, cols, l, func(i, j int) (reflect.Value, bool) { return reflect.ValueOf(m.At(i, j)), true })
		}
		return gridOf(rv, l)
	}
	var h, t *grid
	if err := safely(func() error { h, t = make(htmlTable), make(textTable); return nil }); err != nil {
		return "", "", err
	}
	if h == nil || t == nil {
		name := "nil"
		if v != nil {
			name = TypeName(reflect.TypeOf(v))
		}
		return "", "", fmt.Errorf("%s is not a table: give a list of structs, maps or lists, or a map, that is not empty", name)
	}
	return h.html(), t.text(), nil
}

// left is "1,234 rows x 5 columns" for a table of which not all is shown.
func (g *grid) left() string {
	if g.total <= len(g.rows) && g.cols < len(g.head) {
		return ""
	}
	return fmt.Sprintf("%s rows x %s columns", thousands(g.total), thousands(g.cols))
}

// html writes the table for a page. The style is the notebook's; only the alignment of texts is ours.
func (g *grid) html() string {
	var b strings.Builder
	b.WriteString("<table>\n<thead><tr>")
	for j, h := range g.head {
		b.WriteString(g.tag("th", j) + html.EscapeString(h) + "</th>")
	}
	b.WriteString(g.dots("th") + "</tr></thead>\n<tbody>\n")
	for i, row := range g.rows {
		if i == g.gap && i > 0 {
			b.WriteString("<tr>" + strings.Repeat("<td>&#8230;</td>", len(g.head)) + g.dots("td") + "</tr>\n")
		}
		b.WriteString("<tr><th>" + html.EscapeString(row[0]) + "</th>")
		for j, c := range row[1:] {
			b.WriteString(g.tag("td", j+1) + html.EscapeString(c) + "</td>")
		}
		b.WriteString(g.dots("td") + "</tr>\n")
	}
	if g.gap == 0 && g.total > len(g.rows) {
		b.WriteString("<tr>" + strings.Repeat("<td>&#8230;</td>", len(g.head)) + g.dots("td") + "</tr>\n")
	}
	b.WriteString("</tbody>\n</table>")
	if s := g.left(); s != "" {
		b.WriteString("\n<p>" + s + "</p>")
	}
	return b.String()
}

func (g *grid) dots(tag string) string {
	if g.cols < len(g.head) {
		return ""
	}
	return "<" + tag + ">&#8230;</" + tag + ">"
}

func (g *grid) tag(name string, column int) string {
	if column > 0 && !g.numbers[column-1] {
		return "<" + name + ` style="text-align: left">`
	}
	return "<" + name + ">"
}

// text writes the table for a terminal.
func (g *grid) text() string {
	lines := [][]string{g.head}
	for i, row := range g.rows {
		if i == g.gap && i > 0 {
			lines = append(lines, []string{"..."})
		}
		lines = append(lines, row)
	}
	if g.gap == 0 && g.total > len(g.rows) {
		lines = append(lines, []string{"..."})
	}
	widths := make([]int, len(g.head))
	for _, line := range lines {
		for j := range line {
			line[j] = strings.ReplaceAll(line[j], "\n", " ")
			widths[j] = max(widths[j], utf8.RuneCountInString(line[j]))
		}
	}
	var b strings.Builder
	for _, line := range lines {
		row := ""
		for j, c := range line {
			pad := strings.Repeat(" ", widths[j]-utf8.RuneCountInString(c))
			if j > 0 && g.numbers[j-1] {
				row += pad + c + "  "
			} else {
				row += c + pad + "  "
			}
		}
		b.WriteString(strings.TrimRight(row, " ") + "\n")
	}
	if s := g.left(); s != "" {
		b.WriteString("(" + s + ")\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Lines makes a table, in HTML and as text, of lines of fields under the names of the columns.
func Lines(head []string, lines [][]string) (page, plain string) {
	make := func(l limits) *grid {
		index, gap := shown(len(lines), l.rows)
		g := &grid{head: []string{""}, cols: len(head), total: len(lines), gap: gap, limits: l}
		n := min(len(head), l.cols)
		for _, h := range head[:n] {
			g.head = append(g.head, cut(h, l.cell))
		}
		for range n {
			g.numbers = append(g.numbers, true)
		}
		for _, i := range index {
			row := []string{strconv.Itoa(i)}
			for j := range n {
				cell := ""
				if j < len(lines[i]) {
					cell = cut(lines[i][j], l.cell)
				}
				_, err := strconv.ParseFloat(cell, 64)
				g.numbers[j] = g.numbers[j] && (cell == "" || err == nil)
				row = append(row, cell)
			}
			g.rows = append(g.rows, row)
		}
		return g
	}
	return make(htmlTable).html(), make(textTable).text()
}
