#!/bin/sh
# The same container twice, the second time without one layer: what does verify say about each?
#
#   sudo sh examples/without-a-layer.sh              without seccomp
#   sudo sh examples/without-a-layer.sh capabilities

set -eu
cd "$(dirname "$0")/.."
minidocker() { node_modules/.bin/bun src/main.ts "$@"; }

layer=${1:-seccomp}
folder=$(mktemp -d)
minidocker run --rm --name complete base sleep 60 &
minidocker run --rm --name incomplete "--layers=-$layer" base sleep 60 &
trap 'minidocker rm -f complete incomplete >/dev/null; wait; rm -r "$folder"' EXIT

for name in complete incomplete; do
  until minidocker ps --format '{{.Names}} {{.State}}' | grep -qx "$name running"; do sleep 0.1; done
  # a sign and the name of the check; what was seen has inodes in it, which always differ
  minidocker verify "$name" | awk '/^(✓|✗|\?) / { print $1, $2 }' >"$folder/$name"
done

echo "== < with all layers, > without $layer"
diff "$folder/complete" "$folder/incomplete" || true
