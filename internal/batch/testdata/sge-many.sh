#!/bin/sh
#$ -N gocluster-lab
#$ -o /home/lab/job/output
#$ -j y
#$ -S /bin/sh
#$ -r n
#$ -pe mpi 64
#$ -l h_rt=26:01:30
#$ -q short
#$ --account=physics
# The home directory is shared.
module load gcc
ulimit -n 4096
export GOCLUSTER_END="$(($(date +%s) + 93690))" GOCLUSTER_PART="0"
exec mpiexec -n 8 /home/lab/gocluster /home/lab/job
