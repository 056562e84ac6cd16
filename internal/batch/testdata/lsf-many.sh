#!/bin/sh
#BSUB -J "gocluster-lab"
#BSUB -o /home/lab/job/output
#BSUB -n 64
#BSUB -R "span[ptile=16]"
#BSUB -rn
#BSUB -W 26:02
#BSUB -q short
#BSUB --account=physics
# The home directory is shared.
module load gcc
ulimit -n 4096
export GOCLUSTER_END="$(($(date +%s) + 93690))" GOCLUSTER_PART="0"
exec mpiexec -n 8 /home/lab/gocluster /home/lab/job
