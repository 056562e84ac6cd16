package sched

import "github.com/gocluster/gocluster/internal/proto"

// Event is something that happened: Up, *Message, Down, Local, Missing, Drain or Tick.
type Event interface{ event() }

// Up says that a peer is connected, for the first time or again.
type Up struct {
	Peer proto.PeerID
	Role proto.Role
	Name string
}

// Message is what a connected peer sent. The message is the scheduler's from then on.
type Message struct {
	Peer    proto.PeerID
	Message proto.Message
}

// Down says that a peer's connection has ended; Final that the peer will not come back.
type Down struct {
	Peer   proto.PeerID
	Reason string
	Final  bool
}

// Local says that a connected peer sees the controller's spool directory.
type Local struct{ Peer proto.PeerID }

// Missing says that an object cannot be had: no one has it, or there is no room for it. The jobs that need it fail.
type Missing struct {
	Hash   proto.Hash
	Reason string
}

// Drain says that engines are to leave when they have done what they run.
type Drain struct {
	Engines []proto.EngineID
	Reason  string
}

// Tick says that the time of Next has come.
type Tick struct{}

func (Up) event()       {}
func (*Message) event() {}
func (Down) event()     {}
func (Local) event()    {}
func (Missing) event()  {}
func (Drain) event()    {}
func (Tick) event()     {}

// Effect is something to be done: *Send, Announce, Log, Kick, Begin, Over, Unread, Grow or Quit. Effects are done in order.
type Effect interface{ effect() }

// Send is a message for a connected peer. It is what Keep returns of it that is to be kept beyond the next call of Apply.
type Send struct {
	To      proto.PeerID
	Message proto.Message
}

// Announce is an event that every client is told, and the log.
type Announce struct{ Event proto.Event }

// Log is a line for the log alone.
type Log struct{ Text string }

// Kick closes a peer's connection; the peer breaks the rules.
type Kick struct {
	Peer  proto.PeerID
	Error *proto.Error
}

// Begin says that a client's jobs need some objects from now on, Over that they do so no more. A client may need an object several times.
type Begin struct {
	Client  proto.PeerID
	Objects []proto.Hash
}

// Over is Begin's inverse.
type Over struct {
	Client  proto.PeerID
	Objects []proto.Hash
}

// Unread says that results which are files will not be read by their client.
type Unread struct{ Files []string }

// Grow says that N more engines of a set are to be started or, below zero, that so many are given up that are not there yet.
type Grow struct {
	Set string
	N   int
}

// Quit says that the whole cluster is to end.
type Quit struct{ Reason string }

func (*Send) effect()    {}
func (Announce) effect() {}
func (Log) effect()      {}
func (Kick) effect()     {}
func (Begin) effect()    {}
func (Over) effect()     {}
func (Unread) effect()   {}
func (Grow) effect()     {}
func (Quit) effect()     {}
