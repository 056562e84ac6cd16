#!/bin/sh
#BSUB -J "gocluster-lab"
#BSUB -o /home/lab/job/output
#BSUB -n 1
#BSUB -R "span[ptile=1]"
#BSUB -rn
#BSUB -x
export GOCLUSTER_END="" GOCLUSTER_PART="0"
exec /home/lab/gocluster
