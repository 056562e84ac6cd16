package hosttest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Host is a machine.
type Host struct {
	Name, Addr string
	// Home is the user's home directory, as the test sees it. There it is /home/lab.
	Home string

	lan    *LAN
	number int
	dir    string
	port   string // its end on the bridge
	init   *exec.Cmd
	stdin  io.WriteCloser
	pid    int    // of the host's first process
	via    string // the host that ssh gets there by, "": by none
	known  string // the file with the key that ssh knows of it, "" none
}

// boot is what a host's first process does: it makes the machine from the outer one's files, takes its address when that is there, and becomes
// sshd. Its arguments are the host's name, its folder and its address.
const boot = `set -e
hostname "$1"
mount -t tmpfs tmpfs /run
mkdir -p /run/sshd /run/host
mount --bind "$2" /run/host
for f in passwd group shadow; do mount --bind /run/host/$f /etc/$f; done
mount -t tmpfs -o mode=755 tmpfs /home
mkdir /home/lab
mount --bind /run/host/home /home/lab
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
cd /
echo made
read go
ip link set lo up
ip addr add "$3/24" dev eth0
ip link set eth0 up
echo up
/usr/sbin/sshd -f /run/host/sshd_config -E /run/host/sshd.log
while :; do sleep 1000 & wait; done # as a machine's first process does, it buries the dead
`

const sshd = `Port 22
HostKey /run/host/hostkey
AuthorizedKeysFile /run/host/authorized_keys
PidFile /run/host/sshd.pid
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
X11Forwarding no
PrintMotd no
MaxStartups 100
`

// Add adds a host to the network.
func (l *LAN) Add(name string) *Host {
	t := l.t
	t.Helper()
	n := len(l.hosts)
	h := &Host{
		Name: name, Addr: fmt.Sprintf("%s%d", l.prefix, 10+n), number: 10 + n, lan: l, dir: l.file(name), Home: filepath.Join(l.file(name), "home"),
		port: strings.Replace(l.bridge, "gcb", "gcv", 1) + "h" + strconv.Itoa(n),
	}
	if err := os.MkdirAll(h.Home, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(h.Home, uid, uid); err != nil {
		t.Fatal(err)
	}
	run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", h.file("hostkey"))
	run(t, "cp", l.file("key.pub"), h.file("authorized_keys"))
	h.known = h.file("hostkey.pub")
	h.write("sshd_config", sshd)
	h.write("passwd", fmt.Sprintf("root:x:0:0:root:/root:/bin/sh\nsshd:x:106:65534::/run/sshd:/usr/sbin/nologin\n%s:x:%d:%d::/home/%s:/bin/sh\n", User, uid, uid, User))
	h.write("group", fmt.Sprintf("root:x:0:\nnogroup:x:65534:\n%s:x:%d:\n", User, uid))
	h.write("shadow", fmt.Sprintf("root:*:19000:0:99999:7:::\nsshd:*:19000:0:99999:7:::\n%s:*:19000:0:99999:7:::\n", User))
	l.hosts[name] = h
	h.PowerOn()
	l.writeConfig()
	t.Cleanup(h.PowerOff)
	return h
}

func (h *Host) file(name string) string { return filepath.Join(h.dir, name) }

func (h *Host) write(name, text string) {
	h.lan.t.Helper()
	if err := os.WriteFile(h.file(name), []byte(text), 0o644); err != nil {
		h.lan.t.Fatal(err)
	}
}

// PowerOn starts the host.
func (h *Host) PowerOn() {
	t := h.lan.t
	t.Helper()
	h.init = exec.Command("unshare", "--mount", "--uts", "--net", "--pid", "--fork", "--mount-proc", "--kill-child", "/bin/sh", "-c", boot, "boot", h.Name, h.dir, h.Addr)
	h.init.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	h.init.Stderr = os.Stderr
	var err error
	if h.stdin, err = h.init.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := h.init.StdoutPipe()
	if err == nil {
		err = h.init.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(out)
	if line, err := said.ReadString('\n'); err != nil || line != "made\n" {
		t.Fatalf("host %s does not start: %q, %v", h.Name, line, err)
	}
	h.pid = firstChild(t.Fatalf, h.init.Process.Pid)
	// The same hardware address every time, as a machine has: neighbours remember it.
	mac := fmt.Sprintf("02:00:00:00:00:%02x", h.number)
	run(t, "ip", "link", "add", h.port, "type", "veth", "peer", "name", "eth0", "address", mac, "netns", strconv.Itoa(h.pid))
	run(t, "ip", "link", "set", h.port, "master", h.lan.bridge, "up")
	if _, err := io.WriteString(h.stdin, "go\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := said.ReadString('\n'); err != nil || line != "up\n" {
		t.Fatalf("host %s has no network: %q, %v", h.Name, line, err)
	}
	h.awaitSSH()
}

// awaitSSH waits until sshd listens.
func (h *Host) awaitSSH() {
	h.lan.t.Helper()
	h.Sh("i=0; until [ -s /run/host/sshd.pid ]; do [ $((i += 1)) -lt 3000 ] || { echo sshd does not listen; exit 1; }; sleep 0.02; done")
}

func firstChild(fatalf func(string, ...any), pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		fatalf("the first process of a host: %v", err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		fatalf("the first process of a host: %v", err)
	}
	return child
}

// PowerOff ends all of the host's processes at once, as a power cut does.
func (h *Host) PowerOff() {
	if h.init == nil {
		return
	}
	_ = h.init.Process.Kill()
	_ = h.init.Wait() // it was killed
	h.init = nil
	_ = os.Remove(h.file("sshd.pid"))
	_ = exec.Command("ip", "link", "del", h.port).Run() // gone already, mostly
}

// Link takes the host off the network, or puts it back.
func (h *Host) Link(up bool) {
	h.lan.t.Helper()
	state := "down"
	if up {
		state = "up"
	}
	run(h.lan.t, "ip", "link", "set", h.port, state)
}

// Filter has the host's packet filter do what rules of nftables say, each after the name of its chain: "input tcp dport 22 drop". Without rules, all
// passes.
func (h *Host) Filter(rules ...string) {
	h.lan.t.Helper()
	script := "set -e; nft flush ruleset; nft add table inet test\n"
	for _, chain := range []string{"input", "output"} {
		script += "nft add chain inet test " + chain + " '{ type filter hook " + chain + " priority 0; }'\n"
	}
	for _, rule := range rules {
		script += "nft add rule inet test " + rule + "\n"
	}
	h.Sh(script)
}

// Via has ssh reach the host by way of another; "" directly.
func (h *Host) Via(other string) {
	h.lan.t.Helper()
	h.via = other
	h.lan.writeConfig()
}

// Clock puts the clock wrong that the user's programs see, but for those that do not ask the C library.
func (h *Host) Clock(off time.Duration) {
	h.lan.t.Helper()
	lib, err := filepath.Glob("/usr/lib/*/faketime/libfaketime.so.1")
	if err != nil || len(lib) == 0 {
		h.lan.t.Fatalf("there is no libfaketime: %v", err)
	}
	if off == 0 {
		h.Configure("")
		return
	}
	h.Configure(fmt.Sprintf("SetEnv LD_PRELOAD=%s FAKETIME=%+.0f", lib[0], off.Seconds()))
}

// Sh runs a shell script on the host as root and returns what it prints.
func (h *Host) Sh(script string) string {
	h.lan.t.Helper()
	return run(h.lan.t, h.inside("/bin/sh", "-c", script)...)
}

// User runs a shell script on the host as its user.
func (h *Host) User(script string) string {
	h.lan.t.Helper()
	return run(h.lan.t, h.inside("setpriv", "--reuid", strconv.Itoa(uid), "--regid", strconv.Itoa(uid), "--clear-groups",
		"env", "HOME=/home/"+User, "/bin/sh", "-c", script)...)
}

func (h *Host) inside(argv ...string) []string {
	return append([]string{"nsenter", "-t", strconv.Itoa(h.pid), "-m", "-u", "-n", "-p", "--"}, argv...)
}

// Processes lists the command lines of the user's processes on the host, but for those of sshd.
func (h *Host) Processes() []string {
	h.lan.t.Helper()
	var out []string
	for _, line := range strings.Split(h.Sh("ps -u "+strconv.Itoa(uid)+" -o args= || true"), "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "sshd") && !strings.Contains(line, "defunct") {
			out = append(out, line)
		}
	}
	return out
}

// Sockets lists the TCP ports and Unix sockets that the host's processes listen on, but for sshd's.
func (h *Host) Sockets() []string {
	h.lan.t.Helper()
	var out []string
	for _, line := range strings.Split(h.Sh("ss -Hlntx"), "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.Contains(line, ":22 ") {
			out = append(out, line)
		}
	}
	return out
}

// Key is what ssh knows of a host's key.
type Key int

// What ssh may know.
const (
	KnownKey Key = iota
	UnknownKey
	WrongKey
)

// Know changes what ssh knows of the host's key.
func (h *Host) Know(k Key) {
	h.lan.t.Helper()
	h.known = map[Key]string{KnownKey: h.file("hostkey.pub"), WrongKey: h.lan.file("key.pub")}[k]
	h.lan.writeConfig()
}

// Admit lets the user in by the network's key, or does not.
func (h *Host) Admit(yes bool) {
	h.lan.t.Helper()
	key := "\n"
	if yes {
		text, err := os.ReadFile(h.lan.file("key.pub"))
		if err != nil {
			h.lan.t.Fatal(err)
		}
		key = string(text)
	}
	h.write("authorized_keys", key)
}

// Configure adds lines to sshd's configuration, before all others, and has it read them.
func (h *Host) Configure(lines string) {
	h.lan.t.Helper()
	h.write("sshd_config", lines+"\n"+sshd)
	// The file goes first: sshd writes it again as soon as it has read its configuration.
	h.Sh("pid=$(cat /run/host/sshd.pid) && rm /run/host/sshd.pid && kill -HUP $pid")
	h.awaitSSH()
}
