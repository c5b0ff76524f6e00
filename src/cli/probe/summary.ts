// What the matrix says about the layers, in words.

import type { Matrix, Row } from "../../probes/matrix.ts";
import { palette } from "../palette.ts";
import { count, proseWidth, visible, wrap } from "../style.ts";
import { meaning } from "./words.ts";

export function summary(matrix: Matrix): string {
  const tables = matrix.columns.length > 1 ? layerTexts(matrix) : [];
  return [counts(matrix), ...tables, ...notTried(matrix.rows), ...notMade(matrix)].map((it) => `${it}\n`).join("\n");
}

function counts({ columns, rows, seconds }: Matrix): string {
  const all = Math.max(
    0,
    columns.findIndex((it) => it.name === "all"),
  );
  const known = rows.flatMap(({ cells }) => cells[all] ?? []).filter((it) => meaning(it) !== "nothing");
  const open = known.filter((it) => meaning(it) === "open");
  const how = columns[all]?.name === "all" ? "with all layers" : `with --layers=${visible(columns[all]?.name ?? "")}`;
  const stopped = `${known.length - open.length} of ${known.length} probes are stopped ${how}.`;
  const back = rows.filter((it) => it.thanks.necessary.length > 0).length;
  const leaving = columns.length > 1 && columns.some((it) => it.name.startsWith("-"));
  const returned = leaving
    ? ` ${back} of them ${back === 1 ? "comes" : "come"} back when a single layer is left out.`
    : "";
  const made = `${count(columns.length, "container")}, ${seconds.toFixed(1)} seconds.`;
  return wrap(`${stopped}${returned} ${made}`);
}

type Kind = keyof Row["thanks"];

const kinds: readonly (readonly [Kind, string, joint: string])[] = [
  ["necessary", "Necessary: without this layer, they succeed", " and "],
  ["sufficient", "Sufficient: this layer stops them alone", " or "],
  ["redundant", "Redundant: any one of these can be left out, and they are still stopped", " or "],
];

/** For each kind: the probes by the layers that they have to thank, so that each stands there once. */
function layerTexts({ rows }: Matrix): string[] {
  const { bold } = palette();
  return kinds.flatMap(([kind, title, joint]) => {
    const sets = Map.groupBy(rows, ({ thanks }) => thanks[kind].join(joint));
    sets.delete("");
    if (sets.size === 0) return [];
    const lines = [...sets].map(([layers, list]) => {
      const names = list.map((it) => it.probe.name);
      return wrap(`${layers} (${names.length}): ${names.join(", ")}`, proseWidth(), "    ").replace(/^ {2}/, "");
    });
    return [`${bold(title)}\n${lines.join("\n")}`];
  });
}

function notTried(rows: readonly Row[]): string[] {
  const lines = rows.flatMap(({ probe, cells }) => {
    const [cell] = cells;
    if (cell?.kind !== "unavailable") return [];
    return [wrap(`${probe.name}: unavailable: ${visible(cell.why)}`, proseWidth(), "    ").replace(/^ {2}/, "")];
  });
  return lines.length === 0 ? [] : [`${palette().bold("Not tried here")}\n${lines.join("\n")}`];
}

/** Containers that this host does not allow: told once, and not for each probe. */
function notMade({ columns, rows }: Matrix): string[] {
  const lines = columns.flatMap(({ name }, at) => {
    const cells = rows.filter((it) => it.cells.some((cell) => cell.kind === "seen")).map((it) => it.cells[at]);
    const [first] = cells;
    if (first?.kind !== "unavailable" || cells.some((it) => it?.kind === "seen")) return [];
    return [wrap(`${name}: ${visible(first.why)}`, proseWidth(), "    ").replace(/^ {2}/, "")];
  });
  return lines.length === 0 ? [] : [`${palette().bold("Containers that could not be made")}\n${lines.join("\n")}`];
}
