package machines

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/hosttest"
)

var update = flag.Bool("update", false, "write the transcripts in testdata anew")

const twoHosts = `
[sets.lab]
where = "ssh"
hosts = ["alpha", "beta"]
n = 1
`

// impatient is for hosts that never answer.
const impatient = "[ssh]\noptions = [\"ConnectTimeout=5\"]\n"

// fake replaces a program on a host by a script; the real one is /run/host/real.
func fake(h *hosttest.Host, program, script string) func() {
	if err := os.WriteFile(filepath.Join(filepath.Dir(h.Home), "fake"), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		return func() {}
	}
	h.Sh("cp " + program + " /run/host/real; chmod 755 /run/host/fake; mount --bind /run/host/fake " + program)
	return func() { h.Sh("umount " + program) }
}

// TestWhatIsSaidOfHostsThatFail breaks one of two hosts in each way. The other one's engines start all the same.
func TestWhatIsSaidOfHostsThatFail(t *testing.T) {
	l := hosttest.New(t, "alpha", "beta")
	alpha := l.Host("alpha")
	direct := "[controller]\nip = \"" + l.Addr + "\"\n" + twoHosts
	for _, c := range []struct {
		name     string
		settings string // in place of twoHosts
		// harm does it, and returns what undoes it.
		harm func() func()
	}{
		{"off", twoHosts + impatient, func() func() { alpha.PowerOff(); return alpha.PowerOn }},
		{"refused", "", func() func() {
			alpha.Sh("kill $(cat /run/host/sshd.pid); rm -f /run/host/sshd.pid")
			return func() { alpha.PowerOff(); alpha.PowerOn() }
		}},
		{"firewall-drops", twoHosts + impatient, func() func() {
			alpha.Filter("input tcp dport 22 drop")
			return func() { alpha.Filter() }
		}},
		{"firewall-rejects", twoHosts + impatient, func() func() {
			alpha.Filter("input tcp dport 22 reject with icmp type admin-prohibited")
			return func() { alpha.Filter() }
		}},
		{"controllers-port-dropped", direct, func() func() {
			alpha.Filter("output ip daddr " + l.Addr + " ct state new drop")
			return func() { alpha.Filter() }
		}},
		{"controllers-port-rejected", direct, func() func() {
			alpha.Filter("output ip daddr " + l.Addr + " ct state new reject")
			return func() { alpha.Filter() }
		}},
		{"unknown-key", "", func() func() {
			alpha.Know(hosttest.UnknownKey)
			return func() { alpha.Know(hosttest.KnownKey) }
		}},
		{"changed-key", "", func() func() {
			alpha.Know(hosttest.WrongKey)
			return func() { alpha.Know(hosttest.KnownKey) }
		}},
		{"denied", "", func() func() { alpha.Admit(false); return func() { alpha.Admit(true) } }},
		{"no-such-host", strings.Replace(twoHosts, "alpha", "alhpa.invalid", 1), nil},
		{"no-write-permission", "", func() func() {
			alpha.Sh("rm -rf /home/lab/.gocluster; mkdir /home/lab/.gocluster; chown root /home/lab/.gocluster")
			return func() { alpha.Sh("rm -rf /home/lab/.gocluster") }
		}},
		{"read-only", "", func() func() {
			alpha.Sh("rm -rf /home/lab/.gocluster; mkdir /home/lab/.gocluster; mount -t tmpfs -o ro tmpfs /home/lab/.gocluster")
			return func() { alpha.Sh("umount /home/lab/.gocluster; rm -rf /home/lab/.gocluster") }
		}},
		{"full-disk", "", func() func() {
			alpha.Sh("rm -rf /home/lab/.gocluster; mkdir /home/lab/.gocluster; mount -t tmpfs -o size=8m,mode=1777 tmpfs /home/lab/.gocluster")
			return func() { alpha.Sh("umount /home/lab/.gocluster; rm -rf /home/lab/.gocluster") }
		}},
		{"no-programs", "", func() func() {
			alpha.Sh("rm -rf /home/lab/.gocluster; mkdir /home/lab/.gocluster; mount -t tmpfs -o noexec,mode=1777 tmpfs /home/lab/.gocluster")
			return func() { alpha.Sh("umount /home/lab/.gocluster; rm -rf /home/lab/.gocluster") }
		}},
		{"no-way-back", "", func() func() {
			alpha.Configure("AllowStreamLocalForwarding no\nAllowTcpForwarding no")
			return func() { alpha.Configure("") }
		}},
		{"another-version", twoHosts + "[sets.lab.host.alpha]\nprogram = \"~/old\"\n", func() func() {
			alpha.User("printf '%s\\n' '#!/bin/sh' 'echo role: this executable cannot play \\\"outpost\\\", only cluster, controller >&2; exit 2' > ~/old; chmod +x ~/old")
			return func() { alpha.User("rm ~/old") }
		}},
		{"another-protocol", twoHosts + "[sets.lab.host.alpha]\nprogram = \"~/old\"\n", func() func() {
			alpha.User("printf '%s\\n' '#!/bin/sh' 'echo {\\\"Protocol\\\": 1}' > ~/old; chmod +x ~/old")
			return func() { alpha.User("rm ~/old") }
		}},
		{"no-program", twoHosts + "[sets.lab.host.alpha]\nprogram = \"/opt/gocluster\"\n", nil},
		{"no-directory", twoHosts + "[sets.lab.host.alpha]\ndir = \"~/nowhere\"\n", nil},
		{"clock-an-hour-ahead", "", func() func() { alpha.Clock(time.Hour); return func() { alpha.Clock(0) } }},
		{"clock-two-days-behind", "", func() func() { alpha.Clock(-48 * time.Hour); return func() { alpha.Clock(0) } }},
		{"a-strange-machine", "", func() func() { return fake(alpha, "/usr/bin/uname", "echo VAX") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			settings := c.settings
			if settings == "" {
				settings = twoHosts
			}
			profile(t, l, settings)
			if c.harm != nil {
				defer c.harm()()
			}
			checked, checkStatus := lab.Run(t, "profile", "check", "lab")
			started, startStatus := lab.Run(t, "start", "--profile=lab", "--daemonize")
			stopped, stopStatus := lab.Run(t, "stop", "--profile=lab")
			transcript(t, c.name, normal(l, fmt.Sprintf("$ gocluster profile check lab\n%s(exit status %d)\n\n$ gocluster start --profile=lab --daemonize\n%s(exit status %d)\n\n"+
				"$ gocluster stop --profile=lab\n%s(exit status %d)\n", checked, checkStatus, byHost(started), startStatus, stopped, stopStatus)))
			if c.name != "off" && c.name != "refused" {
				bare(t, alpha)
			}
			bare(t, l.Host("beta"))
		})
	}
}

// byHost puts what is said about each host together, in the hosts' order: they start at the same time.
func byHost(text string) string {
	var blocks []string
	for _, line := range strings.SplitAfter(text, "\n") {
		if strings.HasPrefix(line, "    ") && len(blocks) > 0 {
			blocks[len(blocks)-1] += line
			continue
		}
		blocks = append(blocks, line)
	}
	rank := func(block string) int {
		switch {
		case strings.HasPrefix(block, "lab al"):
			return 0
		case strings.HasPrefix(block, "lab beta"):
			return 1
		}
		return 2
	}
	slices.SortStableFunc(blocks, func(a, b string) int { return rank(a) - rank(b) })
	return strings.Join(blocks, "")
}

// transcript compares with a file in testdata, or writes it.
func transcript(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant (%s)\n%s", got, file, want)
	}
}
