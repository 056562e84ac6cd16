#!/bin/sh
#PBS -N gocluster-lab
#PBS -o /home/lab/job/output
#PBS -j oe
#PBS -l select=1:mpiprocs=1
#PBS -r n
export GOCLUSTER_END="" GOCLUSTER_PART="0"
exec /home/lab/gocluster
