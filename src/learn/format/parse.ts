// A lesson's file, from text to a Lesson or to what is wrong with it. The grammar is in docs/writing-lessons.md.

import type { Nodes, Root } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { nearest } from "../../core/nearest.ts";
import type { Lesson, Part } from "../lesson.ts";
import { readers } from "./blocks/index.ts";
import { type Head, lessonName, openLesson } from "./head.ts";
import { checkContainerless, checkOrder } from "./order.ts";
import { collectProblems, type Problem, quoted, type Report, reportControl } from "./problem.ts";

export type Parsed =
  | { readonly lesson: Lesson }
  | { readonly lesson?: undefined; readonly problems: readonly Problem[]; readonly draft: Draft };

/** What can be read of a lesson with mistakes. */
export interface Draft {
  readonly name: string;
  readonly head: Head | undefined;
  readonly parts: readonly Part[];
}

/** `path` is where the text was read; the lesson's name comes from it. */
export function parseLesson(source: string, path: string): Parsed {
  const { problems, report } = collectProblems();
  const { text, head, lines } = openLesson(source, report);
  for (const [i, line] of text.split("\n").entries()) reportControl(line, i + 1, report);
  // the head as empty lines, so that every place is the one in the file
  const body = "\n".repeat(lines) + text.split("\n").slice(lines).join("\n");
  const parts = readParts(body, report);
  // with blocks missing that could not be read, their order says nothing
  if (problems.length === 0) checkOrder(parts, head?.container, report);
  if (head !== undefined && head.container === undefined) for (const it of parts) checkContainerless(it, report);
  if (body.trim() === "") report(lines + 1, "below the head there is nothing", "a heading, and what one should know");
  const draft = { name: lessonName(path), head, parts: parts.map((it) => withLayers(it, head?.layers)) };
  if (head === undefined || problems.length > 0)
    return { problems: problems.toSorted((a, b) => a.line - b.line), draft };
  return { lesson: { ...head, name: draft.name, path, parts: draft.parts } };
}

// A probe that does not say without what is tried without the lesson's own layers.
const withLayers = (part: Part, layers: Head["layers"] = []): Part =>
  part.kind === "probe" && part.without.length === 0 ? { ...part, without: layers } : part;

function readParts(text: string, report: Report): Part[] {
  const tree: Root = fromMarkdown(text);
  const parts: Part[] = [];
  let prose: { start: number; end: number; line: number } | undefined;
  const endProse = (): void => {
    if (prose !== undefined)
      parts.push({ kind: "prose", line: prose.line, markdown: text.slice(prose.start, prose.end) });
    prose = undefined;
  };
  for (const node of tree.children) {
    const { start = 0, end = 0, line = 1 } = placeOf(node);
    const kind = node.type === "code" ? kindOf(node.lang, line, report) : undefined;
    if (node.type === "code" && kind !== undefined) {
      endProse();
      const words = (node.meta ?? "").split(/\s+/).filter((it) => it !== "");
      checkFences(text.slice(start, end), { kind, line }, report);
      const part = readers[kind]({ words, body: node.value, line }, report);
      if (part !== undefined) parts.push(part);
      continue;
    }
    refuseNested(node, report);
    if (node.type === "heading") endProse();
    if (prose === undefined) prose = { start, end, line };
    else prose.end = end;
  }
  endProse();
  return parts;
}

function placeOf({ position }: Nodes): { start?: number | undefined; end?: number | undefined; line?: number } {
  return { start: position?.start.offset, end: position?.end.offset, line: position?.start.line ?? 1 };
}

const kinds = Object.keys(readers);
// languages that are a letter or two away from one of ours
const languages = new Set(["sh", "bash", "c", "text", "txt", "json", "yaml", "ts", "js", "rust", "ruby", "go", "note"]);

function kindOf(lang: string | null | undefined, line: number, report: Report): keyof typeof readers | undefined {
  if (lang === null || lang === undefined) return undefined;
  if (Object.hasOwn(readers, lang)) return lang as keyof typeof readers;
  const guess = languages.has(lang) ? undefined : nearest(lang.toLowerCase(), kinds);
  if (guess !== undefined)
    report(line, `${quoted(lang)} is no kind of block`, `\`\`\`${guess}; or \`\`\`text, to show it`);
  return undefined;
}

// A fence that nobody closes swallows what follows, up to the end of another block or of the file.
function checkFences(block: string, { kind, line }: { kind: string; line: number }, report: Report): void {
  const fence = /^ {0,3}(`{3,}|~{3,})/.exec(block)?.[1] ?? "```";
  const inner = new RegExp(`^${fence}(?:${kinds.join("|")})\\b`);
  const swallowed = block.split("\n").findIndex((it, i) => i > 0 && inner.test(it));
  const closed = /\n {0,3}(`{3,}|~{3,})[ \t]*$/.test(block);
  if (swallowed < 0 && closed) return;
  const where = swallowed < 0 ? "where it ends" : `above line ${line + swallowed}`;
  report(line, `the ${kind} block is not closed`, `${fence} in a line of its own ${where}`);
}

// In a list or a quotation, a block would be shown and not be done.
function refuseNested(node: Nodes, report: Report): void {
  if (!("children" in node)) return;
  for (const child of node.children) {
    if (child.type === "code" && child.lang && Object.hasOwn(readers, child.lang)) {
      const { line = 1 } = placeOf(child);
      report(
        line,
        `a ${child.lang} block in a list or a quotation is not part of the lesson`,
        "the fence at the left margin",
      );
    }
    refuseNested(child, report);
  }
}
