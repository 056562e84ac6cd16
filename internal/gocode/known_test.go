package gocode

import (
	"strings"
	"testing"
)

// inSession plans cells of a session whose cells are interpreted, as far as the front end is concerned.
func inSession(t *testing.T, cells ...string) *Session {
	t.Helper()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, src := range cells {
		plan, err := s.Plan(Cell{Name: "In[1]", N: i + 1, Source: src})
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		s.Commit(plan, true, 0)
	}
	return s
}

func TestUnitsHaveTheTypesThatMayCome(t *testing.T) {
	s := inSession(t, `type Celsius float64
func (c Celsius) String() string { return "warm" }
type Square struct{ side float64 }
func (s Square) Area() float64 { return s.side }
type Shape interface{ Area() float64 }
type Pair[A, B any] struct { First A; Second B }
var p = Pair[int, Celsius]{1, 2}
var stop = make(chan int)
type Busy struct{}
func (Busy) Wait() { <-stop }
type Box struct{ V any }
func show(v any) string { return "" }
func area(s Shape) float64 { return s.Area() }
func plain(x int) int { return x }
func boxed(b Box) int { return 1 }`)
	for _, c := range []struct{ function, has, lacks string }{
		{"show", "type Celsius|type Square|type Pair|Pair[int, Celsius]]", "Busy"},
		{"area", "type Square", "Celsius|Busy|Pair"},
		{"plain", "", "Celsius|Square|Pair|Known"},
		{"boxed", "type Celsius", "Busy"},
	} {
		u, err := s.UnitOf(c.function)
		if err != nil || u.NoMain != "" {
			t.Errorf("%s: %v %s", c.function, err, u.NoMain)
			continue
		}
		for _, has := range strings.Split(c.has, "|") {
			if !strings.Contains(u.Main, has) {
				t.Errorf("%s lacks %s:\n%s", c.function, has, u.Main)
			}
		}
		for _, lacks := range strings.Split(c.lacks, "|") {
			if strings.Contains(u.Main, lacks) || strings.Contains(u.Source, lacks) {
				t.Errorf("%s has %s:\n%s", c.function, lacks, u.Main)
			}
		}
	}
}

func TestConstantsOfThePlatformAreNotTheClients(t *testing.T) {
	s := inSession(t, `const arch = runtime.GOARCH
const big = len(arch) > 5
const other = 7
const (
	a = iota
	b
)
func uses() string { return arch }
func through() bool { return big }
func inside() string { const own = runtime.GOOS + "!"; return own }
func itself() string { return runtime.GOARCH }
func none() int { return other + a + b }`)
	for function, refused := range map[string]string{"uses": "arch", "through": "big", "inside": "own", "itself": "", "none": ""} {
		u, err := s.UnitOf(function)
		if err != nil {
			t.Errorf("%s: %v", function, err)
			continue
		}
		if want := "the constant " + refused + ", which is made of the platform"; refused != "" && !strings.Contains(u.Native, want) || refused == "" && u.Native != "" {
			t.Errorf("%s: got %q, want %q", function, u.Native, refused)
		}
		if compiles := u.NoMain == ""; compiles == (function == "uses" || function == "through") {
			t.Errorf("%s: a program: %t %s", function, compiles, u.NoMain)
		}
	}
}
