// The parts of a lesson as HTML, each with what was observed at it.

import type { Check } from "../../../core/layer.ts";
import type { Change } from "../../../core/snapshot.ts";
import type { Part, Predict, ProbeRef, Run, Solve, Source, Target, Verify } from "../../../learn/lesson.ts";
import { excerpt } from "../../../learn/source.ts";
import { taskAt } from "../../../learn/task.ts";
import { findProbe } from "../../../probes/index.ts";
import { type Observation, outcome, wasStopped } from "../../../probes/probe.ts";
import { html, type Markup } from "../../markup.ts";
import { shorten } from "../../pause-lines.ts";
import { count } from "../../style.ts";
import type { ShownPause } from "../shown-pause.ts";
import { highlight } from "./code.ts";
import { inline, markdown } from "./prose.ts";
import type { Transcript } from "./transcript.ts";

/** Undefined for what is a part of another one, and for the instructor's notes. */
export function partOf(part: Part, index: number, seen: Transcript): Markup | undefined {
  switch (part.kind) {
    case "predict":
      return predict(part);
    case "run":
      return html`<figure class="run">${commandAndOutput(part, seen)}${expected(seen.lesson.parts, index, seen)}</figure>`;
    case "verify":
      return part.became ? task(index, seen) : verify(part, seen);
    case "pause":
      return pause(part.target, seen.pauseOf(part), seen);
    case "probe":
      return probe(part, seen);
    case "src":
      return source(part);
    default:
      return undefined;
  }
}

/** Opening a choice is choosing it: that needs no script. */
function predict({ question, choices, line }: Predict): Markup {
  const items = choices.map(({ text, right, why }) => {
    const answer = right ? html`<strong>Yes.</strong> ` : html`<strong>No.</strong> `;
    return html`<li><details name="question-${line}" class="${right ? "right" : "wrong"}">
<summary><span>${inline(text)}</span></summary>
<div class="answer">${answer}${why === undefined ? undefined : inline(why)}</div></details></li>`;
  });
  return html`<section class="predict" aria-label="A question">
<p class="kicker">What do you expect?</p>
<div class="question">${markdown(question)}</div>
<ol>${items}</ol></section>`;
}

const whereWords = {
  host: ["on the host", "$"],
  inside: ["inside the half-built container", "#"],
  container: ["in the container", "#"],
} as const;

function commandAndOutput(part: Run | Solve, seen: Transcript): Markup {
  const [place, prompt] = whereWords[part.where];
  const output = seen.at(part, "output");
  return html`<figcaption>${place}</figcaption>
<pre class="command" data-prompt="${prompt}" tabindex="0"><code>${part.script.trimEnd()}</code></pre>${
    output === undefined ? undefined : outputOf(output.text, output.status)
  }`;
}

function outputOf(text: string, status: number): Markup {
  const ended = status === 0 ? undefined : html`<p class="status">exit status ${status}</p>`;
  const printed =
    text.trim() === ""
      ? html`<p class="status">It prints nothing.</p>`
      : html`<pre class="output" tabindex="0"><samp>${text.trimEnd()}</samp></pre>`;
  return html`${printed}${ended}`;
}

/** Where nothing was observed, or something else than the lesson says. */
function expected(parts: readonly Part[], index: number, seen: Transcript): Markup | undefined {
  const part = parts.slice(index + 1).find((it) => it.kind !== "prose" && it.kind !== "note");
  if (part?.kind !== "expect") return undefined;
  const judged = seen.at(part, "expect");
  if (judged?.ok) return undefined;
  const title = judged === undefined ? "It should print" : "This is not what the lesson says it prints";
  return html`<p class="status">${title}${part.status === 0 || part.status === "any" ? "" : `, and end with ${part.status}`}:</p>
<pre class="output" tabindex="0"><samp>${part.lines.join("\n")}</samp></pre>`;
}

const sign = (ok: boolean | undefined): Markup =>
  ok === undefined
    ? html`<span class="sign">•</span> `
    : html`<span class="sign ${ok ? "ok" : "no"}">${ok ? "✓" : "✗"}</span> `;

function verify(part: Verify, seen: Transcript): Markup {
  const found = seen.at(part, "verify");
  return html`<details class="check"><summary>${sign(found?.ok)}${part.title}</summary>
${howItIsChecked(part)}${sawOf(found?.saw)}</details>`;
}

function howItIsChecked({ test, title: claim }: Verify): Markup {
  const text =
    "script" in test
      ? test.script.replace(`# ${claim}\n`, "").trimEnd()
      : test.checks.map((it) => `${it.id} is ${it.verdict}`).join("\n");
  const title =
    "script" in test ? `Checked ${whereWords[test.where][0]} with` : "Checked from outside, as minidocker verify does";
  return html`<p class="status">${title}:</p><pre tabindex="0"><code>${text}</code></pre>`;
}

const sawOf = (saw: string | undefined): Markup | undefined =>
  saw === undefined || saw === ""
    ? undefined
    : html`<p class="status">Seen:</p><pre tabindex="0"><samp>${saw}</samp></pre>`;

function task(index: number, seen: Transcript): Markup {
  const { verify: part, hints, diagnoses, solution, without } = taskAt(seen.lesson.parts, index);
  const tested = seen.at(part, "tested");
  return html`<section class="task" aria-label="A task">
<p class="kicker">Your turn</p>
<p class="goal">Make it true that ${part.title}.</p>
${hints.map(({ text }, i) => fold(`Hint ${i + 1} of ${hints.length}`, markdown(text)))}
${diagnoses.length === 0 ? undefined : fold("If it does not work", html`${diagnoses.map(({ text }) => markdown(text))}`)}
${fold("How it is checked", howItIsChecked(part))}
${solution === undefined ? undefined : fold("A solution", html`<div class="run">${commandAndOutput(solution, seen)}</div>`)}
${tested === undefined ? undefined : counterproof(tested.without, without, seen)}</section>`;
}

const fold = (title: string, body: Markup): Markup => html`<details><summary>${title}</summary>${body}</details>`;

/** That it takes the lesson's layers was tried, too. */
function counterproof(layers: readonly string[], act: Solve | undefined, seen: Transcript): Markup {
  const title = `The same without ${layers.length === 0 ? "it" : layers.join(", ")} does not do it`;
  if (act !== undefined) return fold(title, html`<div class="run">${commandAndOutput(act, seen)}</div>`);
  return html`<p class="status">${title}: that was tried.</p>`;
}

const placeName = (target: Target): string =>
  target === "finished" ? "finished" : [target.layer, target.step, target.call].filter(Boolean).join(": ");

function pause(target: Target, shown: ShownPause | undefined, seen: Transcript): Markup {
  if (shown === undefined) {
    const why =
      seen.unseen === undefined ? "The run did not come here." : "What the kernel shows then, only a run can tell.";
    return html`<section class="pause" aria-label="A pause"><p class="kicker">The container stands still</p>
<p class="place">${placeName(target)}</p><p class="status">${why}</p></section>`;
  }
  const { place, why, next, source: from } = shown;
  return html`<section class="pause" aria-label="A pause">
<p class="kicker">${place === undefined ? "The container runs" : "The container stands still before"}</p>
<p class="place">${place ?? "Everything is made"}</p>
${made(shown)}${changes(shown.changes)}${checks(shown.checks)}
${next === undefined ? undefined : html`<p class="status">The next call:</p><pre class="next" tabindex="0"><code>${next}</code></pre>`}
${from === undefined ? undefined : html`<p class="from">${from}</p>`}
${why === undefined ? undefined : html`<div class="why">${markdown(why)}</div>`}</section>`;
}

function made({ size, made: steps }: ShownPause): Markup | undefined {
  if (steps.length === 0) return undefined;
  const lines = steps.map(({ place, calls }) => [
    html`<span class="c">${place}</span>\n`,
    ...calls.map((it) => html`${it}\n`),
  ]);
  return html`<details><summary>${size} since the last pause</summary><pre class="calls" tabindex="0"><code>${lines.flat()}</code></pre></details>`;
}

function changes(list: readonly Change[]): Markup | undefined {
  if (list.length === 0) return undefined;
  const sections = list.map(({ section, removed, added }) => {
    const old = removed.map((it) => html`<del>${it}</del>`);
    const now = added.map((it) => html`<ins>${it}</ins>`);
    return html`<dt>${section}</dt><dd><pre tabindex="0">${[...old, ...now]}</pre></dd>`;
  });
  return html`<p class="status">What the kernel shows of it now:</p><dl class="changes">${sections}</dl>`;
}

function checks(list: readonly Check[]): Markup | undefined {
  if (list.length === 0) return undefined;
  const items = list.map(({ verdict, title, saw }) => {
    const mark = verdict === "unknown" ? html`<span class="sign">?</span> ` : sign(verdict === "yes");
    return html`<li>${mark}${title}<br><small>${shorten(saw)}</small></li>`;
  });
  return html`<details><summary>${count(list.length, "check comes", "checks come")} out differently now</summary><ul class="verdicts">${items}</ul></details>`;
}

function probe(part: ProbeRef, seen: Transcript): Markup {
  const known = findProbe(part.probe);
  const found = seen.at(part, "probe");
  const row = (title: string, it: Observation): Markup => {
    const way = wasStopped(it) ? "stopped" : "through";
    return html`<div><dt>${title}</dt><dd class="${way}">${way === "through" ? "✗ it gets through" : `✓ ${outcome(it)}`}
<small>${it.saw}</small></dd></div>`;
  };
  const rows =
    found === undefined
      ? undefined
      : html`<dl>${row("with all layers", found.withAll)}${row(`without ${part.without.join(", ")}`, found.without)}</dl>`;
  return html`<section class="probe" aria-label="An attack">
<p class="kicker">Attack: ${part.probe}</p>
${known === undefined ? undefined : html`<p class="goal">${known.question}</p><pre class="next" tabindex="0"><code>${known.call}</code></pre>`}
${rows}</section>`;
}

function source({ file, symbol, caption }: Source): Markup {
  const { text } = excerpt(file, symbol);
  return html`<figure class="source"><figcaption>${caption === "" ? undefined : markdown(caption)}<code>${file}#${symbol}</code></figcaption>
<pre tabindex="0"><code>${highlight(text)}</code></pre></figure>`;
}
