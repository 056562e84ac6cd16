package sched

import (
	"math"
	"time"
)

// Config has the scheduler's measures; zero fields get the defaults.
type Config struct {
	// Cluster and Version are for Status.
	Cluster, Version string
	PID              int

	// HostGrace is how long a disconnected host may take to come back before its engines are lost.
	HostGrace time.Duration
	// Return is how long work that is bound to a lost engine waits for an engine of that id.
	Return time.Duration
	// ClientGrace is how long a disconnected client may take to come back before its jobs are cancelled.
	ClientGrace time.Duration

	// Chunk is how long a chunk should last. An engine has enough in flight when that is estimated to last for Ahead in all, or
	// for Cover behind the task that it runs.
	Chunk, Ahead, Cover time.Duration
	// Pack is how long what an engine has must be estimated to last for another engine to be woken for what comes next.
	Pack time.Duration
	// Depth bounds the tasks that an engine has in flight, EngineBytes the bytes of their inputs (one task may exceed it).
	Depth, EngineBytes int
	// ChunkBytes bounds the inputs and the expected outputs of a chunk of several elements.
	ChunkBytes int
	// Steal is how long a prefetched task waits behind another before an idle engine may have it.
	Steal time.Duration
	// Renew is how long tasks may still be interpreted when their unit has been compiled, before they are begun anew as programs.
	Renew time.Duration

	// Window bounds the bytes of a client's results that are under way to it, Retain those that are kept for it in all.
	Window, Retain int

	// Deaths is how many workers may die under a chunk before it is cut in half; Attempts bounds the tries of any task.
	Deaths, Attempts int
	// Overtime is added to a task's own time limit before the scheduler itself ends it.
	Overtime time.Duration
	// Stubborn is how long a host may take to stop a task.
	Stubborn time.Duration

	// MaxEngines bounds the engines' ids, HostEngines the engines of one host, Elements those of a job.
	MaxEngines, HostEngines, Elements int

	// Expected is what engines have that may still come, by their sets.
	Expected []Expected

	// defect breaks the scheduler on purpose, for the test that the simulation finds that out.
	defect string
}

func (c Config) withDefaults() Config {
	or(&c.HostGrace, 3*time.Second)
	or(&c.Return, 15*time.Second)
	or(&c.ClientGrace, 20*time.Second)
	or(&c.Chunk, 40*time.Millisecond)
	or(&c.Ahead, 50*time.Millisecond)
	or(&c.Cover, 5*time.Millisecond)
	or(&c.Pack, 200*time.Microsecond)
	or(&c.Depth, 256)
	or(&c.EngineBytes, 16<<20)
	or(&c.ChunkBytes, 4<<20)
	or(&c.Steal, 10*time.Millisecond)
	or(&c.Renew, 300*time.Millisecond)
	or(&c.Window, 16<<20)
	or(&c.Retain, 256<<20)
	or(&c.Deaths, 3)
	or(&c.Attempts, 64)
	or(&c.Overtime, 5*time.Second)
	or(&c.Stubborn, 30*time.Second)
	or(&c.MaxEngines, 1<<16)
	or(&c.HostEngines, 4096)
	or(&c.Elements, math.MaxInt>>12)
	return c
}

func or[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}
