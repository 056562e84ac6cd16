package batch

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// System is a batch system.
type System struct {
	// Name is what people call it.
	Name string
	mark string // stands before the directives that it reads
	end  string // shell text for the end of a job's time; empty: the job's own clock
	part string // shell text for a job's number in its array, from 1

	directives func(j Job) []string
	// Submit is the command that submits a script; where ByInput says so, it reads the script from its input.
	Submit  func(script string) []string
	ByInput bool
	// Poll is the command that asks for a job, Cancel the one that cancels it.
	Poll, Cancel func(id string) []string

	id   *regexp.Regexp // the job's in what the command that submits answers
	poll func(id, answer string) []Part
	// unknown is what is said about a job that the system does not know any more.
	unknown *regexp.Regexp
}

// The batch systems.
var (
	Slurm = &System{
		Name: "slurm", mark: "#SBATCH", part: "$SLURM_ARRAY_TASK_ID", directives: slurmDirectives,
		end:    `${SLURM_JOB_END_TIME:-$(squeue --noheader --jobs="$SLURM_JOB_ID" --format=%e)}`,
		Submit: func(script string) []string { return []string{"sbatch", "--parsable", script} },
		Poll: func(id string) []string {
			return []string{"squeue", "--noheader", "--states=all", "--array", "--jobs=" + id, "--format=%i|%T|%r|%N"}
		},
		Cancel:  func(id string) []string { return []string{"scancel", id} },
		id:      regexp.MustCompile(`(?m)^(\d+)(?:;|$)`),
		poll:    parseSqueue,
		unknown: regexp.MustCompile(`Invalid job id`),
	}
	PBS = &System{
		Name: "pbs", mark: "#PBS", part: "${PBS_ARRAY_INDEX:-$PBS_ARRAYID}", directives: pbsDirectives,
		Submit: func(script string) []string { return []string{"qsub", script} },
		Poll: func(id string) []string {
			return []string{"qstat", "-x", "-f", "-t", id}
		},
		Cancel:  func(id string) []string { return []string{"qdel", id} },
		id:      regexp.MustCompile(`(?m)^(\d+(?:\[\])?(?:\.\S+)?)\s*$`),
		poll:    parseQstatFull,
		unknown: regexp.MustCompile(`(?i)unknown job id|job has finished`),
	}
	SGE = &System{
		Name: "sge", mark: "#$", part: "$SGE_TASK_ID", directives: sgeDirectives,
		Submit:  func(script string) []string { return []string{"qsub", "-terse", script} },
		Poll:    func(string) []string { return []string{"qstat"} },
		Cancel:  func(id string) []string { return []string{"qdel", id} },
		id:      regexp.MustCompile(`(?m)^(\d+)(?:\.\S+)?\s*$`),
		poll:    parseQstatTable,
		unknown: regexp.MustCompile(`(?i)do(es)? not exist`),
	}
	LSF = &System{
		Name: "lsf", mark: "#BSUB", part: "$LSB_JOBINDEX", directives: lsfDirectives,
		Submit: func(string) []string { return []string{"bsub"} }, ByInput: true,
		Poll: func(id string) []string {
			return []string{"bjobs", "-noheader", "-a", "-o", "jobid jobindex stat exec_host pend_reason delimiter='|'", id}
		},
		Cancel:  func(id string) []string { return []string{"bkill", id} },
		id:      regexp.MustCompile(`Job <(\d+)>`),
		poll:    parseBjobs,
		unknown: regexp.MustCompile(`is not found`),
	}
)

// Named returns the system of a name, nil if there is none.
func Named(name string) *System {
	for _, s := range []*System{Slurm, PBS, SGE, LSF} {
		if s.Name == name {
			return s
		}
	}
	return nil
}

func slurmDirectives(j Job) []string {
	out := []string{"--job-name=" + j.Name, fmt.Sprintf("--output=%q", j.Output), "--open-mode=append", fmt.Sprintf("--nodes=%d", j.nodes()), fmt.Sprintf("--ntasks-per-node=%d", j.tasks())}
	if j.CPUs > 0 {
		out = append(out, fmt.Sprintf("--cpus-per-task=%d", j.CPUs))
	} else {
		out = append(out, "--exclusive")
	}
	if j.Array {
		out = append(out, fmt.Sprintf("--array=1-%d", j.parts()))
	}
	if j.Time > 0 {
		out = append(out, "--time="+hours(j.Time))
	}
	if j.Partition != "" {
		out = append(out, "--partition="+j.Partition)
	}
	return append(out, "--no-requeue")
}

func pbsDirectives(j Job) []string {
	chunk := fmt.Sprintf("-l select=%d:mpiprocs=%d", j.nodes(), j.tasks())
	if j.CPUs > 0 {
		chunk += fmt.Sprintf(":ncpus=%d", j.CPUs*j.tasks())
	}
	out := []string{"-N " + j.Name, "-o " + j.Output, "-j oe", chunk, "-r n"}
	if j.nodes() > 1 {
		out = append(out, "-l place=scatter")
	}
	if j.Array {
		out = append(out, fmt.Sprintf("-J 1-%d", j.parts()))
	}
	if j.Time > 0 {
		out = append(out, "-l walltime="+hours(j.Time))
	}
	if j.Partition != "" {
		out = append(out, "-q "+j.Partition)
	}
	return out
}

func sgeDirectives(j Job) []string {
	out := []string{"-N " + j.Name, "-o " + j.Output, "-j y", "-S /bin/sh", "-r n"}
	if slots := j.nodes() * j.tasks() * max(1, j.CPUs); slots > 1 {
		out = append(out, fmt.Sprintf("-pe mpi %d", slots))
	}
	if j.Array {
		out = append(out, fmt.Sprintf("-t 1-%d", j.parts()))
	}
	if j.Time > 0 {
		out = append(out, "-l h_rt="+hours(j.Time))
	}
	if j.Partition != "" {
		out = append(out, "-q "+j.Partition)
	}
	return out
}

func lsfDirectives(j Job) []string {
	name := j.Name
	if j.Array {
		name += fmt.Sprintf("[1-%d]", j.parts())
	}
	perNode := j.tasks() * max(1, j.CPUs)
	out := []string{fmt.Sprintf("-J %q", name), "-o " + j.Output, fmt.Sprintf("-n %d", j.nodes()*perNode), fmt.Sprintf("-R \"span[ptile=%d]\"", perNode), "-rn"}
	if j.CPUs == 0 {
		out = append(out, "-x")
	}
	if j.Time > 0 {
		minutes := int((j.Time + time.Minute - 1) / time.Minute)
		out = append(out, fmt.Sprintf("-W %02d:%02d", minutes/60, minutes%60))
	}
	if j.Partition != "" {
		out = append(out, "-q "+j.Partition)
	}
	return out
}

// ParseID finds the job's id in what the command that submits has answered.
func (s *System) ParseID(answer string) (string, error) {
	m := s.id.FindStringSubmatch(answer)
	if m == nil {
		return "", fmt.Errorf("%s answers %q, which names no job", s.Submit("")[0], strings.TrimSpace(answer))
	}
	return m[1], nil
}
