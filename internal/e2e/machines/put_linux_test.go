package machines

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/internal/hosttest"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/views"
)

// wheel goes to a folder of the test's own with what is to be copied: the folder wheel, with a file, a link to it and a script in a folder whose name
// has a space, and files beside it.
func wheel(t *testing.T, text string, beside map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.MkdirAll(filepath.Join("wheel", "sub dir"), 0o755); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"wheel/a.txt": text, "wheel/sub dir/b.sh": "#!/bin/sh\necho b\n"}
	maps.Copy(files, beside)
	for path, text := range files {
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("a.txt", filepath.Join("wheel", "link")); err != nil {
		t.Fatal(err)
	}
}

// reads says what a task finds, and where.
func reads(int) string {
	home, err := os.UserHomeDir()
	if err != nil {
		return err.Error()
	}
	host, err := os.Hostname()
	if err != nil {
		return err.Error()
	}
	text, err := os.ReadFile(filepath.Join(home, "wheel", "a.txt"))
	if err != nil {
		return host + " " + err.Error()
	}
	return host + " " + string(text)
}

// finds runs tasks until a condition holds of the hosts that have run some, and checks what each finds.
func finds(t *testing.T, rc *client.Client, want string, enough func(hosts []string) bool) {
	t.Helper()
	var hosts []string
	for late := time.Now().Add(lab.Patience); !enough(hosts); {
		if time.Now().After(late) {
			t.Fatalf("tasks ran on %q", hosts)
		}
		values, err := rc.LoadBalanced().Map(reads, views.Range(0, 20), views.ChunkSize(1)).Get()
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			host, found, _ := strings.Cut(v.(string), " ")
			if !slices.Contains(hosts, host) {
				hosts = append(hosts, host)
			}
			if found != want {
				t.Fatalf("on %s a task finds %q, want %q", host, found, want)
			}
		}
	}
}

// says checks what a command says.
func says(t *testing.T, want string, status int, args ...string) {
	t.Helper()
	said, got := lab.Run(t, args...)
	if ok, err := regexp.MatchString(`(?s)^`+want+`$`, said); err != nil || !ok || got != status {
		t.Errorf("gocluster %s: exit status %d, want %d; says\n%s\nwant\n%s", strings.Join(args, " "), got, status, said, want)
	}
}

// TestPutToACluster copies to the machines of a running cluster: one that was started over SSH, and one that joins by an invitation later, which nobody
// can reach by SSH for all the cluster knows.
func TestPutToACluster(t *testing.T) {
	l := hosttest.New(t, "alpha", "beta")
	profile(t, l, "[controller]\nip = \""+l.Addr+"\"\n[sets.lab]\nwhere = \"ssh\"\nhosts = [\"alpha\"]\nn = 2\n")
	lab.Start(t)
	rc := lab.Connect(t, nil)
	alpha, beta := l.Host("alpha"), l.Host("beta")
	wheel(t, "first", map[string]string{"large": strings.Repeat("large", 1<<20)})
	const put = "put"
	says(t, `alpha: /home/lab/wheel: 2 files, 0\.0 MB, \d+\.\d s\n`, 0, put, "--profile=lab", "wheel")
	says(t, `alpha: /home/lab/wheel: is there\n`, 0, put, "--profile=lab", "wheel")
	const look = "cd ~/wheel && ls && cat link && ./sub*/b.sh"
	if got := alpha.User(look); got != "a.txt\nlink\nsub dir\nfirstb\n" {
		t.Errorf("on alpha is %q", got)
	}
	says(t, `.*nothing: no such file or directory\n`, 1, put, "--profile=lab", "nothing")
	says(t, `.*\nwheel  2      .*  1 of 1\n`, 0, put, "--profile=lab", "--list")

	// One that joins has no task before it has what was put, although there are tasks all the time.
	said, _ := lab.Run(t, "invite", "--profile=lab")
	token := regexp.MustCompile(`goengine --join (gcjoin1\w+)`).FindStringSubmatch(said)
	if token == nil {
		t.Fatalf("invite says %q", said)
	}
	joinByHand(t, beta, token[1])
	finds(t, rc, "first", func(hosts []string) bool { return slices.Contains(hosts, "beta") })
	if got := beta.User(look); got != "a.txt\nlink\nsub dir\nfirstb\n" {
		t.Errorf("on beta is %q", got)
	}
	if err := rc.WaitForEngines(lab.Patient(t), 4); err != nil {
		t.Fatal(err)
	}

	programsRun(t, beta)

	// What is put again takes the place of what was there, everywhere.
	if err := os.WriteFile("wheel/a.txt", []byte("second"), 0o755); err != nil {
		t.Fatal(err)
	}
	says(t, `(alpha|beta): /home/lab/wheel: 2 files, [^\n]*\n(alpha|beta): /home/lab/wheel: 2 files, [^\n]*\n`, 0, put, "--profile=lab", "wheel")
	finds(t, rc, "second", func(hosts []string) bool { return len(hosts) == 2 })

	// A machine without room is named, and has no task; the other has it.
	alpha.User("mkdir ~/small")
	alpha.Sh("mount -t tmpfs -o size=1m,mode=1777 tmpfs /home/lab/small")
	said, status := lab.Run(t, put, "--profile=lab", "large", "small/")
	if status != 1 || !strings.Contains(said, "alpha: no space left on device in /home/lab/small\n") ||
		!strings.Contains(said, "beta: /home/lab/small/large: 1 file, 5.2 MB") || !strings.Contains(said, "1 of 2 machines have no copy") {
		t.Errorf("put: exit status %d: %s", status, said)
	}
	if got := alpha.User("ls -A ~/small"); got != "" {
		t.Errorf("on alpha is left %q", got)
	}
	if got := hostsOf(t, rc, 20, nil); !slices.Equal(got, []string{"beta"}) {
		t.Errorf("tasks ran on %q", got)
	}
	says(t, `.*\nsmall/large  1 .*  1 of 2; not alpha: no space left on device in /home/lab/small\n`, 0, put, "--profile=lab", "--list")
	if st, err := rc.Status(); err != nil || !strings.Contains(st.String(), "held") {
		t.Errorf("the status is %v, %v", st, err)
	}
	alpha.Sh("umount /home/lab/small") // it is tried again
	finds(t, rc, "second", func(hosts []string) bool { return slices.Contains(hosts, "alpha") })
	if got := alpha.User("wc -c < ~/small/large"); got != fmt.Sprintln(5<<20) {
		t.Errorf("on alpha it has %s bytes", got)
	}

	// What no machine can have is not kept, and what was there before is.
	says(t, `.*/home/lab/wheel is a folder: end it with a slash to put a file into it\n.*no machine has a copy\n`, 1, put, "--profile=lab", "large", "wheel")
	says(t, ``, 0, put, "--profile=lab", "--forget=large")
	says(t, `.*nothing was put to large, but to wheel\n`, 1, put, "--profile=lab", "--forget=large")
	says(t, `DEST[^\n]*\nwheel  2 [^\n]*  2 of 2\n`, 0, put, "--profile=lab", "--list")
	lab.Stop(t)
	bare(t, alpha, beta)
}

// programsRun runs programs on alpha and on beta, which only its engine host reaches.
func programsRun(t *testing.T, beta *hosttest.Host) {
	t.Helper()
	for args, want := range map[string]string{
		"--each-host -- hostname":                   "[alpha] alpha\n[beta] beta",
		"-n 4 -- sh -c hostname;pwd;cat":            "[0] /home/lab\n[0] alpha\n[0] in\n[1] /home/lab\n[1] alpha\n[2] /home/lab\n[2] beta\n[3] /home/lab\n[3] beta",
		"-n 4 -- sh -c echo:$GOCLUSTER_LOCAL_RANK:": "[0] 0\n[1] 1\n[2] 0\n[3] 1",
	} {
		words := strings.Fields(args)
		if n := len(words) - 1; words[n-1] == "-c" {
			words[n] = strings.ReplaceAll(words[n], ":", " ")
		}
		cmd := role.Command(lab.Role, append([]string{"exec", "--profile=lab"}, words...)...)
		cmd.Stdin = strings.NewReader("in\n")
		out, err := cmd.CombinedOutput()
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		slices.Sort(lines)
		if got := strings.Join(lines, "\n"); err != nil || got != want {
			t.Errorf("exec %s: %v, got\n%s\nwant\n%s", args, err, got, want)
		}
	}
	says(t, `.*rank 3 on beta: exit status 7; the other ranks were ended\n`, 7, "exec", "--profile=lab", "-n", "4", "--", "sh", "-c", "[ $GOCLUSTER_RANK != 3 ] || exit 7; sleep 1234 & sleep 1234")
	if got := beta.User("pgrep -fc '[s]leep 1234' || true"); got != "0\n" {
		t.Errorf("on beta still sleep %s", got)
	}
}
