// How a lesson becomes a page and a recording: nothing that it holds, or that was printed, can do anything there.

import { describe, expect, test } from "bun:test";
import { castOf } from "../../src/cli/learn/export/cast.ts";
import { highlight } from "../../src/cli/learn/export/code.ts";
import { pageOf } from "../../src/cli/learn/export/html.ts";
import { inline, proseOf } from "../../src/cli/learn/export/prose.ts";
import { transcriptWithoutRun } from "../../src/cli/learn/export/transcript.ts";
import { eventsOf } from "../../src/cli/learn/export/unrun.ts";
import { html } from "../../src/cli/markup.ts";
import { readLessons } from "../../src/learn/read.ts";

describe("markup", () => {
  test("what is put in is escaped, in texts and in attributes, and control characters are shown", () => {
    const evil = `<script>"&\x1b[31m\0`;
    expect(html`<p title="${evil}">${evil}</p>`.text).toBe(
      '<p title="&lt;script&gt;&quot;&amp;\\x1b[31m\\x00">&lt;script&gt;&quot;&amp;\\x1b[31m\\x00</p>',
    );
  });

  test("markup in markup stays, and what is undefined is nothing", () => {
    expect(html`<ul>${[html`<li>${"a"}</li>`, undefined]}</ul>`.text).toBe("<ul><li>a</li></ul>");
  });

  test("coloured code is the same code", () => {
    const code = 'const a = "<b>"; // it\'s `x`\n/* & */ return 1;\n';
    const text = highlight(code)
      .text.replace(/<\/?span[^>]*>/g, "")
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&amp;", "&");
    expect(text).toBe(code);
    expect(highlight(code).text).toContain('<span class="k">const</span>');
  });
});

describe("prose", () => {
  const text = (markdown: string): string => proseOf(markdown).markup.text;

  test("raw HTML is shown and not obeyed", () => {
    expect(text("a <script>alert(1)</script> b")).toBe("<p>a &#x3C;script>alert(1)&#x3C;/script> b</p>");
    expect(text('<img src="https://example.org/x.png">')).not.toContain("<img");
  });

  test("pictures are their descriptions, and links lead to the web or nowhere", () => {
    expect(text("![a drawing](https://example.org/x.png)")).toBe("<p>a drawing</p>");
    expect(text("[good](https://example.org) [bad](javascript:alert(1)) [near](../x.md)")).toBe(
      '<p><a href="https://example.org" rel="noreferrer">good</a> bad near</p>',
    );
  });

  test("nor by a reference, whatever form it has", () => {
    const definitions = "\n\n[good]: https://example.org\n[bad]: javascript:alert(1)\n";
    expect(text(`[good] [bad] [this][bad] ![that][good]${definitions}`).trim()).toBe(
      '<p><a href="https://example.org" rel="noreferrer">good</a> bad this that</p>',
    );
  });

  test("tables scroll by themselves", () => {
    expect(text("| a |\n| --- |\n| b |")).toStartWith('<div class="wide" tabindex="0"><table>');
  });

  test("headings can be linked to, and the lesson's title stands there once", () => {
    const { markup, headings } = proseOf("# The title\n\n## What is *it*?\n", "The title");
    expect(headings).toEqual([{ depth: 2, text: "What is it?", id: "what-is-it" }]);
    expect(markup.text).toContain('<h2 id="what-is-it">What is <em>it</em>?</h2>');
    expect(markup.text).not.toContain("The title");
  });

  test("a single paragraph can stand in a line", () => {
    expect(inline("one `two`").text).toBe("one <code>two</code>");
  });
});

describe("every lesson of the course", () => {
  const why = "it was not run";
  for (const entry of readLessons()) {
    if (entry.lesson === undefined) continue;
    const seen = transcriptWithoutRun(entry.lesson, eventsOf(entry.lesson), why);

    test(`${entry.name} becomes a page that loads nothing and runs nothing`, () => {
      const page = pageOf(seen, new Date(0));
      expect(page).not.toMatch(/<(script|img|link|iframe|object|embed|form)\b|\son\w+=|@import|url\(/i);
      expect(page).toContain("default-src 'none'");
      expect(page).toContain("Without outputs.");
      const open = [...page.matchAll(/<(section|details|figure|dl|ol|ul|div|pre|p)\b/g)].map((it) => it[1]);
      const closed = [...page.matchAll(/<\/(section|details|figure|dl|ol|ul|div|pre|p)>/g)].map((it) => it[1]);
      expect(closed.sort()).toEqual(open.sort());
    });

    test(`${entry.name}: the notes for the instructor are not on the page`, () => {
      const page = pageOf(seen, new Date(0));
      for (const part of seen.lesson.parts) if (part.kind === "note") expect(page).not.toContain(part.markdown.trim());
    });
  }
});

describe("recordings", () => {
  const lesson = readLessons().find((it) => it.lesson !== undefined)?.lesson;
  const told = (at: number, text: string) => ({ at, text, event: { kind: "notice", text } as const, pause: undefined });

  test("a head, then lines of time and text, in order; waits of minutes take two seconds", () => {
    if (lesson === undefined) throw new Error("there is no lesson");
    const seen = { ...transcriptWithoutRun(lesson, [], ""), told: [told(0, "one\n"), told(90_000, "two words\n")] };
    const [head, ...rows] = castOf(seen, new Date(5000))
      .trimEnd()
      .split("\n")
      .map((it) => JSON.parse(it) as unknown);
    expect(head).toMatchObject({ version: 2, width: 80, height: 24, timestamp: 5, title: lesson.title });
    expect(rows).toEqual([
      [0, "o", "one\r\n"],
      [expect.any(Number), "o", "two words\r\n"],
    ]);
    expect((rows[1] as [number])[0]).toBeGreaterThanOrEqual(2);
    expect((rows[1] as [number])[0]).toBeLessThan(3);
  });
});
