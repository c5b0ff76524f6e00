// The matrix as one page that needs nothing else: a heat map, what each cell saw, and what the words mean.

import type { Cell, Column, Matrix, Row } from "../../probes/matrix.ts";
import type { Probe } from "../../probes/probe.ts";
import { style } from "./page-style.ts";
import { grouped, type Meaning, meaning, sawIn, word } from "./words.ts";

export function page(matrix: Matrix): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>minidocker probe: which layer stops what</title>
<style>${style}</style>
</head>
<body>
<a class="skip" href="#seen">What each cell saw</a>
<header>
<h1>Which layer stops what</h1>
<p>${encode(intro(matrix))}</p>
${legend()}
</header>
<main>
${heatMap(matrix)}
${layersSection(matrix.rows)}
<h2 id="seen">What each cell saw</h2>
${matrix.rows.map((it) => details(it, matrix.columns)).join("\n")}
${lessons(matrix.rows)}
</main>
</body>
</html>
`;
}

function intro({ columns, rows, seconds }: Matrix): string {
  const machines = columns.length === 1 ? "one container" : `${columns.length} containers`;
  return `${rows.length} harmless attacks, each run for real in ${machines} (${seconds.toFixed(1)} seconds). A cell says what was observed, never what was expected. The filter of system calls is the same in all containers that have one.`;
}

const meanings: readonly (readonly [Meaning, string, string])[] = [
  ["open", "succeeded", "The attack got through. It was harmless: it only read, or there was nothing to do."],
  [
    "stopped",
    "EPERM, …",
    "The kernel refused; or invisible: there was nothing to attack; or killed: the kernel ended it.",
  ],
  ["contained", "contained", "It was done, and reached no further than the container: its own name, copy or share."],
  [
    "nothing",
    "(EROFS), unavailable",
    "It failed before it came to the boundary, or this host cannot try it: nothing is proven.",
  ],
];

function legend(): string {
  const rows = meanings.map(
    ([kind, text, about]) =>
      `<dt><span class="${kind}">${mark(kind)}${encode(text)}</span></dt><dd>${encode(about)}</dd>`,
  );
  return `<dl class="legend">${rows.join("")}</dl>`;
}

// beside the colour, a sign, for whoever does not see the difference
const mark = (kind: Meaning): string =>
  `<i aria-hidden="true">${{ open: "✗", stopped: "■", contained: "□", nothing: "·" }[kind]}</i>`;

function heatMap({ columns, rows }: Matrix): string {
  const head = columns.map((it) => `<th scope="col"><span>${encode(it.name)}</span></th>`).join("");
  const bodies = grouped(rows, (it) => it.probe).map(
    ([title, list]) => `<tbody>
<tr class="group"><th scope="rowgroup" colspan="${columns.length + 1}">${encode(title)}</th></tr>
${list.map((row) => mapRow(row, columns)).join("\n")}
</tbody>`,
  );
  return `<div class="map" role="region" aria-label="Probes and containers" tabindex="0">
<table>
<caption>A row for each probe, a column for each container. A cell leads to what it saw.</caption>
<thead><tr><td></td>${head}</tr></thead>
${bodies.join("\n")}
</table>
</div>`;
}

function mapRow({ probe, cells }: Row, columns: readonly Column[]): string {
  const shown = cells.map((cell, i) => {
    const kind = meaning(cell);
    const title = `${probe.name}, ${columns[i]?.name}: ${sawIn(cell)}`;
    return `<td class="${kind}"><a href="#${idOf(probe)}" title="${encode(title)}">${mark(kind)}${encode(word(cell))}</a></td>`;
  });
  return `<tr><th scope="row"><a href="#${idOf(probe)}" title="${encode(probe.question)}">${encode(probe.name)}</a></th>${shown.join("")}</tr>`;
}

const idOf = ({ name }: Probe): string => `probe-${name}`;

const kinds = [
  ["necessary", "Without this layer, they succeed"],
  ["sufficient", "This layer stops them alone"],
  ["redundant", "It can be left out, and others still stop them"],
] as const;

function layersSection(rows: readonly Row[]): string {
  const layers = [...new Set(rows.flatMap(({ thanks }) => Object.values(thanks).flat() as string[]))];
  if (layers.length === 0) return "";
  const list = (layer: string, kind: (typeof kinds)[number][0]): string => {
    const found = rows.filter((it) => it.thanks[kind].includes(layer)).map((it) => link(it.probe));
    return found.length === 0 ? "none" : found.join(", ");
  };
  const body = layers.map(
    (layer) =>
      `<tr><th scope="row">${encode(layer)}</th>${kinds.map(([kind]) => `<td>${list(layer, kind)}</td>`).join("")}</tr>`,
  );
  const head = kinds.map(([kind, about]) => `<th scope="col">${kind}<small>${encode(about)}</small></th>`).join("");
  return `<h2>What it says about the layers</h2>
<div class="scroll"><table class="layers"><thead><tr><td></td>${head}</tr></thead><tbody>${body.join("\n")}</tbody></table></div>`;
}

const link = (probe: Probe): string => `<a href="#${idOf(probe)}">${encode(probe.name)}</a>`;

function details({ probe, cells, thanks }: Row, columns: readonly Column[]): string {
  const rows = alike(cells).map(([cell, places]) => {
    const kind = meaning(cell);
    const names = places.map((at) => `<span>${encode(columns[at]?.name ?? "")}</span>`).join(", ");
    const calls = cell.kind === "seen" ? cell.calls : [];
    const trace = calls.length === 0 ? "" : `<pre>${calls.map(encode).join("\n")}</pre>`;
    return `<tr><th scope="row">${names}</th><td class="${kind}">${mark(kind)}${encode(word(cell))}</td><td>${encode(sawIn(cell))}${trace}</td></tr>`;
  });
  const who = kinds
    .filter(([kind]) => thanks[kind].length > 0)
    .map(([kind]) => `<dt>${kind}</dt><dd>${encode(thanks[kind].join(", "))}</dd>`);
  return `<section id="${idOf(probe)}" aria-labelledby="${idOf(probe)}-title">
<h3 id="${idOf(probe)}-title">${encode(probe.name)}</h3>
<p>${encode(probe.question)} <code>${encode(probe.call)}</code></p>
<dl class="facts">${who.join("")}<dt>lesson</dt><dd><a href="#lesson-${encode(probe.lesson)}">${encode(probe.lesson)}</a></dd></dl>
<table class="cells"><tbody>${rows.join("\n")}</tbody></table>
</section>`;
}

/** Cells that saw the same in the same way, each with the columns where that was. */
function alike(cells: readonly Cell[]): [Cell, number[]][] {
  const found = new Map<string, [Cell, number[]]>();
  for (const [i, cell] of cells.entries()) {
    const key = `${word(cell)}\n${sawIn(cell)}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, [cell, [i]]);
    else known[1].push(i);
  }
  return [...found.values()];
}

function lessons(rows: readonly Row[]): string {
  const names = [...new Set(rows.map((it) => it.probe.lesson))].sort();
  const list = names.map((name) => {
    const taught = rows.filter((it) => it.probe.lesson === name).map((it) => link(it.probe));
    return `<dt id="lesson-${encode(name)}"><code>minidocker learn ${encode(name)}</code></dt><dd>${taught.join(", ")}</dd>`;
  });
  return `<h2>The lessons</h2>\n<dl class="lessons">${list.join("\n")}</dl>`;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** What a program said may hold anything. */
function encode(text: string): string {
  return text.replace(/[&<>"]/g, (it) => entities[it] ?? it).replace(/[\0-\x08\x0b-\x1f\x7f]/g, "\ufffd");
}
