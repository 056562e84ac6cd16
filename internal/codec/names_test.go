package codec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

type degrees float64

func (d degrees) String() string { return fmt.Sprintf("%.1f degrees", float64(d)) }

type shape interface{ Area() float64 }

type square struct{ side float64 }

func (s square) Area() float64 { return s.side * s.side }

type node struct {
	Value any
	next  *node
}

type pair[A, B any] struct {
	First  A
	Second B
}

func (p pair[A, B]) String() string { return fmt.Sprint(p.First, "/", p.Second) }

type code int

func (c code) Error() string { return "code " + strconv.Itoa(int(c)) }

type failure struct {
	Op  string
	err error
}

func (f *failure) Error() string { return f.Op + ": " + f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// through sends a value of a static type and decodes it into a new variable.
func through[T any](t *testing.T, v T) (T, error) {
	t.Helper()
	data, err := Append(nil, reflect.ValueOf(&v).Elem())
	if err != nil {
		t.Fatalf("%T: %v", v, err)
	}
	var got T
	return got, Unmarshal(data, &got)
}

func TestDeclaredTypesInInterfacesKeepTheirNames(t *testing.T) {
	type local struct{ A int }
	for _, want := range []any{
		degrees(3), &[]degrees{1}[0], []degrees{1, 2}, map[degrees]square{1: {2}}, [2]square{{1}, {2}}, square{3}, &square{4}, []shape{square{1}, &square{2}, nil},
		node{Value: degrees(1), next: &node{Value: square{2}}}, pair[int, degrees]{1, 2}, pair[pair[string, int], []square]{}, []any{degrees(1), []any{square{1}}},
		map[string]any{"d": degrees(1), "s": []shape{square{2}}}, struct {
			D degrees `tag:"x"`
			s shape
		}{1, square{2}}, local{7}, (*square)(nil), []degrees(nil), map[shape]int{square{1}: 1}, code(3), os.FileMode(7),
	} {
		got, err := through(t, want)
		if err != nil {
			t.Errorf("%T: %v", want, err)
			continue
		}
		if reflect.TypeOf(got) != reflect.TypeOf(want) || !reflect.DeepEqual(got, want) {
			t.Errorf("got %T %+v, want %T %+v", got, got, want, want)
		}
	}
	if got, err := through[shape](t, square{2}); err != nil || got.Area() != 4 {
		t.Errorf("got %v, %v, want the square", got, err)
	}
}

func TestErrorsArriveAsWhatTheyAre(t *testing.T) {
	base := errors.New("base")
	_, number := strconv.Atoi("x")
	_, open := os.Open("/does/not/exist")
	for _, want := range []error{
		base, code(3), &failure{"read", code(4)}, fmt.Errorf("wrapped: %w", base), fmt.Errorf("%w and %w", code(1), io.EOF), errors.Join(base, &failure{"join", base}),
		number, open, io.EOF, context.DeadlineExceeded, (*failure)(nil),
	} {
		got, err := through(t, want)
		if err != nil || reflect.TypeOf(got) != reflect.TypeOf(want) || !reflect.DeepEqual(got, want) {
			t.Errorf("got %T %+v, %v, want %T %+v", got, got, err, want, want)
		}
		again, err := through(t, []any{want})
		if err != nil || !reflect.DeepEqual(again, []any{want}) {
			t.Errorf("in a list: got %v, %v, want %v", again, err, want)
		}
	}
	for _, c := range []struct {
		err, is error
	}{
		{fmt.Errorf("a: %w", base), base}, {&failure{"x", base}, base}, {errors.Join(io.EOF, base), io.EOF}, {open, fs.ErrNotExist}, {number, strconv.ErrSyntax}, {fmt.Errorf("%w", code(1)), code(1)},
	} {
		if got, err := through(t, c.err); err != nil || !errors.Is(got, c.is) {
			t.Errorf("%v does not say that it is %v: %v", got, c.is, err)
		}
	}
	var f *failure
	got, _ := through(t, fmt.Errorf("outer: %w", &failure{"inner", code(9)}))
	if c := code(0); !errors.As(got, &f) || f.Op != "inner" || !errors.As(got, &c) || c != 9 {
		t.Errorf("got %#v, want a failure and a code in it", got)
	}
}

func TestOfErrorsThatStayTheTextsAndTheRestArrive(t *testing.T) {
	stays := &holder{fmt.Errorf("inner: %w", code(5)), make(chan int)}
	got, err := through[error](t, fmt.Errorf("outer: %w", stays))
	var remote *RemoteError
	c := code(0)
	if err != nil || got.Error() != "outer: held: inner: code 5" || !errors.As(got, &remote) || !errors.As(got, &c) || c != 5 {
		t.Errorf("got %#v, %v", got, err)
	}
}

type holder struct {
	err  error
	stop chan int
}

func (h *holder) Error() string { return "held: " + h.err.Error() }
func (h *holder) Unwrap() error { return h.err }

func TestTypesThatTheOtherSideDoesNotHaveAreNamed(t *testing.T) {
	data, err := Append(nil, reflect.ValueOf(new(any)).Elem())
	if err != nil {
		t.Fatal(err)
	}
	encode := func(text string) []byte {
		e := encoder{buf: data[:0:0]}
		e.objectOf(text)
		e.buf = appendFloat64(e.buf, 3)
		return e.buf
	}
	for text, want := range map[string]string{
		`"main.Celsius"#00000000`:               "type main.Celsius, which is not known here",
		`[]"example.org/lab;lab.Unit"#00000000`: "type lab.Unit, which is not known here",
		nameOf(reflect.TypeFor[degrees]()).text[:len(nameOf(reflect.TypeFor[degrees]()).text)-8] + "00000000": "another type codec.degrees than the one that is declared here",
	} {
		_, err := Decode(encode(text))
		var unknown *UnknownTypeError
		if !errors.As(err, &unknown) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	// Of an error the texts arrive.
	var e encoder
	e.objectOf("error")
	inner := encode(`"main.Failure"#00000000`)
	e.buf = append(appendHead(e.buf, majorArray, 3), appendHead(appendHead(nil, majorTag, tagCBOR), majorBytes, uint64(len(inner)))...)
	e.buf = appendText(appendHead(append(e.buf, inner...), majorUint, 0), "failure 7")
	var got error
	if err := Unmarshal(e.buf, &got); err != nil || got.Error() != "failure 7" {
		t.Errorf("got %v, %v, want failure 7", got, err)
	}
}

func TestNamesComeBeforeLinkedTypes(t *testing.T) {
	type degrees struct{ F float64 } // of the same name
	mine := reflect.TypeFor[degrees]()
	asked := ""
	n := Names(func(name string) []reflect.Type { asked = name; return []reflect.Type{mine} })
	data, err := Append(nil, reflect.ValueOf([]any{degrees{1}}))
	if err != nil {
		t.Fatal(err)
	}
	var got []any
	if err := n.UnmarshalValue(data, reflect.ValueOf(&got).Elem()); err != nil || got[0] != any(degrees{1}) || !strings.HasSuffix(asked, "codec;codec.degrees") {
		t.Errorf("got %v, %v, asked for %s", got, err, asked)
	}
}
