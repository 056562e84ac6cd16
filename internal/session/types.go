package session

import (
	"context"
	"go/types"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/native/load"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/session/host"
	"github.com/gocluster/gocluster/internal/unit"
)

// The roles of a session's process.
const (
	RoleSession = "session"
	RoleWorker  = "worker"
)

// Options say what a session's process is like.
type Options struct {
	// Role is RoleSession, the default, or RoleWorker.
	Role string
	// Env is added to this process's environment, Dir is the working directory; this process's by default.
	Env []string
	Dir string
	// unset are variables of the environment that are taken away again.
	unset []string
	// Stdin lets code read lines from standard input: it asks the Output's Input for them.
	Stdin bool
	// Lasting tells that what a cell has shown can be changed when the cell has ended. Otherwise a cell whose value is a job waits for it.
	Lasting bool
	// Comms tells that the cells' Outputs are CommOutputs, with a client behind them that takes messages of comms.
	Comms bool
	// MemoryLimit bounds the bytes of memory that code may use, 0 does not. The process ends when it needs more.
	MemoryLimit int64
	// Code says what cells can use besides the standard library.
	Code gocode.Options
	// Once makes the death of the process the end of the session: nothing is replaced.
	Once bool
	// Tier says how cells are to run; they are interpreted if it is empty.
	Tier Tier
	// Compiler compiles the session's cells, in place of what is on this machine; nil: there is none.
	Compiler Compiler
	// Executable is started to be the session's process; this process's by default. It must have been built alike, from the same source.
	Executable string
}

// Compiler compiles cells for a session whose machine need not have what that takes.
type Compiler interface {
	// There says why no cells can be compiled, nil if they can. It is asked when the session is used for the first time.
	There() error
	// Build compiles a cell: one Go file of package main, which has these imports. A *ColdError says that nothing can be compiled any more.
	Build(ctx context.Context, source string, imports []string) (Plugins, error)
	// Import gives the declarations of packages of other modules.
	Import(path string) (*types.Package, error)
	// Unfit says that what was built cannot be loaded by the session's process.
	Unfit(why error)
}

// Plugins are a compiled cell.
type Plugins = load.Plugins

// ColdError says why cells cannot be compiled.
type ColdError struct{ Why string }

func (e *ColdError) Error() string { return e.Why }

// Output takes what a cell does besides returning. Its methods are called one after the other, in the order of what happened.
type Output interface {
	Stdout(text string)
	Stderr(text string)
	Display(Data)
	Clear(wait bool)
	Input(prompt string, password bool) (string, error)
}

// FailureOutput is an Output that shows errors in its own way; others get them as text on Stderr.
type FailureOutput interface {
	Output
	// Failed tells of the panic of a goroutine that the cell has started, or of the failure of a job that is its value.
	Failed(*CellError)
}

// FarOutput is an Output that is told now and then how many elements of a call that takes long have ended, and how many have failed.
type FarOutput interface {
	Output
	Far(done, failed int)
}

// Data is something to show, in several formats.
type Data = host.Data

// Result is what a cell came to.
type Result struct {
	// Value is the value of the last expression; nil if there is nothing to show.
	Value *Data
	// Kept is that value in the codec's encoding, of type KeptType, if the cell asks for it; Unkept says why it cannot be encoded.
	Kept             []byte
	KeptType, Unkept string
	// Imported are the packages that were imported because the cell uses them.
	Imported []string
	// Notes are remarks for the user.
	Notes []string
	// Duration is the time of everything, Compile that of what came before the cell's code ran.
	Duration, Compile time.Duration
	// Tier is how the cell ran: interpreted or native. Interpreted says why cells are not compiled, if a Compiler was to do that.
	Tier        Tier
	Interpreted string
}

// The names of errors that are not named by a Go type.
const (
	CompileErrorName = "CompileError"
	PanicName        = "panic"
	InterruptName    = "KeyboardInterrupt"
	LostName         = "SessionLost"
)

// CellError says why a cell failed.
type CellError struct {
	Kind proto.ErrorKind
	// EName is CompileErrorName, PanicName, InterruptName, LostName, or the Go type of the error that was panicked with.
	EName string
	// Message is what went wrong; a panic may say that in several lines.
	Message string
	Hint    string
	// Positions are the places in cells, the innermost first; of a compile error, those of all its diagnostics.
	Positions []unit.Position
	// Funcs has the function of each position of a panic, "" for a cell's own statements. Repeats says, where it is not empty, of how
	// many further frames a position stands for, as those of a recursion.
	Funcs   []string
	Repeats []int
	// Goroutine tells that it is the panic of a goroutine beside the cell, which did not fail of it.
	Goroutine bool
	// Engines are what went wrong on engines, of a job of Elements elements, if the cell failed of that; Job is what befell the job
	// as a whole, "" if nothing did.
	Engines  []EngineFailure
	Elements int
	Job      string
	// Diagnostics are what is wrong with a cell that does not compile.
	Diagnostics gocode.Diagnostics
	// Lost are the variables whose values went with the session's process.
	Lost []string
	// Trace is the whole error as plain lines, the message first.
	Trace []string
	// Extra are the lines of Trace that neither Message nor Positions have.
	Extra []string
}

func (e *CellError) Error() string { return strings.Join(e.Trace, "\n") }

// Call is a call of a shipped function for some elements of a job.
type Call struct {
	Unit *unit.Unit
	// Captures is the encoding of a [][]byte with the encodings of the captured values, in the order of Unit.Captures.
	Captures []byte
	// Inputs has one block for each parameter, the context excepted.
	Inputs []proto.Block
	// Names are the variables of the namespace that stand for inputs, "" for each parameter that has inputs; nil: all have.
	Names []string
	// First is the job's index of the first element, N their number.
	First, N int
	// Timeout bounds the run time of each element; 0 does not.
	Timeout time.Duration
	// Files is the path of the directory where large results may be left, empty: nowhere.
	Files string
}

// Death is the end of a session's process.
type Death struct {
	PID    int
	Reason string
	// Lost are the variables whose values are gone.
	Lost []string
}
