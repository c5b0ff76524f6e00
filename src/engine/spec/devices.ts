// --device: the nodes to make, and the rules that let them be opened.

import { statSync } from "node:fs";
import { Refusal } from "../../core/refusal.ts";
import type { Device, DeviceRule } from "../../core/spec.ts";
import { errnoOf } from "../../state/refusal.ts";
import type { DeviceRequest } from "../options/device.ts";

// <linux/stat.h>; makedev(3): 12 bits of major, 20 of minor, in two pieces each.
const S_IFMT = 0o170000;
const S_IFCHR = 0o020000;
const S_IFBLK = 0o060000;

/** The host's nodes as they are now. */
export function deviceNodes(requests: readonly DeviceRequest[]): Device[] {
  return requests.map(({ source, destination }) => {
    const { mode, rdev, uid, gid } = stat(source);
    const kind = mode & S_IFMT;
    if (kind !== S_IFCHR && kind !== S_IFBLK)
      throw new Refusal(`--device ${source}: not a device: for files and folders there is -v`);
    const { major, minor } = numbers(rdev);
    return { type: kind === S_IFCHR ? "c" : "b", path: destination, major, minor, fileMode: mode & 0o7777, uid, gid };
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

export function numbers(rdev: number): { major: number; minor: number } {
  const bits = BigInt(rdev);
  return {
    major: Number(((bits >> 8n) & 0xfffn) | ((bits >> 32n) & ~0xfffn)),
    minor: Number((bits & 0xffn) | ((bits >> 12n) & 0xffffff00n)),
  };
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
