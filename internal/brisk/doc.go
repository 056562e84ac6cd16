// Package brisk reads and writes what does not wait, without the runtime's preparations for calls that do. The preparations wake a thread of the
// runtime where the process has been idle, to watch over the call: that costs more than the call, and on the processor that has the next
// thing to do.
//
// On systems other than Linux these are the usual calls.
package brisk
