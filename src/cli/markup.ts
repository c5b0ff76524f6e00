// HTML that cannot be broken by what is put into it: whatever is not markup already is escaped.

import { safe } from "./style.ts";

export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Value = Markup | string | number | undefined | readonly (Markup | undefined)[];

/** html`<p title="${attribute}">${text}</p>`: attributes always stand in double quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  const texts = values.map((it) => asText(it));
  return new Markup(parts.map((it, i) => it + (texts[i] ?? "")).join(""));
}

function asText(value: Value): string {
  if (value === undefined) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "object") return value.map((it) => it?.text ?? "").join("");
  return escapeText(String(value));
}

// Control characters have no place in HTML, and in no browser do they look like anything.
const escapeText = (text: string): string =>
  safe(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
