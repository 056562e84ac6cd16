package session

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/native/load"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/session/host"
)

// In a process that runs compiled code, each request has a goroutine of its own, which is left behind when it waits for something and
// the cell has been interrupted.

// serveNative serves a request, and returns when it has ended or was left behind.
func (p *process) serveNative(seq int, f func(*cell) *failure) { p.runRequest(newCell(seq), f) }

func (p *process) runRequest(c *cell, f func(*cell) *failure) {
	c.enter()
	var fail *failure
	if p.group.Go("cell", func(context.Context) error {
		defer close(c.ended)
		defer c.leave()
		p.owners.adopt(c)
		c.goroutine.Store(goroutineID())
		p.beginNative(c)
		fail = f(c)
		return nil
	}) != nil {
		return
	}
	abandoned := false
	select {
	case <-c.ended:
	case <-c.abandoned:
		abandoned = true
	}
	host.Ended()
	stopped := p.endNative(c)
	d := c.reply()
	switch {
	case stopped:
		d.Failure, d.Value = &failure{Kind: proto.KindCancelled, Name: InterruptName, Message: "interrupted"}, nil
		d.Failure.put(c.at())
	case !abandoned && fail != nil:
		d.Failure, d.Value = fail, nil
	}
	if !c.beside { // the files are those of the request whose turn it is
		d.toFiles(p.files)
	}
	p.finish(c, &d)
}

func (p *process) beginNative(c *cell) {
	if c.beside {
		p.beginBeside(c)
		return
	}
	p.owners.latest.Store(c)
	p.out.begin(c.seq)
	p.running.Lock()
	defer p.running.Unlock()
	r := &p.running
	r.seq, r.cell, r.interrupted = c.seq, c, false
	if r.early == c.seq {
		p.stopNative(c)
	}
}

// stopNative stops a cell. The caller holds running.
func (p *process) stopNative(c *cell) {
	if !c.beside {
		p.running.interrupted = true
	}
	c.stop()
	_ = p.group.Go("watch", func(context.Context) error { p.watch(c); return nil }) // a stopped group: the process ends anyway
}

func (p *process) endNative(c *cell) (interrupted bool) {
	p.running.Lock()
	defer p.running.Unlock()
	r := &p.running
	if c.beside {
		delete(r.beside, c.seq)
		return c.interrupted.Load()
	}
	interrupted = r.interrupted
	r.seq, r.cell, r.interrupted = 0, nil, false
	return interrupted
}

// guard runs compiled code and returns its panic. A goroutine that ends itself never returns from it.
func (p *process) guard(f func()) (fail *failure) {
	defer func() {
		if r := recover(); r != nil {
			fail = p.nativeFailure(r, callers(2))
		}
	}()
	f()
	return nil
}

// graceful is how long deferred functions of a goroutine that ends because of an interrupt may run.
const graceful = 250 * time.Millisecond

// Stop ends the calling goroutine if it belongs to an interrupted cell.
func (p *process) Stop() {
	w := p.owners.owner()
	if w == nil {
		w = &owner{cell: p.owners.cell()}
	}
	if !w.cell.interrupted.Load() || time.Now().Before(w.ending) {
		return
	}
	if w.cell.goroutine.Load() == goroutineID() {
		w.cell.stopAt(running(callers(2)))
	}
	p.owners.label(&owner{cell: w.cell, ending: time.Now().Add(graceful)})
	runtime.Goexit()
}

// End ends the calling goroutine, which is in a loop that calls nothing, when all such loops have been caught: its deferred functions
// may have loops, too.
func (p *process) End() {
	c := p.owners.cell()
	switch t := running(callers(2)); {
	case !c.interrupted.Load():
		fail := new(failure)
		fail.put(t)
		text := append([]string{"a goroutine was ended by another cell's interrupt, since it was in a loop that calls nothing"}, fail.frames()...)
		_, _ = p.out.print(pipeStderr, c.seq, os.Stderr, []byte(strings.Join(text, "\n")+"\n"))
	case c.goroutine.Load() == goroutineID():
		c.stopAt(t)
	}
	for host.Ending.Load() != 0 {
		time.Sleep(time.Millisecond)
	}
	runtime.Goexit()
}

// Context returns the context of the calling goroutine's cell.
func (p *process) Context() context.Context {
	return p.ambient()
}

// Exit ends the process.
func (p *process) Exit(code int) { p.exit(code) }

// goNative runs f beside its cell.
func (p *process) goNative(f func()) {
	c := p.owners.cell()
	c.enter()
	if p.group.Go("go", func(context.Context) error {
		defer c.leave()
		if fail := p.guard(f); fail != nil {
			p.late(fail)
		}
		return nil
	}) != nil {
		c.leave()
	}
}

// late reports a panic of a goroutine.
func (p *process) late(fail *failure) {
	p.out.send(p.owners.current(), &event{Late: fail})
}

// notLoaded begins the message about a plugin that cannot be opened.
const notLoaded = "the compiled cell cannot be loaded: "

// runNative loads a plugin and runs its cell.
func (p *process) runNative(c *cell, r *runRequest) *failure {
	c.keep.Store(r.Cell.Keep)
	c.final.Store(r.Cell.Final)
	if err := p.know(r); err != nil {
		return &failure{Kind: proto.KindInternal, Name: "InternalError", Message: err.Error()}
	}
	var fill, run func()
	if r.Plugins != nil {
		var err error
		if fill, run, err = load.Open(*r.Plugins); err != nil {
			return &failure{Kind: proto.KindInternal, Name: "InternalError", Message: fmt.Sprintf("%s%v", notLoaded, err)}
		}
	}
	if fill != nil {
		if fail := p.guard(fill); fail != nil {
			return fail
		}
	}
	if r.Light != nil {
		return p.runLight(c, r.Light)
	}
	c.step.Store(0)
	if run == nil || !r.Run {
		return nil
	}
	if fail := p.guard(run); fail != nil {
		return fail
	}
	return c.reply().Failure
}
