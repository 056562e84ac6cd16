#!/bin/sh
#PBS -N gocluster-lab
#PBS -o /home/lab/job/output
#PBS -j oe
#PBS -l select=4:mpiprocs=2:ncpus=16
#PBS -r n
#PBS -l place=scatter
#PBS -l walltime=26:01:30
#PBS -q short
#PBS --account=physics
# The home directory is shared.
module load gcc
ulimit -n 4096
export GOCLUSTER_END="$(($(date +%s) + 93690))" GOCLUSTER_PART="0"
exec mpiexec -n 8 /home/lab/gocluster /home/lab/job
