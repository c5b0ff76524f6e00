// What `compare` shows: only what differs, in two columns, and one line about what does not.

import { capabilitiesIn } from "../../abi/capability.ts";
import { type CheckRow, compareLines, type Row, type Section } from "../../engine/compare.ts";
import type { palette } from "../palette.ts";
import { count, visible, wrap } from "../style.ts";
import { type Paint, type Pair, renderPairs, TWO_COLUMNS } from "./columns.ts";
import type { Comparison, ProbeRow } from "./comparison.ts";

type Colors = ReturnType<typeof palette>;

const ABSENT = "(not there)";

export function showComparison(it: Comparison, size: number, colors: Colors): string {
  const { bold } = colors;
  // the same verdict for another reason: the reason is the kernel's state, which stands above
  const checks = it.checks.rows.filter(({ a, b }) => a?.verdict !== b?.verdict);
  const sections = it.state.filter(({ rows }) => rows.length > 0);
  const parts = [
    heading(it, size, colors),
    ...(it.command === undefined ? [] : [showCommand(it, size, colors)]),
    ...sections.map((section) => `${bold(section.name)}\n${showSection(section, size, colors)}`),
    ...(checks.length === 0 ? [] : [`${bold("verify")}\n${showChecks(checks, size, colors)}`]),
    ...(it.probes === undefined || it.probes.rows.length === 0
      ? []
      : [`${bold("probes")}\n${showProbes(it.probes.rows, size, colors)}`]),
    summary(it, size),
  ];
  return parts.filter((part) => part !== "").join("\n");
}

function paint({ cyan, yellow, dim }: Colors): Paint {
  const side = (color: (text: string) => string) => (text: string) => (text === ABSENT ? dim(text) : color(text));
  return { label: (text) => text, aside: dim, a: side(cyan), b: side(yellow) };
}

function heading({ a, b }: Comparison, size: number, colors: Colors): string {
  const { bold, cyan, yellow } = colors;
  const [left, right] = [`A  ${visible(a.layers)}`, `B  ${visible(b.layers)}`];
  if (size < TWO_COLUMNS) return `${bold(cyan(left))}\n${bold(yellow(right))}\n`;
  const pair = { label: "", a: [left], b: [right] };
  return renderPairs([pair], size, {
    label: (it) => it,
    aside: (it) => it,
    a: (it) => bold(cyan(it)),
    b: (it) => bold(yellow(it)),
  });
}

function showSection({ name, rows }: Section, size: number, colors: Colors): string {
  const pairs = name === "credentials" ? credentialPairs(rows) : rows.map(pairOf);
  return renderPairs(pairs, size, paint(colors));
}

function pairOf({ key, a, b }: Row): Pair {
  // what a line is about may be all that it says, as with the name of a link
  const cell = (text: string | undefined): string[] => [text === undefined ? ABSENT : visible(text) || "(empty)"];
  return { label: (a ?? b) === key ? "" : visible(key), a: cell(a), b: cell(b) };
}

/** Capability sets by their names; sets that differ in the same way stand in one row. */
function credentialPairs(rows: readonly Row[]): Pair[] {
  const groups = Map.groupBy(rows, ({ key, a, b }) => (key.startsWith("Cap") ? `${a} ${b}` : key));
  return [...groups.values()].map((group) => {
    const [first] = group as [Row];
    const label = group.map((it) => it.key).join(", ");
    if (!first.key.startsWith("Cap") || first.a === undefined || first.b === undefined)
      return { ...pairOf(first), label };
    const [a, b] = [setOf(first.a), setOf(first.b)];
    return { label, a: [size(a)], b: [size(b)], ...moreIn(a, b) };
  });
}

const setOf = (hex: string): string[] => capabilitiesIn(BigInt(`0x${hex}`)).map((it) => it.replace(/^CAP_/, ""));
const size = (set: readonly string[]): string => count(set.length, "capability", "capabilities");

function moreIn(a: readonly string[], b: readonly string[]): { below?: string } {
  const only = [
    ["A", a.filter((it) => !b.includes(it))],
    ["B", b.filter((it) => !a.includes(it))],
  ] as const;
  const parts = only.filter(([, list]) => list.length > 0).map(([side, list]) => `only ${side}: ${list.join(" ")}`);
  return parts.length === 0 ? {} : { below: parts.join("; ") };
}

const signs = { yes: "✓", no: "✗", unknown: "?" };

function showChecks(rows: readonly CheckRow[], size: number, colors: Colors): string {
  const cell = (side: CheckRow["a"]): string[] =>
    side === undefined ? [ABSENT] : [`${signs[side.verdict]} ${visible(side.saw)}`];
  const pairs = rows.map(({ id, title, a, b }) => ({ label: id, title, a: cell(a), b: cell(b) }));
  return renderPairs(pairs, size, paint(colors));
}

function showProbes(rows: readonly ProbeRow[], size: number, colors: Colors): string {
  const pairs = rows.map(({ name, question, a, b }) => ({
    label: name,
    title: question,
    a: observed(a),
    b: observed(b),
  }));
  return renderPairs(pairs, size, paint(colors));
}

function observed(seen: ProbeRow["a"]): string[] {
  const what = seen.kind === "errno" ? seen.errno : seen.kind === "killed" ? `killed by ${seen.signal}` : seen.kind;
  const saw = visible(seen.saw);
  return [saw.startsWith(what) ? saw : saw === "" ? what : `${what}: ${saw}`];
}

function showCommand({ command = "", a, b }: Comparison, size: number, colors: Colors): string {
  const { bold, dim } = colors;
  const title = `${bold("output")} ${dim(visible(command))}\n`;
  const hunks = compareLines(linesOf(a.ran?.output), linesOf(b.ran?.output));
  const text = hunks.map((hunk) => {
    if (hunk.both.length > 0) return `  ${dim(`… ${count(hunk.both.length, "line")} the same`)}\n`;
    const pair = (lines: readonly string[]): string[] => (lines.length === 0 ? ["(nothing)"] : lines.map(shown));
    return renderPairs([{ label: "", a: pair(hunk.a), b: pair(hunk.b) }], size, paint(colors));
  });
  const [left, right] = [statusOf(a.ran), statusOf(b.ran)];
  const status = left === right ? [] : [renderPairs([{ label: "", a: [left], b: [right] }], size, paint(colors))];
  if (hunks.every((hunk) => hunk.both.length > 0) && status.length === 0) return "";
  return [title, ...text, ...status].join("");
}

/** Tabs as blanks, as far as a terminal would go. */
const shown = (line: string): string =>
  visible(line.replace(/([^\t]*)\t/g, (_, before: string) => before + " ".repeat(8 - (before.length % 8))));

const linesOf = (text = ""): string[] => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));

const statusOf = (ran: Comparison["a"]["ran"]): string => (ran === undefined ? "" : `exit status ${ran.status}`);

/** One line about everything that does not differ. */
function summary({ a, b, command, state, checks, probes }: Comparison, size: number): string {
  const ran = command !== undefined && a.ran?.output === b.ran?.output && statusOf(a.ran) === statusOf(b.ran);
  const verdicts = checks.same + checks.rows.filter((it) => it.a?.verdict === it.b?.verdict).length;
  const same = [
    ...(ran ? [`output (${count(linesOf(a.ran?.output).length, "line")}, ${statusOf(a.ran)})`] : []),
    ...state.filter((it) => it.rows.length === 0 && it.same > 0).map((it) => it.name),
    ...state.filter((it) => it.rows.length > 0 && it.same > 0).map((it) => `${it.same} of ${it.name}`),
    ...(verdicts === 0 ? [] : [count(verdicts, "verdict")]),
    ...(probes === undefined || probes.same === 0 ? [] : [count(probes.same, "probe")]),
  ];
  const nothing = verdicts === checks.same + checks.rows.length && state.every((it) => it.rows.length === 0);
  const found = nothing && (probes?.rows.length ?? 0) === 0 && (ran || command === undefined);
  const text = `${found ? "Nothing differs. " : ""}The same: ${same.join(", ").replaceAll(/(\d) (?=[a-z])/g, "$1\u00a0")}`;
  return `${wrap(text, Math.min(size, 80))}\n`.replaceAll("\u00a0", " ");
}
