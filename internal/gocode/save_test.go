package gocode

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// play runs cells as far as the front end goes, all of them as if they succeeded.
func play(t *testing.T, cells ...string) *Session {
	t.Helper()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, src := range cells {
		name := "In[" + string(rune('1'+i%9)) + "]"
		p, err := s.Plan(Cell{N: i + 1, Name: name, Source: src, Line: 1})
		if err != nil {
			t.Fatalf("%s\n%v", src, err)
		}
		s.Commit(p, true, 1000)
	}
	return s
}

// goRun runs a program.
func goRun(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "run", file)
	cmd.Env = append(os.Environ(), "GO111MODULE=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, text)
	}
	return string(out)
}

func TestProgramsOfSessions(t *testing.T) {
	for _, tt := range []struct {
		name   string
		cells  []string
		want   string // what it prints
		notes  string
		within string // a part of the text
	}{
		{"statements in their order", []string{"x := 2\nfmt.Println(x)", "x = 3", "fmt.Println(x)"}, "2\n3\n", "", "\tx := 2\n"},
		{"values are printed", []string{"1 + 2", "\"a\"", "[]int{1}", "struct{ A int }{4}", "5;", "fmt.Println(6)"}, "3\na\n[1]\n{A:4}\n6\n", "", ""},
		{"several values, and errors", []string{"func f() (int, string) { return 1, \"b\" }\nf()", "strconv.Atoi(\"7\")", "func e() error { return nil }\ne()"}, "(1, b)\n7\n", "", ""},
		{"a variable of another type", []string{"x := 1\nx", "x := \"s\"\nx", "x += \"t\"\nx"}, "1\ns\nst\n", "", "x1 := 1"},
		{"the same variable once more", []string{"x, err := strconv.Atoi(\"1\")", "y, err := strconv.Atoi(\"2\")", "x, err := strconv.Atoi(\"3\")", "x + y"}, "5\n", "", ""},
		{"variables of functions", []string{"n := 0\nfunc inc() int { n++; return n }", "inc()", "n, m := 10, 1", "inc() + m"}, "1\n12\n", "", "var n int\n"},
		{"zero values again", []string{"var n int\nn++\nfunc f() int { return n }", "var n int", "n + f()", "var k int\nk++", "var k int", "k"}, "0\n0\n", "", ""},
		{"what is not used", []string{"x := 1", "f := func() { y := 2 }\nf()", "for i, v := range []int{7} {\n}"}, "", "", "_ = x\n"},
		{"types and methods", []string{"type T struct{ A int }", "func (t *T) Inc() { t.A++ }\nconst (\n\tA = iota + 1\n\tB\n)", "t := T{B}\nt.Inc()\nt"}, "{A:3}\n", "", ""},
		{"generics", []string{"func Map[T, U any](xs []T, f func(T) U) []U {\n\tvar out []U\n\tfor _, x := range xs {\n\t\tout = append(out, f(x))\n\t}\n\treturn out\n}", "Map([]int{1, 2}, func(x int) string { return fmt.Sprint(x * x) })"}, "[1 4]\n", "", ""},
		{"whole programs", []string{"package main\n\nimport \"fmt\"\n\nvar a = b + 1\nvar b = f()\n\nfunc f() int { return 41 }\nfunc init() { fmt.Println(\"init\", a) }\nfunc main() { fmt.Println(\"main\", a, b) }", "f()"}, "init 42\nmain 42 41\n41\n", "", "func cellMain()"},
		{"imports with names", []string{"import str \"strings\"\nimport . \"math\"", "str.ToUpper(\"a\")", "Sqrt(4)"}, "A\n2\n", "", ""},
		{"the newest function", []string{"func f() int { return 1 }", "f()", "func f() int { return 2 }\nf()"}, "2\n2\n", "f was declared again at In[3]:1: the program has it as it is now from the beginning", ""},
		{"cells that do not fit any more", []string{"func f(x int) int { return x }", "a := f(1)", "func f(x, y int) int { return x + y }", "f(1, 2)"}, "3\n",
			"the statements of In[2] are left out: it uses f as it was before it was declared again with another signature\n" +
				"f was declared again at In[3]:1: the program has it as it is now from the beginning", ""},
		{"a name that became another thing", []string{"type N int\nv := N(4)", "N := 5\nN"}, "5\n", "the statements of In[1] are left out: it uses N, which is gone", ""},
		{"methods and types that were declared again", []string{"type T struct{ A int }\nfunc (t T) M() int { return 1 }", "T{1}.M()", "func (t T) M() int { return 2 }", "T{1}.M()"}, "2\n2\n",
			"T.M was declared again at In[3]:1: the program has it as it is now from the beginning", ""},
		{"constants that others have replaced", []string{"const (\n\ta = 1\n\tb = 2\n)", "const a = 10", "a + b"}, "12\n", "", ""},
		{"tests are no part", []string{"import \"testing\"\nfunc TestX(t *testing.T) {}", "1"}, "1\n", "", ""},
		{"nothing", nil, "", "", "func main() {\n}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text, notes, err := play(t, tt.cells...).Program()
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(notes, "\n"); got != tt.notes {
				t.Errorf("notes: got\n%s\nwant\n%s", got, tt.notes)
			}
			if !strings.Contains(text, tt.within) {
				t.Errorf("%q is not in\n%s", tt.within, text)
			}
			if got := goRun(t, text); got != tt.want {
				t.Errorf("it prints\n%s\nwant\n%s\n%s", got, tt.want, text)
			}
		})
	}
}

func TestACellAsideLeavesNothing(t *testing.T) {
	s := play(t, "x := 1")
	p, err := s.Plan(Cell{N: 2, Name: "aside", Source: "import q \"strings\"\ny := x\nfunc g() string { return q.ToUpper(\"a\") }", Aside: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Commit(p, true, 1000)
	if len(s.Vars()) != 1 {
		t.Errorf("the session has %v", s.Vars())
	}
	if _, err := s.Plan(Cell{N: 3, Name: "In[3]", Source: "q.ToUpper(\"a\")"}); err == nil {
		t.Error("the import stays")
	}
	if text, _, err := s.Program(); err != nil || strings.Contains(text, "strings") {
		t.Errorf("got %v\n%s", err, text)
	}
}

// TestTranscriptsAsPrograms saves the transcripts' sessions. What they print is what the cells printed, but for a function that is declared
// again; where most is declared again, the program is only built, by Program itself.
func TestTranscriptsAsPrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	for file, same := range map[string]bool{"basics": true, "flow": true, "generics": true, "program": false, "redefinition": false} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile("testdata/sessions/" + file + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			s, err := New(Options{})
			if err != nil {
				t.Fatal(err)
			}
			want := ""
			for i, block := range strings.Split("\n"+string(data), "\n-- cell --\n")[1:] {
				src, out, ok := strings.Cut(block, "\n-- out --")
				p, err := s.Plan(Cell{N: i + 1, Name: "In[1]", Source: src, Line: 1})
				if !ok || err != nil {
					continue
				}
				s.Commit(p, true, 1000)
				want += strings.TrimPrefix(out, "\n")
				if want != "" && !strings.HasSuffix(want, "\n") {
					want += "\n"
				}
			}
			text, notes, err := s.Program()
			if err != nil {
				t.Fatal(err)
			}
			want = strings.Replace(want, "ABC\n10\n", "ABC\n100\n", 1) // the newest double
			if !same {
				return
			}
			if got := goRun(t, text); got != want {
				t.Errorf("it prints\n%s\nwant\n%s\nnotes\n%s\n%s", got, want, strings.Join(notes, "\n"), text)
			}
		})
	}
}
