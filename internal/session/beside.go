package session

import (
	"context"
	"errors"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/session/host"
)

// ExecuteBeside is Execute for a cell that need not wait for its turn. If something else runs, it runs beside that as a goroutine would, if it
// can: a cell of a compiled session that is evaluated, and that declares and imports nothing. Any other waits.
func (s *Session) ExecuteBeside(ctx context.Context, c gocode.Cell, out Output) (*Result, error) {
	if len(s.turn) == 0 && s.tiers.native() {
		if plan := s.query(c); plan != nil {
			return s.runBeside(ctx, plan, out)
		}
	}
	return s.Execute(ctx, c, out)
}

// query is the plan of a cell that can run beside another, nil if it cannot. A cell that does not compile has perhaps to wait for what
// another declares.
func (s *Session) query(c gocode.Cell) *gocode.Plan {
	plan, err := s.plan(func() (*gocode.Plan, error) { return s.code.Plan(c) })
	if err != nil || plan.Light == nil || len(plan.Declares)+len(plan.Units)+len(plan.Redefined)+len(plan.Imported) > 0 {
		return nil
	}
	return plan
}

func (s *Session) runBeside(ctx context.Context, plan *gocode.Plan, out Output) (*Result, error) {
	seq := s.next()
	s.router.beginBeside(seq, out)
	r := runOf(plan, seq)
	r.Native, r.Beside, r.Light, r.Source, r.Lines = true, true, plan.Light, "", nil
	d, err := s.current().do(ctx, &request{Run: r}, seq)
	switch {
	case errors.Is(err, errDied):
		return nil, lostError(s.current().reason, ctx.Err() != nil, nil, nil) // who has the turn sees to the rest
	case err != nil:
		return nil, err
	case d.Failure != nil && d.Failure.Name == needsCompiler:
		return s.Execute(ctx, plan.Cell, out)
	case d.Failure != nil:
		return nil, d.Failure.cellError()
	}
	res := &Result{Notes: plan.Notes, Tier: TierNative}
	if d.Value != nil {
		v, err := d.Value.data()
		if err != nil {
			return nil, err
		}
		res.Value = &v
	}
	return res, nil
}

// serveBeside serves a request that does not wait for its turn, in the child.
func (p *process) serveBeside(r *request) {
	p.mu.Lock()
	interpreted := p.cells != nil
	p.mu.Unlock()
	switch {
	case r.Run != nil:
		c := newCell(r.Run.Seq)
		c.beside = true
		p.runRequest(c, func(c *cell) *failure { return p.runNative(c, r.Run) })
	case interpreted:
		c := newCell(r.Comm.Seq)
		c.beside = true
		p.interpretBeside(c, func() *failure { return p.receiveComm(r.Comm.Message) })
	default:
		c := newCell(r.Comm.Seq)
		c.beside = true
		p.runRequest(c, func(*cell) *failure { return p.receiveComm(r.Comm.Message) })
	}
}

// interpretBeside answers a request with what f came to, even if f ends its goroutine.
func (p *process) interpretBeside(c *cell, f func() *failure) {
	p.owners.adopt(c)
	p.running.Lock()
	p.await(func() bool { return !p.running.halted && !p.running.interrupted })
	p.running.Unlock()
	p.beginBeside(c)
	var fail *failure
	defer func() {
		host.Ended()
		d := c.reply()
		switch {
		case p.endBeside(c):
			d.Failure, d.Value = &failure{Kind: proto.KindCancelled, Name: InterruptName, Message: "interrupted"}, nil
		case fail != nil:
			d.Failure, d.Value = fail, nil
		}
		p.finish(c, &d)
	}()
	fail = f()
}

// beginBeside makes a request one that an interrupt reaches.
func (p *process) beginBeside(c *cell) {
	p.running.Lock()
	defer p.running.Unlock()
	p.running.beside[c.seq] = c
	if p.running.early == c.seq {
		p.stopBeside(c)
	}
}

// stopBeside stops a request that runs beside others, or beside nothing. What is interpreted is stopped with all that the interpreter
// runs: an interrupt is meant for everything. The caller holds running.
func (p *process) stopBeside(c *cell) {
	r := &p.running
	switch {
	case c.interrupted.Load():
	case p.cells == nil:
		p.stopNative(c)
	case r.interp != nil:
		c.interrupted.Store(true)
		c.cancel(host.Interrupted)
		if !r.interrupted {
			p.stop()
		}
	default:
		c.interrupted.Store(true)
		c.cancel(host.Interrupted)
		r.halted = true
		p.cells.Stop()
	}
}

// endBeside lets the interpreter go on when all that was to be stopped has ended, and reports whether c was.
func (p *process) endBeside(c *cell) (interrupted bool) {
	p.running.Lock()
	defer p.running.Unlock()
	r := &p.running
	delete(r.beside, c.seq)
	if r.halted && !r.stopsBeside() {
		p.resume(p.cells)
		r.halted = false
	}
	r.moved.Broadcast()
	return c.interrupted.Load()
}

// stopsBeside reports whether a request that runs beside others is still to end. The caller holds running.
func (r *whatRuns) stopsBeside() bool {
	for _, c := range r.beside {
		if c.interrupted.Load() {
			return true
		}
	}
	return false
}

// await waits until something is so. The caller holds running.
func (p *process) await(so func() bool) {
	for !so() {
		p.running.moved.Wait()
	}
}

// finish sends the reply to a request. What is written directly afterwards belongs to the request that has the turn again.
func (p *process) finish(c *cell, d *done) {
	p.out.finish(c.seq, &event{Done: d})
	if !c.beside {
		return
	}
	p.running.Lock()
	seq := p.running.seq
	p.running.Unlock()
	if seq != 0 {
		p.out.begin(seq)
	}
}
