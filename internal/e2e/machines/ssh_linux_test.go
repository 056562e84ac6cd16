package machines

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/hosttest"
	"github.com/gocluster/gocluster/profiles"
	"github.com/gocluster/gocluster/views"
)

// TestAClientBySSH connects to a cluster that runs on another host and listens on that host's loopback only.
func TestAClientBySSH(t *testing.T) {
	l := hosttest.New(t, "head")
	head := l.Host("head")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(head.Home, "gocluster"), text, 0o755); err != nil {
		t.Fatal(err)
	}
	head.User("cd; GOCLUSTER_ROLE=" + lab.Role + " ./gocluster start --n=2 --profile=default --daemonize")
	profile(t, l, "") // here there is a profile lab, with the configuration of ssh
	t.Setenv(profiles.ConnectionEnv, "")
	opts := client.Options{SSH: "head", Events: func(client.Event) {}}
	if _, err := client.Connect(lab.Patient(t), opts); err == nil {
		t.Error("without the configuration of ssh there is no host head")
	}
	sshConfig(t, l)
	rc, err := client.Connect(lab.Patient(t), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	got, err := rc.All().Map(whereabouts, views.Range(0, 4)).Get()
	if err != nil || got[3] != "3 head" {
		t.Errorf("got %v, %v", got, err)
	}
	copied := filepath.Join(t.TempDir(), "SecurityGroup:@sc-smallcluster-us-east-1.json")
	text, err = os.ReadFile(filepath.Join(head.Home, ".config", "gocluster", "profiles", "default", "security", "client.json"))
	if err == nil {
		err = os.WriteFile(copied, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	byKey, err := client.Connect(lab.Patient(t), client.Options{
		ConnectionFile: copied, SSH: hosttest.User + "@head", SSHOptions: []string{"IdentityFile=" + l.Key}, Events: func(client.Event) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	lab.Engines(t, byKey, 2)
	_ = byKey.Close()
	for _, c := range []struct {
		args, says string
		status     int
	}{
		{"status --ssh=head", "engines: 2", 0},
		{"start --ssh=head", "[controller] host", 2},
		{"status --ssh=head --profile=nope", "none of profile nope on head", 1},
		{"status --ssh=nowhere.invalid", "no host of this name is known", 1},
		{"stop --ssh=head", "cluster default on head has stopped", 0},
		{"status --ssh=head", "none of profile default on head", 1},
	} {
		said, status := lab.Run(t, strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(said, c.says) {
			t.Errorf("gocluster %s: exit status %d, %s; want %d and %q", c.args, status, said, c.status, c.says)
		}
	}
	bare(t, head)
}

// sshConfig makes the network's configuration of ssh the default profile's.
func sshConfig(t *testing.T, l *hosttest.LAN) {
	t.Helper()
	p, err := profiles.Open("")
	if err != nil {
		t.Fatal(err)
	}
	lab.Settings(t, p, withSSH(l, ""))
}

// TestAJumpHostAndAnAgent reaches a host by way of another alone, with a key that only the user's agent has.
func TestAJumpHostAndAnAgent(t *testing.T) {
	l := hosttest.New(t, "alpha", "beta")
	profile(t, l, twoHosts)
	l.Host("alpha").Filter("input ip saddr " + l.Addr + " tcp dport 22 drop")
	l.Host("alpha").Via("beta")
	t.Setenv("SSH_AUTH_SOCK", l.Agent())
	if said := lab.Start(t); !strings.Contains(said, "cluster lab is ready: 2 engines") || strings.Contains(said, "without") {
		t.Errorf("start says\n%s", said)
	}
	rc := lab.Connect(t, nil)
	lab.Engines(t, rc, 2)
	everywhere(t, rc, "alpha", "beta")
	lab.Stop(t)
	bare(t, l.Host("alpha"), l.Host("beta"))
	t.Setenv("SSH_AUTH_SOCK", "")
	if said, status := lab.Run(t, "profile", "check", "lab"); status == 0 || !strings.Contains(said, "Permission denied") {
		t.Errorf("without the agent: exit status %d, %s", status, said)
	}
}

// TestLogsAndLeftovers reads an engine's log where it is, and ends what a supervisor that was killed has left.
func TestLogsAndLeftovers(t *testing.T) {
	l := hosttest.New(t, "alpha")
	p := profile(t, l, "[sets.here]\nn = 1\n[sets.lab]\nwhere = \"ssh\"\nhosts = [\"alpha\"]\nn = 2\n")
	lab.Start(t)
	rc := lab.Connect(t, nil)
	lab.Engines(t, rc, 3)
	status, err := rc.Status()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range status.Engines {
		said, code := lab.Run(t, "logs", "--profile=lab", "--engine="+strconv.Itoa(e.ID), "--lines=3")
		if code != 0 || !strings.HasPrefix(said, "==> engine "+strconv.Itoa(e.ID)+" on "+e.Host+": ") {
			t.Errorf("the log of engine %d on %s: exit status %d, %s", e.ID, e.Host, code, said)
		}
	}
	if said, code := lab.Run(t, "logs", "--profile=lab", "--engine=7"); code != 1 || !strings.Contains(said, "no engine 7") {
		t.Errorf("exit status %d, %s", code, said)
	}
	lab.KillSupervisor(t, p)
	<-rc.Done() // the controller ends with its supervisor
	if said, code := lab.Run(t, "stop", "--profile=lab"); code != 0 {
		t.Errorf("stop: exit status %d, %s", code, said)
	}
	bare(t, l.Host("alpha"))
}

// TestAControllerOnAnotherHost has engines here and on a third machine, neither of which can connect to the controller without SSH.
func TestAControllerOnAnotherHost(t *testing.T) {
	l := hosttest.New(t, "head", "alpha")
	profile(t, l, "[controller]\nhost = \"head\"\n[sets.here]\nn = 1\n[sets.lab]\nwhere = \"ssh\"\nhosts = [\"alpha\"]\nn = 1\n")
	said := lab.Start(t)
	for _, part := range []string{"controller on head: ready\n", "lab alpha: ready: engine", "cluster lab is ready: 2 engines"} {
		if !strings.Contains(said, part) {
			t.Errorf("start says %s, want %q", said, part)
		}
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	rc := lab.Connect(t, nil)
	lab.Engines(t, rc, 2)
	both := []string{"alpha", host}
	slices.Sort(both)
	everywhere(t, rc, both...)
	ports := 0
	for _, socket := range l.Host("head").Sockets() {
		switch {
		case strings.HasPrefix(socket, "tcp") && strings.Contains(socket, " 127.0.0.1:"):
			ports++
		case !strings.HasPrefix(socket, "u_str") || !strings.Contains(socket, "/gocluster-"): // for peers of that machine
			t.Errorf("the controller's machine has the socket %s", socket)
		}
	}
	if ports != 1 {
		t.Errorf("the controller's machine listens on %d ports, want one", ports)
	}
	if said, status := lab.Run(t, "list"); status != 0 || !strings.Contains(said, "on head") {
		t.Errorf("list: exit status %d, %s", status, said)
	}
	lab.Stop(t)
	bare(t, l.Host("head"), l.Host("alpha"))
}
