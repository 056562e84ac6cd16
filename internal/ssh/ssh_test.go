package ssh

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestWordsArriveAsTheyAre(t *testing.T) {
	for _, words := range [][]string{
		{"plain"}, {"two words", "it's", `a"b`, "$HOME", "`x`", "a;b", "", "tab\there"}, {"-n", "--x=y z", "*", "~user", "#", "é"},
	} {
		script := Script("/tmp", []string{"GREETING=hello you"}, append([]string{"printf", `%s|`}, words...)...)
		out, err := exec.Command("/bin/sh", "-c", "exec /bin/sh -c "+Quote(script)).Output()
		if want := strings.Join(words, "|") + "|"; err != nil || string(out) != want {
			t.Errorf("%q: got %q, %v", words, out, err)
		}
	}
	out, err := exec.Command("/bin/sh", "-c", Script("~", []string{"GREETING=it's me"}, "sh", "-c", `echo "$GREETING"; pwd`)).Output()
	if err != nil || !strings.HasPrefix(string(out), "it's me\n") {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestFoldersOfProcessesThatWereKilledAreRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	made := func(pid int) string {
		dir, err := os.MkdirTemp("", fmt.Sprintf("%s%d-", sharePrefix, pid))
		if err != nil {
			t.Fatal(err)
		}
		return dir
	}
	left, mine, other := made(dead.Process.Pid), made(os.Getpid()), filepath.Join(os.TempDir(), "gcs-others")
	if err := os.Mkdir(other, 0o700); err != nil {
		t.Fatal(err)
	}
	sweep()
	for dir, want := range map[string]bool{left: false, mine: true, other: true} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", filepath.Base(dir), err == nil, want)
		}
	}
}

func TestTheHomeDirectoryIsTheShells(t *testing.T) {
	cmd := exec.Command("/bin/sh", "-c", "echo "+Quote("~/a b")+" "+Quote("~"))
	cmd.Env = []string{"HOME=/home/x"}
	if out, err := cmd.Output(); err != nil || string(out) != "/home/x/a b ~\n" {
		t.Errorf("got %q, %v", out, err)
	}
}

// TestWhatSSHSaysIsToldApart has what ssh and shells say; that of real hosts is in internal/e2e/machines.
func TestWhatSSHSaysIsToldApart(t *testing.T) {
	failed := exec.Command("/bin/sh", "-c", "exit 255").Run()
	h := New(Config{}, "bob@alpha")
	for _, c := range []struct {
		said string
		kind Kind
		do   string
	}{
		{"ssh: Could not resolve hostname alpha: Name or service not known\r\n", NoSuchHost, "HostName"},
		{"ssh: connect to host alpha port 22: Connection refused", Refused, "systemctl start ssh"},
		{"ssh: connect to host alpha port 22: No route to host", Down, "ssh -v bob@alpha"},
		{"Timeout, server alpha not responding.", Down, "firewall"},
		{"No ED25519 host key is known for alpha and you have requested strict checking.\r\nHost key verification failed.", UnknownKey, "Run `ssh bob@alpha` once"},
		{"@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\nHost key verification failed.", ChangedKey, "ssh-keygen -R bob@alpha"},
		{"bob@alpha: Permission denied (publickey,password).", Denied, "ssh-copy-id bob@alpha"},
		{"Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures", Denied, "ssh-add"},
		{"command-line: line 0: Bad configuration option: foo", BadConfig, "[ssh]"},
		{"cat: write error: No space left on device", DiskFull, "free some"},
		{"sh: 1: cannot create x: Disk quota exceeded", DiskFull, "100 MB"},
		{"mkdir: cannot create directory 'x': Permission denied", NoWrite, "chown"},
		{"kex_exchange_identification: Connection closed by remote host", Broken, "MaxStartups"},
		{"Error: remote port forwarding failed for listen path /x", NoForward, "AllowStreamLocalForwarding"},
		{"/x/gocluster: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by /x/gocluster)", OldLibrary, "CGO_ENABLED=0"},
		{"something else", Other, ""},
	} {
		err := h.Explain(context.Background(), failed, c.said)
		var e *Error
		if !errors.As(err, &e) || e.Kind != c.kind || !Is(err, c.kind) || !strings.Contains(e.Do, c.do) || e.Host != "alpha" {
			t.Errorf("%q: got %#v, want %q with %q", c.said, err, c.kind, c.do)
		}
	}
	late, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("no answer within 8s"))
	if err := h.Explain(late, failed, ""); !Is(err, Down) || !strings.Contains(err.Error(), "no answer within 8s") {
		t.Errorf("got %v", err)
	}
	if _, err := New(Config{Command: "no-such-ssh"}, "alpha").Probe(context.Background()); !Is(err, NoProgram) {
		t.Errorf("got %v, want that there is no ssh", err)
	}
}

func TestWhatTheUserSaysWins(t *testing.T) {
	h := New(Config{File: "f", Options: []string{"ConnectTimeout=1"}}, "alpha")
	defer h.Close()
	text := strings.Join(h.Command(t.Context(), "", nil, "true").Args, " ")
	for _, part := range []string{"-F f", "BatchMode=yes", "ControlMaster=auto", "-- alpha exec /bin/sh -c"} {
		if !strings.Contains(text, part) {
			t.Errorf("%s lacks %s", text, part)
		}
	}
	if strings.Index(text, "ConnectTimeout=1 ") > strings.Index(text, "ConnectTimeout=10") {
		t.Errorf("ssh takes the first: %s", text)
	}
}
