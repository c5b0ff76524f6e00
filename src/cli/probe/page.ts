// The matrix as one page: a heat map, what each cell saw, and what the words mean.

import type { Cell, Column, Matrix, Row } from "../../probes/matrix.ts";
import type { Probe } from "../../probes/probe.ts";
import { html, type Markup, wholePage } from "../markup.ts";
import { style } from "./page-style.ts";
import { grouped, type Meaning, meaning, sawIn, word } from "./words.ts";

export function page(matrix: Matrix): string {
  return wholePage(
    { title: "minidocker probe: which layer stops what", style },
    html`<a class="skip" href="#seen">What each cell saw</a>
<header>
<h1>Which layer stops what</h1>
<p>${intro(matrix)}</p>
${legend()}
</header>
<main>
${heatMap(matrix)}
${layersSection(matrix.rows)}
<h2 id="seen">What each cell saw</h2>
${matrix.rows.map((it) => details(it, matrix.columns))}
${lessons(matrix.rows)}
</main>`,
  );
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

function legend(): Markup {
  const rows = meanings.map(
    ([kind, text, about]) => html`<dt><span class="${kind}">${mark(kind)}${text}</span></dt><dd>${about}</dd>`,
  );
  return html`<dl class="legend">${rows}</dl>`;
}

// beside the colour, a sign, for whoever does not see the difference
const mark = (kind: Meaning): Markup =>
  html`<i aria-hidden="true">${{ open: "✗", stopped: "■", contained: "□", nothing: "·" }[kind]}</i>`;

function heatMap({ columns, rows }: Matrix): Markup {
  const head = columns.map((it) => html`<th scope="col"><span>${it.name}</span></th>`);
  const bodies = grouped(rows, (it) => it.probe).map(
    ([title, list]) => html`<tbody>
<tr class="group"><th scope="rowgroup" colspan="${columns.length + 1}">${title}</th></tr>
${list.map((row) => mapRow(row, columns))}
</tbody>`,
  );
  return html`<div class="map" role="region" aria-label="Probes and containers" tabindex="0">
<table>
<caption>A row for each probe, a column for each container. A cell leads to what it saw.</caption>
<thead><tr><td></td>${head}</tr></thead>
${bodies}
</table>
</div>`;
}

function mapRow({ probe, cells }: Row, columns: readonly Column[]): Markup {
  const shown = cells.map((cell, i) => {
    const kind = meaning(cell);
    const title = `${probe.name}, ${columns[i]?.name}: ${sawIn(cell)}`;
    return html`<td class="${kind}"><a href="#${idOf(probe)}" title="${title}">${mark(kind)}${word(cell)}</a></td>`;
  });
  return html`<tr><th scope="row"><a href="#${idOf(probe)}" title="${probe.question}">${probe.name}</a></th>${shown}</tr>`;
}

const idOf = ({ name }: Probe): string => `probe-${name}`;

const kinds = [
  ["necessary", "Without this layer, they succeed"],
  ["sufficient", "This layer stops them alone"],
  ["redundant", "It can be left out, and others still stop them"],
] as const;

function layersSection(rows: readonly Row[]): Markup | undefined {
  const layers = [...new Set(rows.flatMap(({ thanks }) => Object.values(thanks).flat() as string[]))];
  if (layers.length === 0) return undefined;
  const list = (layer: string, kind: (typeof kinds)[number][0]): Markup | string => {
    const found = rows.filter((it) => it.thanks[kind].includes(layer)).map((it) => link(it.probe));
    return found.length === 0 ? "none" : commas(found);
  };
  const body = layers.map(
    (layer) =>
      html`<tr><th scope="row">${layer}</th>${kinds.map(([kind]) => html`<td>${list(layer, kind)}</td>`)}</tr>`,
  );
  const head = kinds.map(([kind, about]) => html`<th scope="col">${kind}<small>${about}</small></th>`);
  return html`<h2>What it says about the layers</h2>
<div class="scroll"><table class="layers"><thead><tr><td></td>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

const commas = (items: readonly Markup[]): Markup => html`${items.map((it, i) => (i === 0 ? it : html`, ${it}`))}`;

const link = (probe: Probe): Markup => html`<a href="#${idOf(probe)}">${probe.name}</a>`;

function details({ probe, cells, thanks }: Row, columns: readonly Column[]): Markup {
  const rows = alike(cells).map(([cell, places]) => {
    const kind = meaning(cell);
    const names = places.map((at) => html`<span>${columns[at]?.name ?? ""}</span>`);
    const calls = cell.kind === "seen" ? cell.calls : [];
    const trace = calls.length === 0 ? undefined : html`<pre>${calls.join("\n")}</pre>`;
    return html`<tr><th scope="row">${commas(names)}</th><td class="${kind}">${mark(kind)}${word(cell)}</td><td>${sawIn(cell)}${trace}</td></tr>`;
  });
  const who = kinds
    .filter(([kind]) => thanks[kind].length > 0)
    .map(([kind]) => html`<dt>${kind}</dt><dd>${thanks[kind].join(", ")}</dd>`);
  return html`<section id="${idOf(probe)}" aria-labelledby="${idOf(probe)}-title">
<h3 id="${idOf(probe)}-title">${probe.name}</h3>
<p>${probe.question} <code>${probe.call}</code></p>
<dl class="facts">${who}<dt>lesson</dt><dd><a href="#lesson-${probe.lesson}">${probe.lesson}</a></dd></dl>
<table class="cells"><tbody>${rows}</tbody></table>
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

function lessons(rows: readonly Row[]): Markup {
  const names = [...new Set(rows.map((it) => it.probe.lesson))].sort();
  const list = names.map((name) => {
    const taught = rows.filter((it) => it.probe.lesson === name).map((it) => link(it.probe));
    return html`<dt id="lesson-${name}"><code>minidocker learn ${name}</code></dt><dd>${commas(taught)}</dd>`;
  });
  return html`<h2>The lessons</h2>\n<dl class="lessons">${list}</dl>`;
}
