package controller

import (
	"sync"

	"github.com/gocluster/gocluster/internal/link"
	"github.com/gocluster/gocluster/internal/proto"
)

// letter is what happened on a link.
type letter struct {
	peer    *link.Peer
	kind    letterKind
	message proto.Message
	err     error
	weight  int
}

type letterKind int

const (
	letterUp letterKind = iota
	letterMessage
	letterDown
	letterProfile // a profile of our own
	letterForged  // an object that is not what its name says
)

// inbox has what has come over the links and is not dealt with yet, bounded in bytes: whoever is over the bound waits.
type inbox struct {
	limit int
	ready chan struct{} // has room for one: the loop is called

	mu      sync.Mutex
	room    sync.Cond
	letters []letter
	bytes   int
	closed  bool
}

func newInbox(limit int) *inbox {
	b := &inbox{limit: limit, ready: make(chan struct{}, 1)}
	b.room.L = &b.mu
	return b
}

// letterCost is what a letter weighs besides its contents.
const letterCost = 512

// put adds a letter. Messages wait for room, the peers' comings and goings do not.
func (b *inbox) put(l letter) {
	l.weight = letterCost + weight(l.message)
	b.mu.Lock()
	for l.kind == letterMessage && b.bytes > 0 && b.bytes+l.weight > b.limit && !b.closed {
		b.call()
		b.room.Wait()
	}
	if !b.closed {
		b.letters = append(b.letters, l)
		b.bytes += l.weight
	}
	b.mu.Unlock()
}

// waiting returns how many letters there are.
func (b *inbox) waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.letters)
}

// call wakes the loop.
func (b *inbox) call() {
	select {
	case b.ready <- struct{}{}:
	default:
	}
}

// take returns all letters there are; spare is a slice that it may use for the next ones.
func (b *inbox) take(spare []letter) []letter {
	clear(spare)
	b.mu.Lock()
	defer b.mu.Unlock()
	letters := b.letters
	b.letters, b.bytes = spare[:0], 0
	b.room.Broadcast()
	return letters
}

// close lets nobody wait any more; what is put from now on is lost.
func (b *inbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.letters = nil
	b.room.Broadcast()
}

// weight returns about how many bytes a message's contents take.
func weight(m proto.Message) int {
	switch m := m.(type) {
	case *proto.Object:
		return len(m.Data)
	case *proto.Submit:
		return blocks(m.Spec.Inputs) + len(m.Spec.Source) + 8*len(m.Spec.Targets)
	case *proto.Extend:
		return blocks(m.Inputs)
	case *proto.TaskDone:
		return blocks(m.Chunk.Outputs) + len(m.Chunk.Stdout) + len(m.Chunk.Stderr) + 256*len(m.Chunk.Errors)
	case *proto.TaskOutput:
		return len(m.Text)
	case *proto.Register:
		return 32 * (len(m.Engines) + len(m.Held))
	}
	return 0
}

func blocks(bs []proto.Block) int {
	n := 0
	for _, b := range bs {
		n += b.Bytes()
	}
	return n
}

// handler is the controller as the handler of its links.
type handler struct{ c *Controller }

func (h handler) Up(p *link.Peer) {
	h.c.inbox.put(letter{peer: p, kind: letterUp})
	h.c.serve()
}

func (h handler) Message(p *link.Peer, m proto.Message) {
	l := letter{peer: p, kind: letterMessage, message: m}
	// Hashing takes a while for large objects: it is done here, where only this peer waits.
	if o, ok := m.(*proto.Object); ok && !o.Missing && o.File == "" && proto.HashOf(o.Data) != o.Hash {
		l.kind, l.message = letterForged, nil
	}
	h.c.inbox.put(l)
}

func (h handler) Down(p *link.Peer, err error) {
	h.c.inbox.put(letter{peer: p, kind: letterDown, err: err})
	h.c.serve()
}

// Idle sees to what has come together.
func (h handler) Idle() { h.c.serveOrCall() }
