// Package engine is the engine host: the process that holds a machine's engines. It has the connection to the controller,
// fetches each object once, keeps a queue of tasks per engine, and supervises one worker per engine: a worker that
// dies is replaced under the same engine id, and the controller is told why it died and which task died with it.
//
// Inside a host one loop owns all state. Around it are one goroutine per engine, which starts that engine's worker and runs
// its tasks one after the other, and one that sends. The loop never waits for any of them: it hands an engine a task only
// when the engine is idle, and what is to be sent goes into the outbox.
//
// A connection that breaks changes nothing for the workers: they go on, their results are kept, and what the host has is said
// when it registers again. Only a controller that is gone for good, or that says so, ends the host.
package engine
