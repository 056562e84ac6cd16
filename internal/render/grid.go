package render

import (
	"reflect"
	"slices"
	"strconv"
)

// limits say how much of a table is shown.
type limits struct{ rows, cols, cell int }

var (
	htmlTable = limits{rows: 60, cols: 30, cell: 200}
	textTable = limits{rows: 60, cols: 12, cell: 40}
)

// grid is a table: rows of texts, the first of which says which row it is.
type grid struct {
	head    []string
	rows    [][]string
	numbers []bool // columns whose values are all numbers
	// total and cols are how many rows and columns there are in all; gap is the row before which rows are left out, or 0.
	total, cols, gap int
	limits           limits
}

// gridOf makes a table of a value that looks like one: a list of structs, maps or lists, or a map. For other values it is nil.
func gridOf(v reflect.Value, l limits) *grid {
	v = behind(v)
	if !v.IsValid() {
		return nil
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Array {
			v = addressable(v)
		}
		return listGrid(v, l)
	case reflect.Map:
		return mapGrid(v, l)
	}
	return nil
}

// behind follows interfaces and pointers to what has parts.
func behind(v reflect.Value) reflect.Value {
	v = reachable(inside(v))
	if v.IsValid() && v.Kind() == reflect.Pointer && !v.IsNil() {
		v = reachable(inside(v.Elem()))
	}
	return v
}

// shown are the indices of the rows to show, and the first after a gap.
func shown(n, limit int) (rows []int, gap int) {
	for i := range n {
		if n <= limit || i < limit/2 {
			rows = append(rows, i)
			continue
		}
		break
	}
	if n <= limit {
		return rows, 0
	}
	gap = len(rows)
	for i := n - (limit - limit/2); i < n; i++ {
		rows = append(rows, i)
	}
	return rows, gap
}

func listGrid(v reflect.Value, l limits) *grid {
	index, gap := shown(v.Len(), l.rows)
	if len(index) == 0 {
		return nil
	}
	var keys []string
	var parts []reflect.Value
	for _, i := range index {
		keys = append(keys, strconv.Itoa(i))
		parts = append(parts, v.Index(i))
	}
	g := partsGrid(keys, parts, l)
	if g != nil {
		g.total, g.gap = v.Len(), gap
	}
	return g
}

func mapGrid(v reflect.Value, l limits) *grid {
	es := entries(v, l.rows)
	if len(es) == 0 {
		return nil
	}
	var keys []string
	var parts []reflect.Value
	for _, e := range es {
		keys = append(keys, text(e.key, "", l.cell))
		parts = append(parts, e.value)
	}
	g := partsGrid(keys, parts, l)
	if g == nil {
		g = &grid{head: []string{"key", "value"}, cols: 1, numbers: []bool{true}, limits: l}
		for i, p := range parts {
			g.rows = append(g.rows, []string{keys[i], text(p, "", l.cell)})
			g.numbers[0] = g.numbers[0] && isNumber(p)
		}
	}
	g.total = v.Len()
	return g
}

// partsGrid makes a table of values that all have the same parts: structs of one type, maps with texts as keys, or lists of numbers and
// texts.
func partsGrid(keys []string, parts []reflect.Value, l limits) *grid {
	rows := make([]reflect.Value, len(parts))
	var first reflect.Value
	for i, p := range parts {
		if prints(inside(p)) {
			return nil
		}
		if rows[i] = behind(p); rows[i].IsValid() && prints(rows[i]) {
			return nil
		}
		if rows[i].IsValid() && rows[i].Kind() != reflect.Pointer && !first.IsValid() {
			first = rows[i]
		}
	}
	if !first.IsValid() {
		return nil
	}
	switch first.Kind() {
	case reflect.Struct:
		return structGrid(keys, rows, first.Type(), l)
	case reflect.Map:
		return mapsGrid(keys, rows, first.Type(), l)
	case reflect.Slice, reflect.Array:
		return listsGrid(keys, rows, l)
	}
	return nil
}

// empty reports whether a row is a nil pointer or interface.
func empty(v reflect.Value) bool { return !v.IsValid() || v.Kind() == reflect.Pointer }

func structGrid(keys []string, rows []reflect.Value, t reflect.Type, l limits) *grid {
	g := &grid{head: []string{""}, limits: l}
	var fields []int
	for i := range t.NumField() {
		if f := t.Field(i); f.Name != "_" && (f.IsExported() || !foreign(t)) {
			fields = append(fields, i)
			g.head = append(g.head, FieldName(t, f))
		}
	}
	if len(fields) == 0 {
		return nil
	}
	for i, r := range rows {
		if !empty(r) && r.Type() != t {
			return nil
		}
		if !empty(r) {
			rows[i] = addressable(r)
		}
	}
	g.fill(keys, rows, len(fields), func(r reflect.Value, j int) reflect.Value { return r.Field(fields[j]) })
	return g
}

func mapsGrid(keys []string, rows []reflect.Value, t reflect.Type, l limits) *grid {
	var names []string
	for _, r := range rows {
		if empty(r) {
			continue
		}
		if r.Kind() != reflect.Map || inside(r).Type().Key().Kind() != reflect.String {
			return nil
		}
		for _, e := range entries(r, maxItems) {
			if name := e.key.String(); !slices.Contains(names, name) && len(names) < maxItems {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	g := &grid{head: []string{""}, limits: l}
	for _, n := range names {
		g.head = append(g.head, cut(n, l.cell))
	}
	g.fill(keys, rows, len(names), func(r reflect.Value, j int) reflect.Value {
		return r.MapIndex(reflect.ValueOf(names[j]).Convert(r.Type().Key()))
	})
	return g
}

// listsGrid makes a table of lists if their elements are plain.
func listsGrid(keys []string, rows []reflect.Value, l limits) *grid {
	cols := 0
	for _, r := range rows {
		if empty(r) {
			continue
		}
		if r.Kind() != reflect.Slice && r.Kind() != reflect.Array {
			return nil
		}
		for i := range min(r.Len(), l.cols) {
			if e := inside(r.Index(i)); e.IsValid() && !plainKind(e.Kind()) {
				return nil
			}
		}
		cols = max(cols, r.Len())
	}
	if cols == 0 {
		return nil
	}
	g := &grid{head: []string{""}, limits: l}
	for j := range min(cols, l.cols+1) {
		g.head = append(g.head, strconv.Itoa(j))
	}
	g.fill(keys, rows, cols, func(r reflect.Value, j int) reflect.Value {
		if j >= r.Len() {
			return reflect.Value{}
		}
		return r.Index(j)
	})
	return g
}

// matrixGrid makes a table of numbers that are had by their indices.
func matrixGrid(rows, cols int, l limits, at func(i, j int) (reflect.Value, bool)) *grid {
	g := &grid{head: []string{""}, limits: l}
	for j := range min(cols, l.cols+1) {
		g.head = append(g.head, strconv.Itoa(j))
	}
	index, gap := shown(rows, l.rows)
	var keys []string
	var lines []reflect.Value
	for _, i := range index {
		keys, lines = append(keys, strconv.Itoa(i)), append(lines, reflect.ValueOf(i))
	}
	g.fill(keys, lines, cols, func(r reflect.Value, j int) reflect.Value {
		v, _ := at(int(r.Int()), j)
		return v
	})
	g.total, g.gap = rows, gap
	return g
}

func plainKind(k reflect.Kind) bool { return k <= reflect.Complex128 || k == reflect.String }

// fill writes the cells of as many columns as are shown. A cell that is not there is empty.
func (g *grid) fill(keys []string, rows []reflect.Value, cols int, at func(r reflect.Value, j int) reflect.Value) {
	g.cols, g.total = cols, len(rows)
	n := min(cols, g.limits.cols)
	g.head = g.head[:n+1]
	g.numbers = make([]bool, n)
	for j := range g.numbers {
		g.numbers[j] = true
	}
	for i, r := range rows {
		line := make([]string, 1, n+1)
		line[0] = keys[i]
		for j := range n {
			cell := ""
			if !empty(r) {
				if v := at(r, j); v.IsValid() {
					cell = text(v, "", g.limits.cell)
					g.numbers[j] = g.numbers[j] && isNumber(v)
				}
			}
			line = append(line, cell)
		}
		g.rows = append(g.rows, line)
	}
}

func isNumber(v reflect.Value) bool {
	v = reachable(inside(v))
	return v.IsValid() && (v.CanInt() || v.CanUint() || v.CanFloat() || v.CanComplex()) && !prints(v)
}
