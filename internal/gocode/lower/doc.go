// Package lower writes type-checked Go again as Go that the interpreter runs faithfully: constants folded, generic code written out
// for the types it is used with, iteration over functions and integers as plain loops, methods as functions that can be
// replaced, type switches as assertions. What cannot be lowered is refused with its position and a remedy.
package lower

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/gocluster/gocluster/internal/unit"
)

// Kind is the kind of a declaration.
type Kind int

// The kinds of declarations.
const (
	Func Kind = iota
	Method
	Type
	Var
)

// Decl is a package-level declaration that has source: one of the session, or one of a package that is given as source.
type Decl struct {
	// Name is the user's name; Low is the name in lowered code. A generic declaration's Low is the stem of its instances' names.
	Name, Low string
	Kind      Kind
	Func      *ast.FuncDecl
	Type      *ast.TypeSpec
	Info      *types.Info
	Fset      *token.FileSet
	Obj       types.Object
	// Slot tells that the function is called through a package variable, so that it can be redefined.
	Slot bool
	// Path is the import path of a package given as source; "" for the session.
	Path string
	// Literal is the function literal that a variable was defined as, if it has never been anything else.
	Literal *ast.FuncLit
	// Program tells a package variable of a compiled program; Value is what it was initialised with, if nothing assigns it later.
	Program bool
	Value   ast.Expr
	// Host names the function of the host that gives the value of a name which is always there, such as ctx.
	Host string
}

// World is what surrounds the code that is lowered.
type World interface {
	// Decl returns the declaration of a package-level object, nil for an object of compiled code and for locals.
	Decl(obj types.Object) *Decl
	// Instance returns the lowered name of a generic declaration used with the types that key names, and whether lowered
	// code has it already.
	Instance(d *Decl, key string) (low string, have bool)
	// Implementer names a session type that implements the interface; "" if there is none.
	Implementer(i *types.Interface) string
	// Home is the path that package main's types say they are of: another one than main where units are made of a package of a program.
	Home() string
	// OfPlatform tells a constant that is made of runtime.GOOS or runtime.GOARCH: see Platforms.
	OfPlatform(k *types.Const) bool
	// Types are the types that units may be given for values that come in interfaces: harmless ones.
	Types() []types.Type
}

// Refusal is a construct that the interpreter would not run faithfully.
type Refusal struct {
	Pos, End token.Pos
	Fset     *token.FileSet
	What     string
	Remedy   string
}

// File is one lowered file in the making.
type File struct {
	world World
	host  string
	// unit tells that the file is a unit: self-contained, functions called directly, variables captured.
	unit      bool
	decls     []string
	inits     []string // assignments of slots
	registers []string // what a unit makes known before it begins
	imports   map[string]string
	done      map[string]string // declarations of a unit by key -> lowered name
	queue     []func()
	captures  []capture
	Refused   []Refusal
	// Units are what the file binds, by number from Base.
	Units []*Unit
	Base  int
	// Bound are the function values that the file ties to units, with the units' numbers.
	Bound map[ast.Node]int
	// Reached are the declarations that the file's code uses.
	Reached map[*Decl]bool
	// Instances are the generic instances that the file declares.
	Instances []string
	n         int
	// canonical files only serve to write types in one form, as keys.
	canonical bool
	pos       token.Pos
	fset      *token.FileSet
}

// Unit is a shippable function found while lowering.
type Unit struct {
	*unit.Unit
	Reached map[*Decl]bool
	// Again makes the unit anew from what the world holds then.
	Again func() *Unit
	// Free are the variables that the unit captures; nil stands for the receiver of a method value.
	Free   []types.Object
	values string
	// Of says what the function is.
	Of Origin
	// Known are types that the unit has only because values of them may come.
	Known []types.Type
}

// Origin is what a unit's function is: a literal, a declared function, or an expression.
type Origin struct {
	Node ast.Node // *ast.FuncLit or ast.Expr; nil for a declared function
	Decl *Decl
	Args []types.Type // of an instance
	Info *types.Info
	Fset *token.FileSet
	Sig  *types.Signature
	// Held is the type of a method value's receiver, whose method Name is.
	Held types.Type
	Name string
	// Generic tells that the function is in generic code.
	Generic bool
}

type capture struct {
	obj types.Object
	low string
	typ types.Type
	at  string // how the variable is called where the function is made
}

// NewFile returns an empty file. Units that it binds are numbered from base.
func NewFile(w World, host string, base int) *File {
	return &File{world: w, host: host, imports: map[string]string{}, done: map[string]string{}, Bound: map[ast.Node]int{}, Reached: map[*Decl]bool{}, Base: base}
}

func (f *File) importName(path, name string) string {
	if f.canonical {
		return fmt.Sprintf("%q", path)
	}
	if n, ok := f.imports[path]; ok {
		return n
	}
	n := name + "__"
	for i := 2; slices.Contains(slices.Collect(maps.Values(f.imports)), n); i++ {
		n = fmt.Sprintf("%s__%d", name, i)
	}
	f.imports[path] = n
	return n
}

func (f *File) hostName() string { return f.importName(f.host, "host") }

// Needs tells whether the file imports a package.
func (f *File) Needs(path string) bool { return f.imports[path] != "" }

func (f *File) temp(stem string) string {
	f.n++
	return fmt.Sprintf("%s__t%d", stem, f.n)
}

func (f *File) drain() {
	for len(f.queue) > 0 {
		next := f.queue[0]
		f.queue = f.queue[1:]
		next()
	}
}

// Add appends a declaration's text.
func (f *File) Add(decl string) { f.decls = append(f.decls, decl) }

// Init appends a statement that gives a slot its function.
func (f *File) Init(stmt string) { f.inits = append(f.inits, stmt) }

// Text assembles the file. entry, if not empty, is the name of the function that gives slots their functions and then runs body.
func (f *File) Text(entry string, body []string) (source string, lines []unit.Position) {
	f.drain()
	var b strings.Builder
	b.WriteString("package main\n\n")
	for _, path := range slices.Sorted(maps.Keys(f.imports)) {
		fmt.Fprintf(&b, "import %s %q\n", f.imports[path], path)
	}
	for _, d := range slices.Concat(f.registers, f.decls) {
		b.WriteString("\n" + d + "\n")
	}
	if entry != "" {
		fmt.Fprintf(&b, "\nfunc %s() {\n", entry)
		for _, s := range slices.Concat(f.inits, body) {
			b.WriteString(s + "\n")
		}
		b.WriteString("}\n")
	}
	return strip(b.String())
}

// Positions travel in the text as marks, one before each statement, until the file is complete.
const markStart, markEnd = "\x01", "\x02"

func mark(p token.Position) string {
	return fmt.Sprintf("%s%s:%d:%d%s", markStart, p.Filename, p.Line, p.Column, markEnd)
}

func strip(text string) (string, []unit.Position) {
	var out strings.Builder
	var lines []unit.Position
	var cur unit.Position
	for line := range strings.Lines(text) {
		first := true
		for {
			head, rest, ok := strings.Cut(line, markStart)
			out.WriteString(head)
			if !ok {
				break
			}
			m, tail, _ := strings.Cut(rest, markEnd)
			p := parseMark(m)
			if first {
				cur = p
				lines = append(lines, p)
				first = false
			}
			line = tail
		}
		if first {
			lines = append(lines, cur)
		}
	}
	return out.String(), lines
}

func parseMark(m string) unit.Position {
	var p unit.Position
	i := strings.LastIndexByte(m, ':')
	j := strings.LastIndexByte(m[:i], ':')
	fmt.Sscanf(m[i+1:], "%d", &p.Col)
	fmt.Sscanf(m[j+1:i], "%d", &p.Line)
	p.File = m[:j]
	return p
}

// Code lowers the code of one declaration or cell.
type Code struct {
	f    *File
	info *types.Info
	fset *token.FileSet
	sub  substitution
	// root is the literal that a unit is made of: variables declared outside are captured.
	root ast.Node
	// library code makes no functions that users ship.
	library bool
	// frames are the breakable statements around, innermost last.
	frames []*frame
	fn     *function
	// results are the enclosing function's results.
	pos   token.Pos // of the statement in hand
	names map[types.Object]string
	calls map[types.Object]bool // function variables that are only ever called
	// closures are local variables that hold function literals.
	closures map[types.Object]bool
	// deferred is the body of the literal that the interpreter defers, recovers that its code is in hand.
	deferred *ast.BlockStmt
	counters map[types.Object]bool // loop variables that are never negative
	recovers bool
}

type function struct {
	sig     *types.Signature
	named   bool
	results []string // names of named results
	saved   []string // variables that carry results out of range-over-func bodies
	// deferred is the list of deferred calls that the host keeps, record what says whether the function may recover.
	deferred, record string
	// jumps tells that there are gotos, defers that there are deferred calls.
	jumps, defers bool
}

// Code returns a lowerer for code that was checked with info.
func (f *File) Code(info *types.Info, fset *token.FileSet) *Code {
	return &Code{f: f, info: info, fset: fset, names: map[types.Object]string{}}
}

func (c *Code) refuse(n ast.Node, what, remedy string) {
	c.f.Refused = append(c.f.Refused, Refusal{Pos: n.Pos(), End: n.End(), Fset: c.fset, What: what, Remedy: remedy})
}

func (c *Code) mark(n ast.Node) string { return mark(c.fset.Position(n.Pos())) }

// of returns the type of an expression where the code is used.
func (c *Code) of(e ast.Expr) types.Type {
	t := c.info.TypeOf(e)
	if t == nil {
		return types.Typ[types.Invalid]
	}
	return c.sub.apply(t)
}
