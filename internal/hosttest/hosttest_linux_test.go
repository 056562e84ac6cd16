package hosttest

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestHostsAreMachinesOfTheirOwn(t *testing.T) {
	var bridge string
	t.Run("in use", func(t *testing.T) {
		l := New(t, "alpha", "beta")
		bridge = l.bridge
		for _, name := range []string{"alpha", "beta"} {
			out := run(t, "ssh", "-F", l.SSHConfig, "-o", "BatchMode=yes", name, "hostname; pwd; id -un; ls -a /tmp | wc -l")
			if want := name + "\n/home/lab\nlab\n2\n"; out != want {
				t.Errorf("got %q, want %q", out, want)
			}
		}
		alpha := l.Host("alpha")
		if got := append(alpha.Processes(), alpha.Sockets()...); len(got) != 0 {
			t.Errorf("a fresh host has %q", got)
		}
		alpha.User("echo x > ~/file")
		if text, err := os.ReadFile(alpha.Home + "/file"); err != nil || string(text) != "x\n" {
			t.Errorf("got %q, %v", text, err)
		}
		alpha.Clock(time.Hour)
		here, err := strconv.ParseInt(strings.TrimSpace(run(t, "ssh", "-F", l.SSHConfig, "-o", "BatchMode=yes", "alpha", "date +%s")), 10, 64)
		if off := time.Unix(here, 0).Sub(time.Now()); err != nil || off < 50*time.Minute || off > time.Hour {
			t.Errorf("the clock is off by %v, %v", off, err)
		}
		alpha.Clock(0)
		alpha.Link(false)
		ssh := exec.Command("ssh", "-F", l.SSHConfig, "-o", "BatchMode=yes", "-o", "ConnectTimeout=1", "alpha", "true")
		if out, err := ssh.CombinedOutput(); err == nil {
			t.Errorf("a host without a link answers: %s", out)
		}
		alpha.Link(true)
		run(t, "ssh", "-F", l.SSHConfig, "-o", "BatchMode=yes", "alpha", "true")
	})
	if out, _ := exec.Command("ip", "link").CombinedOutput(); bridge != "" && strings.Contains(string(out), bridge[3:]) {
		t.Errorf("something is left of the network:\n%s", out)
	}
}
