package batch

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestScripts compares the scripts of jobs with golden files, and has the shell read them.
func TestScripts(t *testing.T) {
	jobs := map[string]Job{
		"many": {
			Nodes: 4, Tasks: 2, CPUs: 8, Time: 26*time.Hour + 90*time.Second, Partition: "short",
			Directives: []string{"%MARK% --account=physics"}, Prologue: []string{"module load gcc", "ulimit -n 4096"},
			Notes: []string{"The home directory is shared."}, Command: "exec mpiexec -n 8 /home/lab/gocluster /home/lab/job",
		},
		"array": {Nodes: 3, Array: true, Time: 90 * time.Second, Command: "exec /home/lab/gocluster /home/lab/job \"$GOCLUSTER_END\" \"$GOCLUSTER_PART\""},
		"least": {Command: "exec /home/lab/gocluster"},
	}
	for _, s := range []*System{Slurm, PBS, SGE, LSF} {
		for name, j := range jobs {
			j.Name, j.Output = "gocluster-lab", "/home/lab/job/output"
			for i := range j.Directives {
				j.Directives = []string{strings.Replace(jobs[name].Directives[i], "%MARK%", s.mark, 1)}
			}
			got := s.Script(j)
			path := filepath.Join("testdata", s.Name+"-"+name+".sh")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
			}
		}
	}
}

// TestAnswers reads what batch systems answer about jobs.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		system *System
		id     string
		answer string
		state  State
		reason string
		parts  []Part
	}{
		{"waits for room", Slurm, "7", "7|PENDING|Resources|\n", Pending, "Resources", []Part{{"7", Pending, "Resources", ""}}},
		{"runs", Slurm, "7", "7|RUNNING|None|n[1-2]\n", Running, "", []Part{{"7", Running, "", "n[1-2]"}}},
		{"an array, in part", Slurm, "7", "7_2|PENDING|Priority|\n7_1|RUNNING|None|n1\n", Running, "", []Part{{"7_2", Pending, "Priority", ""}, {"7_1", Running, "", "n1"}}},
		{"was cancelled", Slurm, "7", "7|CANCELLED|None|n1\n", Cancelled, "cancelled", nil},
		{"its time was up", Slurm, "7", "7|TIMEOUT|TimeLimit|n1\n", TimedOut, "timeout: TimeLimit", nil},
		{"a node died", Slurm, "7", "7|NODE_FAIL|None|n1\n", Failed, "node fail", nil},
		{"is known no more", Slurm, "7", "", Gone, "", nil},
		{"a word of a later Slurm", Slurm, "7", "7|POWERING_UP_SOMETHING|None|n1\n", Running, "", nil},
		{"waits", PBS, "12.head", "Job Id: 12.head\n    Job_Name = lab\n    job_state = Q\n    comment = Not Running: Insufficient amount of resource:\n\t ncpus\n", Pending, "Not Running: Insufficient amount of resource: ncpus", nil},
		{"runs", PBS, "12.head", "Job Id: 12.head\n    job_state = R\n    exec_host = a/0*4+b/0*4\n", Running, "", []Part{{"12.head", Running, "", "a/0*4+b/0*4"}}},
		{"an array", PBS, "12[].head", "Job Id: 12[].head\n    job_state = B\n\nJob Id: 12[1].head\n    job_state = Q\n\nJob Id: 12[2].head\n    job_state = X\n    Exit_status = 0\n", Pending, "", []Part{{"12[1].head", Pending, "", ""}, {"12[2].head", Done, "", ""}}},
		{"was deleted", PBS, "12.head", "Job Id: 12.head\n    job_state = F\n    Exit_status = 271\n", Cancelled, "", nil},
		{"has failed", PBS, "12.head", "Job Id: 12.head\n    job_state = F\n    Exit_status = 1\n", Failed, "", nil},
		{"of two jobs, one", SGE, "31", "job-ID  prior   name  user  state submit/start at     queue  slots ja-task-ID\n-----\n     30 0.55500 a     me    r     11/21/2026 10:00:00 all.q@n1   1\n     31 0.55500 b     me    qw    11/21/2026 10:00:01            1\n", Pending, "qw", nil},
		{"runs", SGE, "31", "     31 0.55500 b     me    r     11/21/2026 10:00:01 all.q@n1 1 2\n", Running, "", []Part{{"31.2", Running, "", "n1"}}},
		{"in error", SGE, "31", "     31 0.55500 b     me    Eqw    11/21/2026 10:00:01 1\n", Pending, "in error (Eqw): qstat -j 31 says why", nil},
		{"over", SGE, "31", "", Gone, "", nil},
		{"waits", LSF, "5", "5|0|PEND|-|New job is waiting for scheduling;\n", Pending, "New job is waiting for scheduling;", nil},
		{"an array", LSF, "5", "5|1|RUN|n1|-\n5|2|DONE|n2|-\n", Running, "", []Part{{"5[1]", Running, "", "n1"}, {"5[2]", Done, "", "n2"}}},
		{"has failed", LSF, "5", "5|0|EXIT|n1|-\n", Failed, "", nil},
	} {
		got, ok := c.system.Parse(c.id, c.answer, "", false)
		if !ok || got.State() != c.state || got.Reason() != c.reason {
			t.Errorf("%s: %s: got %v, %q, want %v, %q", c.system.Name, c.name, got.State(), got.Reason(), c.state, c.reason)
		}
		if c.parts != nil && !reflect.DeepEqual(got.Parts, c.parts) {
			t.Errorf("%s: %s: got %+v, want %+v", c.system.Name, c.name, got.Parts, c.parts)
		}
	}
}

func TestAJobThatIsNotKnownAnyMoreIsGone(t *testing.T) {
	for system, said := range map[*System]string{
		Slurm: "slurm_load_jobs error: Invalid job id specified\n", PBS: "qstat: Unknown Job Id 12.head\n", LSF: "Job <5> is not found\n",
	} {
		if s, ok := system.Parse("5", "", said, true); !ok || s.State() != Gone {
			t.Errorf("%s: got %v, %v", system.Name, s.State(), ok)
		}
		if _, ok := system.Parse("5", "", "connection refused", true); ok {
			t.Errorf("%s: a system that does not answer counts as one without the job", system.Name)
		}
	}
}

func TestIDs(t *testing.T) {
	for _, c := range []struct {
		system     *System
		answer, id string
	}{
		{Slurm, "12\n", "12"}, {Slurm, "12;big\n", "12"}, {Slurm, "sbatch: a note\n13\n", "13"}, {PBS, "12.head.lab\n", "12.head.lab"},
		{PBS, "12[].head\n", "12[].head"}, {SGE, "31\n", "31"}, {SGE, "31.1-4:1\n", "31"}, {LSF, "Job <5> is submitted to default queue <normal>.\n", "5"},
		{Slurm, "no", ""}, {LSF, "", ""},
	} {
		id, err := c.system.ParseID(c.answer)
		if id != c.id || (err != nil) != (c.id == "") {
			t.Errorf("%s: %q: got %q, %v", c.system.Name, c.answer, id, err)
		}
	}
}

func TestTheEndOfAJob(t *testing.T) {
	at := time.Date(2026, 11, 21, 17, 4, 5, 0, time.Local)
	for text, want := range map[string]time.Time{
		"2026-11-21T17:04:05": at, "1795280000": time.Unix(1795280000, 0), "NONE": {}, "": {}, "N/A": {}, "0": {}, "12 apples": {},
	} {
		if got, ok := ParseEnd(text); !got.Equal(want) || ok == want.IsZero() {
			t.Errorf("%q: got %v, %v", text, got, ok)
		}
	}
}

// TestQueue runs the commands of a system that is made of scripts.
func TestQueue(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	for name, text := range map[string]string{
		"bsub":  "cat > " + dir + "/script; echo 'Job <5> is submitted to queue <normal>.'",
		"bjobs": "echo '5|0|PEND|-|no room'",
		"bkill": "echo 'Job <5> is not found' >&2; exit 255",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	script := filepath.Join(dir, "job.sh")
	if err := os.WriteFile(script, []byte(LSF.Script(Job{Command: "true"})), 0o600); err != nil {
		t.Fatal(err)
	}
	q, ctx := Queue{LSF}, context.Background()
	id, err := q.Submit(ctx, script)
	if got, _ := os.ReadFile(filepath.Join(dir, "script")); err != nil || id != "5" || !strings.HasPrefix(string(got), "#!/bin/sh\n#BSUB -J") {
		t.Errorf("submitted %q: %q, %v", got, id, err)
	}
	if s, err := q.Poll(ctx, id); err != nil || s.State() != Pending || s.Reason() != "no room" {
		t.Errorf("got %+v, %v", s, err)
	}
	if err := q.Cancel(ctx, id); err != nil {
		t.Errorf("a job that has ended: %v", err)
	}
	t.Setenv("PATH", dir)
	if _, err := (Queue{Slurm}).Submit(ctx, script); err == nil || !strings.Contains(err.Error(), "start the cluster on a machine where jobs of slurm can be submitted") {
		t.Errorf("without sbatch: %v", err)
	}
}
