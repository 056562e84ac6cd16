package light

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestCellsDoWhatCompiledCodeDoes runs every cell of testdata, and expressions made by chance, here and in a program that the Go
// compiler made of them, and compares values to the bit, panics, what was printed, and every variable afterwards.
func TestCellsDoWhatCompiledCodeDoes(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command to compare with")
	}
	construct = true
	defer func() { construct = false }()
	cells := read(t, "testdata/cells.txt")
	table := len(cells)
	n := 3000
	if testing.Short() {
		n = 300
	}
	cells = append(cells, random(seed(), n)...)
	c := check(t, cells)
	c.random = cells[table].fn.Pos()
	programs := map[int]*Program{}
	invalid, refused := 0, 0
	for i, cl := range cells {
		if len(cl.errs) > 0 {
			if i < table {
				t.Errorf("%s: %s", cl.text, cl.errs[0])
			}
			invalid++
			continue
		}
		p, ok := Compile(c.info, c.fset, cl.steps(c.info), c)
		if i < table && !cl.may && ok == cl.refuse {
			t.Errorf("%s: light: %v", cl.text, ok)
		}
		if ok {
			programs[i] = through(t, p)
		} else {
			refused++
		}
	}
	want := reference(t, c, programs)
	bad := 0
	for i, cl := range cells {
		if programs[i] == nil {
			continue
		}
		got := inMain.Replace(evaluate(programs[i]))
		if got != want[i] {
			if bad++; bad < 60 {
				t.Errorf("%s\n  light    %s\n  compiled %s", cl.text, got, want[i])
			}
		}
	}
	t.Logf("%d cells compared, %d differ; %d are not Go, %d have to be compiled", len(programs), bad, invalid, refused)
}

// seed is always the same, unless LIGHT_SEED asks for other cells.
func seed() uint64 {
	n, _ := strconv.ParseUint(os.Getenv("LIGHT_SEED"), 10, 64)
	return n
}

// inMain words what is said of this package's types as if they were of package main.
var inMain = strings.NewReplacer("github.com/gocluster/gocluster/internal/light.", "main.", "light.", "main.")

// through sends a program through its encoding.
func through(t *testing.T, p *Program) *Program {
	t.Helper()
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(p); err != nil {
		t.Fatal(err)
	}
	q := new(Program)
	if err := gob.NewDecoder(&b).Decode(q); err != nil {
		t.Fatal(err)
	}
	return q
}

// reference compiles the cells and returns what they do.
func reference(t *testing.T, c *checked, which map[int]*Program) map[int]string {
	t.Helper()
	dir := t.TempDir()
	fixture, err := os.ReadFile("fixture_test.go")
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module reference\n\ngo 1.26\n")
	write("fixture.go", "package main\n"+strings.SplitN(string(fixture), "package light\n", 2)[1])
	write("main.go", c.program(which))
	cmd := exec.Command("go", "run", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the reference program: %v\n%.4000s", err, errs.String())
	}
	want := map[int]string{}
	for line := range strings.Lines(string(out)) {
		n, text, _ := strings.Cut(strings.TrimSpace(line), "\t")
		i, err := strconv.Atoi(n)
		if err != nil {
			t.Fatalf("the reference program printed %q", line)
		}
		did, err := strconv.Unquote(text)
		if err != nil {
			t.Fatal(err)
		}
		if first, ok := want[max(i, -i)]; ok && first != did {
			t.Errorf("%s: compiled code depends on how it reaches variables\n  directly   %s\n  by pointer %s", c.cells[max(i, -i)].text, first, did)
		}
		want[max(i, -i)] = did
	}
	return want
}

const harness = `
func hold(names string, ps ...any) {
	for i, n := range strings.Fields(names) {
		held[n] = ps[i]
	}
}

func run(n int, f func()) {
	begin()
	defer func() {
		text := ""
		if r := recover(); r != nil {
			text = panicText(r) + " "
		}
		fmt.Printf("%d\t%q\n", n, text+state())
	}()
	f()
}
`

// program is the source of the reference program.
func (c *checked) program(which map[int]*Program) string {
	var body, list strings.Builder
	for i, cl := range c.cells {
		if which[i] == nil {
			continue
		}
		fmt.Fprintf(&body, "func cell%d() {\n%s}\n", i, c.rewrite(cl, false))
		fmt.Fprintf(&list, "\trun(%d, cell%d)\n", i, i)
		if i%2 == 0 || cl.fn.Pos() < c.random {
			fmt.Fprintf(&body, "func other%d() {\n%s}\n", i, c.rewrite(cl, true))
			fmt.Fprintf(&list, "\trun(-%d, other%d)\n", i, i)
		}
	}
	for name := range globals {
		fmt.Fprintf(&body, "var v__%s = &%s\n", name, name)
	}
	text := body.String()
	imports := "import \"fmt\"\nimport \"strings\"\n"
	for name, path := range importable {
		if name != "fmt" && name != "strings" && strings.Contains(text, name+".") {
			imports += fmt.Sprintf("import %q\n", path)
		}
	}
	return "package main\n" + imports + harness + text + "func main() {\n" + list.String() + "}\n"
}

// rewrite notes variables where they are defined, which also makes the compiler keep them as a session's are kept, and shows the
// last expression. As a compiled cell does, it may reach the session's variables through pointers.
func (c *checked) rewrite(cl *cell, pointers bool) string {
	var b strings.Builder
	at := func(n ast.Node) string {
		from := c.fset.Position(n.Pos()).Offset
		text := c.source[from:c.fset.Position(n.End()).Offset]
		if !pointers {
			return text
		}
		var ids []*ast.Ident
		ast.Inspect(n, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && c.info.Uses[id] != nil && c.info.Uses[id].Parent() == c.pkg.Scope() && globals[id.Name] != nil {
				ids = append(ids, id)
			}
			return true
		})
		slices.SortFunc(ids, func(a, b *ast.Ident) int { return int(b.Pos() - a.Pos()) })
		for _, id := range ids {
			i := c.fset.Position(id.Pos()).Offset - from
			text = text[:i] + "(*v__" + id.Name + ")" + text[i+len(id.Name):]
		}
		return text
	}
	for _, st := range cl.steps(c.info) {
		if st.Show != "" {
			fmt.Fprintf(&b, "show(%s)\n", at(st.Stmt.(*ast.ExprStmt).X))
			continue
		}
		b.WriteString(at(st.Stmt) + "\n")
		var names []string
		switch s := st.Stmt.(type) {
		case *ast.AssignStmt:
			for _, l := range s.Lhs {
				if id, ok := l.(*ast.Ident); ok && s.Tok == token.DEFINE && c.info.Defs[id] != nil && id.Name != "_" {
					names = append(names, id.Name)
				}
			}
		case *ast.DeclStmt:
			for _, sp := range s.Decl.(*ast.GenDecl).Specs {
				if vs, ok := sp.(*ast.ValueSpec); ok && s.Decl.(*ast.GenDecl).Tok == token.VAR {
					for _, id := range vs.Names {
						if id.Name != "_" {
							names = append(names, id.Name)
						}
					}
				}
			}
		}
		if len(names) > 0 {
			fmt.Fprintf(&b, "hold(%q, &%s)\n", strings.Join(names, " "), strings.Join(names, ", &"))
		}
	}
	return b.String()
}
