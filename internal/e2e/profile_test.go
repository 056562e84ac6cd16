package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/views"
)

// What the controller and the engine host compute while there are many small tasks is found out, and it is neither reflection nor JSON.
func TestWhatAClusterComputes(t *testing.T) {
	c := start(t, 2)
	rc := connect(t, c, nil)
	if err := rc.WaitForEngines(lab.Patient(t), 2); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "cluster.pprof")
	t.Setenv("GOCLUSTER_CONNECTION", c.ConnectionFile())
	cmd := role.Command(lab.Role, "profile-cpu", "--profile=", "--seconds=2", "-o", file)
	type said struct {
		out []byte
		err error
	}
	done := make(chan said, 1)
	go func() {
		out, err := cmd.CombinedOutput()
		done <- said{out, err}
	}()
	for deadline := time.Now().Add(lab.Patience); ; {
		many := make([]*views.Result, 500)
		for i := range many {
			many[i] = rc.LoadBalanced().ApplyAsync(same, i)
		}
		for _, r := range many {
			if err := r.Wait(lab.Patient(t)); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case s := <-done:
			if s.err != nil {
				t.Fatalf("%v: %s", s.err, s.out)
			}
			if !regexp.MustCompile(`(?s)PROCESS +CPU\ncontroller \d+ on .* \d+\.\d\ds\nengine host \d+ on .* \d+\.\d\ds\n`).Match(s.out) {
				t.Errorf("it says %s", s.out)
			}
			look(t, file)
			return
		default:
			if time.Now().After(deadline) {
				t.Fatal("the profile does not come")
			}
		}
	}
}

func same(x int) int { return x }

// look checks a profile: the controller's loop is in it, and the host's part; of the loop, what the messages are made of is found without
// looking at their types.
func look(t *testing.T, file string) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string]int{}
	for _, s := range p.Sample {
		roles[s.Label["role"][0]]++
		var stack []string
		for _, l := range s.Location {
			for _, line := range l.Line {
				stack = append(stack, line.Function.Name)
			}
		}
		text := strings.Join(stack, "\n")
		if strings.Contains(text, "controller.(*Controller).loop") && (strings.Contains(text, "encoding/json.") || strings.Contains(text, "\nreflect.")) {
			t.Errorf("the controller's loop looks at types:\n%s", text)
		}
	}
	if roles["controller"] == 0 || roles["engine host"] == 0 {
		t.Errorf("samples by role: %v", roles)
	}
}

// grind computes for as long as it is not killed.
func grind(forever bool) int {
	n := 0
	for forever {
		n += rabbits(20)
	}
	return n
}

func rabbits(months int) int {
	if months < 2 {
		return months
	}
	return rabbits(months-1) + rabbits(months-2)
}

// What a compiled function computes is in the profile by the function's name, and so is every kind of process.
func TestWhatACompiledJobComputes(t *testing.T) {
	c := start(t, 2)
	rc := connect(t, c, nil)
	if err := rc.WaitForEngines(lab.Patient(t), 2); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOCLUSTER_CONNECTION", c.ConnectionFile())
	view := rc.LoadBalanced()
	lab.Await(t, "the function is compiled", func() bool {
		r := view.Map(grind, make([]bool, 2), views.ChunkSize(1))
		if err := r.Err(); err != nil || r.NotCompiled() != "" {
			t.Fatal(err, r.NotCompiled())
		}
		return !slices.ContainsFunc(r.Tasks(), func(task views.Task) bool { return task.Tier != "native" })
	})
	r := view.MapAsync(grind, []bool{true, true}, views.ChunkSize(1))
	defer r.Cancel()
	file := filepath.Join(t.TempDir(), "cluster.pprof")
	var times map[string]map[string]int64
	lab.Await(t, "the function has been seen at work", func() bool { // at first its program may not have begun, or have no core
		out := lab.Must(t, "profile-cpu", "--profile=", "--seconds=1", "-o", file)
		for _, kind := range []string{"controller", "engine host", "worker", "program"} {
			if !strings.Contains(out, "\n"+kind+" ") {
				t.Logf("no %s in %s", kind, out)
				return false
			}
		}
		times = functions(t, file)
		for name := range times["program"] {
			if strings.Contains(name, "rabbits") {
				return true
			}
		}
		return false
	})
	for name := range times["engine host"] {
		if strings.Contains(name, "rabbits") {
			t.Errorf("%s is said to have been computed by the engine host", name)
		}
	}
}

// functions are the times that the roles have spent in functions, by their names.
func functions(t *testing.T, file string) map[string]map[string]int64 {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]map[string]int64{}
	for _, s := range p.Sample {
		role := s.Label["role"][0]
		if times[role] == nil {
			times[role] = map[string]int64{}
		}
		for _, l := range s.Location {
			for _, line := range l.Line {
				times[role][line.Function.Name] += s.Value[1]
			}
		}
	}
	return times
}
