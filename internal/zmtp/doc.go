// Package zmtp has the ZeroMQ sockets that we serve (ROUTER, XPUB, REP) and the one that we dial with (DEALER), as connections of
// package zmq4 under our own accept loop, queues, routing and limits.
//
// One reader and one writer goroutine serve a peer. The reader calls the handler, message by message and in order: a handler that
// blocks holds up that peer alone. The writer empties a queue that is bounded in bytes: Send never blocks,
// SendWait waits for room. With Options.Direct a sender who finds the queue empty and the writer asleep writes himself what is small, as
// far as that does not block. A peer that stops reading, or stops within a message, is dropped after Limits.Stall.
//
// Between zmq4 and the network stands a guard that parses the frames' headers as they pass: what exceeds a limit is refused
// before anything is allocated for it, PINGs are answered (only the newest, so that a flood of them queues nothing), and other
// commands do not reach zmq4 once the handshake is done. Its panics on malformed handshakes become errors.
//
// A peer is known by the identity that it gives in the handshake; one that gives none gets a fresh one. A second peer with the
// identity of a first replaces it: the newest wins.
package zmtp
