package session

import (
	"errors"
	"reflect"
	"sync"

	"github.com/gocluster/gocluster/internal/interp"
	"github.com/gocluster/gocluster/internal/light"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/session/host"
	"github.com/gocluster/gocluster/internal/unit"
)

// lightEnv is where cells run that are evaluated without having been compiled.
type lightEnv struct {
	p *process
	c *cell
	// many tells that there are several statements: the parent is told which one runs, in case that it is the last.
	many bool
}

// Var returns a session variable.
func (e lightEnv) Var(low string) (reflect.Value, bool) { return host.LookupVar(low) }

// Define makes a session variable.
func (e lightEnv) Define(low string, t reflect.Type) reflect.Value { return host.DefineVar(low, t) }

// Type returns a session type.
func (e lightEnv) Type(low string) (reflect.Type, bool) { return host.LookupType(low) }

// Step notes how far the cell is.
func (e lightEnv) Step(n int) {
	e.c.step.Store(int64(n))
	if e.many && !e.c.beside {
		e.p.out.tell(&event{Step: &struct{ N int }{n}})
	}
	if host.Stopping.Load() != 0 {
		host.Stop()
	}
}

// Woke ends the goroutine if the cell was interrupted meanwhile.
func (e lightEnv) Woke() {
	if host.Stopping.Load() != 0 || host.Zombies.Load() != 0 {
		host.Stop()
	}
}

// Show takes the values of the last expression.
func (e lightEnv) Show(fn, typeText string, values []reflect.Value) {
	var vs []any
	for _, v := range values {
		vs = append(vs, valueOf(v))
	}
	switch {
	case fn == "Pull" && len(vs) == 1:
		e.p.Pull(typeText, vs[0])
	case fn == "Display":
		e.p.Display(typeText, vs)
	}
}

// Symbol returns what a package declares. The standard streams take part in the order of output only where compiled code uses them.
func (e lightEnv) Symbol(path, name string) (reflect.Value, bool) {
	if path == "os" && (name == "Stdin" || name == "Stdout" || name == "Stderr") {
		return reflect.Value{}, false
	}
	if v, ok := standIns[path+"."+name]; ok {
		return v, true
	}
	v, ok := e.p.symbols()[path][name]
	return v, ok
}

// standIns are the functions that compiled cells do not call either.
var standIns = map[string]reflect.Value{
	"fmt.Print": reflect.ValueOf(host.Print), "fmt.Printf": reflect.ValueOf(host.Printf), "fmt.Println": reflect.ValueOf(host.Println),
	"fmt.Scan": reflect.ValueOf(host.Scan), "fmt.Scanf": reflect.ValueOf(host.Scanf), "fmt.Scanln": reflect.ValueOf(host.Scanln),
	"os.Exit": reflect.ValueOf(host.Exit), "log.Fatal": reflect.ValueOf(host.Fatal), "log.Fatalf": reflect.ValueOf(host.Fatalf),
	"log.Fatalln": reflect.ValueOf(host.Fatalln), "time.Sleep": reflect.ValueOf(host.Sleep),
}

// byImportPath turns exports, whose keys end with the package's name, into symbols by import path.
func byImportPath(exports []interp.Exports) func() map[string]map[string]reflect.Value {
	return sync.OnceValue(func() map[string]map[string]reflect.Value {
		out := map[string]map[string]reflect.Value{}
		for _, ex := range append([]interp.Exports{interp.Standard()}, exports...) {
			for key, syms := range ex {
				path := interp.ImportPath(key)
				if out[path] == nil {
					out[path] = map[string]reflect.Value{}
				}
				for name, v := range syms {
					out[path][name] = v
				}
			}
		}
		return out
	})
}

// needsCompiler is the name of the failure of a light cell that has to be compiled after all. Nothing of it has been done.
const needsCompiler = "NeedsCompiler"

// runLight evaluates a cell.
func (p *process) runLight(c *cell, prog *light.Program) *failure {
	var err error
	fail := p.guard(func() { err = prog.Run(lightEnv{p, c, len(prog.Steps) > 1}) })
	var needs *light.NeedsCompiler
	switch {
	case errors.As(err, &needs):
		return &failure{Kind: proto.KindInternal, Name: needsCompiler, Message: err.Error()}
	case err != nil:
		return &failure{Kind: proto.KindInternal, Name: "InternalError", Message: err.Error()}
	case fail != nil:
		// What was called is known by its frames, the cell itself is none.
		if at := prog.Position(); at.Line > 0 {
			fail.Positions = append(fail.Positions, unit.Position{File: at.Filename, Line: at.Line, Col: at.Column})
			fail.Funcs = append(fail.Funcs, "")
		}
		return fail
	}
	return c.reply().Failure
}
