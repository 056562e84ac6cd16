package engine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocluster/gocluster/internal/brisk"
	"github.com/gocluster/gocluster/internal/group"
	"github.com/gocluster/gocluster/internal/proto"
	"github.com/gocluster/gocluster/internal/role"
	"github.com/gocluster/gocluster/internal/unit/worker"
)

// errProgramDied is wrapped by the error of a task whose program has ended under it; the engine's worker lives.
var errProgramDied = errors.New("the function's process has died")

// program is the process of a compiled unit, which runs tasks of one engine.
type program struct {
	hash     proto.Hash
	captures proto.Hash // those that it has
	cmd      *exec.Cmd
	group    *group.Group
	telling  sync.Mutex // one message after the other
	to       *brisk.File
	from     *brisk.File
	watched  asked      // what it computes
	out      [2]*stream // standard output and standard error
	answers  chan proto.Message
	dead     chan struct{}
	reason   string
	killing  sync.Once
	limit    int64
	used     time.Time    // last
	holds    atomic.Int32 // variables of the engine
	room     int          // so many bytes can be written to it without waiting, when it has nothing to read
	quick    quick
}

// startProgram starts a program for an engine.
func startProgram(file string, h proto.Hash, id proto.EngineID, limit int64) (*program, error) {
	if !canRunPrograms {
		return nil, errors.New("this platform cannot run compiled units yet")
	}
	p := &program{hash: h, group: group.New(context.Background()), answers: make(chan proto.Message, 1), dead: make(chan struct{}), limit: limit}
	for try := 0; ; try++ {
		err := p.start(file, id)
		if err == nil {
			return p, nil
		}
		// A process that is just being started may still have the file open that was written a moment ago.
		if !isBusy(err) || try == 20 {
			return nil, err
		}
		time.Sleep(time.Millisecond << min(try, 4))
	}
}

func (p *program) start(file string, id proto.EngineID) (err error) {
	p.cmd = role.Program(file)
	p.cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", EngineEnv, int(id)), fmt.Sprintf("%s=%d", worker.MemoryEnv, p.limit))
	alone(p.cmd)
	var all, theirs []*os.File
	pipe := func() (r, w *os.File) {
		if err == nil {
			r, w, err = os.Pipe()
			all = append(all, r, w)
		}
		return r, w
	}
	requests, to := pipe()
	from, replies := pipe()
	stdout, outW := pipe()
	stderr, errW := pipe()
	if err == nil {
		p.to, err = brisk.NewFile(to)
	}
	if err == nil {
		p.from, err = brisk.NewFile(from)
	}
	if err == nil {
		p.room = min(widen(to), widen(from)) / 2
		p.cmd.ExtraFiles = []*os.File{requests, replies}
		p.cmd.Stdout, p.cmd.Stderr = outW, errW
		theirs = []*os.File{requests, replies, outW, errW}
		err = p.cmd.Start()
	}
	if err != nil {
		for _, f := range all {
			_ = f.Close() // nothing was written
		}
		return err
	}
	for _, f := range theirs {
		_ = f.Close() // ours is the other end
	}
	p.out = [2]*stream{newStream(stdout, false), newStream(stderr, true)}
	for i, s := range p.out {
		s.rest = func(text string) { p.printed(i == 1, text) }
	}
	var reading sync.WaitGroup
	for _, s := range p.out {
		reading.Add(1)
		_ = p.group.Go("output", func(context.Context) error { defer reading.Done(); s.read(); return nil })
	}
	_ = p.group.Go("answers", func(context.Context) error { p.receive(); return nil })
	_ = p.group.Go("undertaker", func(context.Context) error { p.bury(&reading); return nil })
	return nil
}

// receive reads the program's answers until it ends.
func (p *program) receive() {
	r := bufio.NewReaderSize(p.from, 64<<10)
	for {
		m, err := worker.Receive(r)
		if err != nil {
			p.kill() // what speaks nonsense is not to be trusted with anything
			return
		}
		if p.isProfile(m) {
			continue
		}
		if h := p.quick.host.Load(); h != nil {
			p.answered(h, r, m)
			continue
		}
		select {
		case p.answers <- m:
		case <-p.dead:
			return
		}
	}
}

// lingering is how long output is awaited that other processes, which have inherited the pipes, may still write.
const lingering = 200 * time.Millisecond

// bury waits for the process's end and says why it ended.
func (p *program) bury(reading *sync.WaitGroup) {
	_ = p.cmd.Wait() // its state says it all
	drained := make(chan struct{})
	_ = p.group.Go("drain", func(context.Context) error { reading.Wait(); close(drained); return nil })
	select {
	case <-drained:
	case <-time.After(lingering):
	}
	for _, f := range []*os.File{p.to.File, p.from.File, p.out[0].file, p.out[1].file} {
		_ = f.Close() // the process is gone
	}
	<-drained
	p.reason = p.why(p.out[1].lastWords())
	close(p.dead)
	if h := p.quick.host.Load(); h != nil {
		h.do(func() { h.programDied(p) })
	}
}

// wantsMemory finds what the runtime says when it gets no memory.
var wantsMemory = regexp.MustCompile(`out of memory|cannot allocate memory|pthread_create failed|failed to create new OS thread`)

func (p *program) why(words string) string {
	st := p.cmd.ProcessState
	switch {
	case p.limit > 0 && wantsMemory.MatchString(words):
		return fmt.Sprintf("out of memory: it needed more than its limit of %d MB", p.limit>>20)
	case words == "" && st != nil && st.Exited():
		return fmt.Sprintf("os.Exit(%d) was called", st.ExitCode())
	}
	return role.Death(st, words)
}

// kill ends the process and all that it has started.
func (p *program) kill() { p.killing.Do(func() { end(p.cmd) }) }

// close ends the process and waits for that.
func (p *program) close() {
	p.kill()
	<-p.dead
	_ = p.group.Stop() // its goroutines report nothing
}

// alive reports whether the process has not been found dead.
func (p *program) alive() bool {
	select {
	case <-p.dead:
		return false
	default:
		return true
	}
}

// run runs a task. When its context ends, the process is killed.
func (p *program) run(ctx context.Context, t *Task, out Output) (proto.Chunk, error) {
	p.out[0].give(func(text string) { out(false, text) })
	p.out[1].give(func(text string) { out(true, text) })
	defer p.out[0].give(nil)
	defer p.out[1].give(nil)
	defer context.AfterFunc(ctx, p.kill)()
	err := p.send(t)
	for err == nil {
		select {
		case m := <-p.answers:
			if at, ok := m.(*proto.TaskProgress); ok && len(at.Tasks) == 1 && at.Tasks[0].Task == t.ID && t.Far != nil {
				t.Far(at.Tasks[0].Done, at.Tasks[0].Failed)
				continue
			}
			if o, ok := m.(*proto.TaskOutput); ok {
				err = p.show(t, o)
				continue
			}
			done, ok := m.(*proto.TaskDone)
			if !ok || done.Task != t.ID || done.Attempt != t.Attempt {
				continue
			}
			p.out[0].drain()
			p.out[1].drain()
			return done.Chunk, nil
		case <-p.dead:
			err = errProgramDied
		}
	}
	p.kill() // it may have closed its pipes only
	<-p.dead
	if ctx.Err() != nil {
		return proto.Chunk{}, context.Cause(ctx)
	}
	return proto.Chunk{}, fmt.Errorf("%w: %s", errProgramDied, p.reason)
}

// show passes on what the program shows, behind what it has printed before, and tells it so.
func (p *program) show(t *Task, o *proto.TaskOutput) error {
	p.out[0].drain()
	p.out[1].drain()
	if o.Task == t.ID && t.Show != nil {
		t.Show(o.Text, o.Shown)
	}
	return p.tell(&proto.TaskOutput{Task: o.Task, Attempt: o.Attempt})
}

// tell sends the program a message.
func (p *program) tell(m proto.Message) error {
	p.telling.Lock()
	defer p.telling.Unlock()
	return worker.Send(p.to, m)
}

func (p *program) send(t *Task) error {
	if t.Captures != p.captures {
		if err := p.tell(&proto.Object{Hash: t.Captures, Data: t.CapturedValues}); err != nil {
			return err
		}
		p.captures = t.Captures
	}
	task := t.Task
	task.Source, task.Types = "", nil
	return p.tell(&proto.Assign{Tasks: []proto.Task{task}})
}

// warm returns a process that runs a program with some captured values and has nothing to do, nil if there is none.
func (l *pool) warm(hash, captures proto.Hash) *program {
	if !l.mu.TryLock() { // somebody starts or ends one, and may be waiting for who asks
		return nil
	}
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.programs, func(p *program) bool { return p.hash == hash && p.captures == captures })
	if i < 0 || !l.programs[i].alive() || l.closed {
		return nil
	}
	p := l.programs[i]
	copy(l.programs[i:], l.programs[i+1:]) // it is the last used now
	l.programs[len(l.programs)-1] = p
	p.used = time.Now()
	return p
}

// late reports whether something in the process runs on although its time is over.
func late(k *proto.Chunk) bool {
	return slices.ContainsFunc(k.Errors, func(e proto.ElementError) bool { return e.Kind == proto.KindTimeout })
}

// executable returns the program's bytes, nil if the task came without.
func (t *Task) executable() ([]byte, error) {
	if t.Executable == nil && t.ExecutableFile != "" {
		return os.ReadFile(t.ExecutableFile)
	}
	return t.Executable, nil
}

// pool has an engine's programs, the last used last. Those that nobody uses for a while are ended.
type pool struct {
	mu       sync.Mutex
	programs []*program
	running  *program
	timer    *time.Timer
	closed   bool
	watching *watching // what they compute
	// leaving is told before a process is ended that is not needed, so that what it holds is not lost.
	leaving func(p *program)
}

// keepPrograms is how many processes an engine keeps for units that may be called again, and keepIdle how long.
const (
	keepPrograms = 2
	keepIdle     = time.Minute
)

// get returns a process for a task's program. It is used until it is given back by release.
func (l *pool) get(t *Task, id proto.EngineID) (*program, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, err := l.find(t, id)
	l.running = p
	return p, err
}

func (l *pool) find(t *Task, id proto.EngineID) (*program, error) {
	i := slices.IndexFunc(l.programs, func(p *program) bool { return p.hash == t.Program })
	if i >= 0 {
		p := l.programs[i]
		l.programs = slices.Delete(l.programs, i, i+1)
		if p.alive() {
			l.programs = append(l.programs, p)
			return p, nil
		}
		p.close()
	}
	file, err := t.Programs.ready(t.Program, t.executable)
	if err != nil {
		return nil, err
	}
	p, err := startProgram(file, t.Program, id, totalMemory()/4*3)
	if err != nil {
		return nil, err
	}
	for len(l.programs) >= keepPrograms {
		if l.leaving != nil && l.programs[0].holds.Load() > 0 {
			l.leaving(l.programs[0])
		}
		l.programs[0].close()
		l.programs = slices.Delete(l.programs, 0, 1)
	}
	l.programs = append(l.programs, p)
	if l.watching != nil {
		p.watch(l.watching)
	}
	return p, nil
}

// pids are those of the pool's processes; a nil pool has none.
func (l *pool) pids() (pids []int) {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.programs {
		pids = append(pids, p.cmd.Process.Pid)
	}
	return pids
}

// release gives a process back; one that is spoilt is ended.
func (l *pool) release(p *program, spoilt bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running = nil
	if spoilt {
		l.programs = slices.DeleteFunc(l.programs, func(q *program) bool { return q == p })
		p.close()
	}
	p.used = time.Now()
	if l.timer == nil && !l.closed {
		l.timer = time.AfterFunc(keepIdle, l.sweep)
	}
}

// sweep ends the processes that were not used for a while.
func (l *pool) sweep() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.programs = slices.DeleteFunc(l.programs, func(p *program) bool {
		idle := p != l.running && p.holds.Load() == 0 && p.quick.host.Load() == nil && time.Since(p.used) >= keepIdle
		if idle {
			p.close()
		}
		return idle
	})
	if l.timer = nil; len(l.programs) > 0 && !l.closed {
		l.timer = time.AfterFunc(keepIdle, l.sweep)
	}
}

func (l *pool) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.timer != nil {
		l.timer.Stop()
	}
	for _, p := range l.programs {
		p.kill()
	}
	for _, p := range l.programs {
		p.close()
	}
	l.programs = nil
}

// lastWords is what the runtime begins to print when the process dies of it.
var lastWords = regexp.MustCompile(`(?m)^(panic: |fatal error: |runtime: goroutine stack exceeds|SIG[A-Z]+: |unexpected fault address|runtime: out of memory|runtime: (?:failed|cannot|may need) )`)

// stream is one of a program's outputs. What the runtime may be printing because the process dies is held back until it is clear that it
// lives.
type stream struct {
	file  *os.File
	words bool

	mu   sync.Mutex
	take func(text string) // nil between tasks: then nobody has asked for what is printed
	rest func(text string) // takes it then
	held strings.Builder
	line bool // the last text did not end its line
	buf  []byte
}

// maxHeld bounds what is kept of a dying process's words.
const maxHeld = 64 << 10

func newStream(f *os.File, words bool) *stream {
	return &stream{file: f, words: words, buf: make([]byte, 32<<10)}
}

func (s *stream) give(take func(string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.take = take
}

// text takes what was printed. The caller holds mu.
func (s *stream) text(t string) {
	switch m := lastWords.FindStringIndex(t); {
	case s.held.Len() > 0:
		s.hold(t)
	case s.words && m != nil && (m[0] > 0 || !s.line):
		s.print(t[:m[0]])
		s.hold(t[m[0]:])
	default:
		s.print(t)
	}
	s.line = !strings.HasSuffix(t, "\n")
}

func (s *stream) print(t string) {
	switch {
	case t == "":
	case s.take != nil:
		s.take(t)
	default:
		s.rest(t)
	}
}

func (s *stream) hold(t string) {
	if room := maxHeld - s.held.Len(); room > 0 {
		s.held.WriteString(t[:min(room, len(t))])
	}
}

// drain takes what has been printed and not been read, at the end of a task.
func (s *stream) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readNow()
	if s.held.Len() > 0 { // it lives
		s.print(s.held.String())
		s.held.Reset()
	}
}

func (s *stream) lastWords() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held.String()
}
