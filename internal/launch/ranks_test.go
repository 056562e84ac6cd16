package launch

import (
	"strings"
	"testing"
	"time"
)

// TestPlansOfCommandsAndJobs shows what is run in place of an engine host alone.
func TestPlansOfCommandsAndJobs(t *testing.T) {
	for _, c := range []struct {
		name, settings string
		env            map[string]string
		want           []string // lines, or their beginnings
	}{
		{"each engine is a rank", "[sets.a]\nhow = \"mpiexec\"\nn = 8\nmpiexec = [\"mpiexec.mpich\", \"-l\"]\n", nil, []string{"mpiexec.mpich -l -n 8 env GOCLUSTER_ROLE=rank "}},
		{"each host is a rank", "[sets.a]\nhow = \"mpiexec\"\nn = 3\ntasks = 2\n", nil, []string{": 3 engines of each of 2 hosts", "mpiexec -n 2 env "}},
		{"a job", "[sets.a]\nwhere = \"slurm\"\nnodes = 2\nn = 4\n", nil, []string{"sbatch --parsable ", "#SBATCH --nodes=2", "exec srun --overlap --kill-on-bad-exit=0 --nodes=2 --ntasks=2 --ntasks-per-node=1 --cpus-per-task=4 env "}},
		{"inside a job", "[sets.a]\nwhere = \"slurm\"\n", map[string]string{"SLURM_JOB_ID": "7", "SLURM_JOB_NUM_NODES": "3"}, []string{"# a slurm job 7: one engine per core of each of 3 hosts", "srun --overlap --kill-on-bad-exit=0 --nodes=3 --ntasks=3 "}},
		{"an array", "[sets.a]\nwhere = \"pbs\"\nnodes = 3\narray = true\nn = 1\n", nil, []string{"qsub ", "#PBS -J 1-3", "exec env GOCLUSTER_ROLE=rank "}},
		{"mpiexec in a job", "[sets.a]\nwhere = \"lsf\"\nhow = \"mpiexec\"\nnodes = 2\ntasks = 4\nn = 1\n", nil, []string{"bsub < ", "#BSUB -n 8", "exec mpiexec -n 8 env "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("SLURM_JOB_ID", "")
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			got, err := Plan(Config{Profile: settings(t, c.settings)})
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in\n%s", want, got)
				}
			}
		})
	}
}

func TestRanks(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want int
	}{
		{nil, 0},
		{map[string]string{"SLURM_PROCID": "3"}, 3},
		{map[string]string{"SLURM_PROCID": "0", "PMI_RANK": "5"}, 5},
		{map[string]string{"SLURM_PROCID": "0", "OMPI_COMM_WORLD_RANK": "2", "PMIX_RANK": "2"}, 2},
	} {
		if got := rankOf(func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%v: rank %d, want %d", c.env, got, c.want)
		}
	}
}

// TestTheTimeToLeave is some time before the job's end, if that is known and in the future.
func TestTheTimeToLeave(t *testing.T) {
	now := time.Date(2026, 11, 21, 17, 0, 0, 0, time.Local)
	for _, c := range []struct {
		end    string
		before time.Duration
		want   time.Duration // after now; 0: they stay
	}{
		{"2026-11-21T18:00:00", 0, 59 * time.Minute},
		{"2026-11-21T17:01:40", 0, 90 * time.Second},
		{"2026-11-21T18:00:00", 20 * time.Minute, 40 * time.Minute},
		{"NONE", 0, 0},
		{"", time.Minute, 0},
		{"2026-11-21T16:00:00", 0, 0},
	} {
		want := time.Time{}
		if c.want > 0 {
			want = now.Add(c.want)
		}
		if got, _ := leaveAt(now, c.end, c.before); !got.Equal(want) {
			t.Errorf("%q, %v: got %v, want %v", c.end, c.before, got, want)
		}
	}
}
