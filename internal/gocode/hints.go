package gocode

import (
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gocluster/gocluster/internal/gocode/stdlib"
)

// advisor says what to do about one error.
type advisor struct {
	s   *Session
	p   *parsed
	c   *checked
	d   Diagnostic
	pos token.Pos
	// path are the nodes around the text in error, the innermost last.
	path []ast.Node
}

// rules are what hints are made of: the first that matches a message and has something to say, says it.
var rules = []struct {
	pattern *regexp.Regexp
	hint    func(a *advisor, m []string) string
}{
	{regexp.MustCompile(`^undefined: (\w+)$`), func(a *advisor, m []string) string { return a.undefined(m[1]) }},
	{regexp.MustCompile(`^undefined: (\w+)\.(\w+)$`), func(a *advisor, m []string) string { return a.member(m[1], m[2]) }},
	{regexp.MustCompile(`^name (\w+) not exported by package (\w+)$`), func(a *advisor, m []string) string { return a.member(m[2], m[1]) }},
	{regexp.MustCompile(`^(\S+) undefined \(type .* has no field or method (\w+)(, but does have (?:field|method) (\w+))?\)`), (*advisor).selector},
	{regexp.MustCompile(`^unknown field (\w+) in struct literal of type (\S+?)(, but does have (\w+))?$`), (*advisor).field},
	{regexp.MustCompile(`undefined \(cannot refer to unexported`), always("other packages' names can be used only if they begin with a capital letter")},
	{regexp.MustCompile(`^no new variables on left side of :=$`), always("the variables exist already: assign with =")},
	{regexp.MustCompile(`^assignment mismatch: 1 variable but (\S+) returns? 2 values$`), (*advisor).both},
	{regexp.MustCompile(`^assignment mismatch: (\d+) variables? but .* returns? 1 value$`), always("it has one result")},
	{regexp.MustCompile(`^cannot use (.+) \((?:(.*) of )?(?:\w+ )?type (.+?)\) as (.+?) value in [^:]*(: .*)?$`), (*advisor).convert},
	{regexp.MustCompile(`^cannot use (.+) \(untyped (\w+) constant.*\) as (\S+) value in `), (*advisor).constant},
	{regexp.MustCompile(`\(mismatched types (.+) and (.+)\)$`), (*advisor).mismatch},
	{regexp.MustCompile(`^invalid operation: cannot call (?:non-function|\(?)(\w*)`), (*advisor).call},
	{regexp.MustCompile(`^(\w+) (?:\(.*\) )?is not a type$`), func(a *advisor, m []string) string { return a.hides(m[1]) }},
	{regexp.MustCompile(` is not used$`), always("only the value of a cell's last expression is shown: print this one, assign it, or leave it out")},
	{regexp.MustCompile(`^missing return$`), always("a function with results has to return on every way through it")},
	{regexp.MustCompile(`\(no value\) used as value$`), always("the function returns nothing")},
	{regexp.MustCompile(`^non-boolean condition in `), always("Go has no truthy values: compare, as in x != 0")},
	{regexp.MustCompile(`^use of untyped nil in `), always("nil has a type only where one is expected: var x *T, for example")},
	{regexp.MustCompile(`^invalid operation: cannot index .* \(variable of type \*`), always("it is a pointer: (*x)[i]")},
	{regexp.MustCompile(`^invalid recursive type`), always("a type cannot contain itself; a pointer to it, it can")},
	{regexp.MustCompile(`^(?:package (\S+) is not in std|no required module provides package (\S+)|.*unable to find package (\S+))`), (*advisor).importing},
	{regexp.MustCompile(`^cannot infer |, cannot infer `), always("give the type arguments in brackets: F[int](x)")},
	{regexp.MustCompile(`^cannot use generic (type|function) (\w+)`), func(_ *advisor, m []string) string { return "give its type arguments in brackets: " + m[2] + "[int]" }},
	{regexp.MustCompile(`^use of package (\w+) without selector$`), func(_ *advisor, m []string) string { return "name one of its members: " + m[1] + ".X" }},
	{regexp.MustCompile(`^cannot assign to (\w+) \(neither`), (*advisor).fixed},
	{regexp.MustCompile(`^multiple-value (\S+?)\(.* in single-value context$`), always("it has several results: assign them first, as in v, err := f()")},
	{regexp.MustCompile(`^cannot assign to .*neither addressable nor a map index expression`), always("only variables, fields and elements can be assigned")},
}

func always(text string) func(*advisor, []string) string {
	return func(*advisor, []string) string { return text }
}

// hint says what to do about the error, where we know.
func (a *advisor) hint() string {
	first, _, _ := strings.Cut(a.d.Message, "\n")
	for _, r := range rules {
		if m := r.pattern.FindStringSubmatch(first); m != nil {
			if h := r.hint(a, m); h != "" {
				return h
			}
		}
	}
	return ""
}

// loan are words of other languages and what they are in Go.
var loan = map[string]string{
	"None": "did you mean `nil`?", "null": "did you mean `nil`?", "NULL": "did you mean `nil`?", "nullptr": "did you mean `nil`?",
	"self": "a method's receiver has the name that its declaration gives it", "this": "a method's receiver has the name that its declaration gives it",
	"printf": "did you mean `fmt.Printf`?", "puts": "did you mean `fmt.Println`?", "echo": "did you mean `fmt.Println`?",
	"str": "did you mean `string`?", "char": "did you mean `rune` or `byte`?", "double": "did you mean `float64`?", "float": "did you mean `float64`?",
	"boolean": "did you mean `bool`?", "long": "did you mean `int64`?", "Exception": "errors are values: errors.New, fmt.Errorf",
}

// undefined helps with a name that nobody knows.
func (a *advisor) undefined(name string) string {
	if v := a.s.lost[name]; v != nil {
		return v.hint()
	}
	if a.assigned(name) {
		if near := a.near(name); near != "" {
			return near
		}
		return "a new variable is defined with :="
	}
	if paths := stdlib.Named(name); len(paths) > 1 && a.selects(name) {
		return "several packages are called " + name + ": import " + oneOf(paths)
	}
	if paths := stdlib.Named(name); len(paths) == 1 && a.selects(name) {
		if pkg, err := stdlib.Shared.Import(paths[0]); err == nil {
			return nearestMember(pkg, scan(a.p.after(a.s.fset, a.pos))[2].lit)
		}
	}
	if path := wellKnown[name]; path != "" && a.selects(name) {
		return "import " + strconv.Quote(path)
	}
	if h, ok := loan[name]; ok {
		return h
	}
	if h := a.later(name); h != "" {
		return h
	}
	for _, path := range []string{"fmt", "strings", "math", "strconv", "errors", "os", "time", "sort", "slices", "maps", "sync", "math/rand", "bufio", "io"} {
		pkg, err := stdlib.Shared.Import(path)
		if err == nil && ast.IsExported(name) && pkg.Scope().Lookup(name) != nil {
			return "did you mean `" + pkg.Name() + "." + name + "`?"
		}
	}
	return a.near(name)
}

// wellKnown are packages of others that people expect by name.
var wellKnown = map[string]string{
	"mat": "gonum.org/v1/gonum/mat", "stat": "gonum.org/v1/gonum/stat", "floats": "gonum.org/v1/gonum/floats", "optimize": "gonum.org/v1/gonum/optimize",
	"integrate": "gonum.org/v1/gonum/integrate", "distuv": "gonum.org/v1/gonum/stat/distuv", "graph": "gonum.org/v1/gonum/graph",
	"plot": "gonum.org/v1/plot", "plotter": "gonum.org/v1/plot/plotter", "plotutil": "gonum.org/v1/plot/plotutil", "vg": "gonum.org/v1/plot/vg",
	"errgroup": "golang.org/x/sync/errgroup", "cmp": "cmp", "cobra": "github.com/spf13/cobra", "uuid": "github.com/google/uuid", "yaml": "gopkg.in/yaml.v3",
}

// selects reports whether the error's name is used as a package's: name.X.
func (a *advisor) selects(name string) bool {
	rest := a.p.after(a.s.fset, a.pos)
	return strings.HasPrefix(rest, name+".")
}

// assigned reports whether the error's name is the target of an assignment.
func (a *advisor) assigned(name string) bool {
	for _, n := range a.path {
		if as, ok := n.(*ast.AssignStmt); ok && as.Tok == token.ASSIGN {
			for _, l := range as.Lhs {
				if id, ok := l.(*ast.Ident); ok && id.Name == name && id.Pos() == a.pos {
					return true
				}
			}
		}
	}
	return false
}

// later finds a variable of the cell that is defined after its use.
func (a *advisor) later(name string) string {
	for id, obj := range a.c.info.Defs {
		if id.Name == name && obj != nil && id.Pos() > a.pos && a.p.file.FileStart <= id.Pos() && id.Pos() < a.p.file.FileEnd {
			if _, isVar := obj.(*types.Var); isVar && obj.Parent() != nil && obj.Parent().Contains(a.pos) {
				return "`" + name + "` is defined only later, in " + a.p.where(position(a.s.fset.Position(id.Pos())))
			}
		}
	}
	return ""
}

// near finds the known name that was probably meant, and says where it was defined.
func (a *advisor) near(name string) string {
	best := nearest{name: name}
	for scope := a.scope(); scope != nil; scope = scope.Parent() {
		for _, n := range scope.Names() {
			if obj := scope.Lookup(n); !strings.Contains(n, "__") && (!obj.Pos().IsValid() || obj.Parent() == a.c.pkg.Scope() || obj.Pos() < a.pos) {
				best.try(n, obj)
			}
		}
	}
	for n := range a.s.env.names {
		best.try(n, nil)
	}
	if a.selects(name) {
		for _, path := range stdlib.Paths() {
			if pkg, err := stdlib.Shared.Import(path); err == nil && distance(name, pkg.Name()) == 1 {
				best.try(pkg.Name(), nil)
			}
		}
	}
	return best.question(a)
}

// scope is the innermost scope at the error.
func (a *advisor) scope() *types.Scope {
	for _, n := range slices.Backward(a.path) {
		switch x := n.(type) {
		case *ast.FuncDecl:
			n = x.Type
		case *ast.FuncLit:
			n = x.Type
		}
		if sc := a.c.info.Scopes[n]; sc != nil {
			return sc
		}
	}
	return a.c.pkg.Scope()
}

// nearest keeps the name that is nearest to another.
type nearest struct {
	name, best string
	obj        types.Object
	dist       int
}

// maxDistance is how many letters may be wrong for a name to be meant.
const maxDistance = 2

func (n *nearest) try(other string, obj types.Object) {
	d := distance(n.name, other)
	if d > maxDistance || d*2 >= len(n.name) || d == 0 {
		return
	}
	switch d *= 3; {
	case strings.EqualFold(n.name, other):
		d = 1 // nearer than any letter
	case leavesOut(n.name, other):
		d-- // more often letters are left out than others typed, or too many
	}
	if n.best == "" || d < n.dist || d == n.dist && other < n.best {
		n.best, n.obj, n.dist = other, obj, d
	}
}

// leavesOut reports whether what was typed is a name without some of its letters.
func leavesOut(typed, name string) bool {
	for _, r := range typed {
		_, rest, ok := strings.Cut(name, string(r))
		if !ok {
			return false
		}
		name = rest
	}
	return true
}

func (n *nearest) question(a *advisor) string {
	if n.best == "" {
		return ""
	}
	text := "did you mean `" + n.best + "`?"
	if n.obj != nil && n.obj.Pos().IsValid() {
		if at := position(a.s.fset.Position(n.obj.Pos())); at.File != "" && at.Line > 0 {
			text += " (" + a.p.where(at) + ")"
		}
	}
	return text
}

// member finds the member of a package that was probably meant.
func (a *advisor) member(pkg, name string) string {
	p := a.s.packageOf(pkg, nil)
	for _, sp := range a.p.imports {
		if path, err := strconv.Unquote(sp.Path.Value); err == nil && a.s.importName(sp) == pkg {
			if imported, err := a.s.Import(path); err == nil {
				p = imported
			}
		}
	}
	if p == nil {
		return ""
	}
	return nearestMember(p, name)
}

func nearestMember(pkg *types.Package, name string) string {
	best := nearest{name: name}
	for _, n := range pkg.Scope().Names() {
		if ast.IsExported(n) {
			best.try(n, nil)
		}
	}
	if best.best != "" {
		return "did you mean `" + pkg.Name() + "." + best.best + "`?"
	}
	return ""
}

// selector finds the field or method that was probably meant.
func (a *advisor) selector(m []string) string {
	if m[4] != "" {
		return "did you mean `" + m[4] + "`?"
	}
	for _, n := range slices.Backward(a.path) {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok || sel.Sel.Name != m[2] {
			continue
		}
		t := a.c.info.TypeOf(sel.X)
		if t == nil {
			return ""
		}
		if h := a.hidesPackage(sel.X); h != "" {
			return h
		}
		best := nearest{name: m[2]}
		for _, o := range selectable(t) {
			best.try(o.Name(), o)
		}
		if best.best == "" && types.Universe.Lookup("error").Type() == t {
			return "an error has the method Error; errors.As finds a particular type"
		}
		return best.question(a)
	}
	return ""
}

// selectable are the fields and methods that can be selected from a value of a type in a cell.
func selectable(t types.Type) []types.Object {
	var out []types.Object
	set := types.NewMethodSet(types.NewPointer(t))
	if types.IsInterface(t) {
		set = types.NewMethodSet(t)
	}
	for m := range set.Methods() {
		out = append(out, m.Obj())
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	if st, ok := t.Underlying().(*types.Struct); ok {
		for f := range st.Fields() {
			out = append(out, f)
		}
	}
	return slices.DeleteFunc(out, func(o types.Object) bool { return !o.Exported() && o.Pkg() != nil && o.Pkg().Path() != "main" })
}

// field finds the field of a literal that was probably meant.
func (a *advisor) field(m []string) string {
	if m[4] != "" {
		return "did you mean `" + m[4] + "`?"
	}
	for _, n := range slices.Backward(a.path) {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			continue
		}
		t := a.c.info.TypeOf(lit)
		if t == nil {
			return ""
		}
		best := nearest{name: m[1]}
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		if st, ok := t.Underlying().(*types.Struct); ok {
			for f := range st.Fields() {
				best.try(f.Name(), f)
			}
		}
		return best.question(a)
	}
	return ""
}

func itoa(n int) string { return strconv.Itoa(n) }

// oneOf lists import paths to choose from.
func oneOf(paths []string) string {
	var quoted []string
	for _, p := range paths {
		quoted = append(quoted, strconv.Quote(p))
	}
	return strings.Join(quoted, " or ")
}

// distance is how many letters have to be changed, added, dropped or swapped to make b of a.
func distance(a, b string) int {
	if a != b && strings.EqualFold(a, b) {
		return 1
	}
	x, y := []rune(a), []rune(b)
	if max(len(x)-len(y), len(y)-len(x)) > maxDistance {
		return maxDistance + 1
	}
	var before []int
	prev := make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range x {
		cur := make([]int, len(y)+1)
		cur[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			cur[j+1] = min(prev[j]+cost, prev[j+1]+1, cur[j]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				cur[j+1] = min(cur[j+1], before[j-1]+1)
			}
		}
		before, prev = prev, cur
	}
	return prev[len(y)]
}
