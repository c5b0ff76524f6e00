// The matrix on a terminal. One container: a line for each probe. Several: a column for each, or, where the terminal is too narrow for
// them, a record for each probe. Then, in words, what it says about the layers.

import type { Column, Matrix, Row } from "../../probes/matrix.ts";
import { palette } from "../palette.ts";
import { pad, columns as terminalColumns, visible, width, wrap } from "../style.ts";
import { summary } from "./summary.ts";
import { grouped, type Meaning, meaning, sawIn, word } from "./words.ts";

const NAME = 17;
const CELL = 7;

export function showMatrix(matrix: Matrix): string {
  const { columns } = matrix;
  const [only] = columns;
  if (columns.length === 1 && only !== undefined) return `${showOne(matrix)}\n${summary(matrix)}`;
  // those that leave one out, and those that have only one, each beside all and none
  const alone = (it: Column): boolean => it.name.startsWith("only ");
  const parts = [columns.filter((it) => !alone(it)), columns.filter((it) => alone(it) || isEnd(it))];
  const tables = parts.filter((part) => part.some((it) => !isEnd(it))).map((part) => showTable(matrix, part));
  return `${tables.join("\n")}\n${legend()}\n${summary(matrix)}`;
}

const isEnd = ({ name }: Column): boolean => name === "all" || name === "none";

/** Sign, name, outcome, question; below, what was seen, where it got through. */
function showOne({ rows }: Matrix): string {
  const { bold, dim } = palette();
  const size = terminalColumns();
  const line = (row: Row): string => {
    const [cell] = row.cells;
    if (cell === undefined) return "";
    const mean = meaning(cell);
    const start = `${paint(mean, sign(mean))} ${pad(row.probe.name, NAME)}`;
    const seen = `${start}${paint(mean, pad(word(cell), 13))}`;
    const question =
      width(seen) + width(row.probe.question) <= size ? `${seen}${dim(row.probe.question)}` : seen.trimEnd();
    const long = question === seen.trimEnd() ? `\n${dim(wrap(row.probe.question, size, "  "))}` : "";
    return `${question}${long}${mean === "open" ? `\n${wrap(visible(sawIn(cell)), size, "    ")}` : ""}`;
  };
  return grouped(rows, (it) => it.probe)
    .map(([title, list]) => `${bold(title)}\n${list.map(line).join("\n")}\n`)
    .join("\n");
}

function showTable(matrix: Matrix, part: readonly Column[]): string {
  const size = NAME + CELL * part.length;
  return size <= terminalColumns() ? showGrid(matrix, part) : showRecords(matrix, part);
}

function showGrid({ columns, rows }: Matrix, part: readonly Column[]): string {
  const { bold, dim } = palette();
  const places = part.map((it) => columns.indexOf(it));
  const heading = `${" ".repeat(NAME)}${part.map((it) => pad(short(it.name), CELL)).join("")}`.trimEnd();
  const line = ({ probe, cells }: Row): string => {
    const shown = places.map((at) => {
      const cell = cells[at];
      if (cell === undefined) return pad("", CELL);
      const mean = meaning(cell);
      return paint(mean, pad(brief(word(cell)), CELL));
    });
    return `${pad(probe.name, NAME)}${shown.join("")}`.trimEnd();
  };
  const groups = grouped(rows, (it) => it.probe).map(
    ([title, list]) => `${dim(title)}\n${list.map(line).join("\n")}\n`,
  );
  return `${bold(heading)}\n${groups.join("")}`;
}

function showRecords({ columns, rows }: Matrix, part: readonly Column[]): string {
  const { bold } = palette();
  const size = terminalColumns();
  const record = ({ probe, cells }: Row): string => {
    const words = part.map((it) => [it.name, cells[columns.indexOf(it)]] as const);
    const by = new Map<string, string[]>();
    for (const [name, cell] of words) if (cell !== undefined) by.set(word(cell), [...(by.get(word(cell)) ?? []), name]);
    const lines = [...by].map(([outcome, names]) => {
      const mean = words.map(([, cell]) => cell).find((cell) => cell !== undefined && word(cell) === outcome);
      const kind = mean === undefined ? "nothing" : meaning(mean);
      const list = wrap(names.join(", "), size, "     ").trimStart();
      return ` ${paint(kind, sign(kind))} ${paint(kind, outcome)}:\n     ${list}`;
    });
    return `${bold(probe.name)}\n${wrap(probe.question, size, " ")}\n${lines.join("\n")}\n`;
  };
  return rows.map(record).join("\n");
}

const shortNames: Readonly<Record<string, string>> = {
  namespaces: "names",
  cgroups: "cgrps",
  overlay: "overl",
  network: "netw",
  capabilities: "caps",
  "no-new-privs": "nnp",
  seccomp: "secc",
};

/** `-caps`, `caps` for a column of its own: six characters at most. */
function short(name: string): string {
  const layer = name.replace(/^(-|only )/, "");
  const word = shortNames[layer] ?? name;
  if (word === name) return name.slice(0, CELL - 1);
  return name.startsWith("-") ? `-${word}` : `+${word}`;
}

const briefWords: Readonly<Record<string, string>> = {
  succeeded: "YES",
  invisible: "hidden",
  contained: "inside",
  unavailable: "·",
  ECONNREFUSED: "REFUSE",
  ENETUNREACH: "UNREAC",
};

function brief(word: string): string {
  if (word.startsWith("(")) return `${word.slice(1, -1).slice(0, CELL - 2)}?`;
  return briefWords[word] ?? word.slice(0, CELL - 1);
}

function legend(): string {
  const rows = [
    "YES: it succeeded. hidden: there was nothing to attack. inside: it reached no further than the container.",
    "EPERM and the like: the kernel said so; REFUSE is ECONNREFUSED, UNREAC ENETUNREACH. killed: the kernel ended the attacker.",
    "EROFS?: it failed on the way, and proves nothing. ·: not tried. -caps: all layers but that one. +caps: that one alone.",
  ];
  return `${rows.map((it) => wrap(it, terminalColumns())).join("\n")}\n`;
}

const sign = (mean: Meaning): string => ({ open: "✗", stopped: "✓", contained: "✓", nothing: "?" })[mean];

function paint(mean: Meaning, text: string): string {
  const { bold, dim, green, red } = palette();
  if (mean === "open") return bold(red(text));
  return mean === "nothing" ? dim(text) : green(text);
}
