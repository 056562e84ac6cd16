// Package conntest has a cluster for tests: a controller that speaks the protocol over a link in memory, and engines that call Go
// functions of the test's own process. It can lose its connections and die when a test wants it to.
package conntest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
)

// Cluster is a controller with its engines. One goroutine runs all its actions; functions run in goroutines of their own.
type Cluster struct {
	// Engines is how many engines there are.
	Engines int
	// Funcs are what units call, by their names.
	Funcs map[string]any

	mu      sync.Mutex
	cond    *sync.Cond
	actions []func()
	closed  bool

	handler link.ClientHandler
	up      bool
	objects map[proto.Hash][]byte
	jobs    map[proto.JobID]*job
	vars    []map[string][]byte // by engine: pushed values
	types   map[string]string

	// Running is what the engines are at, for who asks for a job's progress.
	Running []proto.Running
	// Log has the messages that have come, for tests to look at after Sync.
	Log []proto.Message
}

type job struct {
	spec      proto.JobSpec
	total     int
	done      int
	sent      []proto.Message // Result and JobEnd messages by Seq
	acked     uint64
	cancelled bool
	stop      chan struct{}
}

// New returns a cluster; it runs until Close.
func New(engines int, funcs map[string]any) *Cluster {
	c := &Cluster{Engines: engines, Funcs: funcs, objects: map[proto.Hash][]byte{}, jobs: map[proto.JobID]*job{}, types: map[string]string{}}
	for range engines {
		c.vars = append(c.vars, map[string][]byte{})
	}
	c.cond = sync.NewCond(&c.mu)
	go c.run() // until Close; a test's helper
	return c
}

// Bind ties a function to a unit of a name, as a session does; values are pointers to what it captures, by name.
func (c *Cluster) Bind(name string, f any, captures map[string]any) any {
	u := &unit.Unit{Name: name, Source: "package main // " + name, Entry: name}
	t := reflect.TypeOf(f)
	u.Fails = t.NumOut() > 0 && t.Out(t.NumOut()-1) == reflect.TypeFor[error]()
	var pointers []any
	for n, p := range captures {
		u.Captures = append(u.Captures, unit.Capture{Name: n, Var: n})
		pointers = append(pointers, p)
	}
	c.do(func() { c.Funcs[name] = f })
	return unit.Bind(u, f, func() []any { return pointers })
}

func (c *Cluster) do(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.actions = append(c.actions, f)
	c.cond.Signal()
}

// Sync waits until all that was begun before has happened.
func (c *Cluster) Sync() {
	done := make(chan struct{})
	c.do(func() { close(done) })
	<-done
}

func (c *Cluster) run() {
	for {
		c.mu.Lock()
		for len(c.actions) == 0 && !c.closed {
			c.cond.Wait()
		}
		if c.closed {
			c.mu.Unlock()
			return
		}
		f := c.actions[0]
		c.actions = c.actions[1:]
		c.mu.Unlock()
		f()
	}
}

// Close ends the cluster's goroutine.
func (c *Cluster) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.cond.Signal()
}

// Dial is a link.Dialer.
func (c *Cluster) Dial(_ context.Context, h link.ClientHandler) (link.End, error) {
	c.do(func() {
		c.handler, c.up = h, true
		h.Up(proto.Welcome{Version: proto.Version, Cluster: "test"})
	})
	c.Sync()
	return &end{c}, nil
}

// Break loses the connection: nothing passes until Mend.
func (c *Cluster) Break() {
	c.do(func() { c.up = false; c.handler.Down(errors.New("connection reset"), false) })
}

// Mend makes the connection again.
func (c *Cluster) Mend() {
	c.do(func() { c.up = true; c.handler.Up(proto.Welcome{Version: proto.Version, Cluster: "test"}) })
}

// Kill ends the controller for good.
func (c *Cluster) Kill() {
	c.do(func() { c.up = false; c.handler.Down(errors.New("connection refused"), true) })
}

// Tell sends the client a message.
func (c *Cluster) Tell(m proto.Message) { c.do(func() { c.send(m) }) }

// Forget lets the controller lose an object.
func (c *Cluster) Forget(h proto.Hash) { c.do(func() { delete(c.objects, h) }) }

// link is the client's end.
type end struct{ c *Cluster }

func (l *end) Send(m proto.Message) error {
	frames := proto.Encode(m)
	l.c.do(func() {
		if !l.c.up {
			return
		}
		m, err := proto.Decode(frames)
		if err != nil {
			panic(fmt.Sprintf("conntest: what the client sends is malformed: %v", err))
		}
		l.c.Log = append(l.c.Log, m)
		l.c.take(m)
	})
	return nil
}

func (l *end) SendHeld(m proto.Message) error { return l.Send(m) }
func (l *end) Flush()                         {}

func (l *end) SendWait(ctx context.Context, m proto.Message) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return l.Send(m)
}

func (l *end) Close(string) error { return nil }

func (c *Cluster) send(m proto.Message) {
	if !c.up {
		return
	}
	out, err := proto.Decode(proto.Encode(m))
	if err != nil {
		panic(fmt.Sprintf("conntest: what the controller sends is malformed: %v", err))
	}
	c.handler.Message(out)
}

func (c *Cluster) take(m proto.Message) {
	switch m := m.(type) {
	case *proto.Object:
		c.objects[m.Hash] = m.Data
	case *proto.Submit:
		c.submit(m.Spec)
	case *proto.Extend:
		c.extend(m)
	case *proto.Cancel:
		if j := c.jobs[m.Job]; j != nil && !j.cancelled && !j.ended() {
			j.cancelled = true
			close(j.stop)
			c.end(j, proto.JobCancelled, proto.Error{})
		}
	case *proto.Resume:
		c.resume(m)
	case *proto.Ack:
		for _, a := range m.Jobs {
			if j := c.jobs[a.Job]; j != nil {
				j.acked = max(j.acked, a.Next)
			}
		}
	case *proto.StatusRequest:
		c.send(c.status(m.Seq))
	case *proto.ProgressRequest:
		if j := c.jobs[m.Job]; j != nil && !j.ended() {
			c.send(&proto.Progress{Job: m.Job, Running: c.Running})
		}
	case *proto.Shutdown:
		c.up = false
		c.handler.Down(errors.New("the controller has shut down"), true)
	}
}

func (c *Cluster) status(seq uint64) *proto.Status {
	st := &proto.Status{Seq: seq, Cluster: "test", PID: 1, Started: time.Unix(1, 0)}
	for i := range c.Engines {
		st.Engines = append(st.Engines, proto.EngineStatus{ID: proto.EngineID(i), State: proto.EngineIdle, Info: proto.HostInfo{Host: "here"}})
	}
	return st
}

// AddEngine makes one more engine and tells the client.
func (c *Cluster) AddEngine() {
	c.do(func() {
		c.Engines++
		c.vars = append(c.vars, map[string][]byte{})
		c.send(&proto.Event{Kind: proto.EventEngineUp, Engine: proto.EngineID(c.Engines - 1), Text: "engine is up"})
	})
}

func (j *job) ended() bool {
	if len(j.sent) == 0 {
		return false
	}
	_, ended := j.sent[len(j.sent)-1].(*proto.JobEnd)
	return ended
}

func (c *Cluster) submit(spec proto.JobSpec) {
	if j := c.jobs[spec.ID]; j != nil {
		c.send(&proto.Accepted{Jobs: []proto.JobID{spec.ID}, Engines: j.spec.Targets})
		return
	}
	for _, e := range spec.Targets {
		if int(e) >= c.Engines {
			c.send(&proto.Accepted{Jobs: []proto.JobID{spec.ID}, Error: *proto.Errorf(proto.KindNoEngine, "there is no engine %d", int(e))})
			return
		}
	}
	if len(spec.Targets) == 0 {
		for i := range c.Engines {
			spec.Targets = append(spec.Targets, proto.EngineID(i))
		}
	}
	j := &job{spec: spec, stop: make(chan struct{})}
	c.jobs[spec.ID] = j
	c.send(&proto.Accepted{Jobs: []proto.JobID{spec.ID}, Engines: spec.Targets})
	switch {
	case spec.Placement == proto.PlaceEach:
		j.total = len(spec.Targets)
		for i := range spec.Targets {
			c.start(j, i, 1, each(spec.Inputs, i), spec.Targets[i])
		}
	case c.Engines == 0: // the job waits for some
		return
	case spec.Open && len(spec.Inputs) == 0:
	default:
		c.grow(j, spec.Inputs)
	}
	c.settle(j)
}

func each(in []proto.Block, i int) []proto.Block {
	var out []proto.Block
	for _, b := range in {
		if b.N == 1 {
			i = 0
		}
		out = append(out, b.Slice(i, i+1))
	}
	return out
}

func (c *Cluster) extend(m *proto.Extend) {
	j := c.jobs[m.Job]
	if j == nil || j.ended() {
		return
	}
	if m.First == j.total && len(m.Inputs) > 0 {
		c.grow(j, m.Inputs)
	}
	if m.Last {
		j.spec.Open = false
	}
	c.settle(j)
}

func (c *Cluster) grow(j *job, in []proto.Block) {
	n := 1
	if len(in) > 0 {
		n = in[0].N
	}
	size := j.spec.Chunk
	if size == 0 {
		size = 2
	}
	first := j.total
	j.total += n
	for at := 0; at < n; at += size {
		to := min(at+size, n)
		var cut []proto.Block
		for _, b := range in {
			cut = append(cut, b.Slice(at, to))
		}
		c.start(j, first+at, to-at, cut, j.spec.Targets[(first+at)%len(j.spec.Targets)])
	}
}

// start runs a chunk in a goroutine of its own.
func (c *Cluster) start(j *job, first, n int, in []proto.Block, engine proto.EngineID) {
	begun := time.Now()
	if j.spec.Kind != proto.JobCall {
		c.finish(j, c.namespace(j, first, in, engine))
		return
	}
	u, err := unit.Decode(c.objects[j.spec.Code])
	if err != nil {
		c.send(&proto.NeedObject{Hash: j.spec.Code})
		c.do(func() { c.start(j, first, n, in, engine) })
		return
	}
	f := c.Funcs[u.Name]
	go func() { // ends with the chunk; a test's helper
		k := call(u, f, first, n, in)
		k.Engine, k.Attempt, k.Started, k.Completed = engine, 1, begun, time.Now()
		c.do(func() { c.finish(j, k) })
	}()
}

func (c *Cluster) finish(j *job, k proto.Chunk) {
	if j.ended() {
		return
	}
	if j.spec.Live && k.Stdout != "" {
		c.send(&proto.Output{Job: j.spec.ID, First: k.First, Engine: k.Engine, Text: k.Stdout})
	}
	j.done += k.N
	m := &proto.Result{Job: j.spec.ID, Seq: uint64(len(j.sent)), Chunk: k}
	j.sent = append(j.sent, m)
	c.send(m)
	c.settle(j)
}

func (c *Cluster) settle(j *job) {
	if j.done == j.total && !j.spec.Open && !j.ended() {
		c.end(j, proto.JobDone, proto.Error{})
	}
}

func (c *Cluster) end(j *job, s proto.JobState, e proto.Error) {
	m := &proto.JobEnd{Job: j.spec.ID, Seq: uint64(len(j.sent)), State: s, Error: e}
	j.sent = append(j.sent, m)
	c.send(m)
}

func (c *Cluster) resume(m *proto.Resume) {
	j := c.jobs[m.Job]
	if j == nil {
		c.send(&proto.JobEnd{Job: m.Job, State: proto.JobFailed, Error: *proto.Errorf(proto.KindController, "the controller does not know the job")})
		return
	}
	for _, m := range j.sent[m.Next:] {
		c.send(m)
	}
}

// namespace plays the engines' sessions.
func (c *Cluster) namespace(j *job, first int, in []proto.Block, engine proto.EngineID) proto.Chunk {
	k := proto.Chunk{First: first, N: 1, Engine: engine, Attempt: 1, Started: time.Now(), Completed: time.Now()}
	vars := c.vars[engine]
	switch j.spec.Kind {
	case proto.JobPush:
		for i, name := range j.spec.Names {
			if vars[name] = in[i].At(0); len(j.spec.Objects) == j.spec.Count() {
				vars[name] = c.objects[j.spec.Objects[first]]
			} else if i < len(j.spec.Objects) && !j.spec.Objects[i].IsZero() {
				vars[name] = c.objects[j.spec.Objects[i]]
			}
			c.types[name] = j.spec.Types[i]
		}
	case proto.JobPull:
		data, ok := vars[j.spec.Source]
		if !ok {
			k.Errors = []proto.ElementError{{Index: first, Engine: engine, Error: *proto.Errorf(proto.KindCompile, "undefined: %s", j.spec.Source)}}
			return k
		}
		var b proto.Block
		b.Append(data)
		k.Outputs, k.Types = []proto.Block{b}, []string{c.types[j.spec.Source]}
	case proto.JobExecute, proto.JobLoad:
		text, _ := json.Marshal(map[string]any{"MIME": map[string]any{"text/plain": j.spec.Source}})
		var b proto.Block
		b.Append(text)
		k.Outputs, k.Stdout = []proto.Block{b}, "ran on "+engine.String()+"\n"
	case proto.JobClear:
		clear(vars)
	}
	return k
}

// call runs a chunk's elements.
func call(u *unit.Unit, f any, first, n int, in []proto.Block) proto.Chunk {
	k := proto.Chunk{First: first, N: n}
	v := reflect.ValueOf(f)
	outs := v.Type().NumOut()
	if u.Fails {
		outs--
	}
	values := make([]reflect.Value, outs)
	for i := range values {
		values[i] = reflect.MakeSlice(reflect.SliceOf(v.Type().Out(i)), n, n)
	}
	for i := range n {
		if err := one(u, v, in, i, values); err != nil {
			k.Errors = append(k.Errors, proto.ElementError{Index: first + i, Engine: proto.NoEngine, Error: *err})
		}
	}
	for _, xs := range values {
		b, err := codec.Block(xs)
		if err != nil {
			panic(err)
		}
		k.Outputs = append(k.Outputs, b)
	}
	return k
}

func one(u *unit.Unit, f reflect.Value, in []proto.Block, i int, values []reflect.Value) (failed *proto.Error) {
	defer func() {
		if p := recover(); p != nil {
			failed = &proto.Error{Kind: proto.KindPanic, Message: fmt.Sprint("panic: ", p), Trace: "panic\n\tIn[1]:2:3 in " + u.Name}
		}
	}()
	var args []reflect.Value
	for j, b := range in {
		x, err := codec.Element(b, i, f.Type().In(j))
		if err != nil {
			return proto.Errorf(proto.KindValue, "%v", err)
		}
		args = append(args, x)
	}
	call := f.Call
	if f.Type().IsVariadic() {
		call = f.CallSlice
	}
	out := call(args)
	for j := range values {
		values[j].Index(i).Set(out[j])
	}
	if u.Fails {
		if err, _ := out[len(out)-1].Interface().(error); err != nil {
			return &proto.Error{Kind: proto.KindUser, Message: err.Error()}
		}
	}
	return nil
}
