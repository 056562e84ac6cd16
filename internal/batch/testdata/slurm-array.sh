#!/bin/sh
#SBATCH --job-name=gocluster-lab
#SBATCH --output="/home/lab/job/output"
#SBATCH --open-mode=append
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
#SBATCH --array=1-3
#SBATCH --time=00:01:30
#SBATCH --no-requeue
export GOCLUSTER_END="${SLURM_JOB_END_TIME:-$(squeue --noheader --jobs="$SLURM_JOB_ID" --format=%e)}" GOCLUSTER_PART="$(($SLURM_ARRAY_TASK_ID - 1))"
exec /home/lab/gocluster /home/lab/job "$GOCLUSTER_END" "$GOCLUSTER_PART"
