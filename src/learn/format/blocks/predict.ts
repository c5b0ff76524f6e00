// `predict`: a question before the deed.

import * as v from "valibot";
import type { Predict } from "../../lesson.ts";
import { mapSchema, readYaml, textSchema } from "../yaml.ts";
import type { Reader } from "./block.ts";

const examples = { text: "- text: An answer", right: "right: true", why: "why: What one would have to believe" };

const choice = mapSchema(
  {
    text: textSchema("text", examples.text),
    right: v.optional(v.picklist(["true", "false"], "right is true or absent → right: true")),
    why: v.optional(textSchema("why", examples.why)),
  },
  examples,
);

const list = 'choices has to be a list → choices:, and below it "  - text: An answer" for each';

const schema = mapSchema(
  {
    question: textSchema("question", "question: What does the host see?"),
    choices: v.pipe(v.array(choice, list), v.minLength(2, "one choice is none → two choices or more")),
  },
  { question: "question: What does the host see?", choices: "choices: and below it - text: An answer, for each" },
);

export const readPredict: Reader = ({ words, body, line }, report) => {
  if (words.length > 0) report(line, "nothing can stand behind predict", "```predict");
  const read = readYaml(schema, body, line + 1, report);
  if (read === undefined) return undefined;
  const choices = read.choices.map(({ text, right, why }) => ({ text, right: right === "true", why }));
  const right = choices.filter((it) => it.right).length;
  if (right !== 1) {
    const remedy = right === 0 ? "right: true below the text of the right one" : "right: true below one of them only";
    report(line, right === 0 ? "no choice is right" : `${right} choices are right`, remedy);
  }
  const lines = body.split("\n");
  for (const { text, right, why } of choices) {
    if (right || why !== undefined) continue;
    const at = lines.findIndex((it) => it.includes("text:") && it.includes(text));
    report(
      at < 0 ? line : line + 1 + at,
      `the wrong choice ${JSON.stringify(text)} has no why`,
      "why: what one would have to believe to choose it, and the answer to that",
    );
  }
  return { kind: "predict", line, question: read.question, choices } satisfies Predict;
};
