package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/session"
	"github.com/gocluster/gocluster/internal/spool"
)

// attempt is one try at a task, from its arrival until its end is in the outbox.
type attempt struct {
	Task
	key    key
	slot   *slot
	needs  []proto.Hash // objects that are not here yet
	has    []*object
	shared *spool.Dir   // where the result's files are left for the client, nil: they are sent
	broken *proto.Error // why it cannot run
	// environment is the version of the environment that this is a try to load, 0: it is a task.
	environment uint64

	ctx     context.Context // of a worker's; a program that is given its tasks by the host needs none
	cancel  context.CancelCauseFunc
	started time.Time
	inside  inside
}

// assign takes tasks.
func (h *host) assign(m *proto.Assign) {
	var last *slot
	for i := range m.Tasks {
		s := h.take(m.Tasks[i])
		if last != nil && s != last {
			h.advance(last)
		}
		last = s
	}
	if last != nil {
		h.advance(last)
	}
}

// take queues a task, and returns its engine, if that has something to do by it.
func (h *host) take(t proto.Task) *slot {
	k := key{t.ID, t.Attempt}
	if h.early[k] {
		delete(h.early, k)
		return nil
	}
	if h.byKey[k] != nil {
		return nil
	}
	s := h.byID[t.Engine]
	if s == nil {
		h.lose(k, t.Engine, false, fmt.Sprintf("%s is not on this host", t.Engine))
		return nil
	}
	a := &attempt{Task: Task{Task: t}, key: k, slot: s}
	if h.files != nil {
		a.Files = h.files.Path()
	}
	if t.Spool {
		a.shared = h.shared
	}
	h.byKey[k] = a
	h.need(a, t.Code)
	h.need(a, t.Captures)
	for _, hash := range t.Objects {
		h.need(a, hash)
	}
	h.needProgram(a)
	s.queue = append(s.queue, a)
	return s
}

// needProgram lets an attempt have its program, unless the program is known to be of no use here: then the unit is interpreted.
func (h *host) needProgram(a *attempt) {
	switch {
	case a.Program.IsZero():
	case !canRunPrograms || h.programs.refused(a.Program) != "":
		a.Program = proto.Hash{}
	default:
		if a.Programs = h.programs; !h.programs.has(a.Program) {
			h.need(a, a.Program)
		}
	}
}

// need gives an attempt an object, or asks for it.
func (h *host) need(a *attempt, hash proto.Hash) {
	if hash.IsZero() {
		return
	}
	if o := h.objects.get(hash); o != nil {
		h.give(a, o)
		return
	}
	a.needs = append(a.needs, hash)
	if _, asked := h.wanted[hash]; !asked {
		h.out.put(letter{m: &proto.NeedObject{Hash: hash}})
	}
	h.wanted[hash] = append(h.wanted[hash], a)
}

// give hands an attempt one of the objects that it names.
func (h *host) give(a *attempt, o *object) {
	o.use(1)
	a.has = append(a.has, o)
	var err error
	if o.hash == a.Code {
		a.Unit, err = o.asUnit()
		a.inside.quiet = err == nil && !a.Program.IsZero() && o.isQuiet()
	}
	if o.hash == a.Captures && err == nil {
		a.CapturedValues, err = o.bytes()
	}
	if err != nil {
		a.broken = proto.Errorf(proto.KindInternal, "object %s of the job cannot be read: %v", o.hash, err)
	}
	if slices.Contains(a.Task.Objects, o.hash) {
		o.forWorkers(h.files)
		if a.Values == nil {
			a.Values = map[proto.Hash]session.Bytes{}
		}
		a.Values[o.hash] = session.Bytes{Data: o.data, File: o.file}
	}
	if o.hash == a.Program {
		a.Executable, a.ExecutableFile = o.data, o.file
	}
}

// object takes an object, and lets those go on that have waited for it.
func (h *host) object(m *proto.Object, intact bool) {
	waiting := h.wanted[m.Hash]
	delete(h.wanted, m.Hash)
	if h.fetchedObject(m) && len(waiting) == 0 {
		return
	}
	var broken *proto.Error
	switch {
	case m.Missing:
		broken = proto.Errorf(proto.KindInternal, "the controller has not got object %s, which the task needs", m.Hash)
	case !intact:
		broken = proto.Errorf(proto.KindInternal, "object %s was damaged on its way", m.Hash)
	}
	o := &object{hash: m.Hash, data: m.Data, size: len(m.Data)}
	if m.File != "" && h.shared != nil {
		o.file, o.size = filepath.Join(h.shared.Path(), m.File), m.Size
	}
	if broken == nil {
		h.objects.put(o)
	}
	for _, a := range waiting {
		switch {
		case broken != nil && m.Hash == a.Program:
			a.Program = proto.Hash{} // the unit can be interpreted, too
		case broken != nil:
			a.broken = broken
		default:
			h.give(a, o)
		}
		a.needs = slices.DeleteFunc(a.needs, func(hash proto.Hash) bool { return hash == m.Hash })
		if h.byKey[a.key] == a {
			h.advance(a.slot)
		}
	}
}

// advance gives an engine its next task, once that task has its objects: at once to the program that runs it, or to the engine's worker.
func (h *host) advance(s *slot) {
	if s.up && !h.prepared(s) {
		h.prepare(s)
		return
	}
	for s.up && s.running == nil && len(s.queue) > 0 && h.leaving.why == "" {
		a := s.queue[0]
		if a.broken == nil && len(a.needs) > 0 {
			break
		}
		direct := a.broken == nil && h.admit(s, a)
		if a.broken == nil && !direct && len(s.inside) > 0 {
			break
		}
		s.queue[0] = nil
		s.queue = s.queue[1:]
		a.started = time.Now()
		switch {
		case a.broken != nil:
			h.finish(a, failed(&a.Task, a.broken))
		case direct:
			h.enter(s, a)
		default:
			if a.ctx == nil {
				a.ctx, a.cancel = context.WithCancelCause(h.group.Context())
			}
			s.running = a
			h.begun(a)
			s.work <- a // has room: the engine is idle
		}
	}
	h.hand(s)
}

// reportAfter is how long an attempt runs before the controller is told that it has begun. Most are shorter, and their ends say it all.
const reportAfter = 10 * time.Millisecond

// begun notes that an attempt runs.
func (h *host) begun(a *attempt) {
	if h.fresh = append(h.fresh, a); len(h.fresh) == 1 {
		h.report.Reset(reportAfter)
	}
}

// reportBegun tells the controller of the attempts that have begun a while ago and are still running.
func (h *host) reportBegun() {
	now := time.Now()
	fresh := h.fresh[:0]
	for _, a := range h.fresh {
		switch {
		case a.slot.at() != a:
		case now.Sub(a.started) < reportAfter:
			fresh = append(fresh, a)
		default:
			h.out.put(letter{m: &proto.TaskStarted{Task: a.ID, Attempt: a.Attempt, At: a.started}})
		}
	}
	clear(h.fresh[len(fresh):])
	if h.fresh = fresh; len(fresh) > 0 {
		h.report.Reset(reportAfter)
	}
}

// reportMovedAfter is how often the controller is told how far attempts are.
const reportMovedAfter = 300 * time.Millisecond

// far notes how far an attempt is.
func (h *host) far(a *attempt, done, failed int) {
	if h.byKey[a.key] != a {
		return
	}
	if h.moved[a.key] = (proto.TaskAt{Task: a.ID, Attempt: a.Attempt, Done: done, Failed: failed}); len(h.moved) == 1 {
		h.telling.Reset(reportMovedAfter)
	}
}

// reportMoved tells the controller how far attempts are that still run.
func (h *host) reportMoved() {
	m := &proto.TaskProgress{}
	for k, at := range h.moved {
		if h.byKey[k] != nil {
			m.Tasks = append(m.Tasks, at)
		}
	}
	clear(h.moved)
	if len(m.Tasks) > 0 {
		h.out.put(letter{m: m})
	}
}

// failed is the chunk of a task that failed as a whole, in the same way for each of its elements.
func failed(t *Task, err *proto.Error) proto.Chunk {
	k := proto.Chunk{Errors: make([]proto.ElementError, t.N)}
	for i := range k.Errors {
		k.Errors[i] = proto.ElementError{Index: t.First + i, Engine: t.Engine, Error: *err}
	}
	return k
}

// finish sends an attempt's chunk.
func (h *host) finish(a *attempt, k proto.Chunk) {
	h.drop(a)
	k.First, k.N, k.Engine, k.Attempt = a.First, a.N, a.slot.id, a.Attempt
	if k.Started.IsZero() {
		k.Started, k.Completed = a.started, time.Now()
	}
	size := len(k.Stdout) + len(k.Stderr)
	for _, b := range k.Outputs {
		size += b.Bytes()
	}
	for i := range k.Errors {
		k.Errors[i].Engine = a.slot.id
	}
	done := &proto.TaskDone{Task: a.ID, Attempt: a.Attempt, Chunk: k}
	h.out.put(letter{key: a.key, engine: a.slot.id, m: done, bytes: size})
}

// lose says that an attempt has ended without a chunk.
func (h *host) lose(k key, id proto.EngineID, started bool, why string) {
	m := &proto.TaskLost{Task: k.task, Attempt: k.attempt, Engine: id, Started: started, Reason: why}
	h.out.put(letter{key: k, engine: id, m: m})
}

// drop forgets an attempt.
func (h *host) drop(a *attempt) {
	delete(h.byKey, a.key)
	if a.cancel != nil {
		a.cancel(nil)
	}
	h.leave(a)
	for _, o := range a.has {
		h.objects.let(o)
	}
	a.has = nil
	if a.slot.running == a {
		a.slot.running = nil
	}
}

// revoke takes attempts back.
func (h *host) revoke(m *proto.Revoke) {
	for _, t := range m.Tasks {
		k := key{t.Task, t.Attempt}
		if h.takeBack(k, m.Queued) || h.out.has(k) {
			continue
		}
		if len(h.early) >= earlyLimit {
			clear(h.early)
		}
		h.early[k] = true
		h.lose(k, t.Engine, false, ErrRevoked.Error())
	}
}

// takeBack removes a queued attempt, and stops a running one unless only queued ones are meant. It reports whether there was one.
func (h *host) takeBack(k key, queued bool) bool {
	a := h.byKey[k]
	if a == nil {
		return false
	}
	if a.slot.running == a {
		if !queued {
			a.cancel(ErrRevoked)
		}
		return true
	}
	if a.inside.program != nil {
		h.withdraw(a, queued)
		return true
	}
	h.unqueue(a, ErrRevoked.Error())
	h.advance(a.slot)
	return true
}

// unqueue gives a queued attempt back.
func (h *host) unqueue(a *attempt, why string) {
	s := a.slot
	s.queue = slices.DeleteFunc(s.queue, func(q *attempt) bool { return q == a })
	h.drop(a)
	h.lose(a.key, s.id, false, why)
}
