// learn: lessons that are done and not only read. What happens in one is src/learn; how it is shown, src/cli/learn.

import { defineCommand } from "../command.ts";
import { type LearnValues, learnOptions } from "../learn/options.ts";
import { UsageError } from "../parse.ts";

/** What may stand in the place of a lesson. A lesson in a file of that name is `./list.md`. */
export const learnWords = ["list", "search", "check", "new", "reset", "export", "notes"] as const;

export const command = defineCommand({
  name: "learn",
  summary: "learn how containers work, in lessons that run on this machine",
  operands: [
    { name: "LESSON|FILE", need: "optional", complete: "lesson" },
    { name: "ARG", need: "any", complete: "lesson" },
  ],
  options: learnOptions,
  anywhere: true,
  about: `Without words: the menu of lessons and paths, with what you have done so far.

In a lesson, commands are run on this machine and in containers of the lesson's own; it stops a container between two system calls,
shows what the kernel holds of it, and opens a shell in it. Questions come before the deed, hints when asked for, and what you do
in another terminal counts, too. When a lesson ends, however it ends, everything that it has made is removed.

Where there is no terminal, a lesson runs through without asking. The exit code: 0 at the end, or where the lesson is blocked on this
host, which is said; 1 where something is not as the lesson says; 130 after Ctrl-C.

Other words in the place of a lesson:
- \`learn list\`: the lessons, what each of them needs, and whether this host has it
- \`learn search WORD...\`: the lessons that speak of something, and of all the words
- \`learn reset [LESSON]\`: forget what has been done
- \`learn notes\`: what \`learn --present LESSON\`, in another terminal, has for the speaker
- \`learn new NAME\`: write a lesson of your own; \`learn check FILE...\`: what is wrong with one
- \`learn export LESSON\`: as a page (\`--html\`), a recording (\`--cast\`) or text (\`--plain\`)`,
  examples: [
    { command: "minidocker learn", text: "the menu" },
    { command: "minidocker learn container", text: "one container through all seven layers, with a pause at each" },
    { command: "minidocker learn --path 90-minutes", text: "the shortest way through the course" },
    { command: "minidocker learn --layer seccomp", text: "one layer, call by call" },
    { command: "minidocker learn uts --auto", text: "whether all that the lesson says is true here" },
    { command: "minidocker learn ./workshop.md", text: "a lesson from a file" },
  ],
  async run({ values, operands: [word, ...rest] }) {
    refuseContradictions(values, word);
    if (isWord(word)) return other(word, rest, values);
    if (rest.length > 0)
      throw new UsageError("learn", `learn: one lesson at a time, not also ${JSON.stringify(rest[0])}`);
    if (values.path !== undefined) return (await import("../learn/take.ts")).takePath(values.path, values);
    if (values.layer !== undefined) return (await import("../learn/take.ts")).takeLayer(values.layer, values);
    if (word !== undefined) return (await import("../learn/take.ts")).takeLesson(word, values);
    return (await import("../learn/take.ts")).takeFromMenu(values);
  },
});

type Word = (typeof learnWords)[number];

const isWord = (text: string | undefined): text is Word =>
  (learnWords as readonly (string | undefined)[]).includes(text);

/** Options that mean something only there; "lesson" is where one is taken. The others go with everything. */
const places: { readonly [K in keyof LearnValues]?: readonly (Word | "lesson")[] } = {
  path: ["lesson"],
  layer: ["lesson"],
  auto: ["lesson"],
  accessible: ["lesson"],
  present: ["lesson"],
  json: ["lesson", "list", "search", "check"],
  requirements: ["check"],
  html: ["export"],
  cast: ["export"],
  "no-run": ["export"],
};

function refuseContradictions(values: LearnValues, word: string | undefined): void {
  const wrong = (message: string): UsageError => new UsageError("learn", message);
  const given = (Object.keys(places) as (keyof LearnValues)[]).filter((it) => values[it]);
  const here = isWord(word) ? word : "lesson";
  for (const it of given) {
    if (!places[it]?.includes(here))
      throw wrong(
        `--${it} has no meaning here: it goes with ${places[it]?.map((one) => (one === "lesson" ? "a LESSON" : `learn ${one}`)).join(", ")}`,
      );
  }
  if (here !== "lesson") return;
  const chosen = [
    ...(word === undefined ? [] : ["LESSON"]),
    ...given.filter((it) => it === "path" || it === "layer").map((it) => `--${it}`),
  ];
  if (chosen.length > 1) throw wrong(`${chosen.join(" and ")}: one of them`);
  if (chosen.length === 0 && (values.auto || values.json))
    throw wrong(`--${values.auto ? "auto" : "json"} needs a LESSON, or --path, or --layer`);
  const unattended = (["auto", "json"] as const).find((it) => values[it]);
  const attended = (["present", "accessible"] as const).find((it) => values[it]);
  if (unattended !== undefined && attended !== undefined)
    throw wrong(`--${unattended} and --${attended}: with the first, nobody is asked, and nobody looks on`);
}

/** `learn list` and its like. */
async function other(word: Word, rest: readonly string[], values: LearnValues): Promise<number> {
  const [first, second] = rest;
  const single = (what: string): string => {
    if (first === undefined || second !== undefined) throw new UsageError("learn", `learn ${word} needs ${what}`);
    return first;
  };
  switch (word) {
    case "list":
      if (first !== undefined) throw new UsageError("learn", "learn list takes no further words");
      return (await import("../learn/list.ts")).learnList(values);
    case "search":
      if (first === undefined) throw new UsageError("learn", "learn search needs a WORD");
      return (await import("../learn/search.ts")).learnSearch(rest, values);
    case "check":
      return (await import("../learn/check.ts")).learnCheck(rest, values);
    case "new":
      return (await import("../learn/new.ts")).learnNew(single("a NAME"));
    case "reset":
      if (second !== undefined) throw new UsageError("learn", "learn reset takes one LESSON, or none for all");
      return (await import("../learn/reset.ts")).learnReset(first);
    case "notes":
      if (first !== undefined) throw new UsageError("learn", "learn notes takes no further words");
      return (await import("../learn/terminal/speaker.ts")).showSpeakersNotes();
    case "export":
      return (await import("../learn/export.ts")).learnExport(single("a LESSON"), values);
  }
}
