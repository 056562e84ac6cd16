// Package launch starts and ends clusters, as processes: a controller, engine hosts on the machines of a profile's engine sets, and for a
// cluster in the background a supervisor of all.
//
// What engines are started on is a Machine, and How says which machine runs which command; a set's settings choose both.
//
// A process is started in a role of this executable. It gets its order as one line of JSON on its standard input, and is told
// to end by the end of that input; it reports, as lines of JSON on its standard output, that it is ready or why it is
// not. So nobody waits by guessing. What it logs goes into the profile's log folder.
//
// Every process holds a lock on a file in the profile's pid folder for as long as it lives, so that a file left behind by one that
// was killed is told from one of a process that is alive, whatever became of its process id.
package launch
