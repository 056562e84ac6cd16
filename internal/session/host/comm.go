package host

import (
	"errors"
	"sync"
)

// CommKind is what a message does to its comm.
type CommKind string

// The kinds of messages of comms.
const (
	CommOpen  CommKind = "open"
	CommMsg   CommKind = "msg"
	CommClose CommKind = "close"
)

// CommMessage is a message of a comm, in either direction. A comm joins something here to something in the client, a widget above all.
type CommMessage struct {
	Kind CommKind
	// ID names the comm, Target what it is opened for.
	ID, Target string
	// Data and Metadata are JSON objects, Buffers what would be large as JSON.
	Data, Metadata []byte
	Buffers        [][]byte
}

// ErrNoComms is the error of sending where no client takes messages.
var ErrNoComms = errors.New("there is no notebook to talk to")

// SendComm sends a message to the client.
func SendComm(m CommMessage) error {
	if r := Current(); r != nil {
		return r.Comm(m)
	}
	return ErrNoComms
}

// HasComms reports whether there is a client that takes messages.
func HasComms() bool {
	r := Current()
	return r != nil && r.HasComms()
}

var hooks struct {
	sync.RWMutex
	receive func(CommMessage)
	atEnd   []func()
}

// OnComm has f called with each message of the client's.
func OnComm(f func(CommMessage)) {
	hooks.Lock()
	defer hooks.Unlock()
	hooks.receive = f
}

// ReceiveComm hands on a message of the client's.
func ReceiveComm(m CommMessage) {
	hooks.RLock()
	f := hooks.receive
	hooks.RUnlock()
	if f != nil {
		f(m)
	}
}

// AtEnd has f called at the end of each cell and callback, before the client is told of the end.
func AtEnd(f func()) {
	hooks.Lock()
	defer hooks.Unlock()
	hooks.atEnd = append(hooks.atEnd, f)
}

// Ended calls what is to be called at the end of a cell or callback.
func Ended() {
	hooks.RLock()
	fs := hooks.atEnd
	hooks.RUnlock()
	for _, f := range fs {
		f()
	}
}
