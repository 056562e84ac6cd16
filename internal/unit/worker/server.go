package worker

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/gocluster/gocluster/internal/codec"
	"github.com/gocluster/gocluster/internal/profiling/cpu"
	"github.com/gocluster/gocluster/internal/proto"
)

// server is the process's state. One goroutine leads: it reads what the host says, runs the tasks one after the other, and answers. So a brief
// task wakes nobody but that goroutine. While a task takes longer, another one reads.
type server struct {
	p   *Program
	in  *bufio.Reader
	out io.Writer
	// have names the captured values that the variables have, wrong says what is wrong with those that came.
	have  proto.Hash
	wrong error
	// memory is where results are encoded.
	memory []codec.Scratch

	mu      sync.Mutex
	leading bool // somebody runs what is in the queue
	reading bool // somebody reads
	queue   []proto.Message
	guard   *time.Timer
	armed   bool          // the guard comes
	vain    time.Duration // how long it takes
	since   time.Time     // somebody leads
	at      *batch        // under way
	told    time.Time
	vars    variables
	answers []byte    // not written yet
	oldest  time.Time // when the first of them came
}

// The leader is looked after when it has not come to an end for guardSoon, and then every farAfter. The guard that comes too early comes again,
// and is not called off: to set a timer for every task would cost more than the task. One that has come in vain takes twice as long the next time,
// up to guardLate: it wakes a thread, which brief tasks that come one by one would wait for.
const (
	guardSoon = time.Millisecond
	guardLate = 8 * time.Millisecond
	farAfter  = 250 * time.Millisecond
)

// maxAnswers bounds the bytes of answers that wait for others, maxAnswer those of one that is copied to be written at once.
const (
	maxAnswers = 64 << 10
	maxAnswer  = 256 << 10
)

// serve serves the host that has started the process, until it closes its end.
func (s *server) serve() {
	s.guard = time.AfterFunc(time.Hour, s.watch)
	s.reading = true
	go s.turn(false) // ends with the process
	select {}
}

// turn reads and leads in turn, until somebody else does.
func (s *server) turn(lead bool) {
	for !lead || s.lead() {
		s.read()
		lead = true
	}
}

// read reads until nobody leads and there is something to do, which is the caller's then.
func (s *server) read() {
	for {
		m, err := Receive(s.in)
		if err != nil {
			os.Exit(0) // without a host there is nothing left to do, whatever the function does
		}
		s.mu.Lock()
		s.take(m)
		if !s.leading && len(s.queue) > 0 {
			s.reading, s.leading = false, true
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
	}
}

// take takes a message. The caller holds mu.
func (s *server) take(m proto.Message) {
	switch m := m.(type) {
	case *proto.Object, *proto.Variable, *proto.NeedVariable:
		s.queue = append(s.queue, m)
	case *proto.Assign:
		for i := range m.Tasks {
			s.queue = append(s.queue, &proto.Assign{Tasks: m.Tasks[i : i+1]})
		}
	case *proto.Revoke:
		for _, t := range m.Tasks {
			s.giveBack(t)
		}
		s.flush()
	case *proto.TaskOutput:
		shown()
	case *proto.ProfileRequest:
		go s.watched(m) // ends with the process
	}
}

// watched finds out what the process computes for a while, and says so.
func (s *server) watched(m *proto.ProfileRequest) {
	s.tell(&proto.Profiles{Seq: m.Seq, List: []proto.Profile{cpu.Profile(context.Background(), "program", m.For)}})
}

// giveBack gives a task back that was not begun. The caller holds mu.
func (s *server) giveBack(h proto.Held) {
	i := slices.IndexFunc(s.queue, func(m proto.Message) bool {
		a, ok := m.(*proto.Assign)
		return ok && a.Tasks[0].ID == h.Task && a.Tasks[0].Attempt == h.Attempt
	})
	if i >= 0 {
		s.queue = slices.Delete(s.queue, i, i+1)
		s.answers = Append(s.answers, &proto.TaskLost{Task: h.Task, Attempt: h.Attempt, Engine: h.Engine})
	}
}

// lead runs what is in the queue, and reports whether the caller is to read then: somebody else may be doing that already.
func (s *server) lead() (read bool) {
	s.mu.Lock()
	s.since = time.Now()
	s.arm()
	s.mu.Unlock()
	for {
		s.mu.Lock()
		if len(s.queue) == 0 {
			s.flush()
			s.leading = false
			read = !s.reading
			s.reading = true
			s.mu.Unlock()
			return read
		}
		m := s.queue[0]
		s.queue[0] = nil
		s.queue = s.queue[1:]
		s.mu.Unlock()
		switch m := m.(type) {
		case *proto.Object:
			s.have, s.wrong = m.Hash, s.p.capture(m.Data)
		case *proto.Variable:
			s.vars.take(m)
		case *proto.NeedVariable:
			s.tell(s.vars.give(m))
		case *proto.Assign:
			s.run(&m.Tasks[0])
		}
	}
}

// arm has the guard come. The caller holds mu.
func (s *server) arm() {
	if !s.armed {
		s.armed = true
		s.guard.Reset(max(s.vain, guardSoon))
	}
}

// watch looks after a leader that is at it for a while: what has been answered is sent, the host is read from, and told how far a task is.
func (s *server) watch() {
	s.mu.Lock()
	s.armed = false
	if !s.leading {
		s.vain = min(max(2*s.vain, guardSoon), guardLate)
		s.mu.Unlock()
		return
	}
	if time.Since(s.since) < guardSoon {
		s.arm()
		s.mu.Unlock()
		return
	}
	s.vain = 0
	s.flush()
	if b := s.at; b != nil && b.t.N > 1 && time.Since(s.told) >= farAfter {
		s.told = time.Now()
		s.answers = Append(s.answers, b.far())
		s.flush()
	}
	s.armed = true
	s.guard.Reset(farAfter)
	read := !s.reading
	s.reading = true
	s.mu.Unlock()
	if read {
		s.turn(false)
	}
}

// flush writes the answers. The caller holds mu.
func (s *server) flush() {
	if len(s.answers) == 0 {
		return
	}
	if _, err := s.out.Write(s.answers); err != nil {
		os.Exit(0) // the host is gone
	}
	if s.answers = s.answers[:0]; cap(s.answers) > 2*maxAnswer {
		s.answers = nil
	}
}

// run runs a task.
func (s *server) run(t *proto.Task) {
	begun := time.Now()
	err := s.wrong
	if err == nil && t.Captures != s.have {
		err = errors.New("the captured values did not come")
	}
	var b *batch
	if err == nil {
		b, err = newBatch(s.p, t, s.vars)
	}
	if err != nil {
		s.answer(t, begun, whole(t, &proto.Error{Kind: proto.KindValue, Message: err.Error()}))
		return
	}
	b.begun = begun
	s.mu.Lock()
	s.at, s.told = b, begun
	s.mu.Unlock()
	s.carry(b)
}

// carry runs a task from where it is, and answers. The function may end the goroutine: then another carries on.
func (s *server) carry(b *batch) {
	ended := false
	defer func() {
		if !ended {
			go func() { s.carry(b); s.turn(true) }() // as the goroutine that it takes the place of
		}
	}()
	b.run()
	ended = true
	s.mu.Lock()
	s.at = nil
	s.mu.Unlock()
	if len(s.memory) != len(s.p.Results) { // a program that ships itself has them when it knows its function
		s.memory = make([]codec.Scratch, len(s.p.Results))
	}
	s.answer(b.t, b.begun, b.chunk(s.memory))
}

// answer answers a task, at once unless there are others to be answered in a moment.
func (s *server) answer(t *proto.Task, begun time.Time, k *proto.Chunk) {
	now := time.Now()
	k.Started, k.Completed = begun, now
	k.First, k.Engine, k.Attempt, k.Tier = t.First, t.Engine, t.Attempt, proto.TierNative
	m := &proto.TaskDone{Task: t.ID, Attempt: t.Attempt, Chunk: *k}
	s.mu.Lock()
	defer s.mu.Unlock()
	if blocks(k) > maxAnswer {
		s.flush()
		if Send(s.out, m) != nil {
			os.Exit(0)
		}
		return
	}
	if len(s.answers) == 0 {
		if s.oldest = now; len(s.queue) > 0 {
			s.armed = true
			s.guard.Reset(guardSoon)
		}
	}
	s.answers = Append(s.answers, m)
	if len(s.answers) > maxAnswers || now.Sub(s.oldest) > guardSoon {
		s.flush()
	}
}

// tell sends a message at once.
func (s *server) tell(m proto.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flush()
	if Send(s.out, m) != nil {
		os.Exit(0) // the host is gone
	}
}

func blocks(k *proto.Chunk) (n int) {
	for _, b := range k.Outputs {
		n += b.Bytes()
	}
	return n
}
