// Which devices may be opened or made. The rules (OCI's linux.resources.devices) are read in order, and for each kind
// of access the last one that fits decides. v1 takes them as text; v2 has no file for it, but asks an eBPF program.

import * as bpf from "../../abi/ebpf.ts";
import { Refusal } from "../../core/refusal.ts";
import type { DeviceRule } from "../../core/spec.ts";

const bits = { m: bpf.BPF_DEVCG_ACC_MKNOD, r: bpf.BPF_DEVCG_ACC_READ, w: bpf.BPF_DEVCG_ACC_WRITE } as const;
const ALL = bpf.BPF_DEVCG_ACC_MKNOD | bpf.BPF_DEVCG_ACC_READ | bpf.BPF_DEVCG_ACC_WRITE;

/** A rule with nothing left open: `undefined` stands for all. */
interface Rule {
  readonly allow: boolean;
  readonly type: "c" | "b" | undefined;
  readonly major: number | undefined;
  readonly minor: number | undefined;
  readonly access: number;
}

/**
 * v1: what to write, in order. Whatever no rule speaks of is denied, as in v2. The kernel keeps a list of exceptions
 * from one answer for the rest, and takes back only what is exactly in it: rules that would need a hole in an
 * exception are a Refusal.
 */
export function deviceWrites(
  rules: readonly DeviceRule[],
): { file: "devices.deny" | "devices.allow"; value: string }[] {
  let exceptions: Rule[] = [];
  const writes = rules.map((given, i) => {
    const rule = read(given, i);
    const file = rule.allow ? ("devices.allow" as const) : ("devices.deny" as const);
    // "a" empties the list and changes what holds for the rest; it takes no numbers
    if (rule.type === undefined) {
      exceptions = [];
      return { file, value: "a" };
    }
    if (exceptions.some((it) => it.allow !== rule.allow && overlap(it, rule) && !sameDevices(it, rule))) {
      throw new Refusal(
        `linux.resources.devices[${i}] takes back a part of an earlier rule, which cgroup v1 cannot do`,
      );
    }
    exceptions.push(rule);
    const letters = Object.entries(bits).flatMap(([letter, bit]) => (rule.access & bit ? [letter] : []));
    return { file, value: `${rule.type} ${rule.major ?? "*"}:${rule.minor ?? "*"} ${letters.join("")}` };
  });
  return writes[0]?.value === "a" ? writes : [{ file: "devices.deny", value: "a" }, ...writes];
}

function overlap(a: Rule, b: Rule): boolean {
  const meet = (x: number | undefined, y: number | undefined): boolean => x === undefined || y === undefined || x === y;
  return a.type === b.type && meet(a.major, b.major) && meet(a.minor, b.minor) && (a.access & b.access) !== 0;
}

function sameDevices(a: Rule, b: Rule): boolean {
  return a.type === b.type && a.major === b.major && a.minor === b.minor;
}

/**
 * v2: the program. It is asked about one device and one set of accesses (open for reading and writing is two), and
 * goes through the rules from the last to the first: a denial that touches the set says no, a permission takes its
 * part out of the set, and when nothing is left the answer is yes.
 *
 *   r2 kind of device   r3 accesses still to be decided   r4, r5 its numbers
 */
export function deviceProgram(rules: readonly DeviceRule[]): bpf.Instruction[] {
  const asm = new bpf.Assembler();
  asm.load(3, 1, bpf.bpfCgroupDevCtx.offsetOf("access_type"));
  asm.copy(2, 3);
  asm.and(2, 0xffff);
  asm.shiftRight(3, 16);
  asm.load(4, 1, bpf.bpfCgroupDevCtx.offsetOf("major"));
  asm.load(5, 1, bpf.bpfCgroupDevCtx.offsetOf("minor"));
  for (const rule of rules.map(read).toReversed()) {
    // the verifier refuses what comes after a rule for everything, because nothing gets there
    if (decide(asm, rule) === "final") return asm.finish();
  }
  asm.exit(0);
  return asm.finish();
}

function decide(asm: bpf.Assembler, { allow, type, major, minor, access }: Rule): "final" | "open" {
  const next = new bpf.Target();
  const kind = type === "b" ? bpf.BPF_DEVCG_DEV_BLOCK : bpf.BPF_DEVCG_DEV_CHAR;
  if (type !== undefined) asm.unlessEqual(2, kind, next);
  if (major !== undefined) asm.unlessEqual(4, major, next);
  if (minor !== undefined) asm.unlessEqual(5, minor, next);
  if (access !== ALL && allow) {
    asm.and(3, ALL & ~access);
    asm.unlessEqual(3, 0, next);
  } else if (access !== ALL) {
    const touched = new bpf.Target();
    asm.whenAnyBit(3, access, touched);
    asm.go(next);
    asm.here(touched);
  }
  asm.exit(allow ? 1 : 0);
  asm.here(next);
  const everything = type === undefined && major === undefined && minor === undefined;
  return everything && access === ALL ? "final" : "open";
}

function read({ allow, type, major, minor, access }: DeviceRule, index: number): Rule {
  const letters = [...(access ?? "rwm")];
  const place = `linux.resources.devices[${index}].access`;
  const unknown = letters.find((it) => !(it in bits));
  if (unknown !== undefined || letters.length === 0)
    throw new Refusal(`${place} ${JSON.stringify(access)}: only r, w and m are known`);
  const any = type === undefined || type === "a";
  return {
    allow,
    type: any ? undefined : type,
    major: any || major === undefined || major < 0 ? undefined : major,
    minor: any || minor === undefined || minor < 0 ? undefined : minor,
    access: any ? ALL : letters.reduce((mask, it) => mask | bits[it as keyof typeof bits], 0),
  };
}
