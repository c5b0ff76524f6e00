// --device: the nodes to make, and the rules that let them be opened.

import { statSync } from "node:fs";
import { major, minor, S_IFBLK, S_IFCHR, S_IFMT } from "../../abi/stat.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Device, DeviceRule } from "../../core/spec.ts";
import { errnoOf } from "../../state/refusal.ts";
import type { DeviceRequest } from "../options/device.ts";

/** The host's nodes as they are now. */
export function deviceNodes(requests: readonly DeviceRequest[]): Device[] {
  return requests.map(({ source, destination }) => {
    const { mode, rdev, uid, gid } = stat(source);
    const kind = mode & S_IFMT;
    if (kind !== S_IFCHR && kind !== S_IFBLK)
      throw new Refusal(`--device ${source}: not a device: for files and folders there is -v`);
    return {
      type: kind === S_IFCHR ? "c" : "b",
      path: destination,
      major: major(rdev),
      minor: minor(rdev),
      fileMode: mode & 0o7777,
      uid,
      gid,
    };
  });
}

function stat(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    throw new Refusal(
      `--device ${path}: ${errnoOf(error) === "ENOENT" ? "this host has no such device" : errnoOf(error)}`,
    );
  }
}

const rule = (type: "c" | "b", major: number | undefined, minor: number | undefined, access: string): DeviceRule => ({
  allow: true,
  type,
  ...(major === undefined ? {} : { major }),
  ...(minor === undefined ? {} : { minor }),
  access,
});

/** Docker's defaults: any node may be made, only these opened. The last rule that fits decides. */
const defaults: readonly DeviceRule[] = [
  { allow: false, access: "rwm" },
  rule("c", undefined, undefined, "m"),
  rule("b", undefined, undefined, "m"),
  rule("c", 1, 3, "rwm"), // null
  rule("c", 1, 5, "rwm"), // zero
  rule("c", 1, 7, "rwm"), // full
  rule("c", 1, 8, "rwm"), // random
  rule("c", 1, 9, "rwm"), // urandom
  rule("c", 5, 0, "rwm"), // tty
  rule("c", 5, 1, "rwm"), // console
  rule("c", 5, 2, "rwm"), // ptmx
  rule("c", 136, undefined, "rwm"), // pts/*
];

/** `nodes[i]` is what `requests[i]` asks for. */
export function deviceRules(nodes: readonly Device[], requests: readonly DeviceRequest[]): DeviceRule[] {
  const asked = nodes.map(({ type, major, minor }, i) =>
    rule(type === "b" ? "b" : "c", major, minor, requests[i]?.access ?? "rwm"),
  );
  return [...defaults, ...asked];
}
