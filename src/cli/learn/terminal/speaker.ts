// `--present`: the room sees the lesson, the speaker sees in a second terminal what the room does not: notes, and how the time goes.
// The two meet in a file of the lesson's folder.

import { existsSync, readdirSync, readFileSync, statSync, watch } from "node:fs";
import { dirname, join } from "node:path";
import { Refusal } from "../../../core/refusal.ts";
import type { Event } from "../../../learn/event.ts";
import { TOKEN } from "../../../learn/taking/guardian.ts";
import { replaceFile } from "../../../state/files.ts";
import { findPaths } from "../../../state/paths.ts";
import { interruptible } from "../../interrupts.ts";
import { renderMarkdown } from "../../markdown.ts";
import { print } from "../../output.ts";
import { palette } from "../../palette.ts";
import { isTerminal, wrap } from "../../style.ts";

const FILE = "presentation.json";

interface Presentation {
  readonly title: string;
  readonly minutes: number;
  /** Milliseconds since 1970. */
  readonly began: number;
  readonly heading: string;
  /** Notes since that heading, in Markdown. */
  readonly notes: readonly string[];
  /** Those at the lesson's end, which are about all of it: told wherever there is none. */
  readonly whole: readonly string[];
  /** What the room is asked, so that the speaker sees it without turning round. */
  readonly now: string;
}

export class Speaker {
  #file: string | undefined;
  #state: Presentation = { title: "", minutes: 0, began: Date.now(), heading: "", notes: [], whole: [], now: "" };

  /** Hears of what the room sees, when it sees it. */
  follow(event: Event): void {
    const before = this.#state;
    if (event.kind === "begin") this.#begin(event);
    else if (event.kind === "prose") this.#prose(event.part.markdown);
    else if (event.kind === "note") this.#set({ notes: [...before.notes, event.part.markdown] });
    else if (event.kind === "predict") this.#set({ now: `Question: ${event.part.question}` });
    else if (event.kind === "task") this.#set({ now: `Task: ${event.part.title}` });
    else if (event.kind === "run") this.#set({ now: `\`$ ${event.part.script.split("\n")[0]}\`` });
    else if (event.kind === "pause" && event.pause !== undefined)
      this.#set({ now: `Pause: ${event.pause.layer}: ${event.pause.step}` });
    if (before !== this.#state && this.#file !== undefined && existsSync(dirname(this.#file)))
      replaceFile(this.#file, JSON.stringify(this.#state));
  }

  #begin({ lesson, envFile }: Extract<Event, { kind: "begin" }>): void {
    this.#file = join(dirname(envFile), FILE);
    const { title, minutes, parts } = lesson;
    const whole = parts.slice(parts.findLastIndex((it) => it.kind !== "note") + 1);
    this.#set({
      title,
      minutes,
      began: Date.now(),
      whole: whole.flatMap((it) => (it.kind === "note" ? [it.markdown] : [])),
    });
  }

  #prose(markdown: string): void {
    const heading = /^#+ (.*)$/m.exec(markdown)?.[1];
    if (heading !== undefined) this.#set({ heading, notes: [], now: "" });
  }

  #set(change: Partial<Presentation>): void {
    this.#state = { ...this.#state, ...change };
  }
}

/** `learn notes`: follows the presentation that began last, until it ends. */
export function showSpeakersNotes(): Promise<number> {
  if (process.env[TOKEN] !== undefined)
    throw new Refusal(
      "this terminal is the lesson's, and what runs in it ends with the lesson, or when it goes back: call learn notes in another terminal, in which no lesson's env file has been read",
      1,
    );
  return interruptible(follow);
}

async function follow(signal: AbortSignal): Promise<number> {
  const file = await firstFile(signal);
  if (file === undefined) return 0;
  let last = "";
  while (!signal.aborted && existsSync(file)) {
    const text = read(file);
    const tick = isTerminal(1) ? Math.floor(Date.now() / 15_000) : 0;
    if (text !== undefined && `${text}${tick}` !== last) {
      last = `${text}${tick}`;
      print(`${isTerminal(1) ? "\x1b[2J\x1b[H" : "\n"}${showNotes(JSON.parse(text) as Presentation)}`);
    }
    await changed(file, signal);
  }
  signal.throwIfAborted();
  print("\nThe presentation has ended.\n");
  return 0;
}

export function showNotes(state: Presentation, at = Date.now()): string {
  const { title, minutes, began, heading, now } = state;
  const { bold, dim, red } = palette();
  const used = Math.round((at - began) / 60_000);
  const over = used > minutes ? red(`, ${used - minutes} over`) : "";
  return [
    `${bold(title)}  ${used} of ${minutes} minutes${over}`,
    "",
    bold(heading),
    ...(now === "" ? [] : [dim(renderMarkdown(now))]),
    "",
    ...notesOf(state, dim),
    "",
  ].join("\n");
}

function notesOf({ notes, whole }: Presentation, dim: (text: string) => string): string[] {
  if (notes.length === 0 && whole.length === 0) return [dim("(no notes here)")];
  const found = notes.length > 0 ? notes : whole;
  return [
    ...(notes.length > 0 ? [] : [dim("Of the whole lesson:"), ""]),
    found.map((it) => renderMarkdown(it)).join("\n\n"),
  ];
}

async function firstFile(signal: AbortSignal): Promise<string | undefined> {
  let told = false;
  for (;;) {
    const found = newest();
    if (found !== undefined) return found;
    if (!told) print(`${wrap("Waiting for minidocker learn --present LESSON in another terminal of this machine.")}\n`);
    told = true;
    await Bun.sleep(500);
    signal.throwIfAborted();
  }
}

function newest(): string | undefined {
  const folder = join(findPaths().data, "lessons");
  if (!existsSync(folder)) return undefined;
  const files = readdirSync(folder)
    .map((it) => join(folder, it, FILE))
    .filter((it) => existsSync(it));
  return files.sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs).at(-1);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** The file was replaced, or some time has passed. */
async function changed(file: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, 1000);
  signal.addEventListener("abort", () => resolve(), { once: true });
  try {
    const watcher = watch(dirname(file), () => resolve());
    await promise;
    watcher.close();
  } catch {
    await promise; // the folder has just gone
  } finally {
    clearTimeout(timer);
  }
}
