// The head of a lesson's file: YAML between two lines `---`.

import * as v from "valibot";
import { splitWords } from "../../core/words.ts";
import type { Lesson } from "../lesson.ts";
import type { Report } from "./problem.ts";
import { mapSchema, readYaml, textSchema } from "./yaml.ts";

export type Head = Omit<Lesson, "name" | "path" | "parts">;

/** A lesson's file, its head read. */
export interface Opened {
  /** As it is read from here on: lines end with a newline alone. */
  readonly text: string;
  readonly head: Head | undefined;
  /** Those that the head takes, with its fences. */
  readonly lines: number;
}

const examples = {
  title: "title: A hostname of its own",
  summary: "summary: tell a view from a protection",
  minutes: "minutes: 15",
  layers: "layers: [namespaces.uts], or layers: [] where it is about none",
  requires: "requires: [userns]",
  after: "after: [processes]",
  container: "container: --network none base",
} as const;

function names(key: "layers" | "requires" | "after") {
  const message = `${key} has to be a list of names → ${examples[key]}`;
  const name = v.pipe(
    v.string(message),
    v.regex(/^[\w.:-]+$/, ({ input }) => `${JSON.stringify(input)} is no name → ${examples[key]}`),
  );
  return v.array(name, message);
}

const minutes = v.pipe(
  v.string(`minutes has to be a number → ${examples.minutes}`),
  v.regex(/^[1-9]\d{0,2}$/, `minutes has to be a whole number from 1 to 999 → ${examples.minutes}`),
  v.transform(Number),
);

// as a shell would see it, without anything that it would replace
const container = v.pipe(
  textSchema("container", examples.container),
  v.transform(splitWords),
  v.array(v.string(), `a quote in container is not closed → ${examples.container}`),
);

const schema = mapSchema(
  {
    title: textSchema("title", examples.title),
    summary: textSchema("summary", examples.summary),
    minutes,
    layers: names("layers"),
    requires: v.optional(names("requires"), []),
    after: v.optional(names("after"), []),
    container: v.optional(container),
  },
  examples,
);

/** `uts` of lessons/01-uts.md. */
export function lessonName(path: string): string {
  const file = path.slice(path.lastIndexOf("/") + 1);
  return file.replace(/\.md$/, "").replace(/^\d+[-_ ]?(?=.)/, "");
}

/** `source`: what is in the file. */
export function openLesson(source: string, report: Report): Opened {
  const text = source.replace(/^\uFEFF/, "").replace(/\r\n/g, "\n");
  const split = splitHead(text);
  if (split === undefined) report(1, ...missingHead(text));
  return {
    text,
    head: split === undefined ? undefined : readHead(split.yaml, report),
    lines: split?.lines ?? 0,
  };
}

function missingHead(text: string): [reason: string, remedy: string] {
  if (/^---[ \t]*\n/.test(text)) return ["the head has no end", "--- in a line of its own below its last key"];
  return ["the head is missing", "--- in the first line, then title: and the others, and --- again"];
}

/** The head as text, if the file has one, and the number of lines that it takes with its fences. */
function splitHead(text: string): { readonly yaml: string; readonly lines: number } | undefined {
  const [found, yaml] = /^---[ \t]*\n([\s\S]*?)^---[ \t]*(?:\n|$)/m.exec(text) ?? [];
  if (found === undefined || yaml === undefined || !text.startsWith(found)) return undefined;
  if (/^(```|# )/m.test(yaml)) return undefined; // that --- is one of the lesson's own
  return { yaml, lines: yaml.split("\n").length + 1 };
}

/** `yaml` begins in the file's second line. */
function readHead(yaml: string, report: Report): Head | undefined {
  const head = readYaml(schema, yaml, 2, report);
  const keys = yaml.split("\n").map((it) => /^[\w-]+(?=:)/.exec(it)?.[0]);
  const headLines = Object.fromEntries(keys.flatMap((it, i) => (it === undefined ? [] : [[it, i + 2]])));
  return head === undefined ? undefined : { ...head, container: head.container, headLines };
}
