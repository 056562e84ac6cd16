package engine

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/unit"
)

// ErrDied is wrapped by the error of a task whose worker has ended under it.
var ErrDied = errors.New("the worker has died")

// ErrRevoked is the cause of a task's context when the controller has taken the task back.
var ErrRevoked = errors.New("taken back by the controller")

// Task is a task with the objects that it names.
type Task struct {
	proto.Task
	// Unit is the function to call (JobCall).
	Unit *unit.Unit
	// CapturedValues holds the values it captures, as the codec encodes them.
	CapturedValues []byte
	// Values are the values of a push that came as objects.
	Values map[proto.Hash]session.Bytes
	// Files is the path of the directory where the worker may leave large results, by whose names in it the chunk's blocks call them;
	// empty: nowhere.
	Files string
	// Executable is the program that the task names, unless it is among Programs already, where it is kept.
	Executable     []byte
	ExecutableFile string // that has it instead
	Programs       *programs
	// Cells compiles what is run in the engine's session.
	Cells *cells
	// Show takes what the code displays, which is sent at once if the task is live: its text, and JSON of the rest.
	Show func(text string, shown []byte)
	// Far is told now and then how many elements have ended, and how many of them have failed, of a task that takes long.
	Far func(done, failed int)
}

// Output takes what a task prints, as it prints it.
type Output func(stderr bool, text string)

// Worker is one life of an engine's worker: a process, or something that stands for one in tests.
type Worker interface {
	// PID is the process's id.
	PID() int
	// Run runs one task to its end. A cancelled context asks it to stop soon. The chunk needs no more than Outputs, Types and
	// Errors. An error that wraps ErrDied means that the worker is gone; any other becomes the error of each of the
	// task's elements.
	Run(ctx context.Context, t *Task, out Output) (proto.Chunk, error)
	// Died is closed when the worker has ended, however it ended; Death then says why.
	Died() <-chan struct{}
	Death() string
	// Kill ends the worker at once; Close ends it and frees what it had. Both may be called when it is dead.
	Kill()
	Close() error
}

// Config says what a host is made of.
type Config struct {
	// Dial connects to the controller.
	Dial link.Dialer
	// N is the number of engines.
	N int
	// IDs are the ids that the engines had in this host's former life; nil: they are given some.
	IDs []proto.EngineID
	// Set names the engine set of the profile that the host belongs to.
	Set string
	// Resources are what the engines of the host share, by names: tasks that need some run only where enough are free. Hosts of the same Stock, if
	// it is not empty, share them all.
	Resources map[string]int
	Stock     string
	// Part and Rank are the host's place among what the cluster's keeper has started, see proto.HostInfo.
	Part, Rank int
	// NewWorker starts a worker for an engine. Its context ends with the host.
	NewWorker func(ctx context.Context, id proto.EngineID) (Worker, error)
	// Registered and Ready are told the engines' ids: when the controller has given them, and again when some have ended; and, once, when
	// every engine's first worker is there. Failed is told of every worker that could not be started or has died. nil: nobody is told.
	Registered, Ready func(ids []proto.EngineID)
	Failed            func(id proto.EngineID, reason string)
	// Leave is sent why the host is to leave: it begins no more tasks then, and goes when those that run have ended. nil: it stays.
	Leave <-chan string
	// Leaves is when that will be, and Ends when what runs is cut; zero: nothing is known of an end. The controller is told, and gives it
	// nothing that would take longer.
	Leaves, Ends time.Time
	// Programs is the directory for compiled units; "" is gocluster/programs in the user's cache directory.
	Programs string
	// Log takes what people may want to know later; nil: nothing is logged.
	Log *slog.Logger
	// Spill is a folder on a disk for objects that have no room in memory, up to SpillBytes; "": there is none.
	Spill      string
	SpillBytes int64
	// ObjectBytes bounds the objects kept in memory; Grace is how long a task that was taken back may run on before its worker is
	// killed; Stats is the time between two HostStats. 0 stands for the defaults.
	ObjectBytes  int
	Grace, Stats time.Duration
}

// The defaults of Config.
const (
	DefaultObjectBytes = 256 << 20
	DefaultSpillBytes  = 16 << 30
	DefaultGrace       = 2 * time.Second
	DefaultStats       = 2 * time.Second
)

func (c Config) checked() (Config, error) {
	switch {
	case c.Dial == nil || c.NewWorker == nil:
		return c, errors.New("an engine host needs a way to connect and a way to start workers")
	case c.N < 1:
		return c, errors.New("an engine host needs at least one engine")
	case c.IDs != nil && len(c.IDs) != c.N:
		return c, errors.New("an engine host needs an id for each of its engines, or none")
	}
	if c.IDs == nil {
		for range c.N {
			c.IDs = append(c.IDs, proto.NoEngine)
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.SpillBytes == 0 {
		c.SpillBytes = DefaultSpillBytes
	}
	if c.ObjectBytes == 0 {
		c.ObjectBytes = DefaultObjectBytes
	}
	if c.Grace == 0 {
		c.Grace = DefaultGrace
	}
	if c.Stats == 0 {
		c.Stats = DefaultStats
	}
	return c, nil
}
