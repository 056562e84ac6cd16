// Package peers compares gocluster with others that do the same work: it knows what figures there are, which bars they are to reach, how the
// others are run, and how all that is written down.
//
// A peer is a program in a process of its own that starts a cluster and does the bench's work on it, as it is told a line at a time: peers.py
// for ipyparallel, Dask and Ray, in a virtual environment with the versions of requirements.txt; ../nats for NATS, a module of its own.
// install.sh makes both under build/peers. What cannot be made or fails is said in the table, beside what could be measured.
package peers
