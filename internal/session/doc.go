// Package session is a live Go namespace: cells are executed in it one after the other and see each other's declarations and
// variables. Users' code runs in a child process, which may die; the parent says why, replaces it, and restores the declarations.
//
// The parent has the front end: it knows what has been declared without asking the child, so that cells that do not compile never
// reach it. The child has the interpreter and the values. Between them are four pipes: requests, events, and the child's standard
// output and standard error, which the child's code writes as any process does. What the child sends on different pipes is kept in
// order by barriers: a mark that the child writes to each pipe, and at which the parent's readers wait for each other (see
// order.go). The child writes one whenever it turns from one pipe to another.
//
// parent: session.go (the API), execute.go, call.go, child.go (a child's life), order.go, failure.go. child: serve.go (requests), runtime.go
// (what lowered code calls), output.go (the ordered pipes), overrides.go (symbols of the standard library that behave
// differently here), run.go, task.go (calls of shipped functions), render.go (values as text).
package session
