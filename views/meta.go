package views

import (
	"fmt"
	"strings"
	"time"
)

// Task is how one task of a job ran: a chunk of a map's elements, or one engine's part.
type Task struct {
	// First is the index of the task's first element, N the number of its elements.
	First, N int
	Engine   int
	// Attempt is 1 where the first try succeeded.
	Attempt int
	// Submitted is when the job was handed in, Started and Completed when the engine ran the task, by the engine's clock,
	// Received when its results were here.
	Submitted, Started, Completed, Received time.Time
	// Stdout and Stderr are what the task printed.
	Stdout, Stderr string
	// Failed is how many of the elements failed.
	Failed int
	// Tier is how a function or source ran: "native" or "interpreted"; "" for what is neither.
	Tier string
}

// Tasks returns how the tasks that are completed ran, in the order of their elements.
func (r *Result) Tasks() []Task {
	r.mu.Lock()
	defer r.mu.Unlock()
	var tasks []Task
	for _, p := range r.sorted() {
		tasks = append(tasks, Task{
			First: p.First, N: p.N, Engine: int(p.Engine), Attempt: int(p.Attempt), Submitted: r.submitted, Started: p.Started,
			Completed: p.Completed, Received: p.received, Stdout: p.Stdout, Stderr: p.Stderr, Failed: len(p.Errors), Tier: p.Tier.String(),
		})
	}
	return tasks
}

// Stdout returns all that the completed tasks printed, in the order of their elements.
func (r *Result) Stdout() string {
	var b strings.Builder
	for _, t := range r.Tasks() {
		b.WriteString(t.Stdout)
	}
	return b.String()
}

// Stderr is like Stdout, for standard error.
func (r *Result) Stderr() string {
	var b strings.Builder
	for _, t := range r.Tasks() {
		b.WriteString(t.Stderr)
	}
	return b.String()
}

// Progress is how far a job is, in elements.
type Progress struct {
	// Done are the elements that have a value or an error, Failed those of them that have an error.
	Done, Failed int
	// Total is -1 as long as it is not known.
	Total int
}

func (p Progress) String() string {
	text := fmt.Sprintf("%d/%d", p.Done, p.Total)
	if p.Total < 0 {
		text = fmt.Sprintf("%d", p.Done)
	}
	if p.Failed > 0 {
		text += fmt.Sprintf(" (%d failed)", p.Failed)
	}
	return text
}

// Progress returns how far the job is.
func (r *Result) Progress() Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Progress{Done: r.done, Failed: r.errors, Total: r.total}
}

// Elapsed is the time since the job was submitted, or that it took.
func (r *Result) Elapsed() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return r.received.Sub(r.submitted)
	}
	return time.Since(r.submitted)
}

// SerialTime is the sum of the times that the completed tasks ran.
func (r *Result) SerialTime() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.serial
}

// WallTime is the time from the job's submission to the last result that has come.
func (r *Result) WallTime() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.received.IsZero() {
		return 0
	}
	return r.received.Sub(r.submitted)
}

// Speedup is SerialTime by WallTime: how many times faster the job was than its tasks one after the other.
func (r *Result) Speedup() float64 {
	wall := r.WallTime()
	if wall <= 0 {
		return 0
	}
	return float64(r.SerialTime()) / float64(wall)
}
