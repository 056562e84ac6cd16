// Package worker is what a unit becomes a program with: the main function of the executable that engines run instead of interpreting
// the unit. The program is a child of its engine host. It reads tasks from descriptor 3 and answers on descriptor 4, in the messages of
// the cluster's own protocol: Object brings the captured values, Assign one task, TaskProgress says how far it is, TaskDone answers it. What the function prints goes to
// standard output and standard error, as in any program.
//
// A program is stopped by killing it: no code in it looks whether it should stop.
package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime/debug"
	"strconv"
	"time"

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
	// Run calls the function for the elements from At on: it counts At up, and stops before To, or where the function returns an error.
	Run func(*Call) error
	// Columns has the column of each line's first character, where that is not the first, by the name of the cell. Compiled code only
	// knows lines.
	Columns map[string]map[int]int
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

// Main serves the host that has started the process, until it closes its end.
func Main(p *Program) {
	in, out := os.NewFile(requests, "requests"), os.NewFile(replies, "replies")
	if _, err := in.Stat(); err != nil {
		fmt.Fprintf(os.Stderr, "This program is %s, compiled by gocluster for its engines; it is of no use by itself.\n", p.Name)
		os.Exit(2)
	}
	private(requests, replies)
	os.Args = os.Args[:1]
	debug.SetMaxStack(maxStack)
	if limit, err := strconv.ParseInt(os.Getenv(MemoryEnv), 10, 64); err == nil && limit > 0 {
		debug.SetMemoryLimit(limit / 10 * 9)
		limitMemory(uint64(limit))
	}
	_ = os.Unsetenv(MemoryEnv)
	current = p
	s := &server{p: p, out: out}
	queue := make(chan proto.Message, 4)
	go receive(in, queue) // ends with the process, which it ends when the host is gone
	for m := range queue {
		s.take(m)
	}
}

// receive reads the host's messages. Without a host there is nothing left to do, whatever the function does.
func receive(in io.Reader, queue chan<- proto.Message) {
	r := bufio.NewReaderSize(in, 64<<10)
	for {
		m, err := Receive(r)
		if err != nil {
			os.Exit(0)
		}
		queue <- m
	}
}

// server is the process's state.
type server struct {
	p   *Program
	out io.Writer
	// have names the captured values that the variables have, wrong says what is wrong with those that came.
	have  proto.Hash
	wrong error
}

func (s *server) take(m proto.Message) {
	switch m := m.(type) {
	case *proto.Object:
		s.have, s.wrong = m.Hash, s.p.capture(m.Data)
	case *proto.Assign:
		for i := range m.Tasks {
			s.answer(&m.Tasks[i])
		}
	}
}

func (s *server) answer(t *proto.Task) {
	begun := time.Now()
	k := s.run(t)
	k.Started, k.Completed = begun, time.Now()
	k.First, k.N, k.Engine, k.Attempt, k.Tier = t.First, t.N, t.Engine, t.Attempt, proto.TierNative
	if Send(s.out, &proto.TaskDone{Task: t.ID, Attempt: t.Attempt, Chunk: *k}) != nil {
		os.Exit(0) // the host is gone
	}
}

func (s *server) run(t *proto.Task) *proto.Chunk {
	err := s.wrong
	if err == nil && t.Captures != s.have {
		err = errors.New("the captured values did not come")
	}
	if err == nil {
		var b *batch
		if b, err = newBatch(s.p, t); err == nil {
			b.far = func(done, failed int) { s.far(t, done, failed) }
			b.run()
			return b.chunk()
		}
	}
	return whole(t, &proto.Error{Kind: proto.KindValue, Message: err.Error()})
}

// far tells how far a task of several elements is.
func (s *server) far(t *proto.Task, done, failed int) {
	m := &proto.TaskProgress{Tasks: []proto.TaskAt{{Task: t.ID, Attempt: t.Attempt, Done: done, Failed: failed}}}
	if t.N > 1 && Send(s.out, m) != nil {
		os.Exit(0) // the host is gone
	}
}

// whole is the chunk of a task that failed as a whole.
func whole(t *proto.Task, err *proto.Error) *proto.Chunk {
	k := &proto.Chunk{}
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
	return nil
}
