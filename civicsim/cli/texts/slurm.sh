#!/bin/bash
# {{ question }}
# {{ runs }} runs in {{ size }}. Time and memory are estimates from one small run, doubled.
#
#   bash {{ name }}        submit it: the tasks, and a job after them that merges their results and writes the report
#
# Submitting it again completes what a lost task has left.
{% for line in ["--job-name=civicsim", "--time=" ~ time, "--cpus-per-task=" ~ cpus, "--mem=" ~ memory ~ "M", "--requeue"] + options %}
#SBATCH {{ line }}
{% endfor %}
set -euo pipefail

study={{ study }}
results={{ results }}
tasks={{ tasks }}
civicsim() { {{ python }} -m civicsim.cli --quiet "$@"; }

case "${1:-submit}" in
  submit)
    array=$(sbatch --parsable --array="1-$tasks" "$0" task)
    last=$(sbatch --parsable --dependency="afterany:${array%%;*}" "$0" finish)
    echo "Submitted ${array%%;*} (tasks) and ${last%%;*} (report)."
    ;;
  task)
    # One task compiles the model, under a lock; others that share its cache wait, and load what it has left.
    civicsim warmup
    civicsim study run "$study" --out "$results" --shard "$SLURM_ARRAY_TASK_ID/$tasks" --processes {{ cpus }}
    ;;
  finish)
    failed=0
    civicsim study run "$study" --out "$results" --processes {{ cpus }} || failed=$?
    civicsim study report "$results"
    civicsim study status "$results"
    exit "$failed"
    ;;
  *)
    echo "usage: bash $0" >&2
    exit 2
    ;;
esac
