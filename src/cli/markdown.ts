// The Markdown of help texts and explanations, for a terminal: paragraphs, headings, lists, fenced blocks; `code`,
// **strong**, *emphasis*, [links](…). Whoever writes such a text reads it here, so this is all that it may hold.

import { palette } from "./palette.ts";
import { proseWidth, wrap } from "./style.ts";

export function renderMarkdown(text: string, indent = ""): string {
  return blocks(text)
    .map((it) => renderBlock(it, indent))
    .join("\n\n");
}

/** Parts separated by empty lines; a fenced block is one part, whatever it holds. */
function blocks(text: string): string[] {
  const parts: string[] = [];
  let lines: string[] = [];
  let fenced = false;
  const end = (): void => {
    if (lines.length > 0) parts.push(lines.join("\n"));
    lines = [];
  };
  for (const line of text.trim().split("\n")) {
    const fence = line.startsWith("```");
    if (fence && !fenced) end();
    if (line.trim() === "" && !fenced) end();
    else lines.push(line);
    if (fence && fenced) end();
    if (fence) fenced = !fenced;
  }
  end();
  return parts;
}

function renderBlock(text: string, indent: string): string {
  const { bold, cyan } = palette();
  if (text.startsWith("```")) {
    const lines = text.split("\n").slice(1, -1);
    return lines.map((it) => (it === "" ? "" : `${indent}    ${cyan(it)}`)).join("\n");
  }
  const heading = /^#+ (.*)$/.exec(text)?.[1];
  if (heading !== undefined) return indent + bold(inline(heading));
  if (/^([-*]|\d+\.) /.test(text)) return renderList(text, indent);
  return inline(wrap(text, proseWidth(), indent));
}

function renderList(text: string, indent: string): string {
  const items = text.split(/\n(?=(?:[-*]|\d+\.) )/);
  return items
    .map((item) => {
      const [mark = "", rest = ""] = [item.split(" ", 1)[0], item.slice(item.indexOf(" ") + 1)];
      const sign = /\d/.test(mark) ? mark : "•";
      const inner = indent + " ".repeat(sign.length + 1);
      return inline(`${indent}${sign} ${wrap(rest, proseWidth(), inner).trimStart()}`);
    })
    .join("\n");
}

/** After wrapping, for escape sequences must not be cut; marks may reach over the end of a line. */
function inline(text: string): string {
  const { bold, cyan, italic } = palette();
  return text
    .split(/(`[^`]*`)/)
    .map((part) => {
      if (part.startsWith("`") && part.endsWith("`") && part.length > 1) return cyan(part.slice(1, -1)) || part;
      return part
        .replace(/\[([^\]]*)\]\(([^)]*)\)/g, (_, label: string, target: string) =>
          target.startsWith("http") ? `${label} (${target})` : label,
        )
        .replace(/\*\*([^*]+)\*\*/g, (_, words: string) => bold(words))
        .replace(/(^|[\s(])\*([^*\s][^*]*)\*/g, (_, before: string, words: string) => before + italic(words));
    })
    .join("");
}
