package host

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestVariablesAreOneByTheirLoweredNames(t *testing.T) {
	*Var[int]("n")++
	*Var[int]("n")++
	v, ok := LookupVar("n")
	if !ok || v.Int() != 2 {
		t.Errorf("got %v %v, want 2", v, ok)
	}
	v.SetInt(7)
	if DefineVar("n", reflect.TypeFor[int]()).Int() != 7 || *Var[int]("n") != 7 {
		t.Error("there are two variables")
	}
	if _, ok := LookupVar("m"); ok {
		t.Error("a variable that nobody made is there")
	}
	defer func() {
		if r, _ := recover().(string); !strings.Contains(r, "the variable n has type int, code wants it to be string") {
			t.Errorf("got %v", r)
		}
	}()
	Var[string]("n")
}

func TestVariablesMayGetTypesDeclaredAgain(t *testing.T) {
	type first struct{ X int }
	type second struct{ X int }
	Var[first]("p").X = 5
	q := Retype[second]("p")
	if q.X != 5 || Var[second]("p") != q || Retype[second]("p") != q {
		t.Errorf("got %+v, want the same variable", *q)
	}
}

func TestTypesAreKnownByTheirLoweredNames(t *testing.T) {
	type point struct{ x int }
	Type[point]("point__2")
	if got, ok := LookupType("point__2"); !ok || got != reflect.TypeFor[point]() {
		t.Errorf("got %v", got)
	}
}

// session is a Runtime that keeps what is printed.
type session struct {
	Runtime
	text strings.Builder
}

func (s *session) Stream(f *os.File) any { return textWriter{&s.text} }
func (s *session) Scan(read func(io.Reader) (int, error)) (int, error) {
	return read(strings.NewReader("7 8\n"))
}

type textWriter struct{ *strings.Builder }

func TestTheStandInsPrintAsTheirOriginals(t *testing.T) {
	s := &session{}
	Set(s)
	defer Set(nil)
	Builtin(true, 1, 1.5, float32(0.1), 3e300, "s", true, 'a', complex(1, -2), time.Second, uint8(200))
	Builtin(false, 1, " ", 2.0, "\n")
	Println("a", 1)
	Printf("%d;", 2)
	Print(3, 4, "\n")
	var x, y int
	n, err := Scan(&x, &y)
	Print(n, err, x, y)
	want := "1 1.5 0.1 3e+300 s true 97 (1-2i) 1000000000 200\n1 2\na 1\n2;3 4\n" + fmt.Sprint(2, nil, 7, 8)
	if got := s.text.String(); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
