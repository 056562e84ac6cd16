package gocode

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/gocode/lower"
	"github.com/gocluster/gocluster/internal/gocode/stdlib"
)

// hostStub is what lowered code may call, as a package for the type checker.
const hostStub = `package host
import ("context"; "unsafe")
type Pointer = unsafe.Pointer
func Address(p any) Pointer { return nil }
func Number(p Pointer) uintptr { return 0 }
func Place(n uintptr) Pointer { return nil }
func Point(into any, p Pointer) {}
func Add(p Pointer, n int) Pointer { return nil }
func SliceAt(into any, p Pointer, n int) {}
func DataOf(into, slice any) {}
func StringAt(p *byte, n int) string { return "" }
type Deferring struct{}
func NewDeferred() *Deferring { return nil }
func Defer(d *Deferring, f func()) {}
func DeferRecover(d, record *Deferring) {}
func RunDeferred(d *Deferring, r any) {}
func EvenInterrupted(d *Deferring, spread bool, f any, args ...any) {}
func RunRest(d *Deferring) {}
func Entered() *Deferring { return nil }
func Through() {}
func Recover(d *Deferring) any { return nil }
type Comm struct{}
func Sending(ch, value any) Comm { return Comm{} }
func Receiving(ch, into any, ok *bool) Comm { return Comm{} }
func Dropping(ch any) Comm { return Comm{} }
func Select(defaults bool, comms ...Comm) int { return 0 }
func Hex(x any) string { return "" }
func Triple(x any) string { return "" }
func Words(x any) string { return "" }
func StringData(s string) *byte { return nil }
func Context() context.Context { return nil }
func Display(typeText string, values ...any) {}
func Pull(typeText string, value any) {}
func Step(n int) {}
func Bind(n int, f any, values func() []any) any { return f }
func Go(f func()) {}
func Recovered(r any) any { return r }
func Builtin(line bool, a ...any) {}
func Shifted() {}
`

const namedStub = `package named
func Declare(low, name string, like any, underlying string) bool { return true }
func Compiled(name string, like any) bool { return true }
func Method(low, name string, pointer bool, sig string, fn any) bool { return true }
func Box(text string, v any) any { return v }
func Into(text string, x, p any) bool { return true }
func Must(text string, x, p any, from string) {}
func Bound(x any, name string) any { return nil }
func Equal(a, b any) bool { return a == b }
func Any(x any) any { return x }
`

// lowered type-checks lowered files as one package: what the interpreter is given must be Go.
type lowered struct {
	fset  *token.FileSet
	files []*ast.File
	stubs map[string]*types.Package
}

func newLowered(t *testing.T) *lowered {
	l := &lowered{fset: token.NewFileSet(), stubs: map[string]*types.Package{}}
	for path, source := range map[string]string{HostPath: hostStub, lower.NamedPath: namedStub} {
		f, err := parser.ParseFile(l.fset, "stub.go", source, 0)
		if err != nil {
			t.Fatal(err)
		}
		conf := types.Config{Importer: stdlib.Shared}
		if l.stubs[path], err = conf.Check(path, l.fset, []*ast.File{f}, nil); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func (l *lowered) Import(path string) (*types.Package, error) {
	if p := l.stubs[path]; p != nil {
		return p, nil
	}
	return stdlib.Shared.Import(path)
}

// add checks a file together with those before it. Unused variables are no error to the interpreter.
func (l *lowered) add(name, source string) error {
	f, err := parser.ParseFile(l.fset, name, source, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	l.files = append(l.files, f)
	var first error
	conf := types.Config{Importer: l, Error: func(err error) {
		if e := err.(types.Error); first == nil && !e.Soft {
			first = err
		}
	}}
	_, _ = conf.Check("main", l.fset, l.files, nil)
	return first
}

// run plans cells one after the other, as if each had run well, and checks what they become.
func run(t *testing.T, s *Session, l *lowered, n int, src string) (*Plan, error) {
	t.Helper()
	p, err := s.Plan(Cell{N: n, Name: fmt.Sprintf("In[%d]", n), Source: src})
	if err != nil {
		return nil, err
	}
	if err := l.add(p.File, p.Source); err != nil {
		t.Errorf("In[%d]: the lowered code is not Go: %v\n%s", n, err, p.Source)
	}
	if got, want := len(p.Lines), strings.Count(p.Source, "\n"); got != want {
		t.Errorf("In[%d]: got %d positions, want one for each of %d lines", n, got, want)
	}
	for _, u := range p.Units {
		if err := newLowered(t).add("unit.go", u.Source); err != nil {
			t.Errorf("In[%d]: the unit of %s is not Go: %v\n%s", n, u.Name, err, u.Source)
		}
		if !strings.Contains(u.Source, "func "+u.Entry+"(") {
			t.Errorf("In[%d]: the unit of %s has no function %s\n%s", n, u.Name, u.Entry, u.Source)
		}
	}
	s.Commit(p, true, 0)
	return p, nil
}

func session(t *testing.T) *Session {
	t.Helper()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// transcript is a session's cells with what they print or how they fail.
type transcript struct{ cells []transcriptCell }

type transcriptCell struct{ source, out, err string }

func readTranscript(t *testing.T, file string) transcript {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var tr transcript
	for _, block := range strings.Split("\n"+string(data), "\n-- cell --\n")[1:] {
		var c transcriptCell
		block, c.err, _ = strings.Cut(block+"\n", "\n-- error --\n")
		c.source, c.out, _ = strings.Cut(block, "-- out --\n")
		tr.cells = append(tr.cells, c)
	}
	return tr
}

// TestSessions plans the transcripts of testdata/sessions; internal/session runs them.
func TestSessions(t *testing.T) {
	files, _ := filepath.Glob("testdata/sessions/*.txt")
	if len(files) == 0 {
		t.Fatal("no transcripts")
	}
	for _, file := range files {
		if filepath.Base(file) == "compiled.txt" {
			continue // nothing of it is lowered
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			s, l := session(t), newLowered(t)
			for i, c := range readTranscript(t, file).cells {
				_, err := run(t, s, l, i+1, c.source)
				want := strings.TrimSpace(c.err)
				switch {
				case err == nil && want != "" && !strings.HasPrefix(want, "panic:"):
					t.Errorf("cell %d: got no error, want %s", i+1, want)
				case err != nil && (want == "" || !strings.Contains(err.Error(), want)):
					t.Errorf("cell %d: got %v, want %q", i+1, err, want)
				}
			}
		})
	}
}
