// Package worker is what a unit becomes a program with: the main function of the executable that engines run instead of interpreting
// the unit. The program is a child of its engine host. It reads tasks from descriptor 3 and answers on descriptor 4, in the messages of
// the cluster's own protocol: Object brings the captured values, Assign tasks, TaskProgress says how far one is, TaskDone answers it. Revoke
// takes back tasks that were not begun, which TaskLost answers. TaskOutput shows something, and comes back when it is taken. What the function prints goes to standard output and standard error, as in
// any program.
//
// A program is stopped by killing it: no code in it looks whether it should stop.
package worker

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"reflect"
	"runtime/debug"
	"strconv"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/proto"
)

// MemoryEnv is the environment variable with the number of bytes of memory that the program may use.
const MemoryEnv = "GOCLUSTER_UNIT_MEMORY"

// Program is a unit as its generated main function describes it.
type Program struct {
	// Name is the function as people know it.
	Name string
	// Params are the types of its parameters, the context excepted, Results those of its results, a trailing error excepted.
	Params, Results []reflect.Type
	Captures        []Capture
	// Known are types of which values may come in interfaces. To mention them is enough: they are found among all that are linked.
	Known []reflect.Type
	// Run calls the function for the elements from At on: it counts At up, and stops before To, or where the function returns an error.
	Run func(*Call) error
	// Columns has the column of each line's first character, where that is not the first, by the name of the cell. Compiled code only
	// knows lines.
	Columns map[string]map[int]int
	// Package is the user's, as functions' names begin; "" is main. Ready is called when the captured variables have their values, and may
	// change the rest; nil: there is nothing to do then.
	Package string
	Ready   func() error
}

// Capture is a variable that the function captures; Ptr points to it.
type Capture struct {
	Name string
	Ptr  any
}

// Call is a run of elements. In and Out have a slice for each parameter and each result.
type Call struct {
	In, Out []any
	At, To  int
	// Context is given to functions that take one.
	Context context.Context
}

// The descriptors by which a host and a program talk.
const (
	requests = 3
	replies  = 4
)

// maxStack is the depth of recursion that ends the process, in bytes of stack.
const maxStack = 256 << 20

// slack is never touched, so that it takes no memory. The collector counts it, and comes when tasks have left as much behind: of brief ones with
// lists in them every few dozen would have it come else, which costs as much as they do.
var slack []byte

const slackBytes = 8 << 20

// Main serves the host that has started the process, until it closes its end.
func Main(p *Program) {
	host, err := newTube(requests, replies)
	if err != nil {
		fmt.Fprintf(os.Stderr, "This program is %s, compiled by gocluster for its engines; it is of no use by itself.\n", p.Name)
		os.Exit(2)
	}
	os.Args = os.Args[:1]
	debug.SetMaxStack(maxStack)
	if limit, err := strconv.ParseInt(os.Getenv(MemoryEnv), 10, 64); err == nil && limit > 0 {
		debug.SetMemoryLimit(limit / 10 * 9)
		limitMemory(uint64(limit))
	}
	_ = os.Unsetenv(MemoryEnv)
	slack = make([]byte, slackBytes)
	current = p
	s := &server{p: p, in: bufio.NewReaderSize(host, 64<<10), out: host}
	serving = s
	s.serve()
}

// whole is the chunk of a task that failed as a whole.
func whole(t *proto.Task, err *proto.Error) *proto.Chunk {
	k := &proto.Chunk{N: t.N}
	for i := range t.N {
		k.Errors = append(k.Errors, proto.ElementError{Index: t.First + i, Engine: t.Engine, Error: *err})
	}
	return k
}

// capture gives the captured variables their values.
func (p *Program) capture(data []byte) error {
	var values [][]byte
	if err := codec.Unmarshal(data, &values); err != nil {
		return fmt.Errorf("the captured values: %w", err)
	}
	if len(values) != len(p.Captures) {
		return fmt.Errorf("%d captured values for %d variables", len(values), len(p.Captures))
	}
	for i, c := range p.Captures {
		v := reflect.ValueOf(c.Ptr).Elem()
		v.SetZero()
		if err := codec.UnmarshalValue(values[i], v); err != nil {
			return fmt.Errorf("the captured variable %s: %w", c.Name, err)
		}
	}
	if p.Ready != nil {
		return p.Ready()
	}
	return nil
}
