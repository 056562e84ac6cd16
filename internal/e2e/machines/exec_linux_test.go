package machines

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/hosttest"
	"github.com/gocluster/gocluster/internal/role"
)

// machinefile writes one.
func machinefile(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestProgramsOfAMachinefile runs programs as MPI users do, on four hosts that know nothing of gocluster.
func TestProgramsOfAMachinefile(t *testing.T) {
	l := hosttest.New(t, "donner", "foo", "shakey", "terra")
	profile(t, l, "")
	four := machinefile(t, "donner:2", "foo:2", "shakey:2", "terra:2")
	const inTwos = "[0] donner\n[1] donner\n[2] foo\n[3] foo\n[4] shakey\n[5] shakey\n[6] terra\n[7] terra"
	const inTurn = "[0] donner\n[1] foo\n[2] shakey\n[3] terra\n[4] donner\n[5] foo\n[6] shakey\n[7] terra"
	for name, c := range map[string]struct {
		file, args string
		argv       []string
		status     int
		says       string
	}{
		"MPICH's counts":      {four, "-n 8", []string{"hostname"}, 0, inTwos},
		"Open MPI's counts":   {machinefile(t, "donner slots=2", "foo slots=2", "", "# the others", "shakey slots=2", "terra slots=2"), "-n 8", []string{"hostname"}, 0, inTwos},
		"no counts":           {machinefile(t, "donner", "foo", "shakey", "terra"), "-n 8", []string{"hostname"}, 0, inTurn},
		"no number":           {four, "", []string{"hostname"}, 0, inTwos},
		"each host":           {four, "--each-host", []string{"hostname"}, 0, "[donner] donner\n[foo] foo\n[shakey] shakey\n[terra] terra"},
		"words as they are":   {four, "-n 1", []string{"printf", `%s\n`, "two words", "$HOME", "it's", ""}, 0, "[0] \n[0] $HOME\n[0] it's\n[0] two words"},
		"many on one host":    {machinefile(t, "foo:14"), "", []string{"sh", "-c", "echo $GOCLUSTER_SIZE"}, 0, labelled(14, "14")},
		"here and there":      {machinefile(t, "localhost", "terra"), "", []string{"sh", "-c", `[ "$PWD" = ~ ] && echo at home || echo here`}, 0, "[0] here\n[1] at home"},
		"a directory":         {four, "-n 3 --dir /var", []string{"pwd"}, 0, "[0] /var\n[1] /var\n[2] /var"},
		"a host that is none": {machinefile(t, "foo", "nowhere.invalid"), "", []string{"hostname"}, 1, "nowhere.invalid: no host of this name is known"},
		"no such program":     {four, "-n 1", []string{"no-such-program"}, 127, "no-such-program: not found"},
		"a line that is none": {machinefile(t, "foo", "donner two"), "", []string{"hostname"}, 1, `hosts:2: "two" is not known`},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"exec", "--profile=lab", "--machinefile", c.file}, strings.Fields(c.args)...)
			said, status := lab.Run(t, append(append(args, "--"), c.argv...)...)
			lines := strings.Split(strings.TrimSuffix(said, "\n"), "\n")
			slices.Sort(lines)
			got := strings.Join(lines, "\n")
			if status != c.status || got != c.says && (status == 0 || !strings.Contains(got, c.says)) {
				t.Errorf("exit status %d, want %d; got\n%s\nwant\n%s", status, c.status, got, c.says)
			}
		})
	}
	t.Run("rank 3 fails", func(t *testing.T) {
		said, status := lab.Run(t, "exec", "--profile=lab", "--machinefile", four, "-n", "8", "--", "sh", "-c", `[ $GOCLUSTER_RANK != 3 ] || exit 7; sleep 1000 & sleep 1000`)
		if status != 7 || !strings.Contains(said, "rank 3 on foo: exit status 7; the other ranks were ended") {
			t.Errorf("exit status %d: %s", status, said)
		}
		bare(t, theFour(l)...)
	})
	t.Run("killed", func(t *testing.T) {
		cmd := begun(t, four, `echo begun; sleep 1000`)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		bare(t, theFour(l)...)
	})
	t.Run("interrupted", func(t *testing.T) {
		cmd := begun(t, four, `trap 'exit 5' INT; echo begun; while :; do sleep 0.1; done`)
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); fmt.Sprint(err) != "exit status 5" {
			t.Errorf("got %v", err)
		}
		bare(t, theFour(l)...)
	})
	t.Run("the standard input", func(t *testing.T) {
		cmd := role.Command(lab.Role, "exec", "--profile=lab", "--machinefile", four, "-n", "3", "--", "sh", "-c", "wc -c | tr -d ' '")
		cmd.Stdin = strings.NewReader(strings.Repeat("0123456789", 100_000))
		out, err := cmd.Output()
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		slices.Sort(lines)
		if got := strings.Join(lines, " "); err != nil || got != "[0] 1000000 [1] 0 [2] 0" {
			t.Errorf("got %s, %v", got, err)
		}
	})
}

// begun starts a program and waits until its eight ranks have said something.
func begun(t *testing.T, file, script string) *exec.Cmd {
	t.Helper()
	cmd := role.Command(lab.Role, "exec", "--profile=lab", "--machinefile", file, "--", "sh", "-c", script)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for read, n := bufio.NewScanner(out), 0; n < 8; n++ {
		if !read.Scan() {
			t.Fatalf("only %d ranks begin: %s", n, said.String())
		}
	}
	return cmd
}

func theFour(l *hosttest.LAN) (all []*hosttest.Host) {
	for _, name := range []string{"donner", "foo", "shakey", "terra"} {
		all = append(all, l.Host(name))
	}
	return all
}

// labelled is a line of each of n ranks.
func labelled(n int, text string) string {
	var lines []string
	for i := range n {
		lines = append(lines, fmt.Sprintf("[%d] %s", i, text))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// TestAClusterOfAMachinefile starts engines on the hosts of a machinefile, and runs programs beside them.
func TestAClusterOfAMachinefile(t *testing.T) {
	l := hosttest.New(t, "donner", "foo")
	profile(t, l, "")
	if said := lab.Start(t, "--machinefile", machinefile(t, "donner:2", "foo slots=1"), "-n", "4"); !strings.Contains(said, "cluster lab is ready: 4 engines") {
		t.Fatalf("start says\n%s", said)
	}
	for args, want := range map[string]string{
		"-- hostname":             "[0] donner\n[1] donner\n[2] donner\n[3] foo",
		"-n 2 -- hostname":        "[0] donner\n[1] donner",
		"--each-host -- hostname": "[donner] donner\n[foo] foo",
	} {
		said, status := lab.Run(t, append([]string{"exec", "--profile=lab"}, strings.Fields(args)...)...)
		lines := strings.Split(strings.TrimSpace(said), "\n")
		slices.Sort(lines)
		if got := strings.Join(lines, "\n"); status != 0 || got != want {
			t.Errorf("exec %s: exit status %d, got\n%s\nwant\n%s", args, status, got, want)
		}
	}
	if said, status := lab.Run(t, "put", "--profile=lab", "/etc/passwd", "copied"); status != 0 || l.Host("foo").User("grep -c ^root: ~/copied") != "1\n" {
		t.Errorf("put: exit status %d: %s", status, said)
	}
	lab.Stop(t)
	bare(t, l.Host("donner"), l.Host("foo"))
}

// TestPut copies files and folders to two hosts, by a machinefile and to those of a cluster.
func TestPut(t *testing.T) {
	l := hosttest.New(t, "donner", "foo")
	profile(t, l, "")
	hosts := machinefile(t, "donner:2", "foo")
	wheel(t, "a", map[string]string{"data.csv": "1,2\n"})
	for _, c := range []struct {
		args   []string
		status int
		says   string
		there  string // a command there
		shows  string
	}{
		{[]string{"data.csv"}, 0, "foo: data.csv: 1 file, ", "cat ~/data.csv", "1,2\n"},
		{[]string{"data.csv", "new/one.csv"}, 0, "new/one.csv", "cat ~/new/one.csv", "1,2\n"},
		{[]string{"data.csv", "new/"}, 0, "new/data.csv", "ls ~/new", "data.csv\none.csv\n"},
		{[]string{"data.csv", "new"}, 1, "new is a folder: end it with a slash to put a file into it", "ls -A ~/new", "data.csv\none.csv\n"},
		{[]string{"wheel"}, 0, "donner: wheel: 2 files, ", "cd ~/wheel && ls && cat link && ./sub*/b.sh", "a.txt\nlink\nsub dir\nab\n"},
		{[]string{"wheel", "/tmp/soft ware/wheel2"}, 0, "/tmp/soft ware/wheel2", "ls '/tmp/soft ware/wheel2'", "a.txt\nlink\nsub dir\n"},
		{[]string{"data.csv", "/no-such-place/x"}, 1, "ermission denied", "ls / | grep -c no-such || true", "0\n"},
		{[]string{"nothing"}, 1, "nothing: no such file", "true", ""},
	} {
		said, status := lab.Run(t, append([]string{"put", "--profile=lab", "--machinefile", hosts}, c.args...)...)
		if status != c.status || !strings.Contains(said, c.says) {
			t.Errorf("put %v: exit status %d, want %d; got\n%s\nwant\n%s", c.args, status, c.status, said, c.says)
		}
		for _, name := range []string{"donner", "foo"} {
			if got := l.Host(name).User(c.there); got != c.shows {
				t.Errorf("put %v: on %s, %s shows %q, want %q", c.args, name, c.there, got, c.shows)
			}
		}
	}
	bare(t, l.Host("donner"), l.Host("foo"))
}
