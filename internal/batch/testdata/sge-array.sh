#!/bin/sh
#$ -N gocluster-lab
#$ -o /home/lab/job/output
#$ -j y
#$ -S /bin/sh
#$ -r n
#$ -t 1-3
#$ -l h_rt=00:01:30
export GOCLUSTER_END="$(($(date +%s) + 90))" GOCLUSTER_PART="$(($SGE_TASK_ID - 1))"
exec /home/lab/gocluster /home/lab/job "$GOCLUSTER_END" "$GOCLUSTER_PART"
