// Text that has to fit into so many columns. Prose is wrapped instead: src/cli/style.ts#wrap.

import { width } from "./style.ts";

/** One line, and no more. */
export const cut = (text: string, size: number): string => (width(text) > size ? `${fitting(text, size - 1)}…` : text);

/** In lines: cut at blanks and after commas and slashes, and in the middle of a word that is longer than a line. */
export function breakText(text: string, size: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const piece of text.match(/\s+|[^\s,/]+[,/]*|[,/]+/g) ?? []) {
    if (width(line + piece.trimEnd()) <= size) {
      line += piece;
      continue;
    }
    if (line.trim() !== "") lines.push(line.trimEnd());
    line = piece.trimStart();
    while (width(line) > size) {
      const head = fitting(line, size);
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  if (line.trim() !== "" || lines.length === 0) lines.push(line.trimEnd());
  return lines;
}

/** As much of the beginning as takes `size` columns, and at least one character. */
function fitting(text: string, size: number): string {
  let head = "";
  for (const character of text) {
    if (head !== "" && width(head + character) > size) break;
    head += character;
  }
  return head;
}
