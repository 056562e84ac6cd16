#!/bin/sh
#PBS -N gocluster-lab
#PBS -o /home/lab/job/output
#PBS -j oe
#PBS -l select=1:mpiprocs=1
#PBS -r n
#PBS -J 1-3
#PBS -l walltime=00:01:30
export GOCLUSTER_END="$(($(date +%s) + 90))" GOCLUSTER_PART="$((${PBS_ARRAY_INDEX:-$PBS_ARRAYID} - 1))"
exec /home/lab/gocluster /home/lab/job "$GOCLUSTER_END" "$GOCLUSTER_PART"
