package self

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

type point struct{ X, y int }

func (p point) sum(n int) int { return p.X + p.y + n }

func add(p point, n int) (int, error) { return p.sum(n), nil }

func same[T any](x T) T { return x }

func TestAFunctionIsFoundByItsName(t *testing.T) {
	for _, f := range []any{add, point.sum, func(p point, n int) int { return p.X * n }, strings.ToUpper} {
		fn, err := Of(f)
		if err != nil {
			t.Errorf("%T: %v", f, err)
			continue
		}
		v, err := fn.value()
		if err != nil || v.Type() != reflect.TypeOf(f) || v.Pointer() != reflect.ValueOf(f).Pointer() {
			t.Errorf("%s: got %v, %v", fn.Name, v, err)
		}
	}
	fn, err := Of(add)
	if err != nil {
		t.Fatal(err)
	}
	v, err := fn.value()
	if err != nil {
		t.Fatal(err)
	}
	if got := v.Call([]reflect.Value{reflect.ValueOf(point{1, 2}), reflect.ValueOf(3)}); got[0].Int() != 6 {
		t.Errorf("it returns %v", got[0])
	}
	fn.Code += 4
	if _, err := fn.value(); err == nil {
		t.Error("code that is no function's is taken for one")
	}
}

func TestWhatHasMoreToItThanCodeIsRefused(t *testing.T) {
	made := reflect.MakeFunc(reflect.FuncOf([]reflect.Type{reflect.TypeFor[point]()}, []reflect.Type{reflect.TypeFor[[7]point]()}, false), nil)
	for what, f := range map[string]any{"a method value": point{}.sum, "a generic function": same[point], "a function made at run time": made.Interface()} {
		if fn, err := Of(f); err == nil {
			t.Errorf("%s is %+v", what, fn)
		}
	}
}

// TestTheCopyHasAnotherMain starts the copy of this test: it finds no host and ends, and no test runs.
func TestTheCopyHasAnotherMain(t *testing.T) {
	o, err := Program()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "copy")
	if err := os.WriteFile(name, o.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), name, "-test.v", "-test.run=TestAFunctionIsFoundByItsName")
	if out, _ := cmd.CombinedOutput(); strings.Contains(string(out), "=== RUN") || strings.Contains(string(out), "PASS") {
		t.Errorf("its main has run:\n%s", out)
	}
	if err := os.WriteFile(name, original(t), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd = exec.CommandContext(t.Context(), name, "-test.v", "-test.run=TestAFunctionIsFoundByItsName")
	if out, _ := cmd.CombinedOutput(); !strings.Contains(string(out), "=== RUN") {
		t.Errorf("the test itself says\n%s", out)
	}
}

func original(t *testing.T) []byte {
	t.Helper()
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
