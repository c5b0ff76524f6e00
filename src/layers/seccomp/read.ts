// A profile from a file: OCI's `linux.seccomp`, or Docker's form of it, whose rules may depend on capabilities,
// architecture and kernel. Yields the plain OCI form. What is not understood is an error that names its JSON path.

import type { Arch } from "../../abi/syscalls.ts";
import type { Seccomp, SeccompArgument, SeccompRule } from "../../core/spec.ts";
import { compile } from "./compile.ts";
import { errnoOf, flagBits } from "./words.ts";

/** What Docker's `includes` and `excludes` ask about. */
interface Circumstances {
  readonly capabilities: readonly string[];
  readonly arch: Arch;
  /** Absent: new enough for every rule. */
  readonly kernel: Kernel | undefined;
}

interface Kernel {
  readonly major: number;
  readonly minor: number;
}

/** Docker's rules name architectures as Go does. */
const goArch: Readonly<Record<Arch, string>> = { x86_64: "amd64", aarch64: "arm64" };
const ociArch: Readonly<Record<Arch, string>> = { x86_64: "SCMP_ARCH_X86_64", aarch64: "SCMP_ARCH_AARCH64" };

/**
 * The profile in `text` for a container whose bounding set is `capabilities` (`CAP_SYS_ADMIN`, …), checked as far as
 * compile() does. Throws an Error such as `syscalls[3].action: "SCMP_ACT_NO" is not a known action; there are: …`.
 */
export function readProfile(text: string, capabilities: readonly string[], arch: Arch, kernel?: Kernel): Seccomp {
  const top = table(parse(text), "");
  const rules = top.take("syscalls", listOf(rule)) ?? [];
  const defaultAction = top.need("defaultAction", word);
  const defaultErrnoRet = errno(top, "defaultErrnoRet", "defaultErrno");
  const architectures = listedArchitectures(top, arch);
  const flags = top.take("flags", listOf(word));
  top.close(["comment"]);
  flagBits(flags ?? [], (part) => part);
  const profile: Seccomp = {
    defaultAction,
    ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }),
    ...(architectures === undefined ? {} : { architectures }),
    ...(flags === undefined ? {} : { flags }),
  };
  // With all rules, those too that do not apply here: so each is checked, under its own index.
  compile({ ...profile, syscalls: rules.map((it) => it.rule) }, arch, (part) => part);
  const here = { capabilities, arch, kernel };
  return { ...profile, syscalls: rules.filter((it) => applies(it, here)).map((it) => it.rule) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`not JSON: ${(error as Error).message}`);
  }
}

function listedArchitectures(top: Table, arch: Arch): string[] | undefined {
  const architectures = top.take("architectures", listOf(word));
  const map = top.take(
    "archMap",
    listOf((value, path) => {
      const row = table(value, path);
      const names = [row.need("architecture", word), ...(row.take("subArchitectures", listOf(word)) ?? [])];
      row.close();
      return names;
    }),
  );
  if (architectures !== undefined && map !== undefined) throw new Error("archMap: use either this or architectures");
  return map === undefined ? architectures : map.find(([name]) => name === ociArch[arch]);
}

interface ConditionalRule {
  readonly rule: SeccompRule;
  readonly includes: Requirements | undefined;
  readonly excludes: Requirements | undefined;
}

interface Requirements {
  readonly caps: readonly string[];
  readonly arches: readonly string[];
  readonly minKernel: Kernel | undefined;
}

function rule(value: unknown, path: string): ConditionalRule {
  const row = table(value, path);
  const name = row.take("name", word);
  const names = name === undefined ? row.need("names", listOf(word)) : [name];
  const errnoRet = errno(row, "errnoRet", "errno");
  const args = row.take("args", listOf(argument));
  const action = row.need("action", word);
  const includes = row.take("includes", requirements);
  const excludes = row.take("excludes", requirements);
  row.close(["comment"]);
  return {
    rule: {
      names,
      action,
      ...(errnoRet === undefined ? {} : { errnoRet }),
      ...(args === undefined ? {} : { args }),
    },
    includes,
    excludes,
  };
}

function argument(value: unknown, path: string): SeccompArgument {
  const row = table(value, path);
  const index = row.need("index", number);
  const first = row.need("value", number);
  const valueTwo = row.take("valueTwo", number) ?? 0;
  const op = row.need("op", word) as SeccompArgument["op"];
  row.close();
  return { index, value: first, valueTwo, op };
}

function requirements(value: unknown, path: string): Requirements {
  const row = table(value, path);
  const caps = row.take("caps", listOf(word)) ?? [];
  const arches = row.take("arches", listOf(word)) ?? [];
  const minKernel = row.take("minKernel", version);
  row.close();
  return { caps, arches, minKernel };
}

/** As Docker decides: everything that `includes` names must be there, and nothing that `excludes` names. */
function applies({ includes, excludes }: ConditionalRule, { capabilities, arch, kernel }: Circumstances): boolean {
  const atLeast = (it: Kernel) => kernel === undefined || compare(kernel, it) >= 0;
  const missing =
    includes !== undefined &&
    (includes.caps.some((it) => !capabilities.includes(it)) ||
      (includes.arches.length > 0 && !includes.arches.includes(goArch[arch])) ||
      (includes.minKernel !== undefined && !atLeast(includes.minKernel)));
  const present =
    excludes !== undefined &&
    (excludes.caps.some((it) => capabilities.includes(it)) ||
      excludes.arches.includes(goArch[arch]) ||
      (excludes.minKernel !== undefined && atLeast(excludes.minKernel)));
  return !missing && !present;
}

function compare(a: Kernel, b: Kernel): number {
  return a.major - b.major || a.minor - b.minor;
}

/** The errno, which newer profiles also give by name; the number wins. */
function errno(row: Table, numberKey: string, nameKey: string): number | undefined {
  const byName = row.take(nameKey, (value, path) => errnoOf(word(value, path), path));
  return row.take(numberKey, number) ?? byName;
}

type Check<T> = (value: unknown, path: string) => T;

function word(value: unknown, path: string): string {
  if (typeof value !== "string" || value === "") throw new Error(`${path}: a non-empty string is needed here`);
  return value;
}

function number(value: unknown, path: string): number {
  if (typeof value !== "number") throw new Error(`${path}: a number is needed here`);
  return value;
}

function version(value: unknown, path: string): Kernel {
  const [, major, minor] = /^(\d+)\.(\d+)$/.exec(word(value, path)) ?? [];
  if (major === undefined) throw new Error(`${path}: a kernel version such as "4.8" is needed here`);
  return { major: Number(major), minor: Number(minor) };
}

function listOf<T>(item: Check<T>): Check<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new Error(`${path}: a list is needed here`);
    return value.map((it, i) => item(it, `${path}[${i}]`));
  };
}

interface Table {
  /** The value under `key`; undefined where it is absent or null, as Go writes empty lists. */
  take<T>(key: string, check: Check<T>): T | undefined;
  need<T>(key: string, check: Check<T>): T;
  /** Throws if there was anything else, except under the keys in `ignored`. */
  close(ignored?: readonly string[]): void;
}

function table(value: unknown, path: string): Table {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`${path === "" ? "the file" : path}: an object is needed here`);
  }
  const fields = new Map(Object.entries(value));
  const keys = [...fields.keys()];
  const at = (key: string) => (path === "" ? key : `${path}.${key}`);
  const take = <T>(key: string, check: Check<T>): T | undefined => {
    const field = fields.get(key);
    fields.delete(key);
    return field === undefined || field === null ? undefined : check(field, at(key));
  };
  return {
    take,
    need: (key, check) => {
      const taken = take(key, check);
      if (taken === undefined)
        throw new Error(`${at(key)}: is missing${keys.length > 0 ? `; there are: ${keys.join(", ")}` : ""}`);
      return taken;
    },
    close: (ignored = []) => {
      const extra = [...fields.keys()].find((it) => !ignored.includes(it));
      if (extra !== undefined) throw new Error(`${at(extra)}: is not known here`);
    },
  };
}
