package gocode

import (
	"strings"
	"testing"
)

func TestHints(t *testing.T) {
	for _, tt := range []struct {
		name  string
		cells []string // the last has the error
		want  string
	}{
		{"a name of an earlier cell", []string{"threshold := 1", "half := 2", "thresold + half"}, "did you mean `threshold`? (Cell In[1])"},
		{"a name of this cell", []string{"count := 1\nfmt.Println(cuont)"}, "did you mean `count`? (line 1)"},
		{"a parameter", []string{"func f(number int) int {\n\treturn numbr\n}"}, "did you mean `number`? (line 1)"},
		{"a variable of a block", []string{"for index := range 3 {\n\tprintln(indx)\n}"}, "did you mean `index`? (line 1)"},
		{"defined later", []string{"func f() {\n\tprintln(total)\n\ttotal := 1\n\t_ = total\n}"}, "`total` is defined only later, in line 3"},
		{"a package with a slip", []string{"strngs.ToUpper(\"x\")"}, "did you mean `strings`?"},
		{"of several packages", []string{"template.New(\"x\")"}, "several packages are called template: import \"html/template\" or \"text/template\""},
		{"a package of others", []string{"mat.NewDense(2, 2, nil)"}, "import \"gonum.org/v1/gonum/mat\""},
		{"a function of a package", []string{"Println(1)"}, "did you mean `fmt.Println`?"},
		{"another language's word", []string{"x := None"}, "did you mean `nil`?"},
		{"assigned before it is defined", []string{"fresh = 1"}, "a new variable is defined with :="},
		{"a lower-case member", []string{"fmt.println(1)"}, "did you mean `fmt.Println`?"},
		{"a field", []string{"type P struct{ Name string }", "p := P{}", "p.Nmae"}, "did you mean `Name`? (Cell In[1])"},
		{"a method", []string{"type P struct{}\nfunc (P) Speak() {}", "P{}.Speek()"}, "did you mean `Speak`? (Cell In[1])"},
		{"a field of a literal", []string{"type P struct{ Name string }", "P{name: \"x\"}"}, "did you mean `Name`?"},
		{"an older generation", []string{"type P struct{ A int }", "p := P{1}", "type P struct{ A, B int }", "func f(p P) {}\nf(p)"}, "p was made before P was redefined in Cell In[3]: make it again"},
		{"a text of a number", []string{"n := 1\nvar s string = n"}, "strconv.Itoa(n) writes the number; string(n) would be the letter with that number"},
		{"a number of a text", []string{"s := \"1\"\nvar n int = s"}, "n, err := strconv.Atoi(s) reads the number"},
		{"numbers", []string{"f := 1.5\nvar n int = f"}, "convert it: int(f)"},
		{"numbers of two types", []string{"n := 1\nf := 1.5\nn * f"}, "convert one of them, for example with float64(...)"},
		{"bytes", []string{"var b []byte = fmt.Sprint(1)"}, "convert it: []byte(fmt.Sprint(1))"},
		{"an address", []string{"type T struct{}\nvar t T\nvar p *T = t"}, "give its address: &t"},
		{"a call that is missing", []string{"func f() int { return 1 }\nvar n int = f"}, "call it: f()"},
		{"an assertion", []string{"var x any = 1\nvar n int = x"}, "if it holds one: x.(int)"},
		{"a name that hides Go's", []string{"len := 3", "len(\"abc\")"}, "`len` (Cell In[1]) hides Go's own: give it another name"},
		{"a name that hides a package", []string{"strings := []string{}", "strings.ToUpper(\"x\")"}, "`strings` (Cell In[1]) hides the package: give it another name"},
		{"a type that is hidden", []string{"string := \"x\"", "var s string"}, "`string` (Cell In[1]) hides Go's own: give it another name"},
		{"an error in the way", []string{"f := os.Open(\"x\")"}, "take its error, too: v, err := os.Open(...)"},
		{"a path with a slip", []string{"import \"string\""}, "did you mean \"strings\"?"},
		{"the end of a path", []string{"import \"heap\""}, "did you mean \"container/heap\"?"},
		{"nothing to say", []string{"x.y.z"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, l := session(t), newLowered(t)
			last := len(tt.cells) - 1
			for i, cell := range tt.cells[:last] {
				if _, err := run(t, s, l, i+1, cell); err != nil {
					t.Fatal(err)
				}
			}
			_, err := s.Plan(Cell{N: last + 1, Name: "In[" + itoa(last+1) + "]", Source: tt.cells[last]})
			if err == nil {
				t.Fatal("the cell is right")
			}
			if got := (*err.(*Diagnostics))[0]; got.Hint != tt.want {
				t.Errorf("%s\ngot  %q\nwant %q", got.Message, got.Hint, tt.want)
			}
		})
	}
}

func TestALostVariableIsNamed(t *testing.T) {
	s, l := session(t), newLowered(t)
	if _, err := run(t, s, l, 1, "kept := 1"); err != nil {
		t.Fatal(err)
	}
	s.Lose()
	_, err := s.Plan(Cell{N: 2, Name: "In[2]", Source: "kept"})
	if err == nil || !strings.Contains(err.Error(), "its value was lost when the session's process ended") {
		t.Errorf("got %v", err)
	}
}
