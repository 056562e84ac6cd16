package hosttest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// User is the user of every host, without any privileges.
const User = "lab"

// uid is the user's.
const uid = 20001

// Need lists the programs that hosts are made with, and the Debian packages that have them.
var Need = map[string]string{
	"ip": "iproute2", "ssh": "openssh-client", "ssh-keygen": "openssh-client", "/usr/sbin/sshd": "openssh-server",
	"unshare": "util-linux", "nsenter": "util-linux", "mount": "mount", "/usr/sbin/nft": "nftables", "faketime": "faketime",
}

// LAN is a network of hosts.
type LAN struct {
	// SSHConfig is a configuration file by which ssh finds the hosts, with keys and known hosts of its own.
	SSHConfig string
	// Key is the user's private key.
	Key string
	// Addr is the address of the machine that runs the test.
	Addr string

	t      testing.TB
	dir    string
	bridge string
	prefix string // of all addresses
	hosts  map[string]*Host
	agent  bool // it alone has the key
}

// New makes a network with hosts of these names. A test that cannot have it is skipped, or fails if STRICT is 1.
func New(t testing.TB, names ...string) *LAN {
	t.Helper()
	if why := missing(); why != "" {
		if os.Getenv("STRICT") == "1" {
			t.Fatal("hosttest: " + why)
		}
		t.Skip("hosttest: " + why)
	}
	sweep(t)
	dir, err := os.MkdirTemp("", "gch")
	if err != nil {
		t.Fatal(err)
	}
	l := &LAN{t: t, dir: dir, hosts: map[string]*Host{}, SSHConfig: filepath.Join(dir, "config"), Key: filepath.Join(dir, "key")}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l.makeBridge()
	run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", l.file("key"))
	for _, name := range names {
		l.Add(name)
	}
	return l
}

// missing says what hosts cannot be made without.
func missing() string {
	if os.Getuid() != 0 {
		return "test hosts are made of namespaces, which needs root"
	}
	var lack []string
	for program, pkg := range Need {
		if _, err := exec.LookPath(program); err != nil && !strings.Contains(strings.Join(lack, " "), pkg) {
			lack = append(lack, pkg)
		}
	}
	if len(lack) > 0 {
		return "install what test hosts are made with: apt-get install --no-install-recommends " + strings.Join(lack, " ")
	}
	return ""
}

func (l *LAN) file(name string) string { return filepath.Join(l.dir, name) }

// bridgeName is the bridge's: at most 15 letters, with the process's id.
func bridgeName(pid, n int) string { return fmt.Sprintf("gcb%dn%d", pid, n) }

// makeBridge makes the bridge on a subnet that nobody has.
func (l *LAN) makeBridge() {
	l.t.Helper()
	n := 0
	for ; n < 100; n++ {
		l.bridge = bridgeName(os.Getpid(), n)
		if exec.Command("ip", "link", "add", l.bridge, "type", "bridge").Run() == nil {
			break
		}
	}
	l.t.Cleanup(func() { _ = exec.Command("ip", "link", "del", l.bridge).Run() })
	for i := range 1000 {
		subnet := (os.Getpid()*7 + n + i) % (64 * 256)
		l.prefix = fmt.Sprintf("10.%d.%d.", 192+subnet/256, subnet%256)
		out, err := exec.Command("ip", "-o", "addr", "show", "to", l.prefix+"0/24").Output()
		if err == nil && len(out) == 0 {
			break
		}
	}
	l.Addr = l.prefix + "1"
	run(l.t, "ip", "addr", "add", l.Addr+"/24", "dev", l.bridge)
	run(l.t, "ip", "link", "set", l.bridge, "up")
}

// sweep removes the bridges of tests that were killed.
func sweep(t testing.TB) {
	t.Helper()
	out, err := exec.Command("ip", "-o", "link", "show", "type", "bridge").Output()
	if err != nil {
		return
	}
	for _, line := range strings.Split(string(out), "\n") {
		fields := strings.Fields(line)
		var pid, n int
		if len(fields) < 2 {
			continue
		}
		name := strings.TrimSuffix(fields[1], ":")
		if _, err := fmt.Sscanf(name, "gcb%dn%d", &pid, &n); err != nil {
			continue
		}
		if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); errors.Is(err, os.ErrNotExist) {
			_ = exec.Command("ip", "link", "del", name).Run()
		}
	}
}

// Host returns the host of a name.
func (l *LAN) Host(name string) *Host {
	l.t.Helper()
	h := l.hosts[name]
	if h == nil {
		l.t.Fatalf("there is no host %s", name)
	}
	return h
}

// writeConfig writes the configuration of ssh and the known hosts.
func (l *LAN) writeConfig() {
	l.t.Helper()
	var config, known strings.Builder
	for _, h := range l.hosts {
		fmt.Fprintf(&config, "Host %s\n  HostName %s\n", h.Name, h.Addr)
		if h.via != "" {
			fmt.Fprintf(&config, "  ProxyJump %s\n", h.via)
		}
		if h.known == "" {
			continue
		}
		key, err := os.ReadFile(h.known)
		if err != nil {
			l.t.Fatal(err)
		}
		fmt.Fprintf(&known, "%s %s", h.Addr, key)
	}
	fmt.Fprintf(&config, "Host *\n  User %s\n  UserKnownHostsFile %s\n  GlobalKnownHostsFile /dev/null\n", User, l.file("known_hosts"))
	if !l.agent {
		fmt.Fprintf(&config, "  IdentityFile %s\n  IdentitiesOnly yes\n", l.file("key"))
	}
	l.write("config", config.String())
	l.write("known_hosts", known.String())
}

// Agent gives the user's key to an ssh-agent, and has nobody else keep it. It returns how ssh finds the agent, SSH_AUTH_SOCK.
func (l *LAN) Agent() (socket string) {
	l.t.Helper()
	socket = l.file("agent")
	agent := exec.Command("ssh-agent", "-D", "-a", socket)
	agent.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := agent.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() {
		_ = agent.Process.Kill()
		_ = agent.Wait() // it was killed
	})
	run(l.t, "sh", "-c", "i=0; until [ -S "+socket+" ]; do [ $((i += 1)) -lt 3000 ] || exit 1; sleep 0.02; done; SSH_AUTH_SOCK="+socket+" ssh-add -q "+l.Key)
	if err := os.Remove(l.Key); err != nil {
		l.t.Fatal(err)
	}
	l.agent = true
	l.writeConfig()
	return socket
}

func (l *LAN) write(name, text string) {
	l.t.Helper()
	if err := os.WriteFile(l.file(name), []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
}

func run(t testing.TB, argv ...string) string {
	t.Helper()
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(argv, " "), err, out)
	}
	return string(out)
}
