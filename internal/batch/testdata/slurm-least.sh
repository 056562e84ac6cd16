#!/bin/sh
#SBATCH --job-name=gocluster-lab
#SBATCH --output="/home/lab/job/output"
#SBATCH --open-mode=append
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
#SBATCH --no-requeue
export GOCLUSTER_END="${SLURM_JOB_END_TIME:-$(squeue --noheader --jobs="$SLURM_JOB_ID" --format=%e)}" GOCLUSTER_PART="0"
exec /home/lab/gocluster
