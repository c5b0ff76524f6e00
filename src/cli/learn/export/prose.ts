// A lesson's Markdown as HTML. Nothing in it can load or run anything: raw HTML is shown as text, pictures are their descriptions.

import type { Element, ElementContent, Nodes, Root } from "hast";
import { toHtml } from "hast-util-to-html";
import type { Html } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmTableFromMarkdown } from "mdast-util-gfm-table";
import { type State, toHast } from "mdast-util-to-hast";
import { gfmTable } from "micromark-extension-gfm-table";
import { Markup } from "../../markup.ts";

export interface Heading {
  readonly depth: number;
  readonly text: string;
  readonly id: string;
}

export interface ProseMarkup {
  readonly markup: Markup;
  readonly headings: readonly Heading[];
}

/** `title`: a first heading that says the same is left out. */
export function proseOf(markdown: string, title?: string): ProseMarkup {
  const tree = treeOf(markdown);
  const headings: Heading[] = [];
  tree.children = tree.children.filter((node) => {
    if (node.type !== "element" || !/^h[1-6]$/.test(node.tagName)) return true;
    const text = textOf(node);
    if (text === title) return false;
    const id = idOf(text);
    node.properties["id"] = id;
    // the page's own title is the only heading of the first level
    const depth = Math.max(2, Number(node.tagName[1]));
    node.tagName = `h${depth}`;
    headings.push({ depth, text, id });
    return true;
  });
  return { markup: new Markup(toHtml(tree)), headings };
}

export const markdown = (text: string): Markup => proseOf(text).markup;

/** Without the paragraph around it, where there is only one. */
export function inline(text: string): Markup {
  const tree = treeOf(text);
  const [first, second] = tree.children;
  const alone = first?.type === "element" && first.tagName === "p" && second === undefined;
  return new Markup(toHtml(alone ? { type: "root", children: first.children } : tree));
}

function treeOf(text: string): Root {
  const mdast = fromMarkdown(text, { extensions: [gfmTable()], mdastExtensions: [gfmTableFromMarkdown()] });
  const tree = toHast(mdast, {
    handlers: {
      html: (_: State, node: Html): ElementContent => ({ type: "text", value: node.value }),
    },
  }) as Root;
  tame(tree);
  for (const table of tree.children.filter((it) => it.type === "element" && it.tagName === "table")) scrollable(table);
  return tree;
}

// What Markdown can make a link or a picture of has many forms; what comes of it has two.
function tame(node: Root | Element): void {
  const tamed = (child: ElementContent): ElementContent[] => {
    if (child.type !== "element") return [child];
    tame(child);
    const { href, alt } = child.properties;
    if (child.tagName === "img") return [{ type: "text", value: String(alt ?? "") }];
    if (child.tagName !== "a") return [child];
    if (!/^(https?:|mailto:|#)/i.test(String(href))) return child.children;
    return [{ ...child, properties: { href, rel: ["noreferrer"] } }];
  };
  node.children = (node.children as ElementContent[]).flatMap(tamed);
}

// A wide table moves by itself, and not the whole page with it.
function scrollable(table: Nodes): void {
  if (table.type !== "element") return;
  const inner: Element = { ...table };
  table.tagName = "div";
  table.properties = { className: ["wide"], tabIndex: 0 };
  table.children = [inner];
}

function textOf(node: Nodes): string {
  if (node.type === "text") return node.value;
  return "children" in node ? node.children.map((it) => textOf(it)).join("") : "";
}

export const idOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");
