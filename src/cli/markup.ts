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

interface Head {
  readonly title: string;
  readonly style: string;
  readonly meta?: Markup;
}

/** A page that needs nothing else: no script, no font, no picture. The policy in its head says so to the browser, too. */
export function wholePage({ title, style, meta }: Head, body: Markup): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${meta}<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
${body}
</body>
</html>
`.text;
}

// Control characters have no place in HTML, and in no browser do they look like anything.
const escapeText = (text: string): string =>
  safe(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
