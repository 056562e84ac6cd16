// Package controller is the process in the middle of a cluster: engine hosts and clients connect to its one port, jobs go in, chunks of
// results come out.
//
// One loop owns all state: the scheduler (package sched, which decides everything), the object store, and what waits to be sent
// to whom. Links hand it what they receive through an inbox that is bounded in bytes, so that a peer which sends faster
// than the loop works is read more slowly. The loop itself never waits for a peer: what a peer's queue has no room for is
// kept in the peer's outbox, which the scheduler's credits and windows bound.
//
// The controller never looks inside users' values or code.
package controller
