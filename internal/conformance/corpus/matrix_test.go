package corpus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/session"
)

// gone is the result of what no longer compiles.
const gone = "gone"

// redefinition is a row of the matrix: something that is defined, used by whatever can use it, and defined again.
type redefinition struct {
	name   string
	before string
	after  string
	// expr uses it and is an int. It is was before and now afterwards, or gone.
	expr     string
	was, now string
	// live is what code that exists already, a closure or a goroutine, comes to afterwards. It calls what is redefined with
	// the same type by its name, and so gets the new one; all else in it is what it was when it was made.
	live string
	// member is a field whose type uses it; a struct of it prints as so many letters.
	member         string
	typWas, typNow string
}

const (
	aType   = "type T struct{ A int }\nfunc (t T) M() int { return t.A }"
	aBox    = "type Box[X any] struct{ V X }\nfunc (b Box[X]) Get() X { return b.V }"
	inPlace = "func() int { t := T{A: 1}; return t.M() }()"
	printed = "len(fmt.Sprint(*new(T)))"
)

var redefinitions = []redefinition{
	{name: "func body", before: "func F(x int) int { return x + 1 }", after: "func F(x int) int { return x + 100 }", expr: "F(1)", was: "2", now: "101", live: "101"},
	{name: "func signature", before: "func F(x int) int { return x + 1 }", after: "func F(x, y int) int { return x + y }", expr: "F(1)", was: "2", now: gone, live: "2"},
	{name: "func signature that still fits", before: "func F(x int) int { return x + 1 }", after: "func F(x int, more ...int) int { return x + 50 }", expr: "F(1)", was: "2", now: "51", live: "2"},
	{name: "func becomes a variable", before: "func F(x int) int { return x + 1 }", after: "F := func(x int) int { return x + 30 }", expr: "F(1)", was: "2", now: "31", live: "2"},
	{name: "method body", before: aType, after: "func (t T) M() int { return t.A * 70 }", expr: "T{A: 1}.M()", was: "1", now: "70", live: "70"},
	{name: "method signature", before: aType, after: "func (t T) M(k int) int { return k }", expr: "T{A: 1}.M()", was: "1", now: gone, live: "1"},
	{name: "method added", before: aType, after: "func (t T) N() int { return 5 }", expr: "T{A: 1}.M()", was: "1", now: "1", live: "1", member: "T", typWas: "5", typNow: "5"},
	{name: "method gets a pointer receiver", before: aType, after: "func (t *T) M() int { return 50 }", expr: inPlace, was: "1", now: "50", live: "1"},
	{name: "method gets a pointer receiver it cannot have", before: aType, after: "func (t *T) M() int { return 50 }", expr: "T{A: 1}.M()", was: "1", now: gone, live: "1"},
	{name: "method gets a value receiver", before: "type T struct{ A int }\nfunc (t *T) M() int { return t.A }", after: "func (t T) M() int { return 60 }", expr: inPlace, was: "1", now: "60", live: "1"},
	{name: "type gets a field", before: aType, after: "type T struct{ A, B int }", expr: printed, was: "3", now: "5", live: "3", member: "In T", typWas: "5", typNow: "7"},
	{name: "type gets a field, method kept", before: aType, after: "type T struct{ B, A int }", expr: "T{A: 1}.M() + " + printed, was: "4", now: "6", live: "4", member: "T", typWas: "5", typNow: "7"},
	{name: "type's field is renamed", before: "type T struct{ A int }", after: "type T struct{ Z int }", expr: "T{A: 1}.A", was: "1", now: gone, live: "1", member: "In T", typWas: "5", typNow: "5"},
	{name: "type of another kind", before: "type T struct{ A int }", after: "type T int", expr: printed, was: "3", now: "1", live: "3", member: "In []T", typWas: "4", typNow: "4"},
	{name: "type of another kind, user broken", before: "type T struct{ A int }", after: "type T int", expr: "T{A: 1}.A", was: "1", now: gone, live: "1", member: "In T", typWas: "5", typNow: "3"},
	{name: "type becomes an alias", before: "type T struct{ A int }", after: "type T = struct{ A, B, C int }", expr: printed, was: "3", now: "7", live: "3", member: "In T", typWas: "5", typNow: "9"},
	{name: "generic func body", before: "func G[X any](x X, n int) int { return n }", after: "func G[X any](x X, n int) int { return n * 20 }", expr: `G("s", 2)`, was: "2", now: "40", live: "2"},
	{name: "generic func signature", before: "func G[X any](x X, n int) int { return n }", after: "func G[X any](x X) int { return 9 }", expr: `G("s", 2)`, was: "2", now: gone, live: "2"},
	{name: "generic func constraint", before: "func G[X any](x X, n int) int { return n }", after: "func G[X ~int](x X, n int) int { return n }", expr: `G("s", 2)`, was: "2", now: gone, live: "2"},
	{name: "generic type's method", before: aBox, after: "func (b Box[X]) Get() X { var z X; return z }", expr: "Box[int]{V: 4}.Get()", was: "4", now: "0", live: "4", member: "In Box[int]", typWas: "5", typNow: "5"},
	{name: "generic type's fields", before: aBox, after: "type Box[X any] struct{ W, V X }", expr: "Box[int]{V: 4}.Get() + len(fmt.Sprint(Box[int]{}))", was: "7", now: "9", live: "7", member: "In Box[int]", typWas: "5", typNow: "7"},
	{name: "const", before: "const K = 2", after: "const K = 4", expr: "K * 10", was: "20", now: "40", live: "20", member: "In [K]int", typWas: "7", typNow: "11"},
	{name: "const of another type", before: "const K = 2", after: `const K = "text"`, expr: "K * 10", was: "20", now: gone, live: "20"},
	{name: "const in iota group", before: "const (\n\tJ = iota\n\tK\n)", after: "const K = 7", expr: "J + K", was: "1", now: "7", live: "1"},
	{name: "var of the same type", before: "var V = 3", after: "var V = 5", expr: "V * 2", was: "6", now: "10", live: "10"},
	{name: "var of another type", before: "var V = 3", after: `var V = "text"`, expr: "V * 2", was: "6", now: gone, live: "6"},
	{name: "var of another type that fits", before: "var V = 3", after: `var V = "text"`, expr: "len(fmt.Sprint(V))", was: "1", now: "4", live: "1"},
	// A declaration keeps the imports of its cell, as in a Go file.
	{name: "import alias", before: "import s \"strings\"\nvar _ = s.ToUpper", after: "import s \"strconv\"\nvar _ = s.Itoa", expr: `len(s.Repeat("x", 3))`, was: "3", now: "3", live: "3"},
}

// user is a column: a cell that uses an expression, and a cell that asks for its value.
type user struct {
	name, name2 string // name2 is what is reported when it no longer compiles
	cell, probe string
	live        bool
}

var users = []user{
	{"func", "user", "func user() int { return %s }", "user()", false},
	{"method", "Use", "type U struct{}\nfunc (U) Use() int { return %s }\nvar u U", "u.Use()", false},
	{"func through a func", "user", "func user() int { return %s }\nfunc outer() int { return user() }", "outer()", false},
	{"generic instance", "gen", "func gen[Y any](y Y) int { return %s }", "gen(1.5)", false},
	{"closure", "", "cl := func() int { return %s }", "cl()", true},
	{"closure of a func", "", "func mk() func() int { return func() int { return %s } }\ncl := mk()", "cl()", true},
	{"goroutine", "", "ask, got := make(chan bool), make(chan int)\ngo func() {\n\tfor range ask {\n\t\tgot <- %s\n\t}\n}()", "ask <- true\n<-got", true},
}

// matrix runs cells and compares what they show.
type matrix struct {
	t *testing.T
	s *session.Session
	n int
}

// show executes a cell and returns what it shows, or why it failed.
func (m *matrix) show(src string) (string, []string, error) {
	m.n++
	out := &record{}
	res, err := m.s.Execute(m.t.Context(), gocode.Cell{N: m.n, Name: fmt.Sprintf("In[%d]", m.n), Source: src, Line: 1}, out)
	if err != nil {
		return "", nil, err
	}
	if res.Value != nil {
		return fmt.Sprint(res.Value.MIME["text/plain"]), res.Notes, nil
	}
	return out.mixed.String(), res.Notes, nil
}

func (m *matrix) must(src string) []string {
	m.t.Helper()
	_, notes, err := m.show(src)
	if err != nil {
		m.t.Fatalf("%s\n%v", src, err)
	}
	return notes
}

func (m *matrix) want(src, want string) {
	m.t.Helper()
	got, _, err := m.show(src)
	var failed *session.CellError
	switch {
	case want == gone && err == nil:
		m.t.Errorf("%s: got %s, want it to be gone", src, got)
	case want == gone && (!errors.As(err, &failed) || !strings.Contains(failed.Message, "undefined")):
		m.t.Errorf("%s: got %v, want it to be undefined", src, err)
	case want != gone && err != nil:
		m.t.Errorf("%s: got %v, want %s", src, err, want)
	case want != gone && got != want:
		m.t.Errorf("%s: got %s, want %s", src, got, want)
	}
}

func eachTier(t *testing.T, f func(t *testing.T, tier tier)) {
	for _, tier := range []tier{interpreted, compiled} {
		t.Run(string(tier), func(t *testing.T) {
			if why := unavailable(t.Context(), tier); why != "" {
				t.Skip(why)
			}
			f(t, tier)
		})
	}
}

func newMatrix(t *testing.T, tier tier) *matrix {
	s, err := start(context.WithoutCancel(t.Context()), tier, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &matrix{t: t, s: s}
}

// TestRedefinitionReachesUsers redefines everything under everything that can use it.
func TestRedefinitionReachesUsers(t *testing.T) {
	eachTier(t, func(t *testing.T, tier tier) {
		for i, r := range redefinitions {
			for j, u := range users {
				if (testing.Short() || tier == compiled && !*all) && (i+2*j)%9 != 0 {
					continue
				}
				t.Run(r.name+"/"+u.name, func(t *testing.T) {
					m := newMatrix(t, tier)
					m.must(r.before)
					m.must(fmt.Sprintf(u.cell, r.expr))
					m.want(u.probe, r.was)
					notes := strings.Join(m.must(r.after), "\n")
					want := r.now
					if u.live {
						want = r.live
					}
					if want == gone && !strings.Contains(notes, u.name2+" no longer compiles") {
						t.Errorf("notes %q do not tell that %s no longer compiles", notes, u.name2)
					}
					if !u.live && want != gone && strings.Contains(notes, "no longer compiles") {
						t.Errorf("notes %q tell of what still compiles", notes)
					}
					m.want(u.probe, want)
					m.want(u.probe, want) // it stays so
				})
			}
		}
	})
}

// TestRedefinitionReachesTypes redefines what types are made of; values of the old types stay usable.
func TestRedefinitionReachesTypes(t *testing.T) {
	eachTier(t, func(t *testing.T, tier tier) {
		for _, r := range redefinitions {
			if r.member == "" {
				continue
			}
			t.Run(r.name, func(t *testing.T) {
				m := newMatrix(t, tier)
				m.must(r.before)
				m.must("type Holder struct{ " + r.member + " }\nfunc width(h Holder) int { return len(fmt.Sprint(h)) }\nold := Holder{}")
				m.want("width(old)", r.typWas)
				m.must(r.after)
				m.want("width(Holder{})", r.typNow)
				m.want("len(fmt.Sprint(old))", r.typWas)
			})
		}
	})
}

// TestOldValuesStayUsableAndSayWhenMixed keeps values over a redefinition of their type.
func TestOldValuesStayUsableAndSayWhenMixed(t *testing.T) {
	eachTier(t, func(t *testing.T, tier tier) {
		m := newMatrix(t, tier)
		m.must("type T struct{ A int }\nfunc (t T) M() int { return t.A }\nfunc use(t T) int { return t.A * 2 }")
		m.must("old, olds, oldp := T{1}, []T{{2}, {3}}, &T{4}\nf := old.M")
		m.must("type T struct{ A, B int }")
		m.want("old.A + olds[1].A + oldp.A", "8")
		m.want("f()", "1")
		m.want("old.M()", "1")
		m.want("use(T{A: 10})", "20")
		for _, src := range []string{"use(old)", "olds = append(olds, T{A: 1})", "*oldp = T{}", "old == T{}"} {
			if got, _, err := m.show(src); err == nil {
				t.Errorf("%s: got %q, want an error: the types differ", src, got)
			} else if !strings.Contains(err.Error(), "T") {
				t.Errorf("%s: %v does not name the type", src, err)
			}
		}
		m.must("old := T{5, 6}")
		m.want("use(old)", "10")
	})
}
