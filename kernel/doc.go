// Package kernel is the Jupyter kernel for Go: it answers a client's requests with a session's help.
//
// What may run beside what is written in one table (dispatch.go): requests on control preempt a running cell, cells run one
// after the other, and what only asks (kernel_info, complete, inspect ...) is answered while a cell runs. Around every
// request, in one place, stand the status messages busy and idle, which clients wait for.
//
// Everything published goes through one goroutine (output.go), so that it has an order: what a cell prints is gathered for a
// few milliseconds, never dropped, and always out before the cell's idle.
package kernel
