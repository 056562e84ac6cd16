// Package batch knows batch systems: Slurm, PBS, SGE and LSF. It writes the script of a job, and says which commands submit a job, ask for
// it and cancel it, and what they answer. What it does is a matter of texts alone, but for Queue, which runs the commands.
package batch
