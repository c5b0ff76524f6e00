// Two containers side by side: each is made, looked at and taken back, one after the other, and what was seen in them is set
// against each other. What differs between any two containers is put aside first (src/engine/stable.ts).

import type { Check } from "../core/layer.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { quoteWord } from "../core/words.ts";
import { Held, type ScriptOutcome } from "./held.ts";
import type { Console } from "./making.ts";
import type { RunOptions } from "./options/index.ts";
import { marksOf, stabilize, stabilizer } from "./stable.ts";

/** What was seen in one container, in stable words. */
export interface Seen<Extra> {
  readonly state: Snapshot;
  readonly checks: readonly LayerCheck[];
  /** Absent where no command was given. */
  readonly ran: Ran | undefined;
  readonly extra: Extra;
}

export type LayerCheck = Check & { readonly layer: string };

export type Ran = Pick<ScriptOutcome, "output" | "status">;

export interface Looking<Extra> {
  /** A command of the image's; empty: none. */
  readonly command: readonly string[];
  /** What else is of interest, while the container stands. `stable` puts stable words into a text. */
  more(held: Held, stable: (text: string) => string): Promise<Extra>;
  /** When somebody does not want to wait any more. */
  readonly stop: AbortSignal;
}

/** Makes a container, looks, and takes it back, whatever happens. Rejects with the reason of `stop` when that is aborted. */
export async function see<Extra>(options: RunOptions, console: Console, looking: Looking<Extra>): Promise<Seen<Extra>> {
  const { stop } = looking;
  stop.throwIfAborted();
  const held = await Held.make(options, console);
  try {
    const stopped = new Promise<never>((_, reject) => {
      stop.addEventListener("abort", () => reject(stop.reason as Error), { once: true });
    });
    stop.throwIfAborted();
    return await Promise.race([look(held, looking), stopped]);
  } finally {
    await held.close();
  }
}

async function look<Extra>(held: Held, { command, more }: Looking<Extra>): Promise<Seen<Extra>> {
  await held.advance("finished");
  const snapshot = held.snapshot();
  const stable = stabilizer(marksOf(snapshot, { id: held.id, name: held.name, pid: held.pid ?? 0 }));
  const checks = held
    .checks()
    .flatMap((it) => it.checks.map((check) => ({ ...check, saw: stable(check.saw), layer: it.layer })));
  const extra = await more(held, stable);
  // last, because it may change what there is to see
  const ran = command.length === 0 ? undefined : await run(held, command);
  return {
    state: stabilize(snapshot, stable),
    checks,
    ran: ran && { ...ran, output: stable(ran.output) },
    extra,
  };
}

/** For as long as it takes: whoever waits can end the waiting. */
async function run(held: Held, command: readonly string[]): Promise<Ran> {
  const { output, status } = await held.runScript("container", scriptOf(command), {
    timeout: Number.POSITIVE_INFINITY,
  });
  return { output, status };
}

/** One command for a shell, each word as it is. */
export function scriptOf(command: readonly string[]): string {
  return `exec ${command.map(quoteWord).join(" ")}`;
}

/** One thing that differs: what A shows and what B shows of it; undefined where it is not there. */
export interface Row {
  readonly key: string;
  readonly a: string | undefined;
  readonly b: string | undefined;
}

export interface Section {
  readonly name: string;
  readonly rows: readonly Row[];
  /** How many lines are the same in both. */
  readonly same: number;
}

/** Section by section: lines about the same thing stand in one row. */
export function compareStates(a: Snapshot, b: Snapshot): Section[] {
  return [...new Set([...a.keys(), ...b.keys()])].map((name) => {
    const [left, right] = [keyed(name, a.get(name) ?? []), keyed(name, b.get(name) ?? [])];
    const all = [...new Set([...left.keys(), ...right.keys()])].map((key) => {
      return { key, a: left.get(key), b: right.get(key) };
    });
    const rows = all.filter((it) => it.a !== it.b);
    return {
      name,
      rows: rows.map((it) => ({ ...it, key: it.key.replace(/ #\d+$/, "") })),
      same: all.length - rows.length,
    };
  });
}

/** How a line of a section begins: what it is about. */
const subjects: Readonly<Record<string, RegExp>> = {
  namespaces: /^(\w+): /,
  cgroup: /^\d+:([^:]*):/,
  mounts: /^(\S+) /,
  routes: /^(\S+) /,
  credentials: /^(\w+): ?/,
  limits: /^Max ([a-z ]+?) (?=unlimited|\d)/,
  descriptors: /^(\d+) → /,
};

/** What the line is about → the rest of the line. Several about the same are numbered, as mounts on one another are. */
function keyed(section: string, lines: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of lines) {
    const match = subjects[section]?.exec(line);
    const subject = match?.[1] === undefined ? line : match[1] || "cgroup v2";
    let key = subject;
    for (let n = 2; found.has(key); n++) key = `${subject} #${n}`;
    found.set(key, match === null || match === undefined ? line : line.slice(match[0].length));
  }
  return found;
}

/** A check that came out differently: another verdict, or the same one for another reason. */
export interface CheckRow {
  readonly layer: string;
  readonly id: string;
  readonly title: string;
  readonly a: Pick<Check, "verdict" | "saw"> | undefined;
  readonly b: Pick<Check, "verdict" | "saw"> | undefined;
}

export function compareChecks(a: readonly LayerCheck[], b: readonly LayerCheck[]): { rows: CheckRow[]; same: number } {
  const ids = [...new Set([...a, ...b].map((it) => it.id))];
  const rows = ids.flatMap((id): CheckRow[] => {
    const [left, right] = [a.find((it) => it.id === id), b.find((it) => it.id === id)];
    if (left?.verdict === right?.verdict && left?.saw === right?.saw) return [];
    const { layer, title } = (left ?? right) as LayerCheck;
    return [{ layer, id, title, a: left, b: right }];
  });
  return { rows, same: ids.length - rows.length };
}

/** A run of lines: in both, or in one of the two only. */
export interface Hunk {
  readonly both: readonly string[];
  readonly a: readonly string[];
  readonly b: readonly string[];
}

// The table of the longest common subsequence grows with the product of the lengths.
const LONGEST = 2000;

/** The lines of two texts, in order, those that are the same found by their longest common subsequence. */
export function compareLines(a: readonly string[], b: readonly string[]): Hunk[] {
  if (a.length > LONGEST || b.length > LONGEST)
    return a.join("\n") === b.join("\n") ? [hunk({ both: a })] : [hunk({ a, b })];
  const length = commonLengths(a, b);
  const hunks: { both: string[]; a: string[]; b: string[] }[] = [];
  const add = (side: "both" | "a" | "b", line: string): void => {
    const last = hunks.at(-1);
    const fits = last !== undefined && (side === "both") === last.both.length > 0;
    const open = fits ? last : { both: [], a: [], b: [] };
    if (!fits) hunks.push(open);
    open[side].push(line);
  };
  let [i, j] = [0, 0];
  const at = (row: number, column: number): number => length[row]?.[column] ?? 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      add("both", a[i] as string);
      i++;
      j++;
    } else if (j === b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) add("a", a[i++] as string);
    else add("b", b[j++] as string);
  }
  return hunks;
}

const hunk = (parts: Partial<Hunk>): Hunk => ({ both: [], a: [], b: [], ...parts });

/** `[i][j]`: how many lines `a` from `i` on and `b` from `j` on have in common, in order. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint16Array[] {
  const table = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    const [row, below] = [table[i] as Uint16Array, table[i + 1] as Uint16Array];
    for (let j = b.length - 1; j >= 0; j--) {
      row[j] = a[i] === b[j] ? (below[j + 1] as number) + 1 : Math.max(below[j] as number, row[j + 1] as number);
    }
  }
  return table;
}
