package interp

import (
	"errors"
	"fmt"
	"go/parser"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/traefik/yaegi/interp"

	"github.com/gocluster/gocluster/internal/interp/named"
	"github.com/gocluster/gocluster/internal/interp/std/basic"
	"github.com/gocluster/gocluster/internal/interp/std/data"
	stdnet "github.com/gocluster/gocluster/internal/interp/std/net"
	"github.com/gocluster/gocluster/internal/interp/symbols"
)

// Exports are compiled symbols by package ("path/name") and name; a variable is an addressable value, a type a nil pointer.
type Exports map[string]map[string]reflect.Value

// Describe returns the symbols of described packages.
func Describe(pkgs []*symbols.Package) Exports {
	ex := Exports{}
	for _, p := range pkgs {
		ex[p.Key()] = p.Exports()
	}
	return ex
}

// standard is the standard library. The descriptions are turned into values once; the interpreters copy the maps.
var standard = sync.OnceValue(func() Exports {
	ex := Exports{}
	for _, pkgs := range [][]*symbols.Package{basic.Packages, data.Packages, stdnet.Packages} {
		for key, syms := range Describe(pkgs) {
			ex[key] = syms
		}
	}
	return ex
})

// Standard are the symbols of the standard library.
func Standard() Exports { return standard() }

// ImportPath returns the import path in a key of Exports.
func ImportPath(key string) string {
	if i := strings.LastIndexByte(key, '/'); i >= 0 {
		return key[:i]
	}
	return key
}

// Interp is one interpreter: one package main that grows file by file. Load, Func and Var must not be called concurrently;
// functions that come out of it may.
type Interp struct {
	y     *interp.Interpreter
	guts  guts
	nop   *interp.Program
	trace tracer
	known map[string]bool
	space *named.Space
	files sync.Map // name -> loaded
	// moving guards the stop and its undoing.
	moving  sync.Mutex
	stopped atomic.Bool
	done    chan struct{}
}

// New returns an interpreter that knows the standard library and the symbols given, of which later ones replace earlier ones.
func New(exports ...Exports) (*Interp, error) {
	i := &Interp{known: map[string]bool{}, space: named.NewSpace()}
	i.trace.lines, i.trace.keeps = map[uint64]*unwinding{}, i.keeps
	i.y = interp.New(interp.Options{Unrestricted: true, Stdout: printer{}, Stderr: &i.trace})
	g, err := gutsOf(i.y)
	if err != nil {
		return nil, err
	}
	i.guts = g
	i.guts.cancellable()
	for _, ex := range append([]Exports{standard()}, exports...) {
		if err := i.use(ex); err != nil {
			return nil, err
		}
	}
	if err := i.use(Exports{named.Path + "/named": i.space.Symbols()}); err != nil {
		return nil, err
	}
	if err := i.y.Use(interp.Exports{".": {"MapTypes": reflect.ValueOf(mapTypes(exports))}}); err != nil {
		return nil, err
	}
	if i.nop, err = i.compile("empty.go", "package main\n"); err != nil {
		return nil, err
	}
	return i, i.fresh()
}

// use gives the interpreter symbols. The doubled slash keeps it from treating the standard library specially: it would compile
// generic sources that the front end writes out anyway, and redirect output that we redirect ourselves.
func (i *Interp) use(ex Exports) error {
	all := interp.Exports{}
	for key, syms := range ex {
		slash := strings.LastIndexByte(key, '/')
		if slash < 0 {
			return fmt.Errorf("symbols %q: the key lacks the package's name", key)
		}
		i.known[key[:slash]] = true
		all[key[:slash]+"//"+key[slash+1:]] = syms
	}
	return i.y.Use(all)
}

// Has reports whether a package can be imported.
func (i *Interp) Has(path string) bool { return i.known[path] || path == "unsafe" }

// Types returns the types that the code has declared under a name, as package reflect writes it, the latest first.
func (i *Interp) Types(name string) []reflect.Type { return i.space.Find(name) }

// Load adds a file to package main and runs its initialisations.
func (i *Interp) Load(file, source string) error {
	p, err := i.compile(file, source)
	if err != nil || i.IsStopped() {
		return err
	}
	return i.execute(p)
}

// compile contains the interpreter's panics over code that it cannot compile.
func (i *Interp) compile(file, source string) (p *interp.Program, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &CompileError{File: file, Text: fmt.Sprint(r)}
		}
	}()
	tree, err := parser.ParseFile(i.y.FileSet(), file, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, &CompileError{File: file, Text: err.Error()}
	}
	for _, imp := range tree.Imports {
		if path := strings.Trim(imp.Path.Value, "\"`"); !i.Has(path) {
			return nil, &CompileError{File: file, Text: fmt.Sprintf("package %s is not available to interpreted code", path)}
		}
	}
	if p, err = i.y.CompileAST(tree); err != nil {
		return nil, &CompileError{File: file, Text: err.Error()}
	}
	i.files.Store(file, loaded{p, source})
	return p, nil
}

// execute runs a file's initialisations. It makes the global frame one of the present run, so a stop before it would have no effect.
func (i *Interp) execute(p *interp.Program) error {
	_, err := i.y.Execute(p)
	var panicked interp.Panic
	if errors.As(err, &panicked) {
		return i.panicError(panicked.Value)
	}
	return err
}

// CompileError is lowered code that the interpreter does not take: the front end should have refused or lowered it.
type CompileError struct{ File, Text string }

func (e *CompileError) Error() string {
	return "the interpreter cannot compile " + e.File + ": " + e.Text
}

// Func returns a function of package main.
func (i *Interp) Func(name string) (reflect.Value, error) {
	v, err := i.eval(name)
	if err != nil || v.Kind() != reflect.Func {
		return reflect.Value{}, fmt.Errorf("the interpreted code has no function %s: %w", name, errors.Join(err))
	}
	return v, nil
}

// Var returns a variable of package main, addressable.
func (i *Interp) Var(name string) (reflect.Value, error) {
	v, ok := i.y.Globals()[name]
	if !ok || !v.CanSet() {
		return reflect.Value{}, fmt.Errorf("the interpreted code has no variable %s", name)
	}
	return v, nil
}

func (i *Interp) eval(name string) (v reflect.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return i.y.Eval("main." + name)
}

// Run calls f, which runs interpreted code, and returns its panic as a *Panic. A Goexit in f ends f without an error. After a Stop it does
// not call f.
func (i *Interp) Run(f func()) (err error) {
	if i.IsStopped() {
		return nil
	}
	i.trace.forget()
	defer func() {
		if r := recover(); r != nil {
			err = i.panicError(r)
		}
	}()
	f()
	return nil
}

// Stop ends everything that this interpreter runs: frames return at their next step, channel operations give up. It stays so
// until Resume. What waits in compiled code goes on waiting.
func (i *Interp) Stop() {
	i.moving.Lock()
	defer i.moving.Unlock()
	if i.stopped.Swap(true) {
		return
	}
	i.guts.bump(1)
	close(i.done)
}

// IsStopped reports whether there was a Stop without a Resume. Whoever calls interpreted code must ask after the call: if it says
// true, what the call returned means nothing.
func (i *Interp) IsStopped() bool { return i.stopped.Load() }

// Resume undoes Stop: functions made before can be called again. It is called when what was to be stopped has ended.
func (i *Interp) Resume() error {
	i.moving.Lock()
	defer i.moving.Unlock()
	if !i.stopped.Load() {
		return nil
	}
	i.guts.bump(-1)
	err := i.fresh()
	i.stopped.Store(false)
	return err
}

// fresh gives the interpreter a channel that is not closed; executing anything makes the global frame take it.
func (i *Interp) fresh() error {
	i.done = make(chan struct{})
	i.guts.setDone(i.done)
	return i.execute(i.nop)
}

// Stopped is closed by the next Stop.
func (i *Interp) Stopped() <-chan struct{} {
	i.moving.Lock()
	defer i.moving.Unlock()
	return i.done
}

// printer is where the builtin print and println go.
type printer struct{}

func (printer) Write(p []byte) (int, error) {
	if w := Builtins; w != nil {
		return w(p)
	}
	return len(p), nil
}

// Builtins prints what the builtins print and println do; it is set once, before the first interpreter is made.
var Builtins func(p []byte) (int, error)
