package batch

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// State is what becomes of a job.
type State string

// The states.
const (
	// Pending jobs wait, Running ones run, or are about to or have almost ended.
	Pending State = "pending"
	Running State = "running"
	// Done, Failed, Cancelled and TimedOut jobs have ended; one that is Gone too, but nobody knows how.
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"
	TimedOut  State = "out of time"
	Gone      State = "gone"
)

// Over reports whether the job has ended.
func (s State) Over() bool { return s != Pending && s != Running }

// Part is a job, or one of the jobs of an array.
type Part struct {
	// ID is the system's.
	ID    string
	State State
	// Reason says why, in the system's words: why a job is pending, how it ended.
	Reason string
	// Nodes are where it runs, as the system writes it.
	Nodes string
}

var partForm = regexp.MustCompile(`(?:_|\[)(\d+)\]?`)

// PartNumber is the number in its array, from 1, of the job with an id, 0 if it has none.
func PartNumber(id string) int {
	n := 0
	if m := partForm.FindStringSubmatch(id); m != nil {
		n, _ = strconv.Atoi(m[1])
	}
	return n
}

// Status is what becomes of all of a job.
type Status struct{ Parts []Part }

// State is the job's as a whole: it runs when any of its parts does, and is pending when any of them is and none runs.
func (s Status) State() State {
	for _, state := range []State{Running, Pending, Failed, TimedOut, Cancelled, Done} {
		if slices.ContainsFunc(s.Parts, func(p Part) bool { return p.State == state }) {
			return state
		}
	}
	return Gone
}

// Reason is the first reason of a part in the state of the whole.
func (s Status) Reason() string {
	state := s.State()
	for _, p := range s.Parts {
		if p.State == state && p.Reason != "" {
			return p.Reason
		}
	}
	return ""
}

// Parse reads what the command that asks for a job has answered. said is what it has printed as errors, and failed whether it has failed.
// It reports false if that was for another reason than that the job is not known any more.
func (s *System) Parse(id, answer, said string, failed bool) (Status, bool) {
	if failed && !s.unknown.MatchString(said) {
		return Status{}, false
	}
	return Status{s.poll(id, answer)}, true
}

// slurmStates are Slurm's words.
var slurmStates = map[string]State{
	"PENDING": Pending, "CONFIGURING": Pending, "REQUEUED": Pending, "REQUEUE_HOLD": Pending, "REQUEUE_FED": Pending, "SPECIAL_EXIT": Pending, "RESV_DEL_HOLD": Pending,
	"RUNNING": Running, "COMPLETING": Running, "SUSPENDED": Running, "STOPPED": Running, "SIGNALING": Running, "STAGE_OUT": Running, "RESIZING": Running,
	"COMPLETED": Done, "CANCELLED": Cancelled, "PREEMPTED": Cancelled, "REVOKED": Cancelled, "TIMEOUT": TimedOut, "DEADLINE": TimedOut,
	"FAILED": Failed, "BOOT_FAIL": Failed, "NODE_FAIL": Failed, "OUT_OF_MEMORY": Failed,
}

func parseSqueue(_, answer string) []Part {
	var out []Part
	for line := range strings.Lines(answer) {
		f := strings.Split(strings.TrimSpace(line), "|")
		if len(f) != 4 {
			continue // a warning
		}
		p := Part{ID: f[0], State: Running, Reason: f[2], Nodes: f[3]}
		if state, ok := slurmStates[f[1]]; ok {
			p.State = state
		}
		if p.Reason == "None" || p.State == Running {
			p.Reason = ""
		}
		if p.State.Over() && p.State != Done {
			p.Reason = withReason(strings.ToLower(f[1]), p.Reason)
		}
		out = append(out, p)
	}
	return out
}

func withReason(word, reason string) string {
	word = strings.ReplaceAll(word, "_", " ")
	if reason == "" {
		return word
	}
	return word + ": " + reason
}

var pbsField = regexp.MustCompile(`(?m)^\s+(job_state|comment|exec_host|Exit_status) = (.*)$`)

func parseQstatFull(_, answer string) []Part {
	var out []Part
	answer = strings.ReplaceAll(answer, "\n\t", "") // a long line goes on
	for _, job := range strings.Split("\n"+answer, "\nJob Id: ")[1:] {
		id, rest, _ := strings.Cut(job, "\n")
		p := Part{ID: strings.TrimSpace(id)}
		state, status := "", ""
		for _, m := range pbsField.FindAllStringSubmatch(rest, -1) {
			switch value := strings.TrimSpace(m[2]); m[1] {
			case "job_state":
				state = value
			case "comment":
				p.Reason = value
			case "exec_host":
				p.Nodes = value
			case "Exit_status":
				status = value
			}
		}
		if strings.HasSuffix(strings.SplitN(p.ID, ".", 2)[0], "[]") && strings.Contains(answer, strings.Replace(p.ID, "[]", "[1]", 1)) {
			continue // its parts are told
		}
		p.State = pbsState(state, status)
		out = append(out, p)
	}
	return out
}

// pbsState is the state for PBS's letter and an exit status.
func pbsState(letter, status string) State {
	switch {
	case strings.ContainsAny(letter, "QHWT"):
		return Pending
	case letter != "F" && letter != "C" && letter != "X":
		return Running
	case status == "" || status == "0":
		return Done
	case status == "271" || status == "-29" || status == "143":
		return Cancelled
	}
	return Failed
}

// parseQstatTable reads the table of all of the user's jobs, in which those that have ended are not.
func parseQstatTable(id, answer string) []Part {
	var out []Part
	for line := range strings.Lines(answer) {
		f := strings.Fields(line)
		if len(f) < 7 || f[0] != id {
			continue
		}
		p := Part{ID: id, State: Running}
		switch state := f[4]; {
		case strings.HasPrefix(state, "E"):
			p.State, p.Reason = Pending, "in error ("+state+"): qstat -j "+id+" says why"
		case strings.Contains(state, "w"):
			p.State, p.Reason = Pending, state
		case len(f) > 7:
			_, p.Nodes, _ = strings.Cut(f[7], "@")
			if len(f) > 9 { // the number of a job of an array
				p.ID += "." + f[9]
			}
		}
		out = append(out, p)
	}
	return out
}

// lsfStates are LSF's words.
var lsfStates = map[string]State{
	"PEND": Pending, "PSUSP": Pending, "WAIT": Pending, "RUN": Running, "USUSP": Running, "SSUSP": Running, "UNKWN": Running,
	"DONE": Done, "EXIT": Failed, "ZOMBI": Failed,
}

func parseBjobs(_, answer string) []Part {
	var out []Part
	for line := range strings.Lines(answer) {
		f := strings.SplitN(strings.TrimSpace(line), "|", 5)
		if len(f) != 5 {
			continue
		}
		p := Part{ID: f[0], State: Running}
		if state, ok := lsfStates[f[2]]; ok {
			p.State = state
		}
		if f[1] != "0" {
			p.ID += "[" + f[1] + "]"
		}
		if f[3] != "-" {
			p.Nodes = f[3]
		}
		if p.State == Pending && f[4] != "-" {
			p.Reason = f[4]
		}
		out = append(out, p)
	}
	return out
}
