#!/bin/sh
# Three limits, each with a program that runs into it: memory, CPU time, processes.
#
#   sudo sh examples/limits.sh
#
# An ordinary user can run it too, where a part of the cgroup tree is delegated to them: minidocker doctor tells.

set -u
cd "$(dirname "$0")/.."
minidocker() { node_modules/.bin/bun src/main.ts "$@"; }

echo "== memory: 32 MiB, for a program that wants all there is"
minidocker run --rm --memory 32m base tail /dev/zero
echo "exit code $?"

echo "== CPU time: a quarter of one processor, for a program that is never idle for three seconds"
minidocker run --rm --cpus 0.25 base sh -c '
  end=$(($(date +%s) + 3))
  while [ "$(date +%s)" -lt "$end" ]; do :; done
  echo "user and system time, of the shell and then of its children:"
  times'

echo "== processes: eight, for a program that starts twelve"
minidocker run --rm --pids-limit 8 base sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 5 & done; echo all started'
echo "exit code $?"
