package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/profiles"
)

// machine is somewhere where gocluster runs with files of its own.
type machine struct {
	t   *testing.T
	dir string
	env []string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	dir := t.TempDir()
	return &machine{t: t, dir: dir, env: []string{profiles.DirEnv + "=" + dir, profiles.ConnectionEnv + "="}}
}

// start starts a command, which ends with the test.
func (m *machine) start(args ...string) *lab.Process {
	m.t.Helper()
	return lab.Begin(m.t, m.env, args...)
}

// run runs a command to its end; it has to succeed.
func (m *machine) run(args ...string) string {
	m.t.Helper()
	p := m.start(args...)
	if status := p.End(); status != 0 {
		m.t.Fatalf("%v: status %d, %s", args, status, p)
	}
	return p.String()
}

// fails runs a command that has to fail at once, and not after trying for minutes, and say something.
func (m *machine) fails(says string, args ...string) {
	m.t.Helper()
	begun := time.Now()
	p := m.start(args...)
	if status := p.End(); status != 1 || !strings.Contains(p.String(), says) {
		m.t.Errorf("%v: status %d, %s; want %q", args, status, p, says)
	}
	if took := time.Since(begun); took > time.Minute {
		m.t.Errorf("%v took %v to fail", args, took)
	}
}

// head is the machine of a controller that listens.
func head(t *testing.T) (*machine, *lab.Process) {
	t.Helper()
	m := newMachine(t)
	m.run("profile", "create", "lab")
	c := m.start("gocontroller", "--profile=lab")
	c.Says("listens on")
	return m, c
}

var tokenForm = regexp.MustCompile(`goengine --join (gcjoin1\w+)\n`)

// invite makes an invitation.
func (m *machine) invite(args ...string) string {
	m.t.Helper()
	said := m.run(append([]string{"invite", "--profile=lab"}, args...)...)
	token := tokenForm.FindStringSubmatch(said)
	if token == nil {
		m.t.Fatalf("invite says %q", said)
	}
	return token[1]
}

// client connects to the cluster of the machine's controller.
func (m *machine) client() *client.Client {
	m.t.Helper()
	rc, err := client.Connect(lab.Patient(m.t), client.Options{
		ConnectionFile: filepath.Join(m.dir, "profiles", "lab", "security", "client.json"), Events: func(e client.Event) { m.t.Log(e.Text) },
	})
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { _ = rc.Close() })
	return rc
}

// Machines join by hand, leave, join again, and are sent away; T6 and T15 of the table in docs/tests.md.
func TestJoiningByHand(t *testing.T) {
	hub, controller := head(t)
	token := hub.invite("--for=10m")
	rc := hub.client()
	there := func(n int) {
		t.Helper()
		if err := rc.WaitForEngines(lab.Patient(t), n); err != nil {
			t.Fatal(err)
		}
	}
	a, b := newMachine(t), newMachine(t)
	onA := a.start("goengine", "--join="+token, "--n=1")
	onA.Says("engine 0 of cluster lab-")
	onB := b.start("goengine", "--join", token, "--n=2")
	onB.Says("of cluster lab-")
	there(3)
	get(t, rc.LoadBalanced().Map(add, []int{1, 2, 3}, []int{4, 5, 6}), 5, 7, 9)

	t.Run("stop, twice, and join again", func(t *testing.T) {
		onA.Interrupt()
		onA.Interrupt()
		if status := onA.End(); status != 0 {
			t.Errorf("status %d: %s", status, onA)
		}
		onA = a.start("goengine", "--join="+token, "--n=1")
		onA.Says("of cluster lab-")
		there(3)
		list, err := rc.Invitations()
		if err != nil || len(list) != 1 || list[0].Joined != 2 || list[0].Connected != 2 {
			t.Errorf("the invitations are %+v, %v", list, err)
		}
	})
	t.Run("revoked", func(t *testing.T) {
		if said := hub.run("revoke", "--profile=lab", token); !strings.Contains(said, "machines that have joined with it stay (2 of 2 are connected)") {
			t.Errorf("revoke says %q", said)
		}
		newMachine(t).fails("was revoked; `gocluster invite` makes another", "goengine", "--join="+token, "--n=1")
		onA.Interrupt()
		onA.End()
		onA = a.start("goengine", "--join="+token, "--n=1")
		onA.Says("of cluster lab-")
		there(3)
	})
	t.Run("cut off", func(t *testing.T) {
		kept, err := filepath.Glob(filepath.Join(a.dir, "joined", "*"))
		if err != nil || len(kept) != 1 {
			t.Fatalf("kept: %v, %v", kept, err)
		}
		hidden := filepath.Join(a.dir, "hidden.json")
		if err := os.Link(kept[0], hidden); err != nil {
			t.Fatal(err)
		}
		hub.run("revoke", "--profile=lab", "--all", "--disconnect")
		for _, p := range []*lab.Process{onA, onB} {
			if status := p.End(); status != 1 || !strings.Contains(p.String(), "was revoked, and its hosts cut off") {
				t.Errorf("status %d: %s", status, p)
			}
		}
		a.fails("was revoked, and the hosts that have joined with it cut off", "goengine", "--join="+token, "--n=1")
		a.fails("was revoked, and its hosts cut off", "goengine", "--connection-file="+hidden, "--n=1") // its certificate is good no more
		for _, m := range []*machine{a, b} {
			if left, _ := filepath.Glob(filepath.Join(m.dir, "joined", "*")); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		}
		if said := hub.run("invitations", "--profile=lab"); !strings.Contains(said, "revoked, its hosts cut off") {
			t.Errorf("invitations says %q", said)
		}
	})
	t.Run("the controller is stopped, twice", func(t *testing.T) {
		onB = b.start("goengine", "--join="+hub.invite(), "--n=1")
		onB.Says("of cluster lab-")
		hub.run("stop", "--profile=lab")
		if status := controller.End(); status != 0 {
			t.Errorf("the controller: status %d, %s", status, controller)
		}
		onB.End()
		if left, _ := filepath.Glob(filepath.Join(b.dir, "joined", "*")); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		hub.fails("no cluster of profile lab is running", "stop", "--profile=lab")
	})
}

// Keys and invitations that are not good are refused at once, with the reason, and nothing is executed; T8 of the table in docs/tests.md.
func TestWrongKeysAreRefused(t *testing.T) {
	hub, controller := head(t)
	rc := hub.client()
	token, short, one := hub.invite(), hub.invite("--for=1ns"), hub.invite("--hosts=1")
	first := newMachine(t)
	guest := first.start("goengine", "--join="+one, "--n=1")
	guest.Says("engine 0 of cluster")
	stranger := newMachine(t)
	stranger.fails("expired", "goengine", "--join="+short)
	stranger.fails("was good for 1 hosts", "goengine", "--join="+one)
	stranger.fails("mistyped or not all of it", "goengine", "--join="+token[:100])
	kept, err := filepath.Glob(filepath.Join(first.dir, "joined", "*.json"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept: %v, %v", kept, err)
	}
	// What an engine host was given lets nobody in as a client, nor does an invitation.
	asClient := newMachine(t)
	asClient.env = append(asClient.env, profiles.ConnectionEnv+"="+token)
	asClient.fails("an invitation is for hosts of engines (goengine --join): clients need the client's connection file", "status", "--profile=")
	asClient.env = append(asClient.env, profiles.ConnectionEnv+"="+kept[0])
	asClient.fails(`the peer wants to be "client" but its certificate is for ["engine"]`, "status", "--profile=")
	if ids := rc.IDs(); len(ids) != 1 {
		t.Errorf("the engines are %v", ids)
	}

	// Another cluster at the address.
	file, err := profiles.ReadConnection(filepath.Join(hub.dir, "profiles", "lab", "security", "engine.json"))
	if err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(t.TempDir(), "engine.json")
	if err := file.Write(old); err != nil {
		t.Fatal(err)
	}
	guest.Interrupt()
	guest.End()
	controller.Interrupt()
	controller.End()
	_, port, _ := strings.Cut(file.Addrs[0], ":")
	again := hub.start("gocontroller", "--profile=lab", "--port="+port)
	again.Says("listens on")
	stranger.fails("not the controller that has made this invitation: the cluster has been started anew", "goengine", "--join="+token)
	stranger.fails("wrong certificate: the connection file is not of the controller that runs now", "goengine", "--connection-file="+old)
	if ids := hub.client().IDs(); len(ids) != 0 {
		t.Errorf("the engines are %v", ids)
	}
}
