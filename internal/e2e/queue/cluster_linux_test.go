package queue

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gocluster/gocluster/client"
	"github.com/gocluster/gocluster/internal/e2e/lab"
	"github.com/gocluster/gocluster/profiles"
	"github.com/gocluster/gocluster/views"
)

func TestMain(m *testing.M) { lab.Main(m) }

// down stops the cluster and checks that it has left nothing.
func down(t *testing.T, p *profiles.Profile) {
	t.Helper()
	lab.Stop(t)
	if _, err := os.Stat(filepath.Join(p.Dir, "ranks")); err == nil {
		t.Error("the folder of ranks is left")
	}
}

// place tells a rank and where it is.
func place(int) string {
	time.Sleep(10 * time.Millisecond) // the work that is done
	return fmt.Sprintf("%s of %s on %s", os.Getenv("GOCLUSTER_RANK"), os.Getenv("GOCLUSTER_SIZE"), os.Getenv("SLURMD_NODENAME"))
}

// ran runs a job and returns the places where it has, sorted, each once.
func ran(t *testing.T, rc *client.Client) (places []string) {
	t.Helper()
	for v, err := range rc.LoadBalanced().MapAsync(place, views.Range(0, 100), views.ChunkSize(1)).All() {
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, v.(string))
	}
	slices.Sort(places)
	return slices.Compact(places)
}

// placed runs jobs until they have run at all of these places, each of which is one that place tells. They run at no other.
func placed(t *testing.T, rc *client.Client, places ...string) {
	t.Helper()
	seen(t, rc, func(place string) string { return place }, places)
}

// ranks is placed where only the ranks are known, not their nodes.
func ranks(t *testing.T, rc *client.Client, want ...string) {
	t.Helper()
	seen(t, rc, func(place string) string { rank, _, _ := strings.Cut(place, " on "); return rank }, want)
}

// seen runs jobs until what is told of their places is all that is wanted, and checks that it is no more.
func seen(t *testing.T, rc *client.Client, told func(place string) string, want []string) {
	t.Helper()
	var got []string
	lab.Await(t, "jobs at "+strings.Join(want, ", "), func() bool {
		for _, place := range ran(t, rc) {
			got = append(got, told(place))
		}
		slices.Sort(got)
		got = slices.Compact(got)
		return len(got) >= len(want)
	})
	if !slices.Equal(got, want) {
		t.Errorf("jobs ran at %q, want %q", got, want)
	}
}

// TestAJobOfSlurm runs on its nodes, is cancelled by somebody else, and is cancelled by stop.
func TestAJobOfSlurm(t *testing.T) {
	slurm(t)
	p := lab.Profile(t, "[sets.here]\nn = 1\n[sets.queue]\nwhere = \"slurm\"\nnodes = 2\nn = 2\n")
	rc := lab.Up(t, 5)
	placed(t, rc, " of  on ", "0 of 2 on n1", "1 of 2 on n2")
	id, _, _ := strings.Cut(queued(t), " ")
	run(t, "scancel", id)
	lab.Told(t, p, "queue slurm: ended: job "+id+" was cancelled, and not by this cluster")
	lab.Await(t, "the loss of its engines", func() bool { return len(rc.IDs()) == 1 })
	placed(t, rc, " of  on ")
	down(t, p)
	lab.Up(t, 5)
	for engine := range 5 {
		lab.Await(t, fmt.Sprintf("the log of engine %d", engine), func() bool { // it is known a moment after the engine
			said, _ := lab.Run(t, "logs", "--profile=lab", fmt.Sprintf("--engine=%d", engine))
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
	p := lab.Profile(t, "[sets.queue]\nwhere = \"slurm\"\nn = 1\n")
	lab.Up(t, 1)
	lab.KillSupervisor(t, p)
	lab.Run(t, "stop", "--profile=lab")
	lab.Await(t, "the end of the job", func() bool { return queued(t) == "" })
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

// TestEnginesLeaveBeforeTheirTimeIsUp and no task is cut by that: each is begun once, and ends. What may take longer than they have is not given to them.
func TestEnginesLeaveBeforeTheirTimeIsUp(t *testing.T) {
	slurm(t)
	notes := t.TempDir()
	t.Setenv("NOTES", notes)
	p := lab.Profile(t, "[sets.here]\nn = 1\n[sets.queue]\nwhere = \"slurm\"\nnodes = 2\nn = 2\ntime = \"1m\"\nleave = \"35s\"\n")
	rc := lab.Up(t, 5)
	for _, command := range []string{"workers", "status"} {
		if said := lab.Must(t, command, "--profile=lab"); !strings.Contains(said, "leaves in ") {
			t.Errorf("%s says\n%s", command, said)
		}
	}
	if got, err := rc.LoadBalanced().Map(place, []int{0}, views.Timeout(10*time.Minute)).Get(); err != nil || got[0] != " of  on " {
		t.Errorf("what may take ten minutes ran at %q, %v", got, err)
	}
	const n = 40
	done := 0
	for staying := false; !staying; {
		staying = len(rc.IDs()) == 1
		for v, err := range rc.LoadBalanced().MapAsync(noted, views.Range(done, done+n), views.ChunkSize(1)).All() {
			if err != nil {
				t.Fatal(err)
			}
			if x := v.(int); x < done || x >= done+n {
				t.Errorf("got %d, want one from %d on", x, done)
			}
		}
		done += n
	}
	lab.Told(t, p, "has ended: its engines have left")
	for _, name := range []string{"begun", "ended"} {
		files, err := filepath.Glob(filepath.Join(notes, name+"-*"))
		if err != nil || len(files) != done {
			t.Errorf("%d of %d tasks have %s, %v", len(files), done, name, err)
		}
	}
	down(t, p)
}

// TestAnArrayOfJobs has engines as its jobs start, tells why one waits, and of one that is cancelled.
func TestAnArrayOfJobs(t *testing.T) {
	slurm(t)
	p := lab.Profile(t, "[sets.queue]\nwhere = \"slurm\"\nhow = \"direct\"\nnodes = 3\nn = 1\narray = true\ndirectives = [\"#SBATCH --exclusive\"]\n")
	rc := lab.Up(t, 2)
	placed(t, rc, "0 of 3 on n1", "1 of 3 on n2")
	id, _, _ := strings.Cut(run(t, "squeue", "--noheader", "--array", "--states=running", "--format=%i"), "_")
	lab.Await(t, "a third job in the queue, for want of nodes", func() bool { return strings.Contains(queued(t), id+"_3 PENDING Resources") })
	run(t, "scancel", id+"_1")
	lab.Told(t, p, "job "+id+"_1 was cancelled, and not by this cluster")
	lab.Await(t, "the third job", func() bool { return slices.Equal(ran(t, rc), []string{"1 of 3 on n2", "2 of 3 on n1"}) })
	// Programs are run by the engine hosts, in their jobs, and not where the cluster was started.
	said, status := lab.Run(t, "exec", "--profile=lab", "-n", "2", "--", "sh", "-c", "echo $SLURMD_NODENAME $GOCLUSTER_SIZE")
	if node := regexp.MustCompile(`^\[\d\] n[12] 2\n\[\d\] n[12] 2\n$`); status != 0 || !node.MatchString(said) {
		t.Errorf("exec: exit status %d: %s", status, said)
	}
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
	p := lab.Profile(t, "[sets.queue]\nwhere = \"slurm\"\nn = 1\n")
	rc := lab.Up(t, 2)
	placed(t, rc, "0 of 2 on n1", "1 of 2 on n2")
	down(t, p)
	if left := queued(t); left != id+" RUNNING None" {
		t.Errorf("in the queue is %q, want the job that was there", left)
	}
}

// TestAJobThatFails says why, with what it has printed.
func TestAJobThatFails(t *testing.T) {
	slurm(t)
	p := lab.Profile(t, "[sets.here]\nn = 1\n[sets.queue]\nwhere = \"slurm\"\nn = 1\nprologue = [\"echo no such module: fortran\", \"exit 3\"]\n[sets.refused]\nwhere = \"slurm\"\npartition = \"nowhere\"\n")
	lab.Up(t, 1)
	lab.Told(t, p, "queue slurm: failed: job ")
	lab.Told(t, p, "no such module: fortran")
	lab.Told(t, p, "invalid partition specified: nowhere")
	down(t, p)
}

// TestRanksOfMpiexec starts eight engines with each of the two, which keep their ranks.
func TestRanksOfMpiexec(t *testing.T) {
	for name, options := range map[string]string{"mpich": "", "openmpi": `, "--allow-run-as-root", "--oversubscribe"`} {
		t.Run(name, func(t *testing.T) {
			needs(t, "mpich openmpi-bin", "mpiexec."+name)
			p := lab.Profile(t, fmt.Sprintf("[sets.ranks]\nhow = \"mpiexec\"\nn = 8\nmpiexec = [\"mpiexec.%s\"%s]\n", name, options))
			rc := lab.Up(t, 8)
			var want []string
			for i := range 8 {
				want = append(want, fmt.Sprintf("%d of 8 on ", i))
			}
			placed(t, rc, want...)
			down(t, p)
		})
	}
}
