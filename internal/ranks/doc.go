// Package ranks runs a program as several processes on several machines, as mpiexec does: each knows its rank and how many there are, what
// they print comes in whole lines that are labelled, and the first that fails ends the others.
//
// A machine can run commands, with a POSIX shell; nothing else is needed there. Beside the ranks runs one shell on each, the warden. It is told
// the ranks' processes, signals them, and ends them all when its standard input does: also when who started them was killed. A
// rank leads a process group of its own, which ends with it.
package ranks
