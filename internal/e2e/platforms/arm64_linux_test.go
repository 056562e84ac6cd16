package platforms

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/command"
	"github.com/gocluster/gocluster/internal/launch"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/internal/unit/build"
	"github.com/gocluster/gocluster/profiles"
	"github.com/gocluster/gocluster/views"
)

func TestMain(m *testing.M) {
	command.Setup()
	os.Exit(m.Run())
}

const (
	// patience bounds every wait: who hits it has hung. Emulation is slow, and so is compiling the standard library for another platform.
	patience = 3 * time.Minute
	emulator = "qemu-aarch64"
	arm64    = "linux/arm64"
)

// emulated builds goengine for linux/arm64.
func emulated(t *testing.T) (file string) {
	t.Helper()
	_, err := exec.LookPath(emulator)
	switch {
	case runtime.GOARCH == "arm64":
		t.Skip("this machine is not of another platform than its emulated engines") // STRICT or not: there is nothing to emulate
	case err != nil && os.Getenv("STRICT") == "1":
		t.Fatalf("%v: apt-get install qemu-user", err)
	case err != nil:
		t.Skipf("%v: apt-get install qemu-user", err)
	}
	file = filepath.Join(t.TempDir(), "goengine")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", file, "github.com/gocluster/gocluster/cmd/goengine")
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building goengine for %s: %v\n%s", arm64, err, out)
	}
	return file
}

// mixed starts a cluster with two engines of this platform, two emulated ones beside them, and connects to it.
func mixed(t *testing.T) *client.Client {
	t.Helper()
	file := emulated(t)
	t.Setenv(profiles.DirEnv, t.TempDir())
	t.Setenv(profiles.ConnectionEnv, "")
	p, err := profiles.Create("lab")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	c, err := launch.Start(ctx, launch.Config{Profile: p, N: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(context.Background()); err != nil {
			t.Errorf("stopping the cluster: %v", err)
		}
	})
	emulate(t, file, "--profile=lab", "--n=2")
	rc, err := client.Connect(ctx, client.Options{Profile: "lab", Events: func(e client.Event) { t.Log(e.Text) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rc.Close() })
	if err := rc.WaitForEngines(ctx, 4); err != nil {
		t.Fatal(err)
	}
	return rc
}

// emulate runs goengine under the emulator until the test's end, when it is asked to leave, and must leave no process.
func emulate(t *testing.T, file string, args ...string) {
	t.Helper()
	cmd := exec.Command(emulator, append([]string{file}, args...)...)
	cmd.Env = append(os.Environ(), role.RunnerEnv+"="+emulator)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // it may have ended, which Wait tells
		late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		defer late.Stop()
		if err := cmd.Wait(); err != nil || t.Failed() {
			t.Errorf("the emulated goengine: %v\n%s", err, said.String())
		}
		for begun := time.Now(); running(t, file); {
			if time.Since(begun) > patience {
				t.Fatal("the emulated goengine has left processes")
			}
		}
	})
}

// running reports whether a process has this in its command line.
func running(t *testing.T, part string) bool {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(processes, func(name string) bool {
		line, err := os.ReadFile(name)
		return err == nil && bytes.Contains(line, []byte(part)) // an error: it has just ended
	})
}

// platforms are those of a cluster's engines.
func platforms(t *testing.T, rc *client.Client) map[int]string {
	t.Helper()
	hosts, err := rc.Workers()
	if err != nil {
		t.Fatal(err)
	}
	of := map[int]string{}
	for _, h := range hosts {
		for _, id := range h.Engines {
			of[id] = h.Platform
		}
	}
	return of
}

// untilNative maps on all engines until every element of a job has run natively, and returns the first job and that one.
func untilNative(t *testing.T, view views.View, fn any, in any) (first, native *views.Result) {
	t.Helper()
	var r *views.Result
	for begun := time.Now(); time.Since(begun) < patience; {
		r = view.Map(fn, in)
		if first == nil {
			first = r
		}
		tasks := r.Tasks()
		if len(tasks) == 0 {
			t.Fatal(r.Err())
		}
		if !slices.ContainsFunc(tasks, func(k views.Task) bool { return k.Tier != "native" }) {
			return first, r
		}
		if why := r.NotCompiled(); why != "" {
			t.Fatal(why)
		}
	}
	t.Fatalf("after %v, it is not compiled for all: %+v", patience, r.Tasks())
	return nil, nil
}

func both(rs ...*views.Result) []*views.Result { return rs }

// answers are what a job's elements came to, by the platform that they ran on: values, or the error's message and place.
func answers(r *views.Result, of map[int]string) map[string][]any {
	values, err := r.Get()
	failed := map[int]string{}
	var all *views.MapError
	if errors.As(err, &all) {
		for _, e := range all.Failed {
			failed[e.Index] = e.Message + " at " + e.Position
		}
	}
	out := map[string][]any{}
	for _, k := range r.Tasks() {
		for i := k.First; i < k.First+k.N && i < len(values); i++ {
			v := values[i]
			if why, bad := failed[i]; bad {
				v = why
			}
			out[of[k.Engine]] = append(out[of[k.Engine]], v)
		}
	}
	return out
}

// text tells all of a value, also of a NaN, which is not equal to itself.
func text(v any) string { return fmt.Sprintf("%#v", v) }

type reading struct {
	Name   string
	Values []float64
	Tags   map[string]int8
}

var units = map[string]float64{"m": 1, "km": 1000, "µm": 1e-6}

// The answers of these are given by the language: it lets compilers fuse x*y+z, but where a conversion is between. See docs/machines.md.
var corpus = []struct {
	name string
	fn   any
	in   any
}{
	{"integers", func(x int64) int64 { return x*x - x<<3 }, []int64{0, -1, 1 << 40, math.MaxInt64}},
	{"narrow integers", func(x int32) int8 { return int8(uint16(x) >> 3) }, []int32{-70000, 129, 1 << 30}},
	{"floats", func(x float64) float64 { return math.Sqrt(1/x) + 0.1 }, []float64{0, math.Copysign(0, -1), 3, 1e-320, math.Inf(1)}},
	{"sums of floats", sum, []int{1, 10, 1000}},
	{"float32", func(x float32) float32 { return x / 3 }, []float32{1, 16777217, 1e-45}},
	{"complex", func(z complex128) complex128 { return z + 1i }, []complex128{0, 2 - 3i}},
	{"text", func(s string) string { return fmt.Sprintf("%q %v", strings.ToUpper(s), units[s]) }, []string{"", "km", "µm", "αβγ"}},
	{"structs", func(r reading) reading {
		slices.Sort(r.Values)
		return reading{r.Name + "!", r.Values, map[string]int8{"n": int8(len(r.Values))}}
	}, []reading{{"a", []float64{3, 1, 2.5}, nil}, {"é", nil, map[string]int8{"x": -128}}}},
	{"errors", func(x int) (int, error) {
		if x > 1 {
			return 0, fmt.Errorf("%d is too many", x)
		}
		return x, nil
	}, []int{1, 2}},
	{"panics", func(x int) int { return 10 / x }, []int{5, 0}},
	{"nil pointers", func(p *reading) string { return p.Name }, []*reading{{Name: "n"}, nil}},
}

func sum(n int) (s float64) {
	for i := range n {
		s += float64(float64(i) * 1.1)
	}
	return s
}

// arch is where it runs.
func arch(int) string { return runtime.GOOS + "/" + runtime.GOARCH }

type word string

// forms has the platform in many places. Its answer is the same on both, if each knows where it is.
func forms(expected string) (out []string) {
	switch runtime.GOARCH {
	case expected:
		out = append(out, "switch")
	}
	switch expected {
	case "386", runtime.GOARCH:
		out = append(out, "case")
	}
	if runtime.GOARCH == "amd64" != (expected == "arm64") && len(runtime.GOARCH) == 5 {
		out = append(out, "if")
	}
	w := word(runtime.GOARCH + "!")
	var v any = runtime.GOARCH
	if w == word(expected)+"!" && v == any(expected) {
		out = append(out, "values")
	}
	return append(out, map[string]string{runtime.GOARCH: "key"}[expected], [...]string{runtime.GOARCH}[0][:1])
}

// TestEnginesOfTwoPlatforms maps functions on engines of this platform and of linux/arm64: interpreted, and compiled for each.
func TestEnginesOfTwoPlatforms(t *testing.T) {
	build.SetDefault(build.New(build.Options{Cache: t.TempDir()})) // where nothing has been compiled
	t.Cleanup(func() { build.SetDefault(build.New(build.Options{})) })
	rc := mixed(t)
	here, of := runtime.GOOS+"/"+runtime.GOARCH, platforms(t, rc)
	if got, want := slices.Sorted(maps.Values(of)), []string{here, here, arm64, arm64}; !reflect.DeepEqual(got, want) {
		t.Fatalf("the engines are on %v, want %v", got, want)
	}
	view, own := rc.All(), map[string][]any{here: {here, here}, arm64: {arm64, arm64}}
	t.Run("each runs a program of its own", func(t *testing.T) {
		for i, r := range both(untilNative(t, view, arch, make([]int, 4))) {
			if got := answers(r, of); !reflect.DeepEqual(got, own) {
				t.Errorf("%s, the function says it ran on %v, want %v", []string{"interpreted", "compiled"}[i], got, own)
			}
		}
	})
	t.Run("code knows where it is", func(t *testing.T) {
		xs := []string{runtime.GOARCH, runtime.GOARCH, "arm64", "arm64"} // engines get one each, in the order of their ids
		want := text([]any{[]string{"switch", "case", "if", "values", "key", "a"}})
		for i, r := range both(untilNative(t, view, forms, xs)) {
			values, err := r.Get()
			for k, v := range values {
				if got := text([]any{v}); got != want {
					t.Errorf("%s, %s: %s, %v; want %s", []string{"interpreted", "compiled"}[i], xs[k], got, err, want)
				}
			}
		}
	})
	t.Run("what is executed is compiled for the client's platform", func(t *testing.T) {
		r := view.Execute("s := 0\nfor i := range 5 {\n\ts += i\n}\nfmt.Sprint(runtime.GOARCH, \" \", s)")
		values, err := r.Get()
		ran := map[string][]string{}
		for i, k := range r.Tasks() {
			ran[of[k.Engine]] = append(ran[of[k.Engine]], k.Tier)
			if want := fmt.Sprintf("%s 10", strings.TrimPrefix(of[k.Engine], "linux/")); err != nil || fmt.Sprint(values[i]) != want {
				t.Errorf("engine %d says %v, %v; want %s", k.Engine, values[i], err, want)
			}
		}
		if want := map[string][]string{here: {"native", "native"}, arm64: {"interpreted", "interpreted"}}; !reflect.DeepEqual(ran, want) || r.NotCompiled() == "" {
			t.Errorf("the code ran as %v (%s), want %v", ran, r.NotCompiled(), want)
		}
	})
	t.Run("a worker that has died is replaced", func(t *testing.T) {
		if err := view.Execute("import \"os\"\nos.Exit(3)").Err(); err == nil || !strings.HasPrefix(err.Error(), "4 of 4 engines failed") || !strings.Contains(err.Error(), "os.Exit(3) was called") {
			t.Errorf("the engines say %v", err)
		}
		_, native := untilNative(t, view, arch, make([]int, 4))
		if got := answers(native, of); !reflect.DeepEqual(got, own) {
			t.Errorf("afterwards, the function says it ran on %v, want %v", got, own)
		}
		st, err := rc.Status()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range st.Engines {
			if e.Restarts != 1 {
				t.Errorf("engine %d was started again %d times", e.ID, e.Restarts)
			}
		}
	})
	for _, c := range corpus {
		t.Run(c.name, func(t *testing.T) {
			xs := reflect.ValueOf(c.in)
			each := xs
			for range len(of) - 1 { // every engine gets all of them
				each = reflect.AppendSlice(each, xs)
			}
			first, native := untilNative(t, view, c.fn, each.Interface())
			if slices.ContainsFunc(first.Tasks(), func(k views.Task) bool { return k.Tier == "native" }) {
				t.Error("it was native before it was ever compiled")
			}
			a, b := answers(native, of), answers(first, of)
			if len(a[here]) != 2*xs.Len() || text(a[here]) != text(a[arm64]) {
				t.Errorf("compiled, on %s:\n%s\non %s:\n%s", here, text(a[here]), arm64, text(a[arm64]))
			}
			if text(a) != text(b) {
				t.Errorf("compiled:\n%s\ninterpreted:\n%s", text(a), text(b))
			}
		})
	}
}
