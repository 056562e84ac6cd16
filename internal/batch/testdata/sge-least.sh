#!/bin/sh
#$ -N gocluster-lab
#$ -o /home/lab/job/output
#$ -j y
#$ -S /bin/sh
#$ -r n
export GOCLUSTER_END="" GOCLUSTER_PART="0"
exec /home/lab/gocluster
