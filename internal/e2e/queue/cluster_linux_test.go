package queue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/command"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/profiles"
	"github.com/gocluster/gocluster/views"
)

func TestMain(m *testing.M) {
	role.Register(commandRole, func(context.Context, []string) int { return command.Main("gocluster") })
	command.Setup()
	os.Exit(m.Run())
}

// commandRole is the role of this executable in which it is gocluster.
const commandRole = "gocluster"

// patience bounds every wait: who hits it has hung.
const patience = 60 * time.Second

// profile makes the profile lab in a folder of the test's own.
func profile(t *testing.T, settings string) *profiles.Profile {
	t.Helper()
	t.Setenv(profiles.DirEnv, t.TempDir())
	t.Setenv(profiles.ConnectionEnv, "")
	p, err := profiles.Create("lab")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.ConfigFile(), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// gocluster runs a command to its end and returns what it prints.
func gocluster(t *testing.T, args ...string) string {
	t.Helper()
	cmd := role.Command(commandRole, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	late.Stop()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || args[0] == "start") {
		t.Fatalf("gocluster %s: %v:\n%s", strings.Join(args, " "), err, out.String())
	}
	return out.String()
}

// up starts the cluster of a profile in the background, connects to it, and waits for engines.
func up(t *testing.T, n int) *client.Client {
	t.Helper()
	gocluster(t, "start", "--profile=lab", "--daemonize")
	t.Cleanup(func() { gocluster(t, "stop", "--profile=lab") })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	rc, err := client.Connect(ctx, client.Options{Profile: "lab", Events: func(client.Event) {}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rc.Close() })
	if err := rc.WaitForEngines(ctx, n); err != nil {
		t.Fatal(err)
	}
	return rc
}

// down stops the cluster and checks that it has left nothing.
func down(t *testing.T, p *profiles.Profile) {
	t.Helper()
	if said := gocluster(t, "stop", "--profile=lab"); said != "cluster lab has stopped\n" {
		t.Errorf("stop says %q", said)
	}
	if _, err := os.Stat(filepath.Join(p.Dir, "ranks")); err == nil {
		t.Error("the folder of ranks is left")
	}
}

// told waits until the cluster has told people something.
func told(t *testing.T, p *profiles.Profile, part string) {
	t.Helper()
	log := filepath.Join(p.LogDir(), "cluster.log")
	await(t, strconv.Quote(part)+" in the cluster's log", func() bool {
		text, err := os.ReadFile(log)
		return err == nil && strings.Contains(string(text), part)
	})
}

// place tells a rank and where it is.
func place(int) string {
	time.Sleep(10 * time.Millisecond) // the work that is done
	return fmt.Sprintf("%s of %s on %s", os.Getenv("GOCLUSTER_RANK"), os.Getenv("GOCLUSTER_SIZE"), os.Getenv("SLURMD_NODENAME"))
}

// places runs place on every engine and returns what comes back, sorted, each once.
func places(t *testing.T, rc *client.Client) []string {
	t.Helper()
	var out []string
	for v, err := range rc.LoadBalanced().MapAsync(place, views.Range(0, 100), views.ChunkSize(1)).All() {
		if err != nil {
			t.Fatal(err)
		}
		if text := v.(string); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return out
}

// TestAJobOfSlurm runs on its nodes, is cancelled by somebody else, and is cancelled by stop.
func TestAJobOfSlurm(t *testing.T) {
	slurm(t)
	p := profile(t, "[sets.here]\nn = 1\n[sets.queue]\nwhere = \"slurm\"\nnodes = 2\nn = 2\n")
	rc := up(t, 5)
	if got, want := places(t, rc), []string{" of  on ", "0 of 2 on n1", "1 of 2 on n2"}; !slices.Equal(got, want) {
		t.Errorf("ran at %q, want %q", got, want)
	}
	id, _, _ := strings.Cut(queued(t), " ")
	run(t, "scancel", id)
	told(t, p, "queue slurm: ended: job "+id+" was cancelled, and not by this cluster")
	if got := places(t, rc); !slices.Equal(got, []string{" of  on "}) {
		t.Errorf("afterwards, ran at %q", got)
	}
	down(t, p)
	up(t, 5)
	for engine := range 5 {
		await(t, fmt.Sprintf("the log of engine %d", engine), func() bool { // it is known a moment after the engine
			said := gocluster(t, "logs", "--profile=lab", fmt.Sprintf("--engine=%d", engine))
			return strings.Contains(said, "registered engines=")
		})
	}
	down(t, p)
	if left := queued(t); left != "" {
		t.Errorf("in the queue is left: %s", left)
	}
}

// TestASupervisorThatIsKilled leaves its job in the queue, and stop cancels it.
func TestASupervisorThatIsKilled(t *testing.T) {
	slurm(t)
	p := profile(t, "[sets.queue]\nwhere = \"slurm\"\nn = 1\n")
	up(t, 1)
	text, err := os.ReadFile(filepath.Join(p.PIDDir(), "cluster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.Fields(string(text))[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	gocluster(t, "stop", "--profile=lab")
	await(t, "the end of the job", func() bool { return queued(t) == "" })
	if left, _ := filepath.Glob(filepath.Join(p.Dir, "ranks", "*")); len(left) > 0 {
		t.Errorf("left are %q", left)
	}
}

// noted works for a moment, and leaves a file when it begins and another when it has ended.
func noted(x int) int {
	for _, name := range []string{"begun", "ended"} {
		f, err := os.CreateTemp(os.Getenv("NOTES"), fmt.Sprintf("%s-%d-", name, x))
		if err != nil {
			panic(err)
		}
		if err := f.Close(); err != nil {
			panic(err)
		}
		time.Sleep(100 * time.Millisecond) // the work that is done
	}
	return x
}

// TestEnginesLeaveBeforeTheirTimeIsUp and no task is cut by that: each is begun once, and ends.
func TestEnginesLeaveBeforeTheirTimeIsUp(t *testing.T) {
	slurm(t)
	notes := t.TempDir()
	t.Setenv("NOTES", notes)
	p := profile(t, "[sets.here]\nn = 1\n[sets.queue]\nwhere = \"slurm\"\nnodes = 2\nn = 2\ntime = \"1m\"\nleave = \"50s\"\n")
	rc := up(t, 5)
	const n = 240
	sum := 0
	for v, err := range rc.LoadBalanced().MapAsync(noted, views.Range(0, n), views.ChunkSize(1)).All() {
		if err != nil {
			t.Fatal(err)
		}
		sum += v.(int)
	}
	if sum != n*(n-1)/2 {
		t.Errorf("the sum is %d, want %d", sum, n*(n-1)/2)
	}
	told(t, p, "has ended: its engines have left")
	for _, name := range []string{"begun", "ended"} {
		files, err := filepath.Glob(filepath.Join(notes, name+"-*"))
		if err != nil || len(files) != n {
			t.Errorf("%d of %d tasks have %s, %v", len(files), n, name, err)
		}
	}
	down(t, p)
}

// TestAnArrayOfJobs has engines as its jobs start, tells why one waits, and of one that is cancelled.
func TestAnArrayOfJobs(t *testing.T) {
	slurm(t)
	p := profile(t, "[sets.queue]\nwhere = \"slurm\"\nhow = \"direct\"\nnodes = 3\nn = 1\narray = true\ndirectives = [\"#SBATCH --exclusive\"]\n")
	rc := up(t, 2)
	if got, want := places(t, rc), []string{"0 of 3 on n1", "1 of 3 on n2"}; !slices.Equal(got, want) {
		t.Errorf("ran at %q, want %q", got, want)
	}
	id, _, _ := strings.Cut(run(t, "squeue", "--noheader", "--array", "--states=running", "--format=%i"), "_")
	if text := queued(t); !strings.Contains(text, id+"_3 PENDING Resources") {
		t.Errorf("in the queue is %q", text)
	}
	run(t, "scancel", id+"_1")
	told(t, p, "job "+id+"_1 was cancelled, and not by this cluster")
	await(t, "the third job", func() bool { return slices.Equal(places(t, rc), []string{"1 of 3 on n2", "2 of 3 on n1"}) })
	down(t, p)
	if left := queued(t); left != "" {
		t.Errorf("in the queue is left: %s", left)
	}
}

// TestInsideAJob starts engines on the nodes of the job that there is, and leaves that alone.
func TestInsideAJob(t *testing.T) {
	slurm(t)
	run(t, "salloc", "--quiet", "--nodes=2", "--no-shell")
	id, _, _ := strings.Cut(queued(t), " ")
	t.Setenv("SLURM_JOB_ID", id)
	t.Setenv("SLURM_JOB_NUM_NODES", "2")
	p := profile(t, "[sets.queue]\nwhere = \"slurm\"\nn = 1\n")
	rc := up(t, 2)
	if got, want := places(t, rc), []string{"0 of 2 on n1", "1 of 2 on n2"}; !slices.Equal(got, want) {
		t.Errorf("ran at %q, want %q", got, want)
	}
	down(t, p)
	if left := queued(t); left != id+" RUNNING None" {
		t.Errorf("in the queue is %q, want the job that was there", left)
	}
}

// TestAJobThatFails says why, with what it has printed.
func TestAJobThatFails(t *testing.T) {
	slurm(t)
	p := profile(t, "[sets.here]\nn = 1\n[sets.queue]\nwhere = \"slurm\"\nn = 1\nprologue = [\"echo no such module: fortran\", \"exit 3\"]\n[sets.refused]\nwhere = \"slurm\"\npartition = \"nowhere\"\n")
	up(t, 1)
	told(t, p, "queue slurm: failed: job ")
	told(t, p, "no such module: fortran")
	told(t, p, "invalid partition specified: nowhere")
	down(t, p)
}

// TestRanksOfMpiexec starts eight engines with each of the two, which keep their ranks.
func TestRanksOfMpiexec(t *testing.T) {
	for name, options := range map[string]string{"mpich": "", "openmpi": `, "--allow-run-as-root", "--oversubscribe"`} {
		t.Run(name, func(t *testing.T) {
			needs(t, "mpich openmpi-bin", "mpiexec."+name)
			p := profile(t, fmt.Sprintf("[sets.ranks]\nhow = \"mpiexec\"\nn = 8\nmpiexec = [\"mpiexec.%s\"%s]\n", name, options))
			rc := up(t, 8)
			var want []string
			for i := range 8 {
				want = append(want, fmt.Sprintf("%d of 8 on ", i))
			}
			if got := places(t, rc); !slices.Equal(got, want) {
				t.Errorf("ran at %q, want %q", got, want)
			}
			down(t, p)
		})
	}
}
