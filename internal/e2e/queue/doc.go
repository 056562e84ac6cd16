// Package queue tests what is promised about clusters in batch systems and about mpiexec: on a real Slurm that the tests start themselves, with
// several nodes that are all this machine, and with the mpiexec of MPICH and of Open MPI.
package queue
