#!/bin/sh
#SBATCH --job-name=gocluster-lab
#SBATCH --output="/home/lab/job/output"
#SBATCH --open-mode=append
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=2
#SBATCH --cpus-per-task=8
#SBATCH --time=26:01:30
#SBATCH --partition=short
#SBATCH --no-requeue
#SBATCH --account=physics
# The home directory is shared.
module load gcc
ulimit -n 4096
export GOCLUSTER_END="${SLURM_JOB_END_TIME:-$(squeue --noheader --jobs="$SLURM_JOB_ID" --format=%e)}" GOCLUSTER_PART="0"
exec mpiexec -n 8 /home/lab/gocluster /home/lab/job
