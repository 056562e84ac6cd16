// Package sched is the scheduler: a state machine that is told what happens (Event) and when, and answers with what is to be done
// (Effect). It has no clock, socket, goroutine or log, so that every decision can be simulated, replayed and written down.
//
// # The law
//
// Every element of every job yields exactly one result or one error that says why, and every job ends.
//
// # How work meets engines
//
// A job's elements are cut into chunks when an engine has room for one, not before: small at first, then so large that a chunk
// lasts about Config.Chunk by the durations measured so far, and smaller again towards the end. An engine has room as long as
// what it has in flight behind its running task is estimated not to cover a round trip (Config.Cover); what was prefetched
// behind a task that turns out long is taken back as soon as another engine is idle.
//
// Work that any engine may do lies in pools, one for every set of targets in use and one for all engines; work that is bound
// to an engine lies in that engine's own queue. An engine takes from its queue and its pools in turn, by the time that it has
// spent on each; a pool serves its clients so, and a client's jobs likewise (start-time fair queueing at each level).
//
// A task is given out with the program of its unit, if there is one for the engine's platform by then. When a program comes, tasks that have not begun
// are given out anew with it, and those of a unit that does nothing but compute also where they are still interpreted after Config.Renew.
//
// # Losses
//
// A task is known by its id and attempt. A lost task is given out again with the next attempt, and whatever arrives for another
// attempt than the current one is dropped. A chunk under which Config.Deaths workers died is cut in half, and so on, until the element that
// kills is known: it gets an error, the others their results.
//
// A host that disconnects may come back within Config.HostGrace and say what it still has; a client within Config.ClientGrace.
// Results are kept until the client has acknowledged them; when a client does not, its jobs wait.
package sched
