package session

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gocluster/gocluster/internal/gocode"
	"github.com/gocluster/gocluster/internal/native/load"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit"
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
	if err := s.settle(ctx, c.Compile, out); err != nil {
		return nil, unlessInterrupted(ctx, err)
	}
	d, plan, began, err := s.cell(ctx, c, out, seq)
	s.rest()
	if err != nil {
		if plan != nil && out != nil {
			for _, note := range plan.Undone {
				out.Stderr(note + "\n")
			}
		}
		return nil, err
	}
	res := &Result{Imported: plan.Imported, Notes: plan.Notes, Duration: since(started), Tier: s.tiers.runs(), Interpreted: s.tiers.whyInterpreted()}
	res.Compile = began.Sub(started).Round(time.Microsecond)
	if d.Value != nil {
		v, err := d.Value.data()
		if err != nil {
			return nil, err
		}
		res.Value = &v
	}
	res.Kept, res.KeptType, res.Unkept = d.Pulled, d.PulledType, d.Unkept
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

// cell plans and runs a cell. One that turns out to need the compiler is planned again.
func (s *Session) cell(ctx context.Context, c gocode.Cell, out Output, seq int) (*done, *gocode.Plan, time.Time, error) {
	for {
		plan, err := s.plan(func() (*gocode.Plan, error) {
			s.columns.learn(c)
			s.planning.ctx, s.planning.out = ctx, out
			defer func() { s.planning.ctx, s.planning.out = nil, nil }()
			return s.code.Plan(c)
		})
		if err != nil {
			return nil, nil, time.Now(), unlessInterrupted(ctx, err)
		}
		d, began, err := s.run(ctx, plan, out, seq)
		if cold := (coldError{}); errors.As(err, &cold) {
			if err := s.giveUp(ctx, cold, out); err != nil {
				return nil, nil, time.Now(), unlessInterrupted(ctx, err)
			}
			continue
		}
		if e := (*CellError)(nil); errors.As(err, &e) && e.EName == needsCompiler && !c.Compile {
			c.Compile = true
			continue
		}
		return d, plan, began, err
	}
}

// plan asks the front end, and contains what may be wrong with it.
func (s *Session) plan(ask func() (*gocode.Plan, error)) (p *gocode.Plan, err error) {
	s.front.Lock()
	defer s.front.Unlock()
	defer func() {
		if r := recover(); r != nil {
			err = internal(fmt.Sprintf("the front end failed: %v", r), strings.Split(string(debug.Stack()), "\n"))
		}
	}()
	if p, err = ask(); err != nil {
		return nil, compileError(err)
	}
	return p, nil
}

// unlessInterrupted is err, unless it comes of an interrupt.
func unlessInterrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return interrupted()
	}
	return err
}

// internal is an error that is not the user's.
func internal(message string, details []string) *CellError {
	return &CellError{Kind: proto.KindInternal, EName: "InternalError", Message: message, Extra: details, Trace: append([]string{"InternalError: " + message}, details...)}
}

// run runs a plan and commits it as far as it came. It tells when the code began to run. The caller has the turn.
func (s *Session) run(ctx context.Context, plan *gocode.Plan, out Output, seq int) (*done, time.Time, error) {
	if plan.Compiled != nil && plan.Light == nil {
		if err := s.warm(ctx, out); err != nil {
			return nil, time.Now(), err
		}
	}
	r, err := s.request(ctx, plan, seq)
	began := time.Now()
	if ctx.Err() != nil {
		return nil, began, interrupted()
	}
	if err != nil {
		return nil, began, err
	}
	d, err := s.send(ctx, plan, r, seq)
	return d, began, err
}

// send has the child run a plan.
func (s *Session) send(ctx context.Context, plan *gocode.Plan, r *runRequest, seq int) (*done, error) {
	d, err := s.current().do(ctx, &request{Run: r, Files: s.files}, seq)
	if err == nil && d.Failure != nil && d.Failure.Kind == proto.KindInternal && load.IsStale(d.Failure.Message) && s.tiers.kit != nil && s.tiers.kit.Forget() == nil {
		if r, err = s.request(ctx, plan, seq); err != nil {
			return nil, err
		}
		d, err = s.current().do(ctx, &request{Run: r, Files: s.files}, seq)
	}
	if err == nil && d.Failure != nil && s.tiers.unfit(d.Failure) && s.tiers.wish(false) == TierAuto && (s.tiers.elsewhere != nil || len(s.variables()) == 0) {
		return nil, coldError{errors.New(d.Failure.Message)}
	}
	if err != nil {
		// What the cell declares is restored with the rest.
		s.front.Lock()
		s.code.Commit(plan, false, 0)
		s.front.Unlock()
		s.current().crashedIn(plan.Light)
		return nil, s.lost(ctx, err)
	}
	s.tiers.loaded = s.tiers.loaded || d.Failure == nil && r.Plugins != nil
	if d.Failure != nil && d.Failure.Name == needsCompiler {
		return nil, d.Failure.cellError()
	}
	s.front.Lock()
	s.code.Commit(plan, d.Failure == nil, d.Step)
	s.front.Unlock()
	if d.Failure != nil {
		if at, found := plan.Cell.Last(); found && d.Failure.Returned {
			d.Failure.put(trace{[]unit.Position{at}, []string{""}, []int{0}})
		}
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
	c := s.current()
	names, failed := s.replace(ctx)
	e := lostError(c.reason, ctx.Err() != nil, names, failed)
	s.front.Lock()
	s.columns.fill(c.trace.positions)
	s.front.Unlock()
	e.at(c.trace)
	return e
}

// request makes of a plan what the child is to do; compiled cells are built.
func (s *Session) request(ctx context.Context, p *gocode.Plan, seq int) (*runRequest, error) {
	r := runOf(p, seq)
	if !s.tiers.native() {
		return r, nil
	}
	var err error
	if r.Modules, err = s.modules(p); err != nil {
		return nil, internal("the modules of the session's functions: "+err.Error(), nil)
	}
	r.Native, r.Source, r.Lines = true, "", nil
	if p.Light != nil {
		r.Light = p.Light
		return r, nil
	}
	if p.Compiled == nil {
		return r, nil
	}
	built, err := s.tiers.build(ctx, p.Compiled)
	if err != nil {
		return nil, err
	}
	r.Plugins, r.Run = &built, p.Compiled.Run
	if len(built.Changed) > 0 {
		p.Notes = append(p.Notes, "changed since this session has loaded them, and not loaded again: "+strings.Join(built.Changed, ", "))
	}
	return r, nil
}

// modules says where the packages of other modules are that a plan's units import, or that what it runs on engines may.
func (s *Session) modules(p *gocode.Plan) (*unit.Modules, error) {
	if s.tiers.elsewhere != nil { // an engine has none: a program for such a unit cannot be made there
		return nil, nil
	}
	for _, u := range slices.AppendSeq(slices.Clone(p.Units), maps.Values(p.Redefined)) {
		if u.Foreign {
			kit, err := s.theKit()
			if err != nil {
				return nil, err
			}
			return kit.Modules()
		}
	}
	if kit := s.tiers.there(); kit != nil {
		return kit.Imported()
	}
	return nil, nil
}

// Modules says where the packages of other modules are that the session's cells can import; nil if it has none to offer.
func (s *Session) Modules() (*unit.Modules, error) {
	kit := s.tiers.there()
	if kit == nil || s.tiers.elsewhere != nil {
		return nil, nil
	}
	return kit.Modules()
}

func runOf(p *gocode.Plan, seq int) *runRequest {
	// A cell's number may come again, its file must not.
	file := fmt.Sprintf("%d_%s", seq, p.File)
	r := &runRequest{Seq: seq, Source: p.Source, File: file, Entry: p.Entry, Lines: p.Lines, UnitBase: p.UnitBase, Cell: p.Cell}
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
