// Package kernel is the Jupyter kernel for Go: it answers a client's requests with a session's help.
//
// What may run beside what is written in one table (dispatch.go): requests on control preempt a running cell, cells run one
// after the other, and what only asks (kernel_info, complete, inspect ...) is answered while a cell runs. Around every
// request, in one place, stand the status messages busy and idle, which clients wait for.
//
// Subshells (subshell.go) are further queues for requests on shell, each served in order and all beside each other. Comms, completions,
// inspections, magics, and cells that a session can evaluate beside another are served there while a cell runs; other Go waits for its
// turn, since a session has one namespace. Executions are counted, and kept, with those of the main shell: In[7] means one cell. What
// fails holds back the cells of its own shell only; an interrupt is meant for all.
//
// Everything published goes through one line (output.go), so that it has an order: what a cell prints is gathered for a
// few milliseconds, never dropped, and always out before the cell's idle.
//
// A wake-up of a goroutine costs more than a small request. Who finds a line empty (line.go) therefore does himself what he has
// brought: cells publish from their own goroutine, and a blank cell is served by the goroutine that has read it.
package kernel
