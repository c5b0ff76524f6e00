// How text is put together for terminals.

import { describe, expect, test } from "bun:test";
import { duration } from "../../src/cli/duration.ts";
import { fillTemplate } from "../../src/cli/format.ts";
import { renderMarkdown } from "../../src/cli/markdown.ts";
import { pad, table, visible, wrap } from "../../src/cli/style.ts";

describe("wrapping", () => {
  test("lines are no longer than asked for, and no word is lost", () => {
    const text = "the quick brown fox jumps over the lazy dog";
    const lines = wrap(text, 12).split("\n");
    expect(Math.max(...lines.map((it) => it.length))).toBeLessThanOrEqual(12);
    expect(lines.join(" ")).toBe(text);
  });

  test("commands between backticks stay in one line", () => {
    expect(wrap("say `minidocker run -it base sh` now", 12)).toBe("say\n`minidocker run -it base sh`\nnow");
  });

  test("wide characters count twice", () => {
    expect(wrap("漢字 漢字 漢字", 10)).toBe("漢字 漢字\n漢字");
    expect(pad("漢字", 6)).toBe("漢字  ");
  });

  test("each line is indented", () => {
    expect(wrap("a b c", 5, "   ")).toBe("   a\n   b\n   c");
  });
});

describe("Markdown", () => {
  test("paragraphs are joined and wrapped, fenced blocks are left alone", () => {
    expect(renderMarkdown("one\ntwo\n\n```sh\nls  -la\n\nps\n```\nthree")).toBe(
      "one two\n\n    ls  -la\n\n    ps\n\nthree",
    );
  });

  test("items of lists hang", () => {
    const long = "word ".repeat(20).trim();
    const lines = renderMarkdown(`- ${long}\n- b`).split("\n");
    expect(lines[0]?.startsWith("• word")).toBe(true);
    expect(lines[1]?.startsWith("  word")).toBe(true);
    expect(lines.at(-1)).toBe("• b");
    expect(renderMarkdown("1. a\n2. b")).toBe("1. a\n2. b");
  });

  test("marks of code, strength and emphasis are not printed; those within code are", () => {
    expect(renderMarkdown("a `b*c*` **d** *e* 2 * 3 [f](g.md) [h](https://i.example)")).toBe(
      "a b*c* d e 2 * 3 f h (https://i.example)",
    );
  });

  test("code is not cut, and what follows it without a blank stays with it", () => {
    const lines = renderMarkdown(`${"word ".repeat(14)}see \`mount -t proc none /proc\`, **as (\`this\`)**.`).split(
      "\n",
    );
    expect(lines[1]).toBe("mount -t proc none /proc, as (this).");
  });

  test("tables have columns; where those are too wide, each row is a record", () => {
    expect(renderMarkdown("| a | b |\n| - | - |\n| `x` | yy |")).toBe("a   b\n──────\nx   yy");
    const long = "word ".repeat(20).trim();
    const lines = renderMarkdown(`| a | b |\n| - | - |\n| x | ${long} |`).split("\n");
    expect(lines[0]).toBe("x");
    expect(lines[1]).toStartWith("  b: word word");
    expect(Math.max(...lines.map((it) => it.length))).toBeLessThanOrEqual(80);
  });

  test("headings can have a line below; quotes have one beside; comments are not shown", () => {
    expect(renderMarkdown("# Ab\n\n## C\n\n> d\n\n<!-- e -->", "", "ruled")).toBe("Ab\n══\n\nC\n─\n\n│ d");
  });
});

describe("--format", () => {
  const fields = { ID: "1", Names: "web" };

  test("fields have Docker's names, \\t and \\n are a tab and a newline", () => {
    expect(fillTemplate("{{.ID}}\\t{{ .Names }}\\n", fields)).toBe("1\tweb\n");
  });

  test("an unknown field is answered with the known ones", () => {
    expect(() => fillTemplate("{{.Size}}", fields)).toThrow(
      "--format: {{.Size}} is not known; there are {{.ID}} {{.Names}}",
    );
    expect(() => fillTemplate("{{.constructor}}", fields)).toThrow("is not known");
    expect(() => fillTemplate("{{ID}}", fields)).toThrow("is not known");
  });
});

test("durations in Docker's words", () => {
  const said = [0, 1, 59, 60, 119, 120, 2700, 3600, 7200, 86_400, 172_800, 1_209_600, 5_184_000, 70_000_000].map(
    duration,
  );
  expect(said).toEqual([
    "Less than a second",
    "1 second",
    "59 seconds",
    "About a minute",
    "About a minute",
    "2 minutes",
    "45 minutes",
    "About an hour",
    "2 hours",
    "24 hours",
    "2 days",
    "2 weeks",
    "2 months",
    "2 years",
  ]);
});

test("columns of a table line up, and no line ends in spaces", () => {
  expect(
    table(
      ["A", "LONG"],
      [
        ["xyz", "1"],
        ["x", ""],
      ],
    ),
  ).toBe("A     LONG\nxyz   1\nx\n");
});

test("control characters are shown, not sent", () => {
  expect(visible("a\x1b[31m\n\x9b")).toBe("a\\x1b[31m\\x0a\\x9b");
});
