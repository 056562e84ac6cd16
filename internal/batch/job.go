package batch

import (
	"fmt"
	"strings"
	"time"
)

// Job is what a batch system is asked for.
type Job struct {
	// Name is the job's, for people who look at the queue.
	Name string
	// Nodes is the number of nodes, Tasks that of processes on each, and CPUs that of cores of each process; 0 asks for whole nodes.
	Nodes, Tasks, CPUs int
	// Array asks for as many jobs of one node each.
	Array bool
	// Time is how long it may run; 0 is what the system gives by itself.
	Time time.Duration
	// Partition is the partition or queue, if it is not the system's choice.
	Partition string
	// Directives are further lines for the system, and Prologue lines of shell that come first; both stay as they are.
	Directives, Prologue []string
	// Output is the path of the file that takes what the script prints.
	Output string
	// Notes are comments at the top of the script.
	Notes []string
	// Command is the line of shell that the script is for. It finds the end of the job's time in $GOCLUSTER_END, as ParseEnd reads it,
	// and in $GOCLUSTER_PART which of an array's jobs it is, from 0.
	Command string
}

// nodes is the number of nodes of one job.
func (j *Job) nodes() int {
	if j.Array {
		return 1
	}
	return max(1, j.Nodes)
}

func (j *Job) tasks() int { return max(1, j.Tasks) }

// nodeCores are the cores on each node.
func (j *Job) nodeCores() int { return j.tasks() * max(1, j.CPUs) }

// parts is the last number of an array whose first is 1.
func (j *Job) parts() int { return max(1, j.Nodes) }

// Script is the script that a system is given for a job.
func (s *System) Script(j Job) string {
	var b strings.Builder
	b.WriteString("#!/bin/sh\n")
	for _, line := range s.directives(j) {
		fmt.Fprintf(&b, "%s %s\n", s.mark, line)
	}
	for _, line := range j.Directives {
		fmt.Fprintln(&b, line)
	}
	for _, line := range j.Notes {
		fmt.Fprintf(&b, "# %s\n", line)
	}
	for _, line := range j.Prologue {
		fmt.Fprintln(&b, line)
	}
	end := ""
	switch {
	case s.end != "":
		end = s.end
	case j.Time > 0:
		end = fmt.Sprintf("$(($(date +%%s) + %d))", int(j.Time/time.Second))
	}
	part := "0"
	if j.Array {
		part = "$((" + s.part + " - 1))"
	}
	fmt.Fprintf(&b, "export GOCLUSTER_END=\"%s\" GOCLUSTER_PART=\"%s\"\n%s\n", end, part, j.Command)
	return b.String()
}

// ParseEnd reads when a job's time is up: seconds since 1970, or a time without a zone. It reports false for what is neither, such as
// "NONE".
func ParseEnd(text string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	var seconds int64
	if n, err := fmt.Sscanf(text+"\n", "%d\n", &seconds); err == nil && n == 1 && seconds > 0 {
		return time.Unix(seconds, 0), true
	}
	t, err := time.ParseInLocation("2006-01-02T15:04:05", text, time.Local)
	return t, err == nil
}
