package machines

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/hosttest"
	"github.com/gocluster/gocluster/profiles"
)

func TestMain(m *testing.M) { lab.Main(m) }

// profile makes the test's profile, with ssh finding a network's hosts.
func profile(t *testing.T, l *hosttest.LAN, settings string) *profiles.Profile {
	t.Helper()
	return lab.Profile(t, withSSH(l, settings))
}

// withSSH adds to settings how ssh finds a network's hosts.
func withSSH(l *hosttest.LAN, settings string) string {
	settings, options, _ := strings.Cut(settings, "[ssh]\n")
	return fmt.Sprintf("%s\n[ssh]\nconfig = %q\n%s", settings, l.SSHConfig, options)
}

// bare checks that nothing runs or listens on hosts, and that nothing but programs is kept.
func bare(t *testing.T, hosts ...*hosttest.Host) {
	t.Helper()
	for _, h := range hosts {
		left := ""
		if !lab.Becomes(func() bool {
			found := append(h.Processes(), h.Sockets()...)
			// The folder may go while it is looked at.
			found = append(found, h.Sh("find /home/lab/.gocluster/run 2>/dev/null || true"))
			left = strings.TrimSpace(strings.Join(found, "\n"))
			return left == ""
		}) {
			t.Errorf("on %s is left: %s", h.Name, left)
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
