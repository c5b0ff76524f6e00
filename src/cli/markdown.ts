// Markdown for a terminal: help texts, explanations, lessons. What cannot be shown on one (pictures, relative links) leaves its
// words behind.

import type { PhrasingContent, Root, RootContent, Table } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmTableFromMarkdown } from "mdast-util-gfm-table";
import { gfmTable } from "micromark-extension-gfm-table";
import { palette } from "./palette.ts";
import { pad, proseWidth, width } from "./style.ts";

/** `ruled`: headings have a line below them, so that they are seen without bold letters, too. */
export type Headings = "bold" | "ruled";

export function renderMarkdown(text: string, indent = "", headings: Headings = "bold"): string {
  return new Renderer(headings).blocks(parse(text).children, indent);
}

/** The blocks of a text, in Markdown, to be rendered one by one. */
export function splitMarkdown(text: string): string[] {
  const { children } = parse(text);
  return children.map(({ position }) => text.slice(position?.start.offset, position?.end.offset));
}

const parse = (text: string): Root =>
  fromMarkdown(text, { extensions: [gfmTable()], mdastExtensions: [gfmTableFromMarkdown()] });

class Renderer {
  readonly #paint = palette();
  readonly #headings: Headings;

  constructor(headings: Headings) {
    this.#headings = headings;
  }

  blocks(nodes: readonly RootContent[], indent: string, between = "\n\n"): string {
    return nodes
      .map((it) => this.#block(it, indent))
      .filter((it) => it !== undefined)
      .join(between);
  }

  #block(node: RootContent, indent: string): string | undefined {
    switch (node.type) {
      case "paragraph":
        return this.#wrap(node.children, indent);
      case "heading":
        return this.#heading(this.#wrap(node.children, indent, this.#paint.bold), node.depth, indent);
      case "code":
        return node.value
          .split("\n")
          .map((it) => (it === "" ? "" : `${indent}    ${this.#paint.cyan(it)}`))
          .join("\n");
      case "list":
        return node.children
          .map((item, i) => {
            const sign = node.ordered ? `${(node.start ?? 1) + i}.` : "•";
            const inner = indent + " ".repeat(sign.length + 1);
            const text = this.blocks(item.children, inner, item.spread ? "\n\n" : "\n");
            return `${indent}${sign} ${text.slice(inner.length)}`;
          })
          .join(node.spread ? "\n\n" : "\n");
      case "blockquote":
        return this.blocks(node.children, `${indent}│ `, `\n${indent}│\n`);
      case "table":
        return this.#table(node, indent);
      case "thematicBreak":
        return `${indent}${"─".repeat(Math.max(3, proseWidth() - indent.length))}`;
      case "html":
        return node.value.startsWith("<!--") ? undefined : indent + node.value;
      default:
        return undefined;
    }
  }

  #heading(text: string, depth: number, indent: string): string {
    if (this.#headings === "bold") return text;
    const longest = Math.max(...text.split("\n").map(width)) - indent.length;
    return `${text}\n${indent}${this.#paint.bold((depth < 2 ? "═" : "─").repeat(longest))}`;
  }

  #wrap(nodes: readonly PhrasingContent[], indent: string, style?: Style): string {
    return wrapAtoms(this.#atoms(nodes, style === undefined ? [] : [style]), proseWidth(), indent);
  }

  /** Pieces between which a line may end; code is not cut. */
  #atoms(nodes: readonly PhrasingContent[], styles: readonly Style[]): string[] {
    const atoms: string[] = [];
    let glued = false;
    for (const { text, styles: own, whole } of nodes.flatMap((it) => this.#pieces(it, styles))) {
      const words = whole ? [text] : text.split(/[ \t\n]+/);
      for (const [i, word] of words.entries()) {
        // what stands at the beginning of a piece belongs to the end of the one before it
        const painted = word === "" ? "" : own.reduce((it, style) => style(it), word);
        if (glued && i === 0) atoms.push((atoms.pop() ?? "") + painted);
        else atoms.push(painted);
      }
      glued = true;
    }
    return atoms.filter((it) => it !== "");
  }

  #pieces(node: PhrasingContent, styles: readonly Style[]): Piece[] {
    const { bold, cyan, italic } = this.#paint;
    const all = (children: readonly PhrasingContent[], style?: Style): Piece[] =>
      children.flatMap((it) => this.#pieces(it, style === undefined ? styles : [...styles, style]));
    switch (node.type) {
      case "text":
        return [{ text: node.value, styles }];
      case "inlineCode":
        return [{ text: node.value, styles: [...styles, cyan], whole: true }];
      case "strong":
        return all(node.children, bold);
      case "emphasis":
        return all(node.children, italic);
      case "link": {
        const [only] = node.children;
        const itself = only?.type === "text" && only.value === node.url;
        const shown = node.url.startsWith("http") && !itself;
        return [...all(node.children), ...(shown ? [{ text: ` (${node.url})`, styles }] : [])];
      }
      case "image":
        return [{ text: node.alt ?? "", styles }];
      case "break":
        return [{ text: " ", styles }];
      case "html":
        return [{ text: node.value, styles, whole: true }];
      default:
        return [];
    }
  }

  /** Columns where they have room, else one record for each row. */
  #table({ children: rows }: Table, indent: string): string {
    const size = proseWidth();
    const cells = rows.map((row) => row.children.map((it) => this.#atoms(it.children, []).join(" ")));
    const [head = [], ...body] = cells;
    const widths = head.map((_, i) => Math.max(...cells.map((row) => width(row[i] ?? ""))));
    const total = widths.reduce((sum, it) => sum + it + 3, indent.length - 3);
    if (total <= size) {
      const line = (row: readonly string[]): string =>
        `${indent}${row.map((it, i) => pad(it, widths[i] as number)).join("   ")}`.trimEnd();
      const titles = head.every((it) => it === "") ? [] : [line(head.map((it) => this.#paint.bold(it)))];
      const rule = titles.length === 0 ? [] : [indent + "─".repeat(Math.max(0, total - indent.length))];
      return [...titles, ...rule, ...body.map(line)].join("\n");
    }
    const [, ...data] = rows;
    return data
      .map(({ children }) =>
        children
          .map((cell, i) => {
            const atoms = this.#atoms(cell.children, i === 0 ? [this.#paint.bold] : []);
            const label = i === 0 || head[i] === "" || head[i] === undefined ? [] : [`${head[i]}:`];
            return wrapAtoms([...label, ...atoms], size, i === 0 ? indent : `${indent}  `);
          })
          .join("\n"),
      )
      .join("\n");
  }
}

type Style = (text: string) => string;

interface Piece {
  readonly text: string;
  readonly styles: readonly Style[];
  readonly whole?: boolean;
}

function wrapAtoms(atoms: readonly string[], size: number, indent: string): string {
  const lines: string[] = [];
  let line = "";
  for (const atom of atoms) {
    const longer = line === "" ? atom : `${line} ${atom}`;
    if (line !== "" && width(indent + longer) > size) {
      lines.push(indent + line);
      line = atom;
    } else {
      line = longer;
    }
  }
  lines.push(indent + line);
  return lines.join("\n");
}
