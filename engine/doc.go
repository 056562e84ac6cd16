// Package engine is the engine host: the process that holds a machine's engines. It has the connection to the controller,
// fetches each object once, keeps a queue of tasks per engine, and supervises one worker per engine: a worker that
// dies is replaced under the same engine id, and the controller is told why it died and which task died with it.
//
// Inside a host all state lies behind one lock, which whoever has something to change takes for a moment: the goroutines that read the
// controller's messages, one per engine, which starts that engine's worker and runs its tasks one after the other, those that read what
// programs answer, and one that sends what could not be sent at once. A task whose compiled program is there and idle goes straight from the
// goroutine that read it to the program, and its result straight back; brief ones go several at a time.
//
// A connection that breaks changes nothing for the workers: they go on, their results are kept, and what the host has is said
// when it registers again. Only a controller that is gone for good, or that says so, ends the host.
package engine
