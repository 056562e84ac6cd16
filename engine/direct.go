package engine

import (
	"bufio"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/unit/worker"
)

// A task whose program is there and idle takes the short way: the goroutine that has read it from the controller writes it to the program,
// and the one that reads the program's answer sends that to the controller. Tasks that are brief go to the program several at a time, and come
// back so; a program whose code may print gets them one by one, since what it prints has to be told apart.

// inside is an attempt's part in this.
type inside struct {
	program *program
	size    int
	quiet   bool // the function prints nothing
	alone   bool // a process has ended under it and others
	revoked bool
	printed *capture
}

// quick is a program's part. Its host is there as long as the program has tasks that came the short way; the rest belongs to that host's
// state.
type quick struct {
	host   atomic.Pointer[host]
	slot   *slot
	bytes  int     // of the tasks inside
	mean   float64 // seconds that a task takes, of late; 0: nothing is known
	spared bool    // it is killed because of one of several tasks
	buf    []byte
}

// The bounds of what a program is given at a time: so many tasks, as long as they are expected to be done in a moment, and so many bytes as
// its pipe is certain to take without waiting.
const (
	maxInside   = 256
	briefInside = 2 * time.Millisecond
)

// admit reports whether an attempt may go to the program that its engine runs now, or to one that is idle.
func (h *host) admit(s *slot, a *attempt) bool {
	in := &a.inside
	if s.pool == nil || a.Program.IsZero() || a.Kind != proto.JobCall || a.Timeout > 0 || len(a.Names) > 0 || a.Live && !in.quiet {
		return false
	}
	in.size = frameCost
	for _, b := range a.Inputs {
		in.size += b.Bytes()
	}
	if len(s.inside) > 0 {
		return h.joins(s, a)
	}
	p := s.pool.warm(a.Program, a.Captures)
	if p == nil || in.size > p.room {
		return false
	}
	p.quick.slot, p.quick.spared = s, false
	p.quick.host.Store(h)
	if !p.alive() {
		p.quick.host.Store(nil)
		return false
	}
	s.program = p
	return true
}

// frameCost is about how many bytes a task takes besides its inputs.
const frameCost = 256

// joins reports whether an attempt may go to a program that has tasks already.
func (h *host) joins(s *slot, a *attempt) bool {
	p, in := s.program, &a.inside
	return p.hash == a.Program && p.captures == a.Captures && in.quiet && !in.alone && !s.inside[0].inside.alone &&
		len(s.inside) < maxInside && p.quick.brief(len(s.inside)+1) && p.quick.bytes+in.size <= p.room && p.alive()
}

// brief reports whether a number of tasks are expected to be done in a moment.
func (q *quick) brief(n int) bool {
	return q.mean > 0 && q.mean*float64(n) < briefInside.Seconds()
}

// enter puts an attempt among those of the program; hand sends it.
func (h *host) enter(s *slot, a *attempt) {
	a.inside.program = s.program
	s.program.quick.bytes += a.inside.size
	if s.inside = append(s.inside, a); len(s.inside) == 1 {
		h.begun(a)
	}
}

// hand sends a program the tasks that it has not been sent yet.
func (h *host) hand(s *slot) {
	if s.entered == len(s.inside) {
		return
	}
	var m proto.Assign
	for _, a := range s.inside[s.entered:] {
		t := a.Task.Task
		t.Source, t.Names, t.Types = "", nil, nil
		m.Tasks = append(m.Tasks, t)
	}
	s.entered = len(s.inside)
	h.tellProgram(s.program, &m)
}

func (h *host) tellProgram(p *program, m proto.Message) {
	p.quick.buf = worker.Append(p.quick.buf[:0], m)
	p.telling.Lock()
	_, err := p.to.Write(p.quick.buf)
	p.telling.Unlock()
	if err != nil {
		p.kill() // and its tasks go on elsewhere
	}
	if cap(p.quick.buf) > keepBuffer {
		p.quick.buf = nil
	}
}

// keepBuffer is how large a buffer may be that is kept.
const keepBuffer = 1 << 20

// answered takes a program's answer, and those that came with it.
func (p *program) answered(h *host, r *bufio.Reader, m proto.Message) {
	all := []proto.Message{m}
	for r.Buffered() > 0 && len(all) < maxInside {
		m, err := worker.Receive(r)
		if err != nil {
			break // as the next read says
		}
		if !p.isProfile(m) {
			all = append(all, m)
		}
	}
	if a := h.head(p); a != nil && !a.inside.quiet {
		p.out[0].drain()
		p.out[1].drain()
	}
	h.do(func() { h.answered(p, all) })
}

// head is the attempt that a program is at.
func (h *host) head(p *program) (a *attempt) {
	h.do(func() {
		if s := p.quick.slot; s.program == p && len(s.inside) > 0 {
			a = s.inside[0]
		}
	})
	return a
}

// printed takes what a program prints while it has tasks that came the short way.
func (p *program) printed(stderr bool, text string) {
	h := p.quick.host.Load()
	if h == nil {
		return
	}
	a := h.head(p)
	if a == nil {
		return
	}
	var to *capture
	h.do(func() { to = h.capture(a) })
	to.take(stderr, text)
}

// capture takes what an attempt prints.
func (h *host) capture(a *attempt) *capture {
	if a.inside.printed == nil {
		a.inside.printed = &capture{live: a.Live, send: func(stderr bool, text string) {
			h.out.print(h.group.Context(), &proto.TaskOutput{Task: a.ID, Attempt: a.Attempt, Stderr: stderr, Text: text})
		}}
	}
	return a.inside.printed
}

// answered takes answers of a program.
func (h *host) answered(p *program, all []proto.Message) {
	s := p.quick.slot
	if s.program != p {
		return // it has lost its tasks
	}
	before := s.at()
	for _, m := range all {
		switch m := m.(type) {
		case *proto.TaskDone:
			if a := s.has(m.Task, m.Attempt); a != nil {
				h.done(a, m.Chunk)
			}
		case *proto.TaskLost:
			if a := s.has(m.Task, m.Attempt); a != nil {
				h.drop(a)
				h.lose(a.key, s.id, false, ErrRevoked.Error())
			}
		case *proto.TaskOutput: // of a task that nobody watches: its text is kept
			if a := s.has(m.Task, m.Attempt); a != nil {
				h.capture(a).keep(false, m.Text)
			}
			h.tellProgram(p, &proto.TaskOutput{Task: m.Task, Attempt: m.Attempt})
		case *proto.TaskProgress:
			for _, at := range m.Tasks {
				if a := s.has(at.Task, at.Attempt); a != nil {
					h.far(a, at.Done, at.Failed)
				}
			}
		}
	}
	if len(s.inside) > 0 && s.inside[0] != before {
		s.inside[0].started = time.Now()
		h.begun(s.inside[0])
	}
	h.advance(s)
}

// done takes a task's result.
func (h *host) done(a *attempt, k proto.Chunk) {
	a.inside.program.quick.learn(k.Completed.Sub(k.Started))
	if a.inside.printed != nil {
		a.inside.printed.fill(&k)
	}
	h.finish(a, k)
}

// learn takes a task's duration into account.
func (q *quick) learn(took time.Duration) {
	const forget = 0.75
	if q.mean == 0 {
		q.mean = took.Seconds()
	}
	q.mean = max(q.mean*forget+took.Seconds()*(1-forget), 1e-7)
}

// leave takes an attempt from those of its program.
func (h *host) leave(a *attempt) {
	p, s := a.inside.program, a.slot
	if p == nil {
		return
	}
	a.inside.program = nil
	i := slices.Index(s.inside, a)
	s.inside = slices.Delete(s.inside, i, i+1)
	if i < s.entered {
		s.entered--
	}
	if p.quick.bytes -= a.inside.size; len(s.inside) == 0 {
		s.program = nil
		p.quick.host.Store(nil)
	}
}

// patience is how long a program may take to give back a task that it has not begun.
const patience = 10 * time.Millisecond

// withdraw takes a task back from its program: it is asked for one that it has not begun, and killed for the one that it runs, unless only
// those not begun are meant.
func (h *host) withdraw(a *attempt, queued bool) {
	s, p := a.slot, a.inside.program
	if queued && s.inside[0] == a {
		return
	}
	a.inside.revoked = a.inside.revoked || !queued
	if len(s.inside) == 1 {
		p.kill()
		return
	}
	h.tellProgram(p, &proto.Revoke{Tasks: []proto.Held{{Task: a.ID, Attempt: a.Attempt}}})
	if queued {
		return
	}
	time.AfterFunc(patience, func() {
		h.do(func() {
			if s.program == p && a.inside.program == p {
				p.quick.spared = true
				p.kill()
			}
		})
	})
}

// programDied takes note that a program has ended that has tasks. If there is one, that is why; of several it is not known which, so that each
// goes on alone.
func (h *host) programDied(p *program) {
	s := p.quick.slot
	if s.program != p {
		return
	}
	one := len(s.inside) == 1
	for _, a := range slices.Clone(s.inside) {
		switch {
		case a.inside.revoked:
			h.drop(a)
			h.lose(a.key, s.id, true, ErrRevoked.Error())
		case one:
			h.drop(a)
			h.lose(a.key, s.id, true, p.reason)
		default:
			a.inside.alone = a.inside.alone || !p.quick.spared
		}
	}
	h.empty(s)
	h.advance(s)
}

// empty takes all tasks back from an engine's program, to be run again.
func (h *host) empty(s *slot) {
	back := slices.Clone(s.inside)
	for _, a := range back {
		h.leave(a)
	}
	s.queue = append(back, s.queue...)
}

// has returns the attempt of a name that the slot's program has been given.
func (s *slot) has(id proto.TaskID, attempt proto.Attempt) *attempt {
	for _, a := range s.inside {
		if a.ID == id && a.Attempt == attempt {
			return a
		}
	}
	return nil
}
