package gocode

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode/lower"
)

// Program is the session as one Go program: its declarations as they are now, and the statements of the cells that have succeeded, in
// func main, in the order in which they were executed. A cell whose statements no longer fit the declarations is left out; notes say so.
func (s *Session) Program() (text string, notes []string, err error) {
	b := &saver{s: s, out: map[*saved]string{}}
	b.leaveOutStale()
	for range len(s.saved) + 1 {
		text, err := b.build()
		if err != nil {
			return "", nil, err
		}
		done, blamed, err := b.check(text)
		if err != nil {
			return "", nil, err
		}
		if len(blamed) == 0 {
			return done, b.notes(), nil
		}
		maps.Copy(b.out, blamed)
	}
	return "", nil, errors.New("its cells do not fit together")
}

// saver makes a program of a session.
type saver struct {
	s   *Session
	out map[*saved]string // the cells that are left out, with the reason

	// Of one attempt:
	names   map[string]string     // of variables, by lowered name
	global  map[string]bool       // the variables that are package variables
	types   map[string]types.Type // of variables
	imports map[string]string     // paths by name
	ranges  []cellRange
	text    strings.Builder
}

// cellRange is where the statements of a cell are.
type cellRange struct {
	cell     *saved
	from, to int
}

func (b *saver) notes() []string {
	var notes []string
	for _, c := range b.s.saved {
		if why := b.out[c]; why != "" {
			notes = append(notes, fmt.Sprintf("the statements of %s are left out: %s", cellName(c.cell), why))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.s.renewed)) {
		if b.s.live[name] != nil {
			notes = append(notes, fmt.Sprintf("%s was declared again at %s: the program has it as it is now from the beginning", name, b.s.renewed[name]))
		}
	}
	return notes
}

func cellName(c Cell) string {
	if c.N == 0 || strings.HasPrefix(c.Name, "In[") {
		return c.Name
	}
	return fmt.Sprintf("%s:%d", c.Name, max(c.Line, 1))
}

// leaveOutStale leaves out cells that used what is something else now.
func (b *saver) leaveOutStale() {
	for _, c := range b.s.saved {
		for _, name := range slices.Sorted(maps.Keys(c.uses)) {
			if e := b.s.live[name]; e == nil {
				b.out[c] = fmt.Sprintf("it uses %s, which is gone", name)
			} else if e.low != c.uses[name] && e.kind == KindFunc && e.decl.Slot {
				b.out[c] = fmt.Sprintf("it uses %s as it was before it was declared again with another signature", name)
			}
		}
	}
}

// cells are those that are not left out.
func (b *saver) cells() []*saved {
	var in []*saved
	for _, c := range b.s.saved {
		if b.out[c] == "" {
			in = append(in, c)
		}
	}
	return in
}

// entities are the live declarations in the order in which they were made, each once.
func (b *saver) entities() []*entity {
	set := map[*entity]bool{}
	for _, e := range b.s.live {
		if !isTest(e) {
			set[e] = true
		}
	}
	return slices.SortedFunc(maps.Keys(set), func(x, y *entity) int { return cmp.Compare(x.place, y.place) })
}

// isTest tells functions of %%test and %%bench, which are no part of a program.
func isTest(e *entity) bool {
	if e.kind != KindFunc || !strings.HasPrefix(e.name, "Test") && !strings.HasPrefix(e.name, "Benchmark") || e.decl.Obj == nil {
		return false
	}
	sig := e.decl.Obj.Type().(*types.Signature)
	return sig.Params().Len() == 1 && slices.Contains([]string{"*testing.T", "*testing.B"}, sig.Params().At(0).Type().String())
}

// build writes the program.
func (b *saver) build() (string, error) {
	b.names, b.global, b.types, b.imports = map[string]string{}, map[string]bool{}, map[string]types.Type{}, map[string]string{}
	b.ranges = nil
	entities, cells := b.entities(), b.cells()
	decls := make([]fragment, len(entities))
	for i, e := range entities {
		var err error
		if decls[i], err = b.declaration(e); err != nil {
			return "", err
		}
	}
	b.variables(cells)
	b.nameVariables(entities, cells)
	for _, c := range cells {
		for name, path := range c.imports {
			if !b.need(name, path) {
				b.out[c] = fmt.Sprintf("it imports %s as %s, and that is another package elsewhere", path, name)
				return b.build()
			}
		}
	}
	body := b.body(cells)
	var vars strings.Builder
	if b.usesContext(decls, cells) && b.need("context", "context") {
		fmt.Fprintf(&vars, "var %s = context.Background()\n", b.names[ambientLow])
	}
	for _, low := range slices.Sorted(maps.Keys(b.global)) {
		fmt.Fprintf(&vars, "var %s %s\n", b.names[low], b.typeText(b.types[low]))
	}
	b.text.Reset()
	b.text.WriteString("package main\n\n")
	b.writeImports(cells)
	for _, f := range decls {
		b.text.WriteString(b.written(f) + "\n\n")
	}
	b.text.WriteString(vars.String() + "\nfunc main() {\n")
	shift := b.text.Len()
	for i := range b.ranges {
		b.ranges[i].from += shift
		b.ranges[i].to += shift
	}
	b.text.WriteString(body + "}\n")
	return b.text.String(), nil
}

// usesContext reports whether the context of cells is used.
func (b *saver) usesContext(decls []fragment, cells []*saved) bool {
	is := func(r reference) bool { return r.low == ambientLow }
	return slices.ContainsFunc(decls, func(f fragment) bool { return slices.ContainsFunc(f.refs, is) }) ||
		slices.ContainsFunc(cells, func(c *saved) bool {
			return slices.ContainsFunc(c.steps, func(st savedStep) bool { return slices.ContainsFunc(st.text.refs, is) })
		})
}

// need makes a package be imported under a name, if no other has it.
func (b *saver) need(name, path string) bool {
	if have, ok := b.imports[name]; ok && have != path {
		return false
	}
	b.imports[name] = path
	return true
}

func (b *saver) writeImports(cells []*saved) {
	lines := map[string]bool{}
	for name, p := range b.imports {
		if name == path.Base(p) {
			name = ""
		}
		lines[fmt.Sprintf("%s %q", name, p)] = true
	}
	for _, d := range b.s.env.dots {
		lines[fmt.Sprintf(". %q", d)] = true
	}
	for _, c := range cells {
		for _, d := range c.dots {
			lines[fmt.Sprintf(". %q", d)] = true
		}
	}
	for _, d := range b.s.env.blank {
		lines[fmt.Sprintf("_ %q", d)] = true
	}
	if len(lines) > 0 {
		fmt.Fprintf(&b.text, "import (\n%s\n)\n\n", strings.Join(slices.Sorted(maps.Keys(lines)), "\n"))
	}
}

// declaration is the text of a live declaration. What it uses is noted.
func (b *saver) declaration(e *entity) (fragment, error) {
	f := fragment{text: e.chunk.text}
	var node ast.Node
	info := e.info
	switch {
	case e.decl == nil:
		node = e.group
	case e.decl.Func != nil:
		node, info = e.decl.Func, e.decl.Info
	default:
		node, info = e.decl.Type, e.decl.Info
	}
	if info == nil {
		return f, fmt.Errorf("%s: nothing is known of its declaration", e.name)
	}
	file := b.s.fset.File(node.Pos())
	var err error
	ast.Inspect(node, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		obj := info.Defs[id]
		if obj == nil {
			obj = info.Uses[id]
		}
		low := ""
		switch d := b.s.decl(obj); {
		case obj == nil:
		case e.kind == KindConst && info.Defs[id] != nil && b.s.live[id.Name] != e:
			low = "_" // another declaration has this name now
		case d != nil && d.Host != "":
			low = ambientLow
		case d != nil && d.Kind == lower.Var && d.Path == "":
			low = d.Low
			b.global[low], b.types[low] = true, d.Obj.Type()
		case d != nil && d.Kind == lower.Func && d.Name == "main" && d.Path == "":
			low = mainLow
		}
		if p, ok := obj.(*types.PkgName); ok && !b.need(p.Name(), p.Imported().Path()) {
			err = fmt.Errorf("%s imports %s as %s, and another declaration imports %s by this name: declare one of them again with another name for its import",
				e.name, p.Imported().Path(), p.Name(), b.imports[p.Name()])
		}
		if low != "" {
			f.refs = append(f.refs, reference{file.Offset(id.Pos()) - file.Offset(node.Pos()), len(id.Name), low})
		}
		return true
	})
	if e.kind == KindType {
		f.text = "type " + f.text
		for i := range f.refs {
			f.refs[i].off += len("type ")
		}
	}
	return f, err
}

// variables decides which variables are package variables: those that declarations use, those of cells that
// stand in a function of their own, and those that are defined together with one.
func (b *saver) variables(cells []*saved) {
	for _, c := range cells {
		maps.Copy(b.types, c.types)
		if c.alone {
			for low := range c.types {
				b.global[low] = true
			}
		}
	}
	for grown := true; grown; {
		grown = false
		for _, c := range cells {
			for _, st := range c.steps {
				any := slices.ContainsFunc(st.lows, func(low string) bool { return b.global[low] })
				for _, low := range st.lows {
					if any && low != "_" && !b.global[low] {
						b.global[low], grown = true, true
					}
				}
			}
		}
	}
}

// nameVariables gives variables their names: the last that had a name keeps it, those before it get a number.
func (b *saver) nameVariables(entities []*entity, cells []*saved) {
	taken := map[string]bool{}
	see := func(text string) {
		for _, t := range scan(text) {
			if t.tok == token.IDENT {
				taken[t.lit] = true
			}
		}
	}
	for _, e := range entities {
		see(e.chunk.text)
	}
	var lows []string
	lows = append(lows, ambientLow)
	for low := range b.global {
		lows = append(lows, low)
	}
	for _, c := range cells {
		for _, st := range c.steps {
			see(st.text.text)
			for _, r := range st.text.refs {
				lows = append(lows, r.low)
			}
			lows = append(lows, st.lows...)
		}
	}
	newest := map[string]string{} // by name
	for _, low := range lows {
		name, _ := nameOf(low)
		if old, ok := newest[name]; !ok || generation(low) > generation(old) {
			newest[name] = low
		}
	}
	for _, low := range slices.Compact(slices.Sorted(slices.Values(lows))) {
		name, n := nameOf(low)
		if newest[name] != low {
			for name = name + strconv.Itoa(n); taken[name]; {
				name += "_"
			}
			taken[name] = true
		}
		b.names[low] = name
	}
	b.names[mainLow], b.names["_"] = "cellMain", "_"
	for taken[b.names[mainLow]] {
		b.names[mainLow] += "_"
	}
}

// nameOf takes a lowered name apart: the name, and the how manieth that had it.
func nameOf(low string) (name string, n int) {
	i := strings.LastIndex(low, "__")
	if i < 0 {
		return low, 0
	}
	n, _ = strconv.Atoi(low[i+2:])
	return low[:i], n
}

func generation(low string) int {
	_, n := nameOf(low)
	return n
}

// written is a fragment with the variables' names.
func (b *saver) written(f fragment) string {
	var out strings.Builder
	at := 0
	refs := slices.Clone(f.refs)
	slices.SortFunc(refs, func(x, y reference) int { return cmp.Compare(x.off, y.off) })
	for _, r := range refs {
		if r.off < at {
			continue
		}
		out.WriteString(f.text[at:r.off] + b.names[r.low])
		at = r.off + r.len
	}
	out.WriteString(f.text[at:])
	return out.String()
}

// typeText is a type as the program writes it. The packages that it names are imported.
func (b *saver) typeText(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p.Path() == "main" {
			return ""
		}
		for name, path := range b.imports {
			if path == p.Path() {
				return name
			}
		}
		name := p.Name()
		for !b.need(name, p.Path()) {
			name += "_"
		}
		return name
	})
}

// body writes the statements.
func (b *saver) body(cells []*saved) string {
	w := &bodyWriter{saver: b, defined: map[string]bool{}}
	for i, c := range cells {
		if i > 0 {
			w.out.WriteString("\n")
		}
		fmt.Fprintf(&w.out, "// %s\n", cellName(c.cell))
		from := w.out.Len()
		if c.alone {
			w.line("func() {")
		}
		for _, st := range c.steps {
			w.step(st)
		}
		if c.alone {
			w.line("}()")
		}
		b.ranges = append(b.ranges, cellRange{c, from, w.out.Len()})
	}
	return w.out.String()
}

// bodyWriter writes func main.
type bodyWriter struct {
	*saver
	out     strings.Builder
	defined map[string]bool // the variables that are there already
}

func (w *bodyWriter) line(parts ...string) { w.out.WriteString(strings.Join(parts, "") + "\n") }

func (w *bodyWriter) step(st savedStep) {
	text := w.written(st.text)
	switch {
	case st.quiet:
		w.line("_ = ", text)
	case st.show != nil:
		w.shown(text, st.show)
	case len(st.lows) == 0:
		w.line(text)
	case st.define > 0:
		w.definition(st)
	default:
		w.spec(st)
	}
}

// fresh lists the variables of a step that have to be declared where it stands.
func (w *bodyWriter) fresh(st savedStep) []string {
	var out []string
	for _, low := range st.lows {
		if low != "_" && !w.global[low] && !w.defined[low] {
			out = append(out, low)
			w.defined[low] = true
		}
	}
	return out
}

func (w *bodyWriter) definition(st savedStep) {
	if len(w.fresh(st)) > 0 {
		w.line(w.written(st.text))
		return
	}
	f := fragment{text: st.text.text[:st.define] + st.text.text[st.define+1:]}
	for _, r := range st.text.refs {
		if r.off > st.define {
			r.off--
		}
		f.refs = append(f.refs, r)
	}
	w.line(w.written(f))
}

// spec writes what was "var names typ = text".
func (w *bodyWriter) spec(st savedStep) {
	var names []string
	named := 0
	for _, low := range st.lows {
		names = append(names, w.names[low])
		if low != "_" {
			named++
		}
	}
	list, typ, text := strings.Join(names, ", "), w.written(st.typ), w.written(st.text)
	fresh := w.fresh(st)
	switch {
	case text == "" && len(fresh) == named && named > 0:
		w.line("var ", list, " ", typ)
	case text == "":
		for _, low := range st.lows {
			if slices.Contains(fresh, low) {
				w.line("var ", w.names[low], " ", w.typeText(w.types[low]))
			} else if low != "_" {
				w.line(w.names[low], " = *new(", w.typeText(w.types[low]), ")")
			}
		}
	case named == 0:
		w.line("var ", list, " ", typ, " = ", text)
	case len(fresh) == named:
		for i, low := range st.lows { // the order of initialisation has no types
			if typ == "" && len(st.lows) == 1 && i == 0 {
				typ = w.typeText(w.types[low])
			}
		}
		w.line("var ", list, " ", typ, " = ", text)
	default:
		for _, low := range fresh {
			w.line("var ", w.names[low], " ", w.typeText(w.types[low]))
		}
		w.line(list, " = ", text)
	}
}

// shown writes an expression whose values a cell shows. An error at the end ends the program, as it fails the cell.
func (w *bodyWriter) shown(text string, values []types.Type) {
	n := len(values)
	fails := types.Identical(values[n-1], types.Universe.Lookup("error").Type())
	if n == 1 && !fails {
		w.line(w.print(text, values), "")
		return
	}
	var names []string
	for i := range values {
		names = append(names, fmt.Sprintf("value%d", i+1))
	}
	if fails {
		names[n-1] = "err"
	}
	head := strings.Join(names, ", ") + " := " + text
	switch {
	case fails && n == 1:
		w.line("if ", head, "; err != nil {\npanic(err)\n}")
	case fails:
		w.line("if ", head, "; err != nil {\npanic(err)\n} else {\n", w.print(strings.Join(names[:n-1], ", "), values[:n-1]), "\n}")
	default:
		w.line("{\n", head, "\n", w.print(strings.Join(names, ", "), values), "\n}")
	}
}

// print is the call that prints values as a cell shows them.
func (w *bodyWriter) print(list string, values []types.Type) string {
	name := "fmt"
	for !w.need(name, "fmt") {
		name += "_"
	}
	if _, basic := values[0].Underlying().(*types.Basic); basic && len(values) == 1 {
		return name + ".Println(" + list + ")"
	}
	verbs := strings.TrimSuffix(strings.Repeat("%+v, ", len(values)), ", ")
	if len(values) > 1 {
		verbs = "(" + verbs + ")"
	}
	return fmt.Sprintf("%s.Printf(%q, %s)", name, verbs+"\n", list)
}

// check type-checks the program. blamed are the cells that do not compile; without any, done is the program as it is written to a file.
func (b *saver) check(text string) (done string, blamed map[*saved]string, err error) {
	var soft []token.Pos
	var file *ast.File
	var fset *token.FileSet
	for range 3 { // as it is, with unused variables used, and with the imports that are left
		var hard []types.Error
		fset = token.NewFileSet()
		file, err = parser.ParseFile(fset, "program.go", text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return "", nil, fmt.Errorf("the program that was made is no Go: %w\n%s", err, text)
		}
		soft, hard = b.typecheck(fset, file)
		if len(hard) > 0 {
			blamed, err := b.blame(hard, fset)
			return "", blamed, err
		}
		if len(soft) == 0 {
			out, err := format.Source([]byte(text))
			return string(out), nil, err
		}
		text = b.used(text, fset, file, soft)
	}
	return "", nil, fmt.Errorf("%v: a variable or import is not used", fset.Position(soft[0]))
}

// typecheck returns where variables and imports are not used, and what else is wrong.
func (b *saver) typecheck(fset *token.FileSet, file *ast.File) (soft []token.Pos, hard []types.Error) {
	conf := types.Config{Importer: b.s, GoVersion: "go1.26", Error: func(err error) {
		e := err.(types.Error)
		if e.Soft && (strings.Contains(e.Msg, "declared and not used") || strings.Contains(e.Msg, "imported and not used") || strings.Contains(e.Msg, "imported as")) {
			soft = append(soft, e.Pos)
			return
		}
		hard = append(hard, e)
	}}
	_, _ = conf.Check("main", fset, []*ast.File{file}, nil) // errors go to Error
	return soft, hard
}

func (b *saver) blame(errs []types.Error, fset *token.FileSet) (map[*saved]string, error) {
	blamed := map[*saved]string{}
	for _, e := range errs {
		at := fset.Position(e.Pos).Offset
		for _, r := range b.ranges {
			if r.from <= at && at < r.to && blamed[r.cell] == "" {
				blamed[r.cell] = plain(e.Msg)
			}
		}
	}
	if len(blamed) == 0 {
		return nil, fmt.Errorf("a declaration does not compile by itself: %s", plain(errs[0].Msg))
	}
	return blamed, nil
}

// used removes the imports at the positions, and uses the variables.
func (b *saver) used(text string, fset *token.FileSet, file *ast.File, at []token.Pos) string {
	type edit struct {
		off, end int
		text     string
	}
	var edits []edit
	offset := func(p token.Pos) int { return fset.Position(p).Offset }
	for _, p := range at {
		for _, im := range file.Imports {
			if im.Pos() <= p && p < im.End() {
				start := strings.LastIndexByte(text[:offset(im.Pos())], '\n') + 1
				edits = append(edits, edit{start, offset(im.End()), ""})
			}
		}
		if where := after(file, p); where.IsValid() {
			id := scan(text[offset(p):])[0].lit
			edits = append(edits, edit{offset(where), offset(where), "\n_ = " + id + "\n"})
		}
	}
	slices.SortStableFunc(edits, func(x, y edit) int { return cmp.Compare(y.off, x.off) })
	for _, e := range edits {
		text = text[:e.off] + e.text + text[e.end:]
	}
	return text
}

// after is where a variable that is declared at p can be used: behind the statement, or at the beginning of the block that it is for.
func after(file *ast.File, p token.Pos) token.Pos {
	var where token.Pos
	ast.Inspect(file, func(n ast.Node) bool {
		if n == nil || p < n.Pos() || n.End() <= p {
			return false
		}
		switch n := n.(type) {
		case *ast.AssignStmt, *ast.DeclStmt:
			where = n.End()
		case *ast.ForStmt:
			if p < n.Body.Pos() {
				where = n.Body.Lbrace + 1
				return false
			}
		case *ast.RangeStmt:
			if p < n.Body.Pos() {
				where = n.Body.Lbrace + 1
				return false
			}
		case *ast.IfStmt:
			if n.Init != nil && p < n.Cond.Pos() {
				where = n.Body.Lbrace + 1
				return false
			}
		}
		return true
	})
	return where
}
