// Package machines reads the machinefiles of MPI and places the ranks of a program on their hosts.
//
// A line is a host, with how many processes it takes as MPICH writes it ("donner:2") or as Open MPI does ("donner slots=2 max_slots=4"), or
// without, which is one. "#" begins a comment. Ranks are placed host by host, as many as each takes; where there are more ranks than
// that, the list is gone through again. So hosts without a count take ranks in turn, and max_slots ends that for a host.
package machines
