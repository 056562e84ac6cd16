package session

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/conn"
	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/interp"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/internal/session/host"
	"github.com/gocluster/gocluster/internal/unit"
)

// Register lets this executable be a session's process. exports are the symbols that cells can use besides the standard library. It is
// called before role.Dispatch.
func Register(exports ...func() interp.Exports) {
	for _, name := range []string{RoleSession, RoleWorker} {
		role.Register(name, func(ctx context.Context, _ []string) int { return serve(ctx, exports) })
	}
}

// serve is the child's life.
func serve(ctx context.Context, exports []func() interp.Exports) int {
	names := strings.Split(os.Getenv(envPipes), ",")
	_ = os.Unsetenv(envPipes)
	if len(names) != 2 {
		fmt.Fprintln(os.Stderr, "session: this role is played only by children of a session")
		return 2
	}
	in, err := inherited(names[0])
	if err == nil {
		var events *os.File
		if events, err = inheritedOut(names[1]); err == nil {
			err = listen(ctx, in, events, exports)
			defer role.EndGroup(os.Getpid()) // the parent may have died, and then nobody else does it
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "session:", err)
		return 1
	}
	return 0
}

// listen serves the parent's requests until there are no more.
func listen(ctx context.Context, in io.Reader, events io.Writer, exports []func() interp.Exports) error {
	dec := gob.NewDecoder(in)
	var first request
	if err := dec.Decode(&first); err != nil {
		return err
	}
	if first.Hello == nil {
		return errors.New("the parent has not said hello")
	}
	out, err := newOutput(events, first.Hello.Mark)
	if err != nil {
		return err
	}
	p := &process{out: out, group: group.New(ctx), answers: make(chan answer, 1), units: map[int]*unit.Unit{}, lines: mapper{}, columns: columns{}}
	p.running.moved, p.running.beside = sync.NewCond(&p.running), map[int]*cell{}
	r := &ready{}
	if err := p.setUp(*first.Hello, exports); err != nil {
		r.Error = err.Error()
	}
	out.send(0, &event{Ready: r})
	queue := make(chan *request, 1)
	if err := p.group.Go("requests", func(context.Context) error { p.work(queue); return nil }); err != nil {
		return err
	}
	return p.receive(ctx, dec, queue)
}

// receive passes requests on, and interrupts past them. It returns when the parent has closed its end.
func (p *process) receive(ctx context.Context, dec *gob.Decoder, queue chan<- *request) error {
	for {
		r := new(request)
		err := dec.Decode(r)
		switch {
		case errors.Is(err, io.EOF) || ctx.Err() != nil:
			return nil // the process ends, whatever still runs in it
		case err != nil:
			return err
		case r.Interrupt != nil:
			p.interrupt(r.Interrupt.Seq)
		case r.Answer != nil:
			p.answered(*r.Answer)
		case r.Profile != nil:
			_ = p.group.Go("profile", func(ctx context.Context) error { p.watched(ctx, r.Profile); return nil })
		case r.beside():
			_ = p.group.Go("beside", func(context.Context) error { p.serveBeside(r); return nil }) // a stopped group: the process ends anyway
		default:
			queue <- r
		}
	}
}

// maxStack is the depth of recursion that ends the process, in bytes of stack; a quarter of what Go allows, since an interpreted call takes
// several compiled ones and the end comes sooner.
const maxStack = 256 << 20

// setUp makes the process ready for users' code.
func (p *process) setUp(h hello, exports []func() interp.Exports) error {
	if h.MemoryLimit > 0 {
		debug.SetMemoryLimit(h.MemoryLimit * 9 / 10)
		if err := limitMemory(uint64(h.MemoryLimit)); err != nil {
			return err
		}
	}
	debug.SetMaxStack(maxStack)
	p.lasting = h.Lasting
	p.comms = h.Comms
	if h.Stdin {
		p.stdin = bufio.NewReaderSize(&lineReader{p: p}, maxLine)
	}
	os.Args = os.Args[:1]
	log.SetOutput(stream{p, pipeStderr})
	interp.Builtins = stream{p, pipeStderr}.Write
	codec.SetUnboxer(interp.Unboxed)
	codec.SetNames(p.types)
	host.Set(p)
	conn.SetAmbient(p.ambient)
	for _, ex := range exports {
		p.exports = append(p.exports, ex())
	}
	p.symbols = byImportPath(slices.Clone(p.exports))
	p.exports = append(p.exports, hostExports(), p.overrides())
	return nil
}

// types are those that interpreted cells have declared; compiled ones are linked into the process.
func (p *process) types(name string) []reflect.Type {
	p.mu.Lock()
	cells := p.cells
	p.mu.Unlock()
	if cells == nil {
		return nil
	}
	return cells.Types(name)
}

// decide makes the process one that runs compiled cells, or one that interprets them. It is one of them for life.
func (p *process) decide(native bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if native || p.cells != nil {
		p.native = native
		return nil
	}
	var err error
	p.cells, err = interp.New(p.exports...)
	return err
}

// work serves requests one by one, each in a goroutine of its own: code may end its goroutine.
func (p *process) work(queue <-chan *request) {
	for r := range queue {
		over := make(chan struct{})
		if p.group.Go("request", func(context.Context) error {
			defer close(over)
			p.serve(r)
			return nil
		}) != nil {
			return
		}
		<-over
	}
}

func (p *process) serve(r *request) {
	p.files = r.Files
	if r.Place != nil { // it runs no code, so it leaves open what the process will be
		p.out.finish(r.Place.Seq, &event{Done: p.place(r.Place)})
		return
	}
	if r.Run != nil && p.cells == nil && !p.native {
		if err := p.decide(r.Run.Native); err != nil {
			fmt.Fprintln(os.Stderr, "session: no interpreter:", err)
			p.exit(1)
		}
	}
	answer := func(seq int, f func(*cell) *failure) { p.reply(seq, p.cells, f) }
	run := p.run
	if p.native {
		answer, run = p.serveNative, p.runNative
	}
	switch {
	case r.Run != nil:
		answer(r.Run.Seq, func(c *cell) *failure { return run(c, r.Run) })
	case r.Set != nil:
		answer(r.Set.Seq, func(*cell) *failure { return p.set(r.Set) })
	case r.Peek != nil:
		answer(r.Peek.Seq, func(*cell) *failure { return p.peek(r.Peek) })
	case r.Comm != nil:
		answer(r.Comm.Seq, func(*cell) *failure { return p.receiveComm(r.Comm.Message) })
	case r.Call != nil:
		p.call(r.Call)
	}
}

// reply answers a request with what f came to, even if f ends its goroutine.
func (p *process) reply(seq int, i *interp.Interp, f func(*cell) *failure) {
	c := newCell(seq)
	p.owners.latest.Store(c)
	p.owners.adopt(c)
	p.out.begin(seq)
	p.begin(c, i)
	var fail *failure
	defer func() {
		host.Ended()
		stopped := p.end()
		d := c.reply()
		switch {
		case stopped && d.Chunk == nil:
			d.Failure, d.Value = &failure{Kind: proto.KindCancelled, Name: InterruptName, Message: "interrupted"}, nil
			d.Failure.put(c.at())
		case fail != nil:
			d.Failure, d.Value = fail, nil
		}
		d.toFiles(p.files)
		p.finish(c, &d)
	}()
	fail = f(c)
}

// set gives a variable a value.
func (p *process) set(r *setRequest) *failure {
	v, err := p.variable(r.Var)
	if err == nil {
		err = r.Value.decode(v)
	}
	if err != nil {
		return &failure{Kind: proto.KindValue, Name: "ValueError", Message: err.Error()}
	}
	return nil
}

// hostExports are the symbols of package host.
func hostExports() interp.Exports {
	ex := map[string]reflect.Value{
		"Display": reflect.ValueOf(host.Display), "Bind": reflect.ValueOf(host.Bind), "Recovered": reflect.ValueOf(host.Recovered), "Builtin": reflect.ValueOf(host.Builtin), "Shifted": reflect.ValueOf(host.Shifted),
		"Pull": reflect.ValueOf(host.Pull), "Step": reflect.ValueOf(host.Step), "Go": reflect.ValueOf(host.Go),
		"Context": reflect.ValueOf(host.Context),
	}
	maps.Copy(ex, host.Symbols())
	return interp.Exports{"github.com/gocluster/gocluster/internal/session/host/host": ex}
}
