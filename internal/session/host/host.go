// Package host is what lowered code of cells calls: the bridge between that code, interpreted or compiled, and the process that runs it. A process
// has one session at most, so the bridge is global; without a session its functions do the obvious thing or nothing.
//
// Every compiled cell is linked with this package, so it imports as little as possible.
package host

import (
	"errors"
	"sync/atomic"
)

// Data is something to show: the same thing in several formats, keyed by MIME type.
type Data struct {
	MIME     map[string]any
	Metadata map[string]any
	// ID names what is shown, so that it can be updated; Update says that this replaces what has that ID.
	ID     string
	Update bool
}

// Runtime serves lowered code.
type Runtime interface {
	// Display takes the values of a cell's last expression.
	Display(typeText string, values []any)
	// Pull takes the value that was asked for.
	Pull(typeText string, value any)
	// Step notes that the cell's n-th statement begins.
	Step(n int)
	// Bind returns a function like f that is tied to the session's unit n, Tie ties f itself; see the functions of these names.
	Bind(n int, f any, values func() []any) any
	Tie(n int, f any, values func() []any, static bool)
	// Go runs f concurrently; a panic in it is reported, not fatal.
	Go(f func())
	// Show displays data now; Clear clears the cell's output; Input asks the user for a line.
	Show(Data)
	Clear(wait bool)
	Input(prompt string, password bool) (string, error)
	// Comm sends a message to the client, if there is one that takes messages.
	Comm(CommMessage) error
	HasComms() bool
}

var current atomic.Pointer[Runtime]

// Set makes r serve the process's lowered code.
func Set(r Runtime) { current.Store(&r) }

// Current returns what serves the process's lowered code, nil outside of sessions.
func Current() Runtime {
	if r := current.Load(); r != nil {
		return *r
	}
	return nil
}

// Interrupted is why an interrupted cell ends.
var Interrupted = errors.New("interrupted")

// Display shows the values of a cell's last expression, whose Go type is typeText.
func Display(typeText string, values ...any) {
	if r := Current(); r != nil {
		r.Display(typeText, values)
	}
}

// Pull hands over the value that was asked for.
func Pull(typeText string, value any) {
	if r := Current(); r != nil {
		r.Pull(typeText, value)
	}
}

// Step notes that the cell's n-th statement begins; all before it are done.
func Step(n int) {
	if r := Current(); r != nil {
		r.Step(n)
	}
}

// Bind ties the function value f to the session's unit n; values returns pointers to the captured variables.
func Bind(n int, f any, values func() []any) any {
	if r := Current(); r != nil {
		return r.Bind(n, f, values)
	}
	return f
}

// Tie is Bind for compiled functions: it returns f itself, tied to the session's unit n. A static f is a function without a closure
// on the heap: a declared one, or a literal that captures nothing.
func Tie(n int, f any, values func() []any, static bool) any {
	if r := Current(); r != nil {
		r.Tie(n, f, values, static)
	}
	return f
}

// Go runs f concurrently, as a go statement does. A panic in it is reported with its position, and ends only f.
func Go(f func()) {
	if r := Current(); r != nil {
		r.Go(f)
		return
	}
	go f() // outside of sessions this is the go statement that it stands for
}

// Screen is where a cell's output goes, whoever writes it.
type Screen interface {
	Stdout(text string)
	Stderr(text string)
	Display(Data)
}

// Here returns the screen of the cell that the calling goroutine belongs to, nil outside of sessions.
func Here() Screen {
	if r, ok := Current().(interface{ Here() Screen }); ok {
		return r.Here()
	}
	return nil
}

// Becoming is what values implement that go on changing after the cell has ended: they show themselves.
type Becoming interface {
	// Settle waits until it has become what it will be, and returns that; meanwhile it is shown on the screen how far it is.
	Settle(Screen) (any, error)
	// Follow does the same without waiting. At the end final makes of the value or the error what is shown instead.
	Follow(to Screen, final func(any, error) (d Data, instead bool))
}

// Shown is what values implement that are shown in other formats than text.
type Shown interface{ CellData() Data }
