package render

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/unit"
)

type celsius float64

func (c celsius) String() string { return fmt.Sprintf("%.1f°C", float64(c)) }

type node struct {
	Value int
	Next  *node
}

type bad struct{ N int }

func (b *bad) String() string { return fmt.Sprint(b.N) }

type private struct {
	when time.Duration
	at   time.Time
	temp celsius
	mu   [0]func()
	_    int
}

type recursive map[string]any

func double(n int) int { return 2 * n }

func TestText(t *testing.T) {
	ring := &node{Value: 1}
	ring.Next = &node{Value: 2, Next: ring}
	loop := recursive{"a": 1}
	loop["self"] = loop
	inner := []any{1}
	inner[0] = inner
	shared := &node{Value: 7}
	n := 5
	pn := &n
	for _, tt := range []struct {
		value any
		want  string
	}{
		{nil, "<nil>"},
		{42, "42"},
		{3.0, "3"},
		{1e21, "1e+21"},
		{math.NaN(), "NaN"},
		{'a', "97"},
		{"a b", "a b"},
		{[]byte("hi"), "[104 105]"},
		{celsius(20), "20.0°C"},
		{[]celsius{1, 2}, "[1.0°C 2.0°C]"},
		{map[float64]string{math.NaN(): "n", 1: "a", -1: "b"}, "map[NaN:n -1:b 1:a]"},
		{map[any]int{"b": 1, 2: 2, "a": 3, 1: 4}, "map[1:4 2:2 a:3 b:1]"},
		{map[[2]int]bool{{2, 1}: true, {1, 9}: false}, "map[[1 9]:false [2 1]:true]"},
		{node{1, nil}, "{Value:1 Next:<nil>}"},
		{&node{1, &node{2, nil}}, "&{Value:1 Next:&{Value:2 Next:<nil>}}"},
		{ring, "&{Value:1 Next:&{Value:2 Next:&{...}}}"},
		{[]*node{shared, shared}, "[&{Value:7 Next:<nil>} &{Value:7 Next:<nil>}]"},
		{loop, "map[a:1 self:map[...]]"},
		{inner, "[[...]]"},
		{&pn, "&&5"},
		{(*node)(nil), "<nil>"},
		{[]error{nil, errors.New("e")}, "[<nil> e]"},
		{private{when: time.Second, temp: 3}, "{when:1s at:0001-01-01 00:00:00 +0000 UTC temp:3.0°C mu:[]}"},
		{time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC), "2024-02-29 01:02:03 +0000 UTC"},
		{big.NewInt(7), "7"},
		{[]*big.Int{big.NewInt(7), nil}, "[7 <nil>]"},
		{make(chan int, 3), "chan int (0 of 3)"},
		{make(<-chan string), "<-chan string (unbuffered)"},
		{(chan int)(nil), "<nil>"},
		{(func())(nil), "<nil>"},
		{strings.ToUpper, "func(string) string (strings.ToUpper)"},
		{double, "func(int) int (render.double)"},
		{strings.NewReplacer("a", "b").Replace, "func(string) string (strings.(*Replacer).Replace)"},
		{func(any) {}, "func(any)"},
		{reflect.ValueOf(12), "12"},
		{struct{}{}, "{}"},
		{[]any{}, "[]"},
		{(map[string]int)(nil), "map[]"},
		{bad{1}, "{N:1}"},
		{&bad{1}, "1"},
		{(*bad)(nil), "<nil>"},
		{context.Background(), "context.Background"},
		{io.EOF, "EOF"},
		{complex(1, -2), "(1-2i)"},
		{[]any{1, "a", nil, []int{2}}, "[1 a <nil> [2]]"},
	} {
		if got := Text(tt.value); got != tt.want {
			t.Errorf("%T: got %q, want %q", tt.value, got, tt.want)
		}
	}
}

func TestFunctionsAreNamedByTheirUnit(t *testing.T) {
	f := unit.Bind(&unit.Unit{Name: "double"}, func(n int) int { return 2 * n }, nil)
	if got := Text(f); got != "func(int) int (double)" {
		t.Errorf("got %q", got)
	}
	if d := Value(f, "func(n int) int"); d.MIME[TextPlain] != "func(n int) int (double)" {
		t.Errorf("got %v", d.MIME)
	}
}

func TestInsidesOfForeignTypesStayInside(t *testing.T) {
	if got := Text(os.Stdout); got != "&{file:&{...}}" {
		t.Errorf("got %q", got)
	}
}

// panicky fails whatever it is asked.
type panicky struct{ N int }

func (panicky) String() string { panic("no text") }
func (panicky) HTML() string   { panic("no page") }

// slow takes its time.
type slow int

func (slow) String() string { time.Sleep(patience / 4); return "slow" } // as slow code does

func TestMethodsThatFail(t *testing.T) {
	if got, want := Text([]any{panicky{1}, 2}), "[%!v(PANIC=String method: no text) 2]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	d := Value(panicky{1}, "")
	if got := fmt.Sprint(d.MIME); !strings.Contains(got, "no text") || !strings.Contains(got, "(its method HTML failed: panic: no page)") {
		t.Errorf("got %s", got)
	}
}

func TestSlowMethodsAreNotCalledForever(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	if got := Text(make([]slow, 100)); !strings.HasPrefix(got, "[slow slow") || !strings.HasSuffix(got, "... ... ...]") {
		t.Errorf("got %q", got)
	}
}

func TestLargeValuesEnd(t *testing.T) {
	deep := &node{}
	for range 100_000 {
		deep = &node{Next: deep}
	}
	big := map[int]int{}
	for i := range 2 * maxSorted {
		big[i] = i
	}
	for _, tt := range []struct {
		name, start, end string
		value            any
	}{
		{"list", "[0 0 0", "0 ... 49,999,000 more]", make([]int, 50_000_000)},
		{"text", "aaa", "a... 9,934,464 more bytes", strings.Repeat("a", 10_000_000)},
		{"texts", "[aaaa", "... 9 more]", slicesOf(strings.Repeat("a", MaxText), 10)},
		{"chain", "&{Value:0 Next:&{Value:0", "Next:&...}}}}}}}}}}}}", deep},
		{"map", "map[", " ... 199,000 more]", big},
		{"matrix", "[[0 0", "... 999,0", [][]int{make([]int, 1_000_000)}},
		{"array", "[0 0", "... 999,000 more]", [1_000_000]byte{}},
	} {
		before := time.Now()
		got := Text(tt.value)
		if len(got) > MaxText+1000 || !strings.HasPrefix(got, tt.start) || !strings.Contains(got[max(0, len(got)-60):], tt.end) {
			t.Errorf("%s: %d bytes: %.40q ... %q", tt.name, len(got), got, got[max(0, len(got)-60):])
		}
		if took := time.Since(before); took > 5*time.Second {
			t.Errorf("%s: it took %v", tt.name, took)
		}
	}
}

func slicesOf(s string, n int) []string {
	var out []string
	for range n {
		out = append(out, s)
	}
	return out
}

func TestShortCallsNothing(t *testing.T) {
	v := []any{panicky{1}, time.Second, celsius(2), map[string]int{"a": 1, "b": 2}}
	if got, want := Short(reflect.ValueOf(v), 100), "[{N:1} 1s 2 map[... 2 entries]]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Short(reflect.ValueOf(strings.Repeat("a", 1000)), 80); got != strings.Repeat("a", 80)+"... 920 more bytes" {
		t.Errorf("got %q", got)
	}
}

func TestInterpretersStructsAreLeftOut(t *testing.T) {
	made := struct {
		X  int
		Xy int `json:"-" xml:"-"`
	}{}
	if got := TypeName(reflect.TypeOf(map[string]any{}).Elem()); got != "any" {
		t.Errorf("got %s", got)
	}
	if got := TypeName(reflect.FuncOf([]reflect.Type{reflect.TypeOf(made)}, []reflect.Type{reflect.TypeOf(struct{ A int }{})}, false)); got != "func(struct{...}) struct { A int }" {
		t.Errorf("got %s", got)
	}
	if got := TypeName(reflect.TypeOf(struct{ A int }{})); got != "struct { A int }" {
		t.Errorf("got %s", got)
	}
}

func TestNamesAreTheUsers(t *testing.T) {
	for in, want := range map[string]string{
		"main.point":                     "point",
		"main.point__2":                  "point",
		"map[string]*main.point__12":     "map[string]*point",
		"[]interface {}":                 "[]any",
		"func(main.a, strings.Builder)":  "func(a, strings.Builder)",
		"domain.point":                   "domain.point",
		"__1":                            "__1",
		"cannot use T__2 as T__10 value": "cannot use T as T value",
	} {
		if got := CleanNames(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
