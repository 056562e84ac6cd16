package e2e

import (
	"os"
	"path/filepath"
	"regexp"
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
