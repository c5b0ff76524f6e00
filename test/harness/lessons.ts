// Lessons for tests of what a learner sees: small ones, with every kind of question in them.

import { existsSync, readdirSync, writeFileSync } from "node:fs";
import type { PrivateHost } from "./private-host.ts";
import { remains } from "./remains.ts";
import { waitUntil } from "./run.ts";
import type { TerminalOptions, TestTerminal } from "./terminal.ts";

export const block = (info: string, body: string): string => `\n\`\`\`${info}\n${body}\n\`\`\`\n`;

export const head = (more = ""): string =>
  `---\ntitle: A lesson\nsummary: see how it goes\nminutes: 5\nlayers: [namespaces.uts]\n${more}---\n`;

const predict = block(
  "predict",
  "question: Which one?\nchoices:\n  - text: the first\n    right: true\n  - text: the second\n    why: You thought so.",
);
const run = block("run host", "echo ran-$((40+2))");
const task = [
  block("verify host became", "# there is a file called done\ntest -e done"),
  block("hint", "A file is made by touch."),
  block("hint when", "test -e wrong\n---\nThat file has another name."),
  block("solve host", "touch done"),
].join("");
const pauses = ["namespaces: set the hostname", "overlay", "finished"].map((it) => block("pause", it)).join("\nOn.\n");
const part = (_: unknown, i: number): string => `## Part ${i}\n\n${"word ".repeat(100)}\n`;

const lessons: Readonly<Record<string, string>> = {
  words: `${head()}\n# One\n\n${"word ".repeat(60)}\n${predict}${run}\nEnd of it.\n`,
  task: `${head()}\n# A task\n${task}\nAfterwards.\n`,
  pauses: `${head("container: --network none base\n")}\n# Pauses\n${pauses}\nThe end comes.\n`,
  long: `${head()}\n# Long\n\n${Array.from({ length: 6 }, part).join("\n")}\n${run}`,
  talk: `${head()}\n# First\n\nText.\n${block("note", "Say **hello**.")}\n# Second\n\nMore.\n${block("note", "Say goodbye.")}${run}`,
};

export type TestLesson = "words" | "task" | "pauses" | "long" | "talk";

/** Writes the lessons into the private host's folder. */
export function writeLessons(host: PrivateHost): void {
  for (const [name, text] of Object.entries(lessons)) writeFileSync(lessonFile(host, name as TestLesson), text);
}

export const lessonFile = (host: PrivateHost, name: TestLesson): string => `${host.folder}/${name}.md`;

/** `learn ARGS` on a terminal; without colours, so that what is seen is what was written. */
export function learn(host: PrivateHost, args: readonly string[], options: TerminalOptions = {}): TestTerminal {
  return host.terminal(["learn", ...args], { columns: 80, rows: 24, env: { NO_COLOR: "1" }, ...options });
}

/** The terminal's text without what moves the cursor. */
export const withoutControl = (text: string): string => text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, "");

/** The folder of a lesson goes a moment after it, by the hand of its guardian. */
export async function nothingLeft(host: PrivateHost): Promise<void> {
  const left = (): string[] => {
    const folder = `${host.folder}/root/data/lessons`;
    return [...remains(host), ...(existsSync(folder) ? readdirSync(folder) : [])];
  };
  await waitUntil(
    () => left().length === 0,
    10_000,
    () => `left: ${left().join(" ")}`,
  );
}
