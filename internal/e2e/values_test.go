package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/launch"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
	"github.com/gocluster/gocluster/views"
)

func total(xs []float64) (sum float64) {
	for _, x := range xs {
		sum += x
	}
	return sum
}

func times(xs []float64, k float64) int {
	for i := range xs {
		xs[i] *= k
	}
	return len(xs)
}

func longer(xs *[]float64, x float64) int {
	*xs = append(*xs, x)
	return len(*xs)
}

func named(p *point, tag string) string {
	p.y++
	p.Tags = append(p.Tags, tag)
	return fmt.Sprint(*p)
}

func counted(seen map[string]int, what string) int {
	seen[what]++
	return seen[what]
}

func crash(xs []float64, x float64) int {
	xs[0] = 7
	if x > 0 {
		os.Exit(3)
	}
	return 0
}

func at(i int, xs []float64) float64 { return xs[i] }

// warm calls a function on scratch variables until it runs as a compiled program.
func warm(t *testing.T, view views.View, fn any, args ...any) {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < lab.Patience; {
		r := view.Apply(fn, args...)
		if err := r.Err(); err != nil {
			t.Fatal(err)
		}
		if tiers(r)["interpreted"] == 0 {
			return
		}
		if why := r.NotCompiled(); why != "" {
			t.Fatal(why)
		}
	}
	t.Fatal("it was never compiled")
}

// What lives on engines is read and written where it is, by interpreted functions, by compiled ones, each a process of its own, and by the
// engines' sessions, in any order.
func TestReferences(t *testing.T) {
	cluster := start(t, 2)
	rc := connect(t, cluster, nil)
	if err := rc.WaitForEngines(lab.Patient(t), 2); err != nil {
		t.Fatal(err)
	}
	all := rc.All()
	part, k := views.Ref[[]float64]("part"), views.Ref[float64]("k")
	spot, seen := views.Ref[point]("spot"), views.Ref[map[string]int]("seen")
	for _, tier := range []string{"interpreted", "native"} {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", tier, err)
			}
		}
		ran := func(want []any, r *views.Result) {
			t.Helper()
			got, err := r.Get()
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: got %v, %v; want %v", tier, got, err, want)
			}
			if tier == "native" && tiers(r)["native"] != len(want) {
				t.Errorf("it ran as %v", tiers(r))
			}
		}
		has := func(expr string, want ...any) {
			t.Helper()
			if got, err := all.Pull(expr); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %s is %v, %v; want %v", tier, expr, got, err, want)
			}
		}
		if tier == "native" {
			must(all.Push(map[string]any{"xs": []float64{1}, "p": point{}, "m": map[string]int{}}))
			warm(t, all, total, views.Ref[[]float64]("xs"))
			warm(t, all, times, views.Ref[[]float64]("xs"), 1.0)
			warm(t, all, longer, views.Ref[[]float64]("xs"), 1.0)
			warm(t, all, named, views.Ref[point]("p"), "t")
			warm(t, all, counted, views.Ref[map[string]int]("m"), "w")
			warm(t, all, at, 0, views.Ref[[]float64]("xs"))
		}
		must(all.Scatter("part", []float64{1, 2, 3, 10, 20, 30}))
		must(all.Push(map[string]any{"k": 2.0, "spot": point{1, 2, []string{"a"}}, "seen": map[string]int{}}))
		ran([]any{6.0, 60.0}, all.Apply(total, part))
		ran([]any{3, 3}, all.Apply(times, part, k))
		ran([]any{12.0, 120.0}, all.Apply(total, part))
		has("part", []float64{2, 4, 6}, []float64{20, 40, 60})
		ran([]any{4, 4}, all.Apply(longer, part, 1.5))
		has("len(part)", 4, 4)
		must(all.Execute("part[0] = 100\nk = 0.5").Err())
		ran([]any{111.5, 201.5}, all.Apply(total, part))
		ran([]any{4, 4}, all.Apply(times, part, k))
		ran([]any{50.0, 2.0, 50.0, 20.0}, all.Map(at, []int{0, 1, 0, 1}, part))
		ran([]any{"{1 3 [a x]}", "{1 3 [a x]}"}, all.Apply(named, spot, "x"))
		ran([]any{"{1 4 [a x y]}", "{1 4 [a x y]}"}, all.Apply(named, spot, "y"))
		for n := range 3 {
			ran([]any{n + 1, n + 1}, all.Apply(counted, seen, "a"))
		}
		has(`seen["a"]`, 3, 3)
		must(all.Push(map[string]any{"seen": map[string]int{"a": 10}}))
		ran([]any{11, 11}, all.Apply(counted, seen, "a"))
	}
	crashes(t, rc)
	mistakes(t, all)
}

// crashes ends programs that have variables: what they have not changed is as it was, of the rest it is said that it is gone.
func crashes(t *testing.T, rc *client.Client) {
	part := views.Ref[[]float64]("part")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	one := rc.Engines(0)
	must(one.Push(map[string]any{"part": []float64{1, 2}}))
	warm(t, one, crash, part, 0.0)
	if err := one.Apply(crash, part, 1.0).Err(); err == nil {
		t.Error("the function's process has not ended")
	}
	if got, err := one.Pull("part"); err == nil || !strings.Contains(err.Error(), "engine 0: the value of part went with the process") || !strings.Contains(err.Error(), "os.Exit(3)") {
		t.Errorf("a value that is lost: %v, %v", got, err)
	}
	must(one.Push(map[string]any{"part": []float64{1, 2}}))
	if err := one.Apply(crash, part, 1.0).Err(); err == nil {
		t.Error("the function's process has not ended")
	}
	if got, err := one.Pull("part"); err != nil || !reflect.DeepEqual(got, []any{[]float64{1, 2}}) {
		t.Errorf("a value that is as it was before the call: %v, %v", got, err)
	}
}

func mistakes(t *testing.T, all *views.DirectView) {
	part, k := views.Ref[[]float64]("part"), views.Ref[float64]("k")
	for what, c := range map[string]struct {
		r    *views.Result
		want []string
	}{
		"no such name":  {all.Apply(total, views.Ref[[]float64]("nothing")), []string{"engine 0", "nothing", "Push"}},
		"another type":  {all.Apply(total, views.Ref[[]float64]("k")), []string{"engine 0", "k is a float64", "parameter is a []float64"}},
		"parameter":     {all.Apply(total, k), []string{"argument 1", `views.Ref[float64]("k")`, "the parameter is []float64"}},
		"nothing else":  {all.Map(total, part), []string{"all inputs are references"}},
		"no identifier": {all.Apply(total, views.Ref[[]float64]("a b")), []string{`"a b" is no name`}},
		"as a value":    {all.Apply(func(x any) int { return 0 }, []any{k}), []string{"give the function a parameter for it"}},
	} {
		err := c.r.Err()
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q in it", what, err, want)
			}
		}
	}
}

// A large captured value goes from the client once, and to a machine once, however many tasks of however many jobs use it.
func TestCapturedValuesTravelOncePerMachine(t *testing.T) {
	cluster := start(t, 1)
	toHost, hostFile := wireTo(t, filepath.Join(filepath.Dir(cluster.ConnectionFile()), proto.RoleEngineHost.String()+".json"))
	toClient, clientFile := newWire(t, cluster)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- launch.RunEngines(ctx, launch.EnginesConfig{ConnectionFile: hostFile, N: 3}) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	rc, err := client.Connect(lab.Patient(t), client.Options{ConnectionFile: clientFile})
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	if err := rc.WaitForEngines(lab.Patient(t), 4); err != nil {
		t.Fatal(err)
	}
	table := make([]float64, 25_000) // less than what is left in files on one machine
	for i := range table {
		table[i] = float64(i) + 0.5
	}
	u := &unit.Unit{
		Name: "look", Entry: "look", Params: []string{"int"}, Results: []string{"float64"},
		Captures: []unit.Capture{{Name: "table", Var: "table", Type: "[]float64"}},
		Source:   "package main\n\nvar table []float64\n\nfunc look(i int) float64 { return table[i] }\n",
	}
	look := unit.Bind(u, func(i int) float64 { return 0 }, func() []any { return []any{&table} })
	const tasks = 300
	sent, came := toClient.there.Load(), toHost.back.Load()
	results := make([]*views.Result, tasks)
	for i := range results {
		results[i] = rc.Engines(1+i%3).ApplyAsync(look, i)
	}
	for i, r := range results {
		if got, err := r.Get(); err != nil || got[0] != table[i] {
			t.Fatalf("task %d came to %v, %v", i, got, err)
		}
	}
	var all []float64
	if err := rc.Engines(1, 2, 3).Map(look, views.Range(0, tasks)).Into(&all); err != nil || all[tasks-1] != table[tasks-1] {
		t.Fatal(all, err)
	}
	size := int64(8 * len(table))
	sums, err := rc.Engines(1, 2, 3).Apply(total, table[1:]).Get() // an argument does, too
	if err != nil || sums[2] != total(table)-table[0] {
		t.Errorf("the sums are %v, %v", sums, err)
	}
	size *= 2
	sent, came = toClient.there.Load()-sent, toHost.back.Load()-came
	t.Logf("%d bytes are captured or an argument; %d were sent to the controller, %d came to the host of 3 engines", size, sent, came)
	for where, n := range map[string]int64{"to the controller": sent, "to the host": came} {
		if small := int64(tasks * 1500); n < size || n > size+small {
			t.Errorf("%d bytes went %s, where one copy of %d bytes and small messages should", n, where, size)
		}
	}
}
