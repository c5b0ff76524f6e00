#!/bin/sh
# A container of an ordinary user's: root inside, nobody special outside.
#
#   sh examples/rootless.sh        as an ordinary user; root is given a user namespace, too (--rootless)

set -u
cd "$(dirname "$0")/.."
minidocker() { node_modules/.bin/bun src/main.ts "$@"; }

echo "== outside, this is uid $(id -u)"
minidocker run --rm --rootless base sh -c '
  echo "== inside, it is uid $(id -u), and these ids have somebody behind them: inside, outside, how many"
  cat /proc/self/uid_map
  echo "== it may change what belongs to its own user namespace, and nothing else"
  touch /etc/changed && echo "a file of its own layer: yes"
  mknod /tmp/disk b 8 0 2>/dev/null && echo "a device node: yes" || echo "a device node: no"
  echo 1 2>/dev/null >/proc/sys/kernel/panic && echo "a setting of the kernel: yes" || echo "a setting of the kernel: no"'
