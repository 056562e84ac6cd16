package lab

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/command"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/profiles"
)

// Role is the role of the test's executable in which it is gocluster.
const Role = "gocluster"

// Name is the name of the test's profile.
const Name = "lab"

// Patience bounds every wait: who uses it up has hung, on however busy a machine.
const Patience = 3 * time.Minute

// Main is TestMain's.
func Main(m *testing.M) {
	role.Register(Role, func(context.Context, []string) int { return command.Main("gocluster") })
	command.Setup()
	os.Exit(m.Run())
}

// Patient is a context that ends with the test, or with Patience.
func Patient(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	t.Cleanup(cancel)
	return ctx
}

// Await waits until something is so; the test fails if it never is.
func Await(t testing.TB, what string, so func() bool) {
	t.Helper()
	if !Becomes(so) {
		t.Fatalf("waited in vain for %s", what)
	}
}

// Becomes waits until something is so, and reports whether it ever is.
func Becomes(so func() bool) bool {
	for late := time.Now().Add(Patience); !so(); {
		if time.Now().After(late) {
			return false
		}
		<-time.After(20 * time.Millisecond)
	}
	return true
}

// Home gives the test a folder of its own for all that gocluster keeps.
func Home(t testing.TB) {
	t.Helper()
	t.Setenv(profiles.DirEnv, t.TempDir())
	t.Setenv(profiles.ConnectionEnv, "")
}

// Profile makes the test's profile, with these settings, in a home of its own.
func Profile(t testing.TB, settings string) *profiles.Profile {
	t.Helper()
	Home(t)
	p, err := profiles.Create(Name)
	if err != nil {
		t.Fatal(err)
	}
	Settings(t, p, settings)
	return p
}

// Settings writes a profile's settings.
func Settings(t testing.TB, p *profiles.Profile, settings string) {
	t.Helper()
	if err := os.WriteFile(p.ConfigFile(), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Start starts the cluster in the background and returns what is said. It is stopped at the test's end.
func Start(t testing.TB, args ...string) string {
	t.Helper()
	orphaned := stopIfKilled(t)
	t.Cleanup(func() {
		Run(t, "stop", "--profile="+Name)
		orphaned()
		if p, err := profiles.Open(Name); err == nil && t.Failed() {
			text, _ := os.ReadFile(filepath.Join(p.LogDir(), "cluster.log"))
			t.Logf("the cluster has told:\n%s", text)
		}
	})
	return Must(t, append([]string{"start", "--profile=" + Name, "--daemonize"}, args...)...)
}

// stopIfKilled has the cluster stopped when this process ends without having done so: nothing else would. It returns what is to be called when the
// cluster has been stopped.
func stopIfKilled(t testing.TB) func() {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The end of the input without a word is the end of this process.
	cmd := exec.Command("/bin/sh", "-c", `trap "" INT TERM; read word || exec "$@"`, "sh", exe, "stop", "--profile="+Name)
	cmd.Env = append(os.Environ(), role.Env+"="+Role)
	input, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Logf("a cluster would be left if this test were killed: %v", err)
		return func() {}
	}
	return func() {
		_, _ = io.WriteString(input, "stopped\n")
		_ = cmd.Wait() // it has nothing to say
	}
}

// Connect connects to the cluster. What happens there is told to events, if that is not nil.
func Connect(t testing.TB, events func(client.Event)) *client.Client {
	t.Helper()
	if events == nil {
		events = func(client.Event) {}
	}
	rc, err := client.Connect(Patient(t), client.Options{Profile: Name, Events: events})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rc.Close() })
	return rc
}

// Up starts the cluster, connects to it, and waits for its engines.
func Up(t testing.TB, engines int) *client.Client {
	t.Helper()
	Start(t)
	rc := Connect(t, nil)
	Engines(t, rc, engines)
	return rc
}

// Engines waits until there are so many.
func Engines(t testing.TB, rc *client.Client, n int) {
	t.Helper()
	if err := rc.WaitForEngines(Patient(t), n); err != nil {
		t.Fatal(err)
	}
}

// Stop stops the cluster, which has to succeed.
func Stop(t testing.TB) {
	t.Helper()
	if said, status := Run(t, "stop", "--profile="+Name); status != 0 || said != "cluster "+Name+" has stopped\n" {
		t.Errorf("stop: exit status %d, %s", status, said)
	}
}

// Told waits until the cluster has told people something, and returns all that it has told.
func Told(t testing.TB, p *profiles.Profile, part string) string {
	t.Helper()
	text := ""
	Await(t, strconv.Quote(part)+" in the cluster's log", func() bool {
		b, err := os.ReadFile(filepath.Join(p.LogDir(), "cluster.log"))
		text = string(b)
		return err == nil && strings.Contains(text, part)
	})
	return text
}

// KillSupervisor ends the process that keeps the cluster as a failure would: without a word.
func KillSupervisor(t testing.TB, p *profiles.Profile) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(p.PIDDir(), "cluster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.Fields(string(text) + " ?")[0])
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	process, err := os.FindProcess(pid)
	if err == nil {
		err = process.Signal(syscall.SIGKILL)
	}
	if err != nil {
		t.Fatal(err)
	}
}
