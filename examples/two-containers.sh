#!/bin/sh
# Two containers on the bridge: one finds the other by its name.
#
#   sudo sh examples/two-containers.sh

set -eu
cd "$(dirname "$0")/.."
minidocker() { node_modules/.bin/bun src/main.ts "$@"; }

minidocker run --rm --name server base sleep 60 &
trap 'minidocker rm -f server >/dev/null; wait' EXIT
until minidocker ps --format '{{.Names}} {{.State}}' | grep -qx 'server running'; do sleep 0.1; done

echo "== what the second one knows"
minidocker run --rm --name client base cat /etc/hosts

echo "== and whom it reaches"
minidocker run --rm --name client base ping -c 1 server

echo "== a container without a network reaches nobody, not even by address"
address=$(minidocker run --rm --name client base awk '$2 == "server" || $3 == "server" { print $1 }' /etc/hosts)
minidocker run --rm --network none base ping -c 1 -W 1 "$address" || echo "exit code $?"
