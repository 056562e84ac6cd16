package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/spool"
	"github.com/gocluster/gocluster/internal/unit"
)

// shipped makes a unit as the front end does.
func shipped(t *testing.T, source string, captures ...any) Call {
	t.Helper()
	u := &unit.Unit{Name: "f", Source: "package main\n" + source, Entry: "F", Fails: strings.Contains(source, " error) {")}
	for i := range strings.Count(u.Source, "\n") + 1 {
		u.Lines = append(u.Lines, unit.Position{File: "In[7]", Line: i + 1, Col: 1})
	}
	var values [][]byte
	for i, c := range captures {
		b, err := codec.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, b)
		u.Captures = append(u.Captures, unit.Capture{Name: fmt.Sprint("c", i), Var: fmt.Sprint("c", i)})
	}
	data, err := codec.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	return Call{Unit: u, Captures: data}
}

func (c Call) over(t *testing.T, first int, inputs ...any) Call {
	t.Helper()
	c.First = first
	for _, in := range inputs {
		b, ok := in.(proto.Block)
		if !ok {
			var err error
			if b, err = codec.Block(reflect.ValueOf(in)); err != nil {
				t.Fatal(err)
			}
		}
		c.Inputs = append(c.Inputs, b)
		c.N = b.N
	}
	return c
}

// results decodes a chunk's only output, with errors in the places of values that there are none of.
func results[R any](t *testing.T, k proto.Chunk, first int) string {
	t.Helper()
	xs, err := codec.Values(k.Outputs[0], reflect.TypeFor[R]())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i := range xs.Len() {
		out = append(out, fmt.Sprint(xs.Index(i).Interface()))
	}
	for _, e := range k.Errors {
		out[e.Index-first] = fmt.Sprintf("%v(%s)", e.Kind, e.Message)
	}
	return strings.Join(out, " ")
}

func TestCallsGiveAResultOrAnErrorForEachElement(t *testing.T) {
	s := start(t, Options{Role: RoleWorker})
	for _, c := range []struct {
		name string
		call Call
		want string
		get  func(t *testing.T, k proto.Chunk, first int) string
	}{
		{"range", shipped(t, `func F(x int) int { return x * x }`).over(t, 0, proto.RangeBlock(0, 4, 1)), "0 1 4 9", results[int]},
		{"floats", shipped(t, `func F(x float64) float64 { return x / 2 }`).over(t, 0, []float64{1, 2, 3}), "0.5 1 1.5", results[float64]},
		{"captures", shipped(t, "var c0 float64\nvar c1 []string\nfunc F(i int) string { return c1[i] + c1[int(c0)] }", 1.0, []string{"a", "b"}).over(t, 0, []int{0, 1}), "ab bb", results[string]},
		{"two inputs", shipped(t, `func F(a, b int) int { return a + b }`).over(t, 10, []int{1, 3, 5, 7}, []int{2, 4, 6, 8}), "3 7 11 15", results[int]},
		{"panic", shipped(t, "func F(x int) int { return 6 / x }").over(t, 5, []int{1, 0, 3}), "6 panic(panic: runtime error: integer divide by zero) 2", results[int]},
		{"error", shipped(t, "import \"fmt\"\nfunc F(x int) (int, error) { if x == 2 { return 9, fmt.Errorf(\"bad %d\", x) }; return x, nil }").over(t, 1, []int{1, 2, 3}), "1 error(bad 2) 3", results[int]},
		{"context", shipped(t, "import \"context\"\nfunc F(ctx context.Context, x int) bool { return ctx.Err() == nil }").over(t, 0, []int{1}), "true", results[bool]},
		{"slices", shipped(t, `func F(x []int) []int { return append(x, len(x)) }`).over(t, 0, [][]int{{}, {5}}), "[0] [5 1]", results[[]int]},
		{"variadic", shipped(t, `func F(xs ...int) int { return len(xs) }`).over(t, 0, [][]int{{1, 2}, nil}), "2 0", results[int]},
		{"big", shipped(t, "import \"math/big\"\nfunc F(x int) *big.Int { return new(big.Int).Exp(big.NewInt(int64(x)), big.NewInt(30), nil) }").over(t, 0, []int{2, 7}), "1073741824 22539340290692258087863249", results[string]},
		{"unsendable", shipped(t, "func F(x int) any { if x == 1 { return make(chan int) }; return x }").over(t, 0, []int{0, 1, 2}), "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, err := s.Call(t.Context(), c.call, nil)
			if err != nil {
				t.Fatal(err)
			}
			if c.get == nil {
				if len(k.Errors) != 1 || k.Errors[0].Index != 1 || k.Errors[0].Kind != proto.KindValue {
					t.Errorf("got %+v, want a value error of element 1", k.Errors)
				}
				return
			}
			if c.name == "big" {
				return // compared below
			}
			if got := c.get(t, k, c.call.First); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestAnElementsErrorNamesItsPlace(t *testing.T) {
	s := start(t, Options{Role: RoleWorker})
	k, err := s.Call(t.Context(), shipped(t, "func g(x int) int {\n\treturn 1 / x\n}\nfunc F(x int) int {\n\treturn g(x)\n}").over(t, 3, []int{0}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(k.Errors) != 1 || k.Errors[0].Index != 3 || k.Errors[0].Trace != "\tIn[7]:3:1 in g\n\tIn[7]:6:1 in F" {
		t.Errorf("got %+v", k.Errors)
	}
}

func TestWhatACallPrintsIsItsOwn(t *testing.T) {
	s := start(t, Options{Role: RoleWorker})
	c := shipped(t, "import (\"fmt\"; \"os\")\nfunc F(x int) int { fmt.Println(\"x\", x); fmt.Fprintln(os.Stderr, \"e\", x); return x }")
	for i := range 3 {
		k, err := s.Call(t.Context(), c.over(t, i, []int{i}), nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("x %d\n/e %d\n", i, i); k.Stdout+"/"+k.Stderr != want {
			t.Errorf("got %q and %q, want %q", k.Stdout, k.Stderr, want)
		}
	}
}

func TestManyFunctionsAreForgottenAndSentAgain(t *testing.T) {
	s := start(t, Options{Role: RoleWorker})
	var calls []Call
	for i := range keepUnits + 3 {
		calls = append(calls, shipped(t, fmt.Sprintf("var c0 int\nfunc F(x int) int { return x + c0 + %d }", i), 100).over(t, 0, []int{1}))
	}
	for round := range 2 {
		for i, c := range calls {
			k, err := s.Call(t.Context(), c, nil)
			if err != nil {
				t.Fatalf("round %d, function %d: %v", round, i, err)
			}
			if got, want := results[int](t, k, 0), fmt.Sprint(101+i); got != want {
				t.Errorf("round %d, function %d: got %s, want %s", round, i, got, want)
			}
		}
	}
}

func TestATimeoutEndsOnlyItsElement(t *testing.T) {
	s := start(t, Options{Role: RoleWorker})
	for name, wait := range map[string]string{
		"loop":             `for { }`,
		"sleep":            `time.Sleep(time.Hour)`,
		"in compiled code": `var mu sync.Mutex; mu.Lock(); mu.Lock()`,
	} {
		t.Run(name, func(t *testing.T) {
			c := shipped(t, "import (\"time\"; \"sync\")\nvar _ sync.Mutex\nvar _ time.Time\nfunc F(x int) int {\n\tif x == 1 {\n"+wait+"\n}\n\treturn x\n}").over(t, 0, []int{0, 1, 2, 3})
			c.Timeout = 50 * time.Millisecond
			k, err := s.Call(t.Context(), c, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := results[int](t, k, 0), "0 timeout(it ran longer than 50ms) 2 3"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestAContextThatEndsWithItsTimeIsATimeout(t *testing.T) {
	s := start(t, Options{Role: RoleWorker})
	c := shipped(t, "import (\"context\"; \"fmt\")\nfunc F(ctx context.Context, x int) (int, error) {\n\tif x == 1 {\n\t\t<-ctx.Done()\n\t\treturn 0, fmt.Errorf(\"got no answer: %w\", ctx.Err())\n\t}\n\treturn x, nil\n}").over(t, 0, []int{0, 1, 2})
	c.Timeout = 50 * time.Millisecond
	k, err := s.Call(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := results[int](t, k, 0), "0 timeout(it ran longer than 50ms) 2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestACancelledCallKeepsItsResults(t *testing.T) {
	s := start(t, Options{Role: RoleWorker})
	c := shipped(t, "import \"fmt\"\nfunc F(x int) int { if x == 2 { fmt.Println(); for { } }; return x }").over(t, 0, []int{0, 1, 2, 3})
	ctx, cancel := context.WithCancel(t.Context())
	out := &record{seen: make(chan struct{}, 1)}
	go func() { <-out.seen; cancel() }()
	k, err := s.Call(ctx, c, out)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := results[int](t, k, 0), "0 1 cancelled(the call was cancelled) cancelled(the call was cancelled)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	k, err = s.Call(t.Context(), shipped(t, `func F(x int) int { return x + 1 }`).over(t, 0, []int{1}), nil)
	if err != nil || results[int](t, k, 0) != "2" {
		t.Errorf("the next call: got %v, %v", k, err)
	}
}

func TestADeadWorkerIsSaidToBeLost(t *testing.T) {
	s := start(t, Options{Role: RoleWorker, Once: true})
	_, err := s.Call(t.Context(), shipped(t, "import \"os\"\nfunc F(x int) int { os.Exit(9); return x }").over(t, 0, []int{1}), nil)
	var e *CellError
	if !errors.As(err, &e) || e.EName != LostName || !strings.Contains(e.Message, "os.Exit(9)") {
		t.Fatalf("got %v", err)
	}
	<-s.Ended()
	if !strings.Contains(s.Reason(), "os.Exit(9)") {
		t.Errorf("got reason %q", s.Reason())
	}
}

func TestAMillionElementsCostLittleMoreThanTheirCalls(t *testing.T) {
	s := start(t, Options{Role: RoleWorker})
	c := shipped(t, `func F(x int) float64 { return float64(x) }`).over(t, 0, proto.RangeBlock(0, 100_000, 1))
	began := time.Now()
	k, err := s.Call(t.Context(), c, nil)
	if err != nil || len(k.Outputs) != 1 || k.Outputs[0].N != 100_000 {
		t.Fatalf("got %d outputs, %v", len(k.Outputs), err)
	}
	t.Logf("%v for each of 100,000 elements", time.Since(began)/100_000)
}

func TestLargeValuesArePulledAsFiles(t *testing.T) { tiered(t, largeValuesAsFiles) }

func largeValuesAsFiles(t *testing.T, open func(*testing.T, Options) *notebook) {
	s := open(t, Options{}).s
	dir, err := spool.Make(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dir.Close() }()
	want, err := codec.Marshal(make([]float64, spool.Min))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Push(t.Context(), "v", "[]float64", want); err != nil {
		t.Fatal(err)
	}
	_, value, err := s.PullBytes(t.Context(), "v", dir.Path())
	if err != nil || value.File == "" || len(value.Data) > 0 || value.Size != len(want) {
		t.Fatalf("pulled as %d bytes and the file %q of %d bytes, %v; it has %d", len(value.Data), value.File, value.Size, err, len(want))
	}
	if got, err := dir.Read(value.File); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the file has %d other bytes, %v", len(got), err)
	}
	if _, value, err = s.PullBytes(t.Context(), "v[:3]", dir.Path()); err != nil || value.File != "" || len(value.Data) == 0 {
		t.Errorf("a small value was pulled as %d bytes and the file %q, %v", len(value.Data), value.File, err)
	}
}

func TestPushAndPull(t *testing.T) { tiered(t, pushAndPull) }

func pushAndPull(t *testing.T, open func(*testing.T, Options) *notebook) {
	nb := open(t, Options{})
	s := nb.s
	for _, c := range []struct {
		typ   string
		value any
		expr  string
		want  any
	}{
		{"int", 7, "v + 1", 8},
		{"[]float64", []float64{1, 2}, "v[1]", 2.0},
		{"map[string]int", map[string]int{"a": 1}, "len(v)", 1},
		{"[]int", []int{1, 2}, "v", []int{1, 2}},
		{"string", "x", "v + v", "xx"},
	} {
		data, err := codec.Marshal(c.value)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Push(t.Context(), "v", c.typ, data); err != nil {
			t.Fatalf("%s: %v", c.typ, err)
		}
		typ, data, err := s.Pull(t.Context(), c.expr)
		if err != nil {
			t.Fatalf("%s: %v", c.expr, err)
		}
		got := reflect.New(reflect.TypeOf(c.want))
		if err := codec.Unmarshal(data, got.Interface()); err != nil || !reflect.DeepEqual(got.Elem().Interface(), c.want) || typ != got.Elem().Type().String() {
			t.Errorf("%s: got %v %s, %v; want %v", c.expr, got.Elem(), typ, err, c.want)
		}
	}
	if got := nb.cell(`v`); got != "x" {
		t.Errorf("a pushed variable in a cell: got %q", got)
	}
	if _, _, err := s.Pull(t.Context(), "nothing"); err == nil || !strings.Contains(err.Error(), "undefined: nothing") {
		t.Errorf("got %v", err)
	}
	if err := s.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Pull(t.Context(), "v"); err == nil {
		t.Error("a variable survived Clear")
	}
}

func TestMemoryIsLimited(t *testing.T) {
	if raceEnabled || runtime.GOOS != "linux" {
		t.Skip("only Linux enforces the limit, and the race detector needs more than there is")
	}
	nb := &notebook{t: t, s: start(t, Options{MemoryLimit: 200 << 20})}
	e := nb.fails("var all [][]byte\nfor { b := make([]byte, 10<<20); for i := 0; i < len(b); i += 4096 { b[i] = 1 }; all = append(all, b) }")
	if !strings.Contains(e.Message, "out of memory") {
		t.Errorf("got %v", e)
	}
	if got := nb.cell(`1`); got != "1" {
		t.Errorf("afterwards: got %q", got)
	}
}
