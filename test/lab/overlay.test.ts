// The container's file tree on Linux 6.1, which lacks what newer kernels have made easier.

import { runInside } from "./inside.ts";

await runInside(
  ["overlay", "overlay-mounts", "overlay-volumes", "overlay-contract", "overlay-remove", "hostile-rootfs"].map(
    (it) => `test/spec/${it}.test.ts`,
  ),
);
