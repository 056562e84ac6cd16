package e2e

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/session"
)

// geo is a module of which the client's sessions of these tests have a version each, without a network.
func geo(version, more string) string {
	return "-- go.work --\ngo 1.26\n\nuse ./app\n\nreplace example.com/geo " + version + " => ./geo\n" +
		"-- app/go.mod --\nmodule example.com/app\n\ngo 1.26\n\nrequire example.com/geo " + version + "\n" +
		"-- app/world/world.go --\npackage world\n\nimport \"example.com/geo\"\n\ntype City struct {\n\tName string\n\tArea geo.Square\n}\n\nfunc (c City) Size() float64 { return c.Area.Area() }\n" +
		"-- geo/go.mod --\nmodule example.com/geo\n\ngo 1.26\n-- geo/geo.go --\npackage geo\n" + shapes + more
}

// executes has a session execute source on all engines, and returns what comes of it, as told does.
func executes(t *testing.T, s *session.Session, source string) string {
	t.Helper()
	got, err := run(lab.Patient(t), s, 1, fmt.Sprintf(`values, err := client.MustConnect().All().Execute(%q).Get()
if err != nil {
	fmt.Println(err)
} else {
	fmt.Println(values...)
}`, source))
	if err != nil {
		t.Fatalf("%s\n%v", source, err)
	}
	return got
}

// Cells of engines import what the client's session can import; nothing of it is on the engines' machine.
func TestExecuteImportsModules(t *testing.T) {
	compileWith(t, new(compiler))
	c := start(t, 2)
	s := open(t, c.ConnectionFile(), filepath.Join(folder(t, geo("v1.0.0", "")), "app"))
	if got, err := run(lab.Patient(t), s, 1, "import \"example.com/geo\"\ngeo.Of(2).Area()"); err != nil || got != "4" {
		t.Fatalf("in the notebook: %q, %v", got, err)
	}
	for _, step := range []struct{ source, want string }{
		{"import \"example.com/geo\"\ngeo.Of(3).Area()", "9 9"},
		{"s := geo.Of(4)\nvar shape geo.Shape = s\nshape.Area()", "16 16"},
		{"s.Area() + shape.Area()", "32 32"},
		{"type plot struct {\n\tgeo.Square\n\tname string\n}\n\nfunc area(p plot) string { return fmt.Sprint(p.name, p.Area()) }\n\narea(plot{s, \"a\"})", "a16 a16"},
		{"import \"example.com/app/world\"\nc := world.City{Name: \"Ur\", Area: s}\n_, same := any(c.Area).(geo.Square)\nfmt.Sprint(c.Size(), same)", "16 true 16 true"},
		{"f := func(x float64) float64 { return geo.Of(x).Area() }\nf(5)", "25 25"},
		{"import \"example.com/nowhere\"\nnowhere.X", "cannot find module providing package example.com/nowhere"},
		{"import \"example.com/nowhere\"\nnowhere.X", "import it there first, or get its module with %get"},
		{"geo.Nix()", "undefined: geo.Nix"},
		{"s.Area()", "16 16"},
	} {
		if got := executes(t, s, step.source); !strings.Contains(got, step.want) {
			t.Errorf("%s\ngot  %s\nwant %s", step.source, got, step.want)
		}
	}
	for _, step := range []struct{ cell, want string }{
		{"values, err := client.MustConnect().All().Pull(`s`)\nfmt.Println(values[0].(geo.Square).Area(), err)", "16 <nil>"},
		{"fmt.Println(client.MustConnect().All().Pull(`s.Area()`))", "[16 16] <nil>"},
		{"fmt.Println(client.MustConnect().All().Push(map[string]any{`pushed`: geo.Of(3)}))", "<nil>"},
		{"fmt.Println(client.MustConnect().All().Execute(`pushed.side`).Get())", "[3 3] <nil>"},
		{"fmt.Println(client.MustConnect().All().Execute(`pushed.Area()`).Err())", "pushed.Area undefined (type struct{side float64} has no field or method Area)"},
	} {
		if got, err := run(lab.Patient(t), s, 1, step.cell); err != nil || !strings.Contains(got, step.want) {
			t.Errorf("%s\ngot  %s, %v\nwant %s", step.cell, got, err, step.want)
		}
	}
	// An environment is run again where an engine's process is replaced: no client waits for it then.
	const load = "rc := client.MustConnect()\nfmt.Println(rc.LoadEnv(ctx, `import \"example.com/geo\"\nvar unit = geo.Of(1)`), rc.Engines(1).Execute(`os.Exit(3)`).Err() != nil, rc.WaitForEngines(ctx, 2))"
	if got, err := run(lab.Patient(t), s, 1, load); err != nil || !strings.Contains(got, "<nil> true <nil>") {
		t.Errorf("an environment: %s, %v", got, err)
	}
	if got := executes(t, s, "unit.Area()"); !strings.HasSuffix(got, "1 1") { // behind what the cluster says of the process
		t.Errorf("what the environment declares: %s", got)
	}
	// The kernel's own connection, which is that of %%px, is of another process than the cells.
	conn.CellModules(s.Modules)
	if got := told(connect(t, c, nil).All().Execute("import \"example.com/geo\"\ngeo.Of(6).Area()")); got != "36 36" {
		t.Errorf("by the session's parent: %s", got)
	}
}

// A session's process has one version of a package: that of another client is refused, also where only a variable's type is of it.
func TestExecuteKeepsVersionsApart(t *testing.T) {
	c := start(t, 1)
	one := open(t, c.ConnectionFile(), filepath.Join(folder(t, geo("v1.0.0", "")), "app"))
	two := open(t, c.ConnectionFile(), filepath.Join(folder(t, geo("v1.1.0", "\nfunc New() Square { return Square{7} }\n")), "app"))
	const conflict = "the engine's session has example.com/geo v1.0.0 (a local copy), and the client's session example.com/geo v1.1.0 (a local copy): a process can have one of them only"
	for _, step := range []struct {
		by           *session.Session
		source, want string
	}{
		{one, "import \"example.com/geo\"\ns := geo.Of(2)\ns.Area()", "4"},
		{two, "import \"example.com/geo\"\ngeo.New().Area()", conflict},
		{two, "for range 2 {\n\ts = s\n}\ns.Area()", conflict},
		{two, "1 + 1", "2"},
		{one, "s.Area()", "4"},
	} {
		if got := executes(t, step.by, step.source); !strings.Contains(got, step.want) {
			t.Errorf("%s\ngot  %s\nwant %s", step.source, got, step.want)
		}
	}
	if got, err := run(lab.Patient(t), two, 1, "fmt.Println(client.MustConnect().All().Clear())"); err != nil || got != "<nil>" {
		t.Fatalf("clearing: %s, %v", got, err)
	}
	if got := executes(t, two, "import \"example.com/geo\"\ngeo.New().Area()"); got != "49" {
		t.Errorf("in a fresh session: %s", got)
	}
}

// Where nothing is compiled, an import says why it cannot be, and what can be done.
func TestExecuteOfModulesNeedsACompiler(t *testing.T) {
	compileWith(t, &compiler{missing: errors.New("no compiler here")})
	c := start(t, 2)
	without := connect(t, c, nil)
	const source = "import \"example.com/geo\"\ngeo.Of(3)"
	const interpreted = "packages of other modules are for cells that are compiled, and this engine's are interpreted: the client cannot compile them: no compiler here; " +
		"a function that is mapped or applied brings along what it imports"
	if got := told(without.Engines(0).Execute(source)); !strings.Contains(got, interpreted) {
		t.Errorf("where no client compiles:\n%s", got)
	}
	compileWith(t, new(compiler))
	if got := told(connect(t, c, nil).Engines(1).Execute("x := 0\nfor range 2 {\n\tx++\n}\nx")); got != "2" {
		t.Fatal(got)
	}
	if got := told(without.Engines(1).Execute(source)); !strings.Contains(got, "as the client of its job has them, and that client does not compile for this engine") {
		t.Errorf("where another client compiles:\n%s", got)
	}
}
