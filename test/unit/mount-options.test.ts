// The words of a mount's options.

import { expect, test } from "bun:test";
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_RDONLY, MS_NODEV, MS_RDONLY, MS_SLAVE } from "../../src/abi/mount.ts";
import { parseOptions } from "../../src/layers/overlay/options.ts";

const parsed = (...options: string[]) => parseOptions({ destination: "/here", options });

test("a word sets a flag, and its opposite takes it back", () => {
  expect(parsed("ro", "nodev", "rw")).toMatchObject({ flags: MS_NODEV, attributes: MOUNT_ATTR_NODEV, data: "" });
});

test("with an r in front it is meant for the mounts below as well", () => {
  expect(parsed("rro")).toMatchObject({ flags: MS_RDONLY, attributes: MOUNT_ATTR_RDONLY });
  expect(parsed("rslave").propagation).toEqual({ type: MS_SLAVE, recursive: true });
  expect(parsed("slave").propagation).toEqual({ type: MS_SLAVE, recursive: false });
});

test("any other word is the file system's, also one that every object of JavaScript has", () => {
  expect(parsed("size=1m", "constructor", "rtoString")).toMatchObject({
    flags: 0,
    propagation: undefined,
    data: "size=1m,constructor,rtoString",
  });
});
