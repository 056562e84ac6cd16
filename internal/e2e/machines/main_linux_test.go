package machines

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/command"
	"github.com/gocluster/gocluster/internal/hosttest"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/profiles"
)

func TestMain(m *testing.M) {
	role.Register(commandRole, func(context.Context, []string) int { return command.Main("gocluster") })
	command.Setup()
	os.Exit(m.Run())
}

// commandRole is the role of this executable in which it is gocluster.
const commandRole = "gocluster"

// patience bounds every wait: who hits it has hung.
const patience = 90 * time.Second

func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// profile makes the profile lab, with these settings and with ssh finding a network's hosts, in a folder of the test's own.
func profile(t *testing.T, l *hosttest.LAN, settings string) *profiles.Profile {
	t.Helper()
	t.Setenv(profiles.DirEnv, t.TempDir())
	t.Setenv(profiles.ConnectionEnv, "")
	p, err := profiles.Create("lab")
	if err != nil {
		t.Fatal(err)
	}
	write(t, p, l, settings)
	return p
}

func write(t *testing.T, p *profiles.Profile, l *hosttest.LAN, settings string) {
	t.Helper()
	text := fmt.Sprintf("%s\n[ssh]\nconfig = %q\noptions = [\"ConnectTimeout=3\"]\n", settings, l.SSHConfig)
	if err := os.WriteFile(p.ConfigFile(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// gocluster runs a command to its end and returns what it prints, first what it prints as errors, and its exit status.
func gocluster(t *testing.T, args ...string) (string, int) {
	t.Helper()
	cmd := role.Command(commandRole, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Start()
	if err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	err = cmd.Wait()
	if !late.Stop() {
		t.Fatalf("gocluster %s does not end: %s%s", strings.Join(args, " "), errs.String(), out.String())
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return errs.String() + out.String(), exit.ExitCode()
	}
	return errs.String() + out.String(), 0
}

// up starts the cluster of profile lab in the background and has it stopped at the end.
func up(t *testing.T) string {
	t.Helper()
	said, status := gocluster(t, "start", "--profile=lab", "--daemonize")
	t.Cleanup(func() { gocluster(t, "stop", "--profile=lab") })
	if status != 0 {
		t.Fatalf("start: exit status %d:\n%s", status, said)
	}
	return said
}

// connect connects to the cluster of profile lab.
func connect(t *testing.T, events func(client.Event)) *client.Client {
	t.Helper()
	if events == nil {
		events = func(client.Event) {}
	}
	rc, err := client.Connect(patient(t), client.Options{Profile: "lab", Events: events})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rc.Close() })
	return rc
}

// bare checks that nothing runs or listens on hosts, and that nothing but programs is kept.
func bare(t *testing.T, hosts ...*hosttest.Host) {
	t.Helper()
	for _, h := range hosts {
		late := time.Now().Add(5 * time.Second)
		left := append(h.Processes(), h.Sockets()...)
		for len(left) > 0 && time.Now().Before(late) {
			<-time.After(20 * time.Millisecond)
			left = append(h.Processes(), h.Sockets()...)
		}
		if _, err := os.Stat(filepath.Join(h.Home, ".gocluster", "run")); err == nil {
			left = append(left, h.Sh("find /home/lab/.gocluster/run"))
		}
		if len(left) > 0 {
			t.Errorf("on %s is left: %s", h.Name, strings.Join(left, "\n"))
		}
	}
}

// normal is a text without what differs from run to run.
func normal(l *hosttest.LAN, text string) string {
	text = strings.ReplaceAll(text, strings.TrimSuffix(l.Addr, "1"), "10.0.0.")
	text = strings.ReplaceAll(text, filepath.Dir(l.SSHConfig), "LAN")
	for _, r := range []struct{ pattern, by string }{
		{`\d+\.\d+ s\b`, "T s"}, {`\b127\.0\.0\.1:\d{4,5}\b`, "127.0.0.1:PORT"}, {`(10\.0\.0\.1):\d{4,5}\b`, "$1:PORT"},
		{`gocluster-[0-9a-f]{16}`, "gocluster-HASH"}, {`\(\d+ MB\)`, "(N MB)"}, {`lab-[0-9a-f]{8}`, "lab-ID"},
		{`engines \d+, \d+`, "engines I, J"}, {`\bengine \d+ \(`, "engine I ("},
		{`Connection timed out|No route to host`, "Connection timed out"}, // it depends on who is asked for the way first
		{`@\d{9,}`, "@NOW"}, {`\.new\.\d+`, ".new.PID"}, {`process \d+`, "process PID"},
	} {
		text = regexp.MustCompile(r.pattern).ReplaceAllString(text, r.by)
	}
	return text
}
