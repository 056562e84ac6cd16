#!/bin/sh
#BSUB -J "gocluster-lab[1-3]"
#BSUB -o /home/lab/job/output
#BSUB -n 1
#BSUB -R "span[ptile=1]"
#BSUB -rn
#BSUB -x
#BSUB -W 00:02
export GOCLUSTER_END="$(($(date +%s) + 90))" GOCLUSTER_PART="$(($LSB_JOBINDEX - 1))"
exec /home/lab/gocluster /home/lab/job "$GOCLUSTER_END" "$GOCLUSTER_PART"
