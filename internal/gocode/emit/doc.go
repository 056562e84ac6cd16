// Package emit writes type-checked cells as Go files that are compiled and loaded into a running session.
//
// A file is what the user wrote, edited in place: variables of the session are reached through pointers and functions through
// slots, both kept by the process; loops and calls look whether they have been interrupted. Every file declares again, as text, the
// types that it needs, and always in package path "main": the dynamic linker merges the descriptors of types of one name, so a name
// must always mean the same type. A type that changes, or gets another method, therefore gets a new name.
//
// Since the linker also merges other symbols of one name, functions that are not the same in all files carry a hash of their file.
// Package initialisers do not run in such a file, so it has none: Load__ resolves variables, fills slots and makes types known,
// Run__ runs the cell's statements.
package emit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// PluginPath stands for the path under which the file is linked, which depends on its text.
const PluginPath = "@@PLUGINPATH@@"

// fileID stands for a hash of the file in the names of its functions.
const fileID = "@@ID@@"

// Kind is the kind of a declaration.
type Kind int

// The kinds of declarations.
const (
	Func Kind = iota
	Method
	Type
	Const
	Var // of a program, with the value that it has from the beginning
)

// Thing is a declaration of the session with its source.
type Thing struct {
	Kind Kind
	// Name is the user's name; a method's is that of the method alone.
	Name string
	// Low is the name in compiled code: of a slot, of a generic function, of a type; for constants a suffix.
	Low string
	// Slot tells that a function is called through a variable, so that it can be redefined.
	Slot bool
	// Node is an *ast.FuncDecl, an *ast.TypeSpec or an *ast.GenDecl; Text is its source.
	Node ast.Node
	Text string
	Info *types.Info
	Obj  types.Object
}

// World is what surrounds the code.
type World interface {
	// Thing returns the declaration of a package-level object of the session, nil for what is not one.
	Thing(obj types.Object) *Thing
	// Var returns the lowered name of a session variable.
	Var(obj *types.Var) (low string, ok bool)
	// Host returns the function of the host that gives the value of a name that is always there, such as ctx.
	Host(obj types.Object) (fn string, ok bool)
	// Tie returns the number of the unit that a function value is tied to, and the variables that it captures, of which nil is the
	// receiver of a method value.
	Tie(n ast.Node) (unit int, free []types.Object, ok bool)
	// OfPlatform tells a constant that is made of runtime.GOOS or runtime.GOARCH, of which a unit must not have the client's value.
	OfPlatform(k *types.Const) bool
}

// Redirect maps functions of compiled packages, as "path.Name", to functions of the host package that stand for them in cells.
type Redirect map[string]string

// File is one file in the making.
type File struct {
	world    World
	fset     *token.FileSet
	host     string // import path
	redirect Redirect
	// unused are local variables and labels that are never used, which the compiler would not accept.
	unused  map[token.Pos]bool
	imports map[string]string
	decls   []string
	load    []string
	run     []string
	done    map[string]bool
	aliases map[string]bool
	queue   []func()
	// unit is set in a file that is a program of its own.
	unit *unitFile
	// direct are functions of this file that are called without their slots.
	direct map[types.Object]string
	tight  bool // the cell's statements have tight loops
	// locals counts the types that are declared in functions.
	locals int
	// known are types that become known to the process when the file is loaded.
	known []string
	err   error
}

// NewFile returns an empty file. unused are the positions of names and labels that nothing uses.
func NewFile(w World, fset *token.FileSet, host string, r Redirect, unused map[token.Pos]bool) *File {
	return &File{world: w, fset: fset, host: host, redirect: r, unused: unused, imports: map[string]string{}, done: map[string]bool{}, aliases: map[string]bool{}, direct: map[types.Object]string{}}
}

// Source is a file ready to be compiled.
type Source struct {
	Text    string
	Imports []string
	// Run tells whether there are statements to run.
	Run bool
	// Locals is how many types are declared in functions.
	Locals int
}

// Empty tells that the file does nothing when it is loaded, so that it need not be compiled.
func (f *File) Empty() bool {
	f.drain()
	return len(f.load) == 0 && len(f.run) == 0
}

// Text assembles the file. before is how many types have been declared in functions of the files before: the compiler tells such types
// apart by a number that counts in its file, and the linker must not take them for those.
func (f *File) Text(before int) (Source, error) {
	f.drain()
	if f.err != nil {
		return Source{}, f.err
	}
	f.Host()
	var b strings.Builder
	b.WriteString("package main\n\nimport _ \"unsafe\"\n")
	paths := slices.Sorted(maps.Keys(f.imports))
	for _, p := range paths {
		fmt.Fprintf(&b, "import %s %q\n", f.imports[p], p)
	}
	if f.locals > 0 {
		b.WriteString("\nfunc locals__" + fileID + "() {\n" + strings.Repeat("{ type t int }\n", before) + "}\n")
	}
	for _, d := range f.decls {
		b.WriteString("\n" + d + "\n")
	}
	function := func(exported, name string, body []string) {
		fmt.Fprintf(&b, "\n//line generated.go:1\n//go:linkname %s %s.%s\nfunc %s() { %s__%s() }\n\nfunc %s__%s() {\n%s\n}\n",
			exported, PluginPath, exported, exported, name, fileID, name, fileID, strings.Join(body, "\n"))
	}
	load := f.load
	for _, t := range f.known {
		load = append(load, fmt.Sprintf("%s.Type[%s](%q)", f.Host(), t, t))
	}
	function("Load__", "load", load)
	if f.tight {
		f.run = append([]string{f.ending()}, f.run...)
	}
	if len(f.run) > 0 {
		function("Run__", "run", f.run)
	}
	sum := sha256.Sum256([]byte(b.String()))
	text := strings.ReplaceAll(b.String(), fileID, hex.EncodeToString(sum[:4]))
	return Source{Text: text, Imports: paths, Run: len(f.run) > 0, Locals: f.locals}, nil
}

func (f *File) drain() {
	for len(f.queue) > 0 {
		next := f.queue[0]
		f.queue = f.queue[1:]
		next()
	}
}

// once reports whether key is asked for the first time.
func (f *File) once(key string) bool {
	if f.done[key] {
		return false
	}
	f.done[key] = true
	return true
}

func (f *File) fail(format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf(format, args...)
	}
}

// pkg returns the name under which the file imports a package.
func (f *File) pkg(path, name string) string {
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

// Host is the name of the host package in the file.
func (f *File) Host() string { return f.pkg(f.host, "host") }

// directive makes what follows it be at a position of the user's text.
func (f *File) directive(pos token.Pos) string {
	p := f.fset.Position(pos)
	return fmt.Sprintf("/*line %s:%d:%d*/", p.Filename, p.Line, p.Column)
}
