// Package lint holds the house rules as tests: who may import whom, how long files and functions may be, and what every
// package has to say about itself. A failure says what to do.
package lint

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const module = "github.com/gocluster/gocluster"

const (
	maxFileLines = 800
	maxFuncLines = 100
)

// soleImporters: a foreign library has one importer, which contains its quirks.
var soleImporters = map[string]string{
	"github.com/go-zeromq/zmq4": "internal/zmtp",
	"github.com/traefik/yaegi":  "internal/interp",
	"github.com/google/uuid":    "internal/link",
	"plugin":                    "internal/native/load",
}

// forbidden edges, as "importer -> imported"; the reason is the message.
var forbidden = []struct{ from, to, why string }{
	{"controller", "internal/codec", "the controller never looks inside users' values"},
	{"controller", "internal/interp", "user code never runs in the controller"},
	{"controller", "internal/gocode", "the controller never reads users' code"},
	{"engine", "controller", "they meet only on the wire"},
	{"engine", "client", "they meet only on the wire"},
	{"controller", "engine", "they meet only on the wire"},
	{"controller", "client", "they meet only on the wire"},
	{"client", "controller", "they meet only on the wire"},
	{"client", "engine", "they meet only on the wire"},
	{"internal/proto", "internal/", "proto is the leaf that everything imports"},
	{"internal/gocode", "internal/interp", "the front end is pure: source in, plan out"},
	{"internal/gocode", "internal/session", "the front end is pure: source in, plan out"},
	{"internal/light", "internal/", "both the front end and the child have it: it knows neither"},
	{"internal/session/host", "internal/", "every compiled cell has it in its plugin: it imports next to nothing"},
	{"internal/native", "internal/session", "it compiles what it is given"},
	{"internal/interp", "views", "the interpreter is given the API's symbols, it does not know them"},
	{"kernel", "engine", "the kernel reaches engines through views"},
	{"kernel", "controller", "the kernel reaches the controller through client"},
}

type pkg struct {
	ImportPath, Dir, Doc string
	GoFiles, TestGoFiles []string
	Imports              []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Doc,GoFiles,TestGoFiles,Imports", "./...")
	cmd.Dir = "../.."
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}

func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, imp := range p.Imports {
			for lib, owner := range soleImporters {
				if within(imp, lib) && !within(from, owner) {
					t.Errorf("%s imports %s: only %s may; use that package instead", from, imp, owner)
				}
			}
			to, ours := strings.CutPrefix(imp, module+"/")
			for _, rule := range forbidden {
				if ours && within(from, rule.from) && within(to, rule.to) && !within(to, rule.from) {
					t.Errorf("%s imports %s: %s", from, to, rule.why)
				}
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, p := range packages(t) {
		if p.Doc == "" && len(p.GoFiles) > 0 {
			t.Errorf("%s has no package comment: say in one sentence what it is", p.ImportPath)
		}
	}
}

var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// sources calls f with every Go file of ours that a person wrote.
func sources(t *testing.T, f func(path string, src []byte, fset *token.FileSet, file *ast.File)) {
	t.Helper()
	for _, p := range packages(t) {
		for _, name := range append(append([]string{}, p.GoFiles...), p.TestGoFiles...) {
			path := filepath.Join(p.Dir, name)
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if generated.Match(src) {
				continue
			}
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, path, src, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			f(strings.TrimPrefix(p.ImportPath, module+"/")+"/"+name, src, fset, file)
		}
	}
}

func TestNothingIsTooLong(t *testing.T) {
	sources(t, func(path string, src []byte, fset *token.FileSet, file *ast.File) {
		if n := strings.Count(string(src), "\n"); n > maxFileLines {
			t.Errorf("%s has %d lines, more than %d: cut it along its ideas", path, n, maxFileLines)
		}
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1; n > maxFuncLines {
				t.Errorf("%s: %s has %d lines, more than %d: give its parts names", path, fn.Name.Name, n, maxFuncLines)
			}
		}
	})
}

func TestGoroutinesStartInGroups(t *testing.T) {
	sources(t, func(path string, src []byte, fset *token.FileSet, file *ast.File) {
		if strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "internal/group/") {
			return
		}
		lines := strings.Split(string(src), "\n")
		ast.Inspect(file, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				line := fset.Position(g.Pos()).Line
				if !strings.Contains(lines[line-1], "//") {
					t.Errorf("%s:%d: a bare go statement: start it through internal/group, or give the reason in a comment on its line", path, line)
				}
			}
			return true
		})
	})
}

func TestTestsWaitForFacts(t *testing.T) {
	sleep := regexp.MustCompile(`\btime\.Sleep\(`)
	sources(t, func(path string, src []byte, _ *token.FileSet, _ *ast.File) {
		if !strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "internal/lint/") {
			return
		}
		for i, line := range strings.Split(string(src), "\n") {
			if sleep.MatchString(line) && !strings.Contains(line, "//") && !strings.ContainsAny(line, "`\"") {
				t.Errorf("%s:%d: a test sleeps: wait for the fact, or use testing/synctest", path, i+1)
			}
		}
	})
}
