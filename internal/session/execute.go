package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gocluster/gocluster/internal/gocode"
)

// Execute runs a cell and returns when it has ended and all it printed by then has been passed to out. The error is a *CellError,
// except when the session is closed or ctx is cancelled before the cell's turn. Cancelling ctx interrupts the cell.
func (s *Session) Execute(ctx context.Context, c gocode.Cell, out Output) (*Result, error) {
	if err := s.take(ctx); err != nil {
		return nil, err
	}
	defer s.give()
	ctx, stop := s.running(ctx)
	defer stop()
	seq := s.next()
	s.router.begin(seq, out)
	s.tellNotice(out)
	started := time.Now()
	s.front.Lock()
	plan, err := s.code.Plan(c)
	s.front.Unlock()
	if err != nil {
		return nil, compileError(err)
	}
	d, err := s.run(ctx, plan, seq)
	if err != nil {
		return nil, err
	}
	res := &Result{Imported: plan.Imported, Notes: plan.Notes, Duration: since(started)}
	if d.Value != nil {
		v, err := d.Value.data()
		if err != nil {
			return nil, err
		}
		res.Value = &v
	}
	return res, nil
}

func (s *Session) tellNotice(out Output) {
	s.mu.Lock()
	text := s.notice
	s.notice = ""
	s.mu.Unlock()
	if text != "" && out != nil {
		out.Stderr(text)
	}
}

// run runs a plan and commits it as far as it came. The caller has the turn.
func (s *Session) run(ctx context.Context, plan *gocode.Plan, seq int) (*done, error) {
	if ctx.Err() != nil {
		return nil, interrupted()
	}
	d, err := s.current().do(ctx, &request{Run: runOf(plan, seq)}, seq)
	if err != nil {
		// What the cell declares is restored with the rest.
		s.front.Lock()
		s.code.Commit(plan, false, 0)
		s.front.Unlock()
		return nil, s.lost(ctx, err)
	}
	s.front.Lock()
	s.code.Commit(plan, d.Failure == nil, d.Step)
	s.front.Unlock()
	if d.Failure != nil {
		return nil, d.Failure.cellError()
	}
	if ctx.Err() != nil && d.Step < 0 {
		return nil, interrupted()
	}
	return d, nil
}

// lost replaces the child that died during a request, and says what happened.
func (s *Session) lost(ctx context.Context, err error) error {
	if !errors.Is(err, errDied) {
		return err
	}
	reason := s.current().reason
	names, failed := s.replace(ctx)
	return lostError(reason, ctx.Err() != nil, names, failed)
}

func runOf(p *gocode.Plan, seq int) *runRequest {
	// A cell's number may come again, its file must not.
	file := fmt.Sprintf("%d_%s", seq, p.File)
	r := &runRequest{Seq: seq, Source: p.Source, File: file, Entry: p.Entry, Lines: p.Lines, UnitBase: p.UnitBase}
	for _, u := range p.Units {
		r.Units = append(r.Units, u.Encode())
	}
	for n, u := range p.Redefined {
		if r.Redefined == nil {
			r.Redefined = map[int][]byte{}
		}
		r.Redefined[n] = u.Encode()
	}
	return r
}
