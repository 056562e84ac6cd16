package session

import (
	"time"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/light"
	"github.com/gocluster/gocluster/internal/native/load"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
)

// hello is the parent's first message: what the child is to be.
type hello struct {
	// Mark begins every barrier in the child's output.
	Mark        []byte
	Stdin       bool
	Comms       bool
	MemoryLimit int64
	Lasting     bool
}

// request is a message of the parent; exactly one field is set.
type request struct {
	// Files is the path of the directory where large results may be left, empty: nowhere.
	Files     string
	Hello     *hello
	Run       *runRequest
	Call      *callRequest
	Set       *setRequest
	Place     *placeRequest
	Peek      *peekRequest
	Comm      *commRequest
	Interrupt *struct{ Seq int }
	Answer    *answer
	Profile   *profileRequest
}

// profileRequest asks what the process computes for a while.
type profileRequest struct {
	Seq int
	For time.Duration
}

// beside reports whether a request does not wait for its turn.
func (r *request) beside() bool {
	return r.Comm != nil && r.Comm.Beside || r.Run != nil && r.Run.Beside
}

// runRequest loads a plan's source and runs its entry.
type runRequest struct {
	Seq                 int
	Source, File, Entry string
	Lines               []unit.Position
	Units               [][]byte
	UnitBase            int
	// Modules is where packages of other modules come from that the units import, and cells that are run on engines.
	Modules *unit.Modules
	// Redefined are units of earlier cells, made anew because this one redefines what they reach.
	Redefined map[int][]byte
	// Plugins are the compiled cell, nil if there is nothing to load; Run tells whether its statements are to be run.
	Plugins *load.Plugins
	Run     bool
	// Light is a cell that is evaluated without having been compiled.
	Light *light.Program
	// Native tells that the process runs compiled cells, from its first one on.
	Native bool
	// Beside tells that it does not wait for its turn.
	Beside bool
	// Cell is what the user wrote.
	Cell gocode.Cell
}

// setRequest gives a variable a value.
type setRequest struct {
	Seq   int
	Var   string
	Value Bytes
}

// callRequest calls a shipped function. Unit and Captures are sent when the child has not got them.
type callRequest struct {
	Seq          int
	Key          proto.Hash
	Unit         []byte
	CapturesKey  proto.Hash
	Captures     []byte
	HasCaptures  bool
	Forget       []proto.Hash // functions that will not be called again
	Inputs       []proto.Block
	Vars         []variable // of the namespace, in place of inputs; none has a name where there are inputs
	First, Count int
	Timeout      time.Duration
}

// variable is a variable's name, and what the child calls it.
type variable struct{ Name, Low string }

// answer is what the user typed, or why there is nothing; N is the question's number.
type answer struct {
	N     int
	Text  string
	Error string
}

// event is a message of the child; exactly one field is set.
type event struct {
	Ready   *ready
	Barrier *barrier
	Show    *show
	Clear   *struct{ Wait bool }
	Ask     *ask
	Exit    *exited
	Step    *struct{ N int }
	Far     *far
	Late    *failure // of a goroutine, or, if it was returned, of a job
	Comm    *commEvent
	Done    *done
}

// far says how many elements of a call have ended so far, and how many of them have failed.
type far struct{ Seq, Done, Failed int }

type ready struct{ Error string }

// barrier is the mark of this pipe; what follows belongs to the cell that is its owner.
type barrier struct{ N, Owner int }

// show is Data; JSON, because its values may be of any kind.
type show struct {
	JSON   []byte
	ID     string
	Update bool
}

type ask struct {
	N        int
	Prompt   string
	Password bool
}

// exited says that the code has ended the process, and where.
type exited struct {
	Code  int
	Where *failure
}

// done answers a request.
type done struct {
	Seq     int
	Failure *failure
	// Step is the number of the last statement that began.
	Step  int
	Value *show
	// PulledType and Pulled are the value that was asked for.
	PulledType string
	Pulled     []byte
	// PulledFile is the name of the file that has Pulled's bytes.
	PulledFile string
	PulledSize int
	// Unkept is why the value of a cell that keeps it could not be encoded.
	Unkept string
	Chunk  *proto.Chunk
	Place  *Place
	// Profile is what the process has computed.
	Profile *proto.Profile
}

// failure is why a request failed.
type failure struct {
	Kind      proto.ErrorKind
	Name      string
	Message   string
	Positions []unit.Position
	Funcs     []string // the function of each position
	Repeats   []int    // how many frames like it followed
	// Returned tells that it is the value of the last expression.
	Returned bool
	// Engines are the failures of a job of Elements elements, if that is what went wrong; Job is what befell the job as a whole.
	Engines  []EngineFailure
	Elements int
	Job      string
	Hint     string
	// Value is the error that an element's function returned.
	Value []byte
}
