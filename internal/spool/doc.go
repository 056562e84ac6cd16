// Package spool is how the processes of one machine hand each other large values: as files in a directory that is the user's alone and,
// where there is one, in memory. Who has written such a file names it to the others; nothing is copied through connections.
//
// A Dir belongs to the process that made it, and goes with it. It holds a secret, a file's contents; who can read it is on the same
// machine, sees the same files and may read them: that is all that processes have to find out about each other (Join).
package spool
