// Code, with the little colour that helps to read it: comments, strings, words of the language.

import { html, Markup } from "../../markup.ts";

const words =
  "async|await|break|case|class|const|continue|default|do|else|enum|export|extends|for|from|function|if|implements|import|in|instanceof|interface|let|new|of|private|readonly|return|static|struct|switch|throw|try|catch|finally|type|typeof|undefined|unsigned|void|while|yield";

const tokens = new RegExp(
  [
    /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)/.source,
    /(?<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)/.source,
    `(?<word>\\b(?:${words})\\b)`,
  ].join("|"),
  "g",
);

const classes = { comment: "c", string: "s", word: "k" } as const;

/** TypeScript or C. */
export function highlight(text: string): Markup {
  const parts: Markup[] = [];
  let from = 0;
  for (const { 0: found, index, groups = {} } of text.matchAll(tokens)) {
    const kind = (Object.keys(classes) as (keyof typeof classes)[]).find((it) => groups[it] !== undefined);
    parts.push(html`${text.slice(from, index)}`);
    parts.push(kind === undefined ? html`${found}` : html`<span class="${classes[kind]}">${found}</span>`);
    from = index + found.length;
  }
  return new Markup([...parts, html`${text.slice(from)}`].map((it) => it.text).join(""));
}
