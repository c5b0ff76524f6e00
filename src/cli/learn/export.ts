// `learn export`: a lesson for those who have no minidocker at hand: a page, a recording, text. What it prints is what was observed,
// because it is run for that.

import type { Lesson } from "../../learn/lesson.ts";
import { findLesson } from "../../learn/read.ts";
import { interruptible } from "../interrupts.ts";
import { print, say } from "../output.ts";
import { fixColors } from "../palette.ts";
import { UsageError } from "../parse.ts";
import { fixColumns } from "../style.ts";
import type { Transcript } from "./export/transcript.ts";
import type { LearnValues } from "./options.ts";

const formats = ["html", "cast", "plain"] as const;
type Format = (typeof formats)[number];

/** Prints it, and returns the exit code: 1 where something is not as the lesson says. */
export async function learnExport(nameOrFile: string, values: LearnValues): Promise<number> {
  const format = chooseFormat(values);
  const lesson = findLesson(nameOrFile);
  fixColors(format === "cast");
  const { WIDTH } = await import("./export/cast.ts");
  fixColumns(WIDTH);
  return interruptible(async (signal) => {
    const seen = await transcribeOrNot(lesson, values["no-run"], signal);
    if (seen.unseen !== undefined) say(`${lesson.name}: without outputs: ${seen.unseen}`);
    for (const it of seen.failures) say(it);
    print(await render(format, seen));
    return seen.failures.length > 0 ? 1 : 0;
  });
}

function chooseFormat(values: LearnValues): Format {
  const [format, other] = formats.filter((it) => values[it]);
  if (format === undefined)
    throw new UsageError("learn", "learn export needs to know as what: --html, --cast or --plain");
  if (other !== undefined) throw new UsageError("learn", `learn export: --${format} and --${other}: one of them`);
  return format;
}

async function transcribeOrNot(lesson: Lesson, notAtAll: boolean, signal: AbortSignal): Promise<Transcript> {
  const { transcribe, transcriptWithoutRun } = await import("./export/transcript.ts");
  const { eventsOf } = await import("./export/unrun.ts");
  if (notAtAll) return transcriptWithoutRun(lesson, eventsOf(lesson), "it was not run, as --no-run asks for");
  const seen = await transcribe(lesson, signal);
  return seen.unseen === undefined ? seen : transcriptWithoutRun(lesson, eventsOf(lesson), seen.unseen);
}

async function render(format: Format, seen: Transcript): Promise<string> {
  if (format === "html") return (await import("./export/html.ts")).pageOf(seen, new Date());
  if (format === "cast") return (await import("./export/cast.ts")).castOf(seen, new Date());
  const why = seen.unseen === undefined ? "" : `Without outputs: ${seen.unseen}.\n\n`;
  return why + seen.told.map((it) => it.text).join("");
}
