package session

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/render"
	"github.com/gocluster/gocluster/internal/session/api"
)

func TestWhatIsShownStandsAmongWhatIsPrinted(t *testing.T) { tiered(t, shownAmongPrinted) }

func shownAmongPrinted(t *testing.T, open func(*testing.T, Options) *notebook) {
	s := open(t, Options{Code: api.Code()}).s
	out := &record{}
	_, err := s.Execute(t.Context(), gocode.Cell{N: 1, Name: "In[1]", Source: `
fmt.Println("a")
display.Text("shown")
os.Stdout.WriteString("b\n")
display.Clear()
fmt.Println("c")
var area display.Area
area.Text("one")
fmt.Println("d")
area.Text("two")`}, out)
	if err != nil {
		t.Fatal(err)
	}
	want := "a\n<map[text/plain:shown]>\nb\n<clear false>\nc\n<map[text/plain:one]>\nd\n<map[text/plain:two]>\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestLateOutputGoesToItsCell(t *testing.T) { tiered(t, lateOutput) }

func lateOutput(t *testing.T, open func(*testing.T, Options) *notebook) {
	s := open(t, Options{}).s
	first, second := &record{seen: make(chan struct{}, 1)}, &record{}
	cell := func(n int, src string, out Output) {
		t.Helper()
		if _, err := s.Execute(t.Context(), gocode.Cell{N: n, Name: fmt.Sprintf("In[%d]", n), Source: src}, out); err != nil {
			t.Fatal(err)
		}
	}
	cell(1, `next, said := make(chan bool), make(chan bool)
go func() {
	for range next { fmt.Println("from the first"); said <- true }
}();`, first)
	cell(2, `fmt.Println("second"); next <- true; <-said; fmt.Println("second again");`, second)
	if got, want := first.String(), "from the first\n"; got != want {
		t.Errorf("the first cell: got %q, want %q", got, want)
	}
	if got, want := second.String(), "second\nsecond again\n"; got != want {
		t.Errorf("the second cell: got %q, want %q", got, want)
	}
}

func TestOutputThatGoesRoundTheOrderIsItsCells(t *testing.T) { tiered(t, directOutput) }

func directOutput(t *testing.T, open func(*testing.T, Options) *notebook) {
	nb := open(t, Options{})
	nb.cell(`x := 1`)
	if got := nb.cell("f := os.Stdout\nf.WriteString(\"direct\\n\");"); got != "direct\n" {
		t.Errorf("got %q", got)
	}
}

func TestMuchOutputIsComplete(t *testing.T) { tiered(t, muchOutput) }

func muchOutput(t *testing.T, open func(*testing.T, Options) *notebook) {
	nb := open(t, Options{})
	got := nb.cell(`for i := range 20000 { fmt.Println(i) };`)
	if n := strings.Count(got, "\n"); n != 20000 || !strings.HasSuffix(got, "19999\n") {
		t.Errorf("got %d lines", n)
	}
}

func TestValuesAreShownAsReadersExpect(t *testing.T) {
	nb := &notebook{t: t, s: start(t, Options{})}
	nb.cell(`type point struct { x, Y int; next *point }
func two() (int, error) { return 7, nil }
func none() error { return nil }`)
	for _, c := range []struct{ src, want string }{
		{`point{1, 2, nil}`, "{x:1 Y:2 next:<nil>}"},
		{`&point{1, 2, nil}`, "&{x:1 Y:2 next:<nil>}"},
		{`[]point{{1, 2, nil}}`, "[{x:1 Y:2 next:<nil>}]"},
		{`[]any{1, "a", nil, 2.5}`, "[1 a <nil> 2.5]"},
		{`two()`, "7"},
		{`none()`, ""},
		{`time.Duration(1500) * time.Millisecond`, "1.5s"},
		{`big.NewInt(42)`, "42"},
		{`[]string{"a b", "c"}`, "[a b c]"},
		{`3.0`, "3"},
		{`'a'`, "97"},
		{`make([]int, 100000)[0]`, "0"},
		{`struct{}{}`, "{}"},
		{`map[int]string{10: "x", 9: "y"}`, "map[9:y 10:x]"},
	} {
		if got := nb.cell(c.src); got != c.want {
			t.Errorf("%s: got %q, want %q", c.src, got, c.want)
		}
	}
	if e := nb.fails(`errors.New("e")`); e.Message != "e" || e.EName != "error" {
		t.Errorf("an error as the value: got %v", e)
	}
	if got := nb.cell(`make([]int, 1000000)`); len(got) > render.MaxText+100 || !strings.HasSuffix(got, " more]") {
		t.Errorf("a long slice: got %d bytes, ending in %q", len(got), got[max(0, len(got)-20):])
	}
}

func BenchmarkLightCell(b *testing.B) {
	s, err := Start(b.Context(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for b.Loop() {
		if _, err := s.Execute(b.Context(), gocode.Cell{N: 1, Name: "In[1]", Source: "1 + 1"}, &record{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s, err := Start(b.Context(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
