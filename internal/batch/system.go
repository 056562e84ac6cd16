package batch

import (
	"fmt"
	"regexp"
	"strings"
)

// System is a batch system.
type System struct {
	// Name is what people call it.
	Name string
	mark string // stands before the directives that it reads
	end  string // shell text for the end of a job's time; empty: the job's own clock
	part string // shell text for a job's number in its array, from 1

	table []directive
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
		Name: "slurm", mark: "#SBATCH", part: "$SLURM_ARRAY_TASK_ID", table: slurmDirectives,
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
		Name: "pbs", mark: "#PBS", part: "${PBS_ARRAY_INDEX:-$PBS_ARRAYID}", table: pbsDirectives,
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
		Name: "sge", mark: "#$", part: "$SGE_TASK_ID", table: sgeDirectives,
		Submit:  func(script string) []string { return []string{"qsub", "-terse", script} },
		Poll:    func(string) []string { return []string{"qstat"} },
		Cancel:  func(id string) []string { return []string{"qdel", id} },
		id:      regexp.MustCompile(`(?m)^(\d+)(?:\.\S+)?\s*$`),
		poll:    parseQstatTable,
		unknown: regexp.MustCompile(`(?i)do(es)? not exist`),
	}
	LSF = &System{
		Name: "lsf", mark: "#BSUB", part: "$LSB_JOBINDEX", table: lsfDirectives,
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

// ParseID finds the job's id in what the command that submits has answered.
func (s *System) ParseID(answer string) (string, error) {
	m := s.id.FindStringSubmatch(answer)
	if m == nil {
		return "", fmt.Errorf("%s answers %q, which names no job", s.Submit("")[0], strings.TrimSpace(answer))
	}
	return m[1], nil
}
