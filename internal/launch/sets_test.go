package launch

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/profiles"
)

// settings gives a profile what a configuration file says.
func settings(t *testing.T, text string) *profiles.Profile {
	t.Helper()
	p := profile(t)
	var err error
	if p.Settings, err = profiles.ParseSettings("gocluster.toml", []byte(text)); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSetsOfThisMachineStartSideBySide(t *testing.T) {
	p := settings(t, "[sets.a]\nn = 2\n[sets.b]\nn = 1\nnice = 1\nenv = { COLOUR = \"blue\" }\n")
	c, said := start(t, p, 0)
	if got := len(c.Engines()); got != 3 || c.N() != 3 || len(c.Missing()) != 0 {
		t.Errorf("%d engines, without %q, want 3 and nobody missing", got, c.Missing())
	}
	name := here{}.Name()
	said.await(t, "a "+name+": ready: engines")
	if err := c.Stop(within(t)); err != nil {
		t.Error(err)
	}
	nothingLeft(t, p)
}

func TestASetThatFailsLeavesTheOthersAlone(t *testing.T) {
	p := settings(t, "[sets.bad]\nn = 1\ndir = \"/does/not/exist\"\n[sets.good]\nn = 1\n")
	c, said := start(t, p, 0)
	if got := len(c.Engines()); got != 1 || !slices.Equal(c.Missing(), []string{here{}.Name()}) {
		t.Errorf("%d engines, without %q", got, c.Missing())
	}
	text := said.await(t, "bad "+here{}.Name()+": failed")
	if !strings.Contains(text, "the profile's dir: ") || !strings.Contains(text, "/does/not/exist") {
		t.Errorf("said %q, want why", text)
	}
	if err := c.Stop(within(t)); err != nil {
		t.Error(err)
	}
	nothingLeft(t, p)
}

func TestAClusterWithoutAnyEngineDoesNotStart(t *testing.T) {
	p := settings(t, "[sets.bad]\nn = 1\ndir = \"/does/not/exist\"\n")
	_, err := Start(within(t), Config{Profile: p})
	if err == nil || !strings.Contains(err.Error(), "bad "+here{}.Name()) || !strings.Contains(err.Error(), "/does/not/exist") {
		t.Errorf("got %v, want which set and why", err)
	}
	nothingLeft(t, p)
}

func TestTheNumberOfEnginesIsTheSets(t *testing.T) {
	p := settings(t, "[sets.a]\nn = 2\n")
	_, err := Start(within(t), Config{Profile: p, N: 3})
	if err == nil || !strings.Contains(err.Error(), "change n there") {
		t.Errorf("got %v", err)
	}
}

func TestAPlanSaysWhatWouldRunWhere(t *testing.T) {
	p := settings(t, "[sets.a]\nn = 2\nnice = 5\n[sets.b]\n")
	got, err := Plan(Config{Profile: p})
	if err != nil {
		t.Fatal(err)
	}
	name := here{}.Name()
	want := "# the controller, on " + name + "\ngocontroller --profile=lab\n" +
		"# a " + name + ": 2 engines, nice 5\ngoengine --profile=lab --n=2 --set=a\n" +
		"# b " + name + ": one engine per core\ngoengine --profile=lab --n=0 --set=b\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestAPlanOfOtherMachines(t *testing.T) {
	p := settings(t, "[controller]\nhost = \"bob@head\"\n[ssh]\nconfig = \"/x/config\"\n[sets.a]\nwhere = \"ssh\"\nhosts = [\"alpha:2\", \"beta\"]\nprogram = \"/opt/gocluster\"\ndir = \"~/work\"\n")
	got, err := Plan(Config{Profile: p})
	if err != nil {
		t.Fatal(err)
	}
	want := "# the controller, on head\n# gocluster is copied to ~/.gocluster/bin/gocluster-HASH, unless it is there\n" +
		"ssh -F /x/config bob@head GOCLUSTER_ROLE=outpost ~/.gocluster/bin/gocluster-HASH attend ~/.gocluster/run/CLUSTER\n" +
		"# a alpha: 2 engines, in ~/work\nssh -F /x/config alpha GOCLUSTER_ROLE=outpost /opt/gocluster attend ~/.gocluster/run/CLUSTER\n" +
		"# a beta: one engine per core, in ~/work\nssh -F /x/config beta GOCLUSTER_ROLE=outpost /opt/gocluster attend ~/.gocluster/run/CLUSTER\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// paper is a machine that only says what it is told to.
type paper struct {
	name string
	told chan func(Progress)
}

func (p paper) Name() string                                  { return p.name }
func (paper) Platform(context.Context) (string, error)        { return "", errors.ErrUnsupported }
func (paper) Copy(context.Context, string, string) error      { return errors.ErrUnsupported }
func (paper) Plan(Engines) []string                           { return nil }
func (paper) Exited() <-chan struct{}                         { return nil }
func (paper) Stop(context.Context) error                      { return nil }
func (paper) Log(context.Context, io.Writer, int, bool) error { return nil }
func (paper) Command(ctx context.Context, _ string, _ []string, argv ...string) *exec.Cmd {
	return exec.CommandContext(ctx, argv[0])
}

func (p paper) Start(_ context.Context, _ Engines, tell func(Progress)) (Process, error) {
	p.told <- tell
	return p, nil
}

// TestWaitingForMachines says when a cluster counts as started, whatever machines are.
func TestWaitingForMachines(t *testing.T) {
	ids := []proto.EngineID{0, 1}
	for _, c := range []struct {
		name  string
		steps []Progress // of two machines in turn
		ready bool
		err   string
	}{
		{"one is still connecting", []Progress{{Ready, "", ids}, {Phase: Connecting}}, false, ""},
		{"both are ready", []Progress{{Ready, "", ids}, {Ready, "", ids}}, true, ""},
		{"one has failed", []Progress{{Ready, "", ids}, {Failed, "no route", nil}}, true, ""},
		{"a job is in the queue", []Progress{{Waiting, "job 7", nil}, {Failed, "no route", nil}}, true, ""},
		{"both have failed", []Progress{{Failed, "no route", nil}, {Failed, "no room", nil}}, false, "there are no engines"},
	} {
		cl := newCluster(Config{Profile: profile(t)})
		var placed []Placed
		for _, name := range []string{"alpha", "beta"} {
			placed = append(placed, Placed{paper{name, make(chan func(Progress), 1)}, Engines{Set: "lab", Hosts: 1}})
		}
		if err := cl.bringUp(placed); err != nil {
			t.Fatal(err)
		}
		for i, step := range c.steps {
			(<-placed[i].On.(paper).told)(step)
		}
		if cl.started() != c.ready {
			t.Errorf("%s: started is %v", c.name, cl.started())
		}
		if err := cl.Err(); c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: the error is %v, want %q", c.name, err, c.err)
		}
		_ = cl.starting.Stop()
	}
}
