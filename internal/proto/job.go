package proto

import (
	"fmt"
	"time"
)

// JobKind says what a job's tasks do.
type JobKind uint8

// The kinds of job.
const (
	// JobCall calls a unit's function, once per element (Map) or once per target (Apply).
	JobCall JobKind = iota + 1
	// JobExecute runs Source in the engines' sessions; its result, Outputs[0], is JSON: what the last expression shows (MIME and
	// Metadata, if it has a value) and the Count of cells that the session has run. With Keep, Outputs[1] is the value itself, of Go
	// type Types[0] of the chunk, or there is no Outputs[1] and the JSON says why it cannot be sent (Unkept).
	JobExecute
	// JobPush sets variables Names[i] of Go type Types[i] to Inputs[i] in the engines' sessions.
	JobPush
	// JobPull evaluates Source in the engines' sessions; the value is Outputs[0], its Go type is Types[0] of the chunk.
	JobPull
	// JobClear empties the engines' sessions.
	JobClear
	// JobLoad is JobExecute of what is to be the cluster's environment; Cell is its name.
	JobLoad
)

func (k JobKind) String() string {
	switch k {
	case JobCall:
		return "call"
	case JobExecute:
		return "execute"
	case JobPush:
		return "push"
	case JobPull:
		return "pull"
	case JobClear:
		return "clear"
	case JobLoad:
		return "load"
	}
	return fmt.Sprintf("job kind %d", uint8(k))
}

// Placement says how a job's elements meet engines.
type Placement uint8

// The placements.
const (
	// PlaceAny lets the scheduler cut the elements into chunks for whichever target engine is free. Such chunks are
	// requeued when their engine is lost.
	PlaceAny Placement = iota + 1
	// PlaceSplit gives each target one contiguous share, in the order of Targets. A share whose worker is lost runs
	// again on the same engine id.
	PlaceSplit
	// PlaceEach makes one element per target: element i runs on Targets[i]. Inputs of one element go to all.
	// Calls run again on the same engine id when their worker is lost; Execute, Push, Pull and Clear end in an error.
	PlaceEach
)

// JobSpec is a job as its client submits it.
type JobSpec struct {
	ID        JobID
	Kind      JobKind
	Placement Placement
	// Label is the user's name for the job, Func the function's or the source's first line; both are for people.
	Label, Func string
	// Targets lists the engines that may be used, in order; empty means every engine, now and later, for PlaceAny,
	// and every engine there is at submission for the others.
	Targets []EngineID
	// Code and Captures name the objects that hold the unit and its captured values; zero where there is none.
	Code, Captures Hash
	// Inputs has one block per parameter of the function (JobCall) or per name (JobPush).
	Inputs []Block
	// Open means that more elements follow with Extend.
	Open   bool
	Source string
	// Names and Types are those of the variables that a push sets. In a call they have one entry for each parameter: if it has a name, the
	// value is that variable of the engine's namespace, for a parameter of this type, and the input is a BlockNone.
	Names []string
	Types []string
	// Objects names the objects that are the values of a push, in the codec's encoding, in place of the inputs: one for each name, or
	// for each name one per element; or those that are arguments of a call of one element, one for each parameter (and Names is as long).
	// The zero hash, and an empty list, stand for the input.
	Objects []Hash
	// Chunk is the number of elements in a task; 0 lets the scheduler choose.
	Chunk int
	// Retries is how many more times an element is tried whose function failed; losses of engines do not count.
	Retries int
	// Timeout bounds the run time of a task's single element; 0 is no bound.
	Timeout time.Duration
	// Live asks for tasks' output as it is printed, besides with the results.
	Live bool
	// Cell is how positions name Source (JobExecute), which begins at its line Line; if it is empty, the engine finds a name.
	Cell string
	Line int
	// Keep asks for the value of Source's last expression besides what it shows.
	Keep bool
	// Programs are what the unit has been compiled to (JobCall); where there is none for an engine's platform, the engine interprets it.
	Programs []Program
	// Needs are what each task takes of its machine's resources while it runs.
	Needs []Resource
}

// Program names the object that holds a unit as an executable for a platform, as in "linux/amd64".
type Program struct {
	Platform string
	Hash     Hash
}

func eachProgram(c *coder, p *Program) {
	c.text(&p.Platform)
	c.fixed(p.Hash[:])
}

// Tier says how code runs on an engine.
type Tier uint8

// The tiers.
const (
	TierUnknown Tier = iota
	TierInterpreted
	TierNative
)

func (t Tier) String() string {
	names := [...]string{"", "interpreted", "native"}
	if int(t) < len(names) {
		return names[t]
	}
	return fmt.Sprintf("tier %d", uint8(t))
}

// Count returns the number of elements in the inputs given so far, or 1 where there are no inputs.
func (s *JobSpec) Count() int {
	if len(s.Inputs) == 0 {
		return 1
	}
	return s.Inputs[0].N
}

func (s *JobSpec) fields(c *coder) {
	c.fixed(s.ID[:])
	number(c, &s.Kind)
	number(c, &s.Placement)
	c.text(&s.Func)
	c.hash(&s.Code)
	c.hash(&s.Captures)
	list(c, &s.Inputs, eachBlock)
	list(c, &s.Programs, eachProgram)
	if c.rare(s.Label != "" || len(s.Targets) > 0 || s.Open || s.Chunk != 0 || s.Retries != 0 || s.Timeout != 0 || s.Live || len(s.Needs) > 0) {
		c.text(&s.Label)
		list(c, &s.Targets, eachEngine)
		c.flag(&s.Open)
		number(c, &s.Chunk)
		number(c, &s.Retries)
		c.duration(&s.Timeout)
		c.flag(&s.Live)
		list(c, &s.Needs, eachResource)
	}
	if c.rare(s.Source != "" || len(s.Names)+len(s.Types)+len(s.Objects) > 0 || s.Cell != "" || s.Line != 0 || s.Keep) {
		c.text(&s.Source)
		list(c, &s.Names, eachText)
		list(c, &s.Types, eachText)
		c.text(&s.Cell)
		number(c, &s.Line)
		c.flag(&s.Keep)
		list(c, &s.Objects, eachHash)
	}
}

// JobState is how far a job is; states only increase.
type JobState uint8

// The states of a job, in order; every state from JobDone on is final.
const (
	JobUnknown JobState = iota
	JobQueued
	JobRunning
	JobDone
	JobFailed
	JobCancelled
)

func (s JobState) String() string {
	names := [...]string{"unknown", "queued", "running", "done", "failed", "cancelled"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("job state %d", uint8(s))
}

// Final reports whether the job has ended.
func (s JobState) Final() bool { return s >= JobDone }

// Task is one attempt at one chunk, as the controller assigns it to an engine. It is complete in itself: an engine
// needs nothing but the objects it names.
type Task struct {
	ID      TaskID
	Attempt Attempt
	Engine  EngineID
	Job     JobID
	Kind    JobKind
	// First is the job's index of the chunk's first element.
	First          int
	N              int
	Code, Captures Hash
	Inputs         []Block
	Source         string
	Names          []string
	Types          []string
	Objects        []Hash
	// Spool tells that the job's client sees the controller's spool directory, as the engine host does: large results may be files in it.
	Spool   bool
	Timeout time.Duration
	Live    bool
	Cell    string
	Line    int
	Keep    bool
	// Program is the unit as an executable for the engine; zero asks to interpret it.
	Program Hash
}

func eachTask(c *coder, t *Task) {
	number(c, &t.ID)
	number(c, &t.Attempt)
	number(c, &t.Engine)
	c.fixed(t.Job[:])
	number(c, &t.Kind)
	number(c, &t.First)
	number(c, &t.N)
	c.hash(&t.Code)
	c.hash(&t.Captures)
	c.hash(&t.Program)
	list(c, &t.Inputs, eachBlock)
	c.duration(&t.Timeout)
	c.flag(&t.Live)
	c.flag(&t.Spool)
	if c.rare(t.Source != "" || len(t.Names)+len(t.Types)+len(t.Objects) > 0 || t.Cell != "" || t.Line != 0 || t.Keep) {
		c.text(&t.Source)
		list(c, &t.Names, eachText)
		list(c, &t.Types, eachText)
		c.text(&t.Cell)
		number(c, &t.Line)
		c.flag(&t.Keep)
		list(c, &t.Objects, eachHash)
	}
}

// Chunk is what a task yields: a result or an error for each of its elements.
type Chunk struct {
	First, N int
	Engine   EngineID
	Attempt  Attempt
	// Outputs has one block of N elements per result of the function (a trailing error result excepted). Elements
	// that failed are zero-length or zero there.
	Outputs []Block
	// Types are the Go types of Outputs, where the client does not know them (JobPull).
	Types []string
	// Errors has at most one entry per element, by rising index.
	Errors []ElementError
	// Stdout and Stderr are what the task printed.
	Stdout, Stderr string
	Submitted      time.Time
	Started        time.Time
	Completed      time.Time
	// Tier is how the elements ran.
	Tier Tier
}

func (k *Chunk) fields(c *coder) {
	number(c, &k.First)
	number(c, &k.N)
	number(c, &k.Engine)
	number(c, &k.Attempt)
	list(c, &k.Outputs, eachBlock)
	c.time(&k.Submitted)
	c.time(&k.Started)
	c.time(&k.Completed)
	number(c, &k.Tier)
	if c.rare(len(k.Types)+len(k.Errors) > 0 || k.Stdout != "" || k.Stderr != "") {
		list(c, &k.Types, eachText)
		list(c, &k.Errors, eachElementError)
		c.text(&k.Stdout)
		c.text(&k.Stderr)
	}
}
