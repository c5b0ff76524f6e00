// A lesson as one page.

import { release } from "node:os";
import { version } from "../../../../package.json" with { type: "json" };
import type { Lesson } from "../../../learn/lesson.ts";
import { html, type Markup, wholePage } from "../../markup.ts";
import { style } from "./page-style.ts";
import { partOf } from "./parts.ts";
import { type Heading, inline, proseOf } from "./prose.ts";
import type { Transcript } from "./transcript.ts";

/** A page with fewer headings needs no table of contents. */
const FEW = 3;

export function pageOf(seen: Transcript, now: Date): string {
  const { lesson } = seen;
  const headings: Heading[] = [];
  const body = lesson.parts.map((part, i) => {
    if (part.kind !== "prose") return partOf(part, i, seen);
    const prose = proseOf(part.markdown, lesson.title);
    headings.push(...prose.headings);
    return prose.markup;
  });
  const meta = html`<meta name="description" content="${lesson.summary}">
<meta name="generator" content="minidocker ${version}">
<meta name="color-scheme" content="light dark">
`;
  return wholePage(
    { title: `${lesson.title} · minidocker`, style, meta },
    html`<header>
<p class="series">minidocker learn ${lesson.name}</p>
<h1>${lesson.title}</h1>
<p class="summary">Afterwards you can ${inline(lesson.summary)}.</p>
${facts(lesson)}
</header>
${unseen(seen)}${failed(seen)}${contents(headings)}
<main>
${body}
</main>
${footer(seen, now)}`,
  );
}

function facts({ minutes, layers, after }: Lesson): Markup {
  const list = [
    ["time", `about ${minutes} minutes`],
    ...(layers.length === 0 ? [] : [[layers.length === 1 ? "layer" : "layers", layers.join(", ")]]),
    ...(after.length === 0 ? [] : [["builds on", after.join(", ")]]),
  ];
  return html`<dl class="facts">${list.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

const unseen = ({ unseen: why }: Transcript): Markup | undefined =>
  why === undefined
    ? undefined
    : html`<aside class="banner" role="note"><p><strong>Without outputs.</strong> ${sentence(why)}</p></aside>`;

function failed({ failures }: Transcript): Markup | undefined {
  if (failures.length === 0) return undefined;
  const list = failures.map((it) => html`<li>${it}</li>`);
  return html`<aside class="banner" role="note"><p><strong>Not all of it is true on the machine where it was run:</strong></p><ul>${list}</ul></aside>`;
}

function contents(headings: readonly Heading[]): Markup | undefined {
  const top = headings.filter((it) => it.depth === 2);
  if (top.length < FEW) return undefined;
  return html`<nav aria-label="Contents"><ol>${top.map(({ id, text }) => html`<li><a href="#${id}">${text}</a></li>`)}</ol></nav>`;
}

function footer({ unseen: why, lesson }: Transcript, now: Date): Markup {
  const date = now.toISOString().slice(0, 10);
  const place = `Linux ${release()} (${process.arch})`;
  const text =
    why === undefined
      ? `What is shown was observed on ${date} on ${place}, with minidocker ${version}. Numbers of processes, namespaces and the like are different each time.`
      : `Written on ${date} by minidocker ${version}.`;
  return html`<footer><p>${text}</p><p>Take it yourself: <code>minidocker learn ${lesson.name}</code></p></footer>`;
}

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;
