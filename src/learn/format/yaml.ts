// YAML in a lesson (its head, and `predict` blocks): read into a shape, and every mistake told by the line of the file.
// All scalars are text ("failsafe"), so that `text: 137` and `text: yes` are what their author sees.

import * as v from "valibot";
import { type Document, isMap, isNode, isPair, isSeq, LineCounter, parseDocument, visit } from "yaml";
import { nearest } from "../../core/nearest.ts";
import { hasControl, quoted, type Report, reportControl } from "./problem.ts";

/** `firstLine` is that of the text in the file. Undefined where something is wrong, which has been reported. */
export function readYaml<S extends v.GenericSchema>(
  schema: S,
  text: string,
  firstLine: number,
  report: Report,
): v.InferOutput<S> | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: "failsafe", lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number): number => firstLine + Math.max(lines.linePos(offset).line, 1) - 1;
  const [error] = document.errors; // what follows one mistake is mostly confusion
  if (error !== undefined) {
    const line = lineAt(error.pos[0]);
    const written = text.split("\n")[line - firstLine] ?? "";
    report(line, yamlReason(error.code, error.message), yamlRemedy(error.code, written));
    return undefined;
  }
  // "\\e" in quotes is one, too; those in the file itself have been told of
  if (!hasControl(text))
    visit(document, { Scalar: (_, it) => reportControl(String(it.value), lineAt(it.range?.[0] ?? 0), report) });
  const result = v.safeParse(schema, document.toJS());
  if (result.success) return result.output;
  for (const issue of result.issues) {
    const path = (issue.path ?? []).map((it) => it.key as string | number);
    report(lineAt(offsetOf(document, path)), ...told(issue.message));
  }
  return undefined;
}

function yamlReason(code: string, message: string): string {
  if (code === "DUPLICATE_KEY") return "this key is there twice";
  if (code === "BLOCK_AS_IMPLICIT_KEY")
    return "this is not YAML: a text with a colon and a blank in it has no quotes around it";
  if (code === "TAB_AS_INDENT") return "this is not YAML: a tab in the indentation";
  return `this is not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

function yamlRemedy(code: string, line: string): string {
  if (code === "DUPLICATE_KEY") return "it once";
  if (code === "TAB_AS_INDENT") return "blanks, two a level";
  const [, start, text] = /^(\s*(?:- )?[\w-]+: )(.*)$/.exec(line) ?? [];
  if (start === undefined || text === undefined || text === "") return "key: value, indented by two blanks a level";
  const bare = text.trim().replace(/^(["'])(.*)\1?$/, "$2");
  return `${start.trimStart()}"${bare.replace(/(?<!\\)"/g, '\\"')}"`;
}

/** Where the value at `path` begins, or what is nearest to it: its key, the thing that should contain it. */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((it) => isNode(it.key) && String(it.key) === key);
      if (!isPair(pair)) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      offset = startOf(node) ?? offset;
    } else break;
  }
  return offset;
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);

// The messages of our own schemas are "reason → remedy".
function told(message: string): [reason: string, remedy: string] {
  const [reason = message, remedy = "as docs/writing-lessons.md shows"] = message.split(" → ");
  return [reason, remedy];
}

/** Keys and values. `examples`: what to write where a key is missing, each a line of YAML. */
export function mapSchema<E extends v.ObjectEntries>(entries: E, examples: Readonly<Record<keyof E & string, string>>) {
  const known = Object.keys(entries);
  const shape = v.strictObject(entries, ({ expected, path }) => {
    const key = String(path?.at(-1)?.key ?? "");
    if (expected === "Object") return none;
    if (expected !== "never") return `${key} is missing → ${examples[key]}`;
    const guess = nearest(key, known);
    return `${quoted(key)} is not known here → ${guess === undefined ? `one of ${known.join(", ")}` : `${guess}: …`}`;
  });
  const none = `keys and values are missing → ${Object.values(examples)[0]}`;
  // an array is an object, too
  return v.pipe(
    v.custom<v.InferInput<typeof shape>>((it) => !Array.isArray(it), none),
    shape,
  );
}

/** A text that is not empty. */
export function textSchema(name: string, example: string) {
  const message = (what: string): string => `${name} ${what} → ${example}`;
  return v.pipe(v.string(message("has to be a text")), v.trim(), v.minLength(1, message("is empty")));
}
