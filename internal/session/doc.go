// Package session is a live Go namespace: cells are executed in it one after the other and see each other's declarations and
// variables. Users' code runs in a child process, which may die; the parent says why, replaces it, and restores the declarations.
//
// The parent has the front end: it knows what has been declared without asking the child, so that cells that do not compile never
// reach it. The child has the values. Between them are four pipes: requests, events, and the child's standard output and standard
// error, which the child's code writes as any process does. What the child sends on different pipes is kept in order by barriers: a
// mark that the child writes to each pipe, and at which the parent's readers wait for each other (see order.go). The child writes one
// whenever it turns from one pipe to another.
//
// A child runs in one tier for its life. It interprets its cells, or it loads them: the parent has compiled each into a plugin, but for
// those that are simple enough to be evaluated, and variables and functions lie in the registry of package host. The tier is chosen
// before the first cell (tier.go); changing it takes a new child.
//
// An interpreter can be stopped, compiled code only looks whether it should: at the heads of loops and functions, and when it has waited
// for something. So in a compiled cell an interrupt ends each of the cell's goroutines where it looks, running its deferred functions. A
// goroutine that waits is left behind, and ends when it wakes; one that runs in a package that never looks is ended with the child
// (native.go, watch.go).
//
// parent: session.go (the API), execute.go, call.go, tier.go, child.go (a child's life), order.go, failure.go. child: serve.go (requests),
// runtime.go (what cells' code calls), output.go (the ordered pipes), overrides.go (symbols of the standard library that behave
// differently here), run.go, native.go, light.go, watch.go (interrupts of compiled code), trace.go (its frames), task.go (calls of
// shipped functions), render.go (values as text).
package session
