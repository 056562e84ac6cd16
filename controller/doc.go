// Package controller is the process in the middle of a cluster: engine hosts and clients connect to its one port, or, on its machine, to its
// Unix socket; jobs go in, chunks of results come out.
//
// One goroutine at a time has the turn, and with it all state: the scheduler (package sched, which decides everything), the object store, and what
// waits to be sent to whom. Links' readers put what they receive into an inbox. One that has put a single message there when it was quiet takes the
// turn itself: to wake another goroutine would take longer. Of many messages, and of what time brings, the loop takes care. The inbox is bounded in bytes, so
// that peers which send faster than they are served are read more slowly. Who has the turn never waits for a peer: what a peer's queue has no
// room for is kept in the peer's outbox, which the scheduler's credits and windows bound.
//
// The controller never looks inside users' values or code.
package controller
