package corpus

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	Setup()
	flag.Parse()
	dir, err := os.MkdirTemp("", "conformance")
	if err != nil {
		panic(err)
	}
	executable = filepath.Join(dir, "conformance")
	if out, err := exec.Command("go", "build", "-o", executable, "..").CombinedOutput(); err != nil {
		panic(fmt.Sprintf("%v\n%s", err, out))
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

var all = flag.Bool("all", false, "redefine everything under everything in the native tier, too, which takes minutes")

// TestQuickly runs a part of the corpus that is the same every time: our sessions, some of our programs, some of Go's own.
func TestQuickly(t *testing.T) {
	o := options{only: regexp.MustCompile(""), workers: 2, timeout: 30 * time.Second, testdir: "../testdata"}
	items, _, err := corpus(t.Context(), o, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	eachTier(t, func(t *testing.T, tier tier) {
		every := 10
		switch {
		case testing.Short():
			every = 60
		case tier == compiled:
			every = 25
		}
		var some []item
		for i, it := range items {
			if i%every == 0 || it.group == "sessions" && tier == interpreted {
				some = append(some, it)
			}
		}
		for _, r := range runAll(t.Context(), o, tier, some, io.Discard) {
			bad := r.outcome == wrong || r.outcome == failed
			if tier == compiled && r.outcome != right || tier == interpreted && bad {
				t.Errorf("%v: %v: %s", r.item, r.outcome, r.diff)
			}
		}
	})
}

func TestTheReportSaysWhatIsMissing(t *testing.T) {
	r := &report{}
	r.add(interpreted, []result{{item: item{group: "programs", name: "a"}, tier: interpreted}, {item: item{group: "programs", name: "b"}, tier: interpreted, outcome: refused, diff: "the construct"}})
	if r.good() {
		t.Error("half of the corpus was refused, and the report is good")
	}
	if text := r.text(); !bytes.Contains([]byte(text), []byte("interpreted programs/b: the construct")) {
		t.Errorf("the report does not name what was refused:\n%s", text)
	}
	r = &report{}
	r.add(compiled, []result{{item: item{group: "programs", name: "a"}, tier: compiled}})
	if !r.good() {
		t.Error("everything is right, and the report is not good")
	}
	r.add(compiled, []result{{item: item{group: "programs", name: "b"}, tier: compiled, outcome: wrong}})
	if r.good() {
		t.Error("something is wrong, and the report is good")
	}
}

// TestCutKeepsPrograms cuts programs of which the pieces are known.
func TestCutKeepsPrograms(t *testing.T) {
	cells, why, err := cut("package main\n\nimport \"fmt\"\n\nfunc g() int { return f() + k }\n\nconst k = 2\n\nfunc f() int { return 1 }\n\nfunc main() {\n\tx := g()\n\tfmt.Println(x)\n\tdefer f()\n\tx++\n}\n")
	want := []string{"import \"fmt\"", "func f() int { return 1 }", "const k = 2", "func g() int { return f() + k }", "x := g();", "fmt.Println(x);", "defer f()\n\tx++;"}
	if err != nil || why != "" || len(cells) != len(want) {
		t.Fatalf("got %q, %q, %v", cells, why, err)
	}
	for i := range want {
		if cells[i] != want[i] {
			t.Errorf("cell %d is %q, want %q", i+1, cells[i], want[i])
		}
	}
	if _, why, _ := cut("package main\n\nvar x = 1\n\nfunc main() {\n\tx := 2\n\t_ = x\n}\n"); why == "" {
		t.Error("a local that hides a package variable was cut")
	}
}
