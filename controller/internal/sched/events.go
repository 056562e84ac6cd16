package sched

import "github.com/gocluster/gocluster/internal/proto"

// Event is something that happened: Up, Message, Down, Missing or Tick.
type Event interface{ event() }

// Up says that a peer is connected, for the first time or again.
type Up struct {
	Peer proto.PeerID
	Role proto.Role
	Name string
}

// Message is what a connected peer sent.
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

// Missing says that an object cannot be had: no one has it, or there is no room for it. The jobs that need it fail.
type Missing struct {
	Hash   proto.Hash
	Reason string
}

// Tick says that the time of Next has come.
type Tick struct{}

func (Up) event()      {}
func (Message) event() {}
func (Down) event()    {}
func (Missing) event() {}
func (Tick) event()    {}

// Effect is something to be done: Send, Announce, Log, Kick, Begin, More, Over, Unread or Quit. Effects are done in order.
type Effect interface{ effect() }

// Send is a message for a connected peer.
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

// Begin says that a job is there from now on, with the objects that it needs.
type Begin struct {
	Job     proto.JobID
	Client  proto.PeerID
	Objects []proto.Hash
}

// More says that a job needs more objects.
type More struct {
	Job    proto.JobID
	Hashes []proto.Hash
}

// Over says that a job needs its objects no more.
type Over struct{ Job proto.JobID }

// Unread says that results which are files will not be read by their client.
type Unread struct{ Files []string }

// Quit says that the whole cluster is to end.
type Quit struct{ Reason string }

func (Send) effect()     {}
func (Announce) effect() {}
func (Log) effect()      {}
func (Kick) effect()     {}
func (Begin) effect()    {}
func (More) effect()     {}
func (Over) effect()     {}
func (Unread) effect()   {}
func (Quit) effect()     {}
