// learn export: what the page, the recording and the text show was observed when they were made.

import { beforeAll, expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { privateHost } from "../harness/private-host.ts";
import { remains } from "../harness/remains.ts";
import { rootTest } from "../harness/skip.ts";

const host = privateHost();
let file = "";

const lesson = `---
title: A lesson to export
summary: see its parts
minutes: 5
layers: [namespaces.uts]
requires: []
container: --network none --layers=-cgroups base
---

# A lesson to export

## First

\`\`\`predict
question: Which?
choices:
  - text: This one
    right: true
  - text: That one
    why: It is not.
\`\`\`

\`\`\`run host
printf '<script>alert(1)</script>\\n\\033[31mred\\n'
\`\`\`

\`\`\`verify host became
# the file "here" exists
test -e here
\`\`\`

\`\`\`hint
Think of touch.
\`\`\`

\`\`\`solve host
touch here; echo done it
\`\`\`

\`\`\`solve without host
true
\`\`\`

\`\`\`pause
namespaces: set the hostname
\`\`\`

\`\`\`pause
finished
\`\`\`

\`\`\`run container
cat /proc/sys/kernel/ostype; exit 3
\`\`\`

\`\`\`expect status 3
Linux
\`\`\`

\`\`\`note
Nobody else sees this.
\`\`\`
`;

beforeAll(() => {
  file = `${host.folder}/lesson.md`;
  writeFileSync(file, lesson);
});

const exported = async (...words: string[]) => {
  const result = await host.minidocker(["learn", "export", ...words]);
  expect(remains(host)).toEqual([]);
  return result;
};

rootTest("the page holds what was seen, and nothing of it is obeyed", async () => {
  const { code, stdout, stderr } = await exported("--html", file);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("&lt;script&gt;alert(1)&lt;/script&gt;\n\\x1b[31mred");
  expect(stdout).not.toContain("<script");
  expect(stdout).not.toContain("\x1b");
  expect(stdout).toContain("<samp>done it</samp>");
  expect(stdout).toMatch(/<ins>uts:\[\d+\]<\/ins>/);
  expect(stdout).toContain("sethostname(");
  expect(stdout).toContain("<samp>Linux</samp>");
  expect(stdout).toContain("exit status 3");
  expect(stdout).not.toContain("Nobody else sees this");
});

rootTest("the recording has colours, the text has none, and neither has escape bytes of the container's", async () => {
  const { stdout: cast } = await exported("--cast", file);
  const rows = cast
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((it) => JSON.parse(it) as [number, string, string]);
  const shown = rows.map((it) => it[2]).join("");
  expect(shown).toContain("\x1b[1m");
  expect(shown).toContain("\\x1b[31mred\r\n");
  expect(rows.map((it) => it[0])).toEqual(rows.map((it) => it[0]).toSorted((a, b) => a - b));
  const { stdout: text } = await exported("--plain", file);
  expect(text).toContain("\\x1b[31mred\n");
  expect(text).not.toContain("\x1b");
  expect(text).toContain("done it\n");
});

rootTest("with --no-run nothing is run, and the page says so", async () => {
  const { code, stdout } = await exported("--html", "--no-run", file);
  expect(code).toBe(0);
  expect(stdout).toContain("It was not run, as --no-run asks for.");
  expect(stdout).toContain("touch here; echo done it");
  expect(stdout).not.toContain("<samp>done it");
  expect((await exported("--plain", "--no-run", file)).stdout).toStartWith("Without outputs: it was not run");
});

rootTest("a lesson that this host cannot run is exported without outputs, with the reason", async () => {
  const other = `${host.folder}/blocked.md`;
  writeFileSync(other, lesson.replace("requires: []", "requires: [cgroup2.memory, cgroup1.memory]"));
  const { code, stdout, stderr } = await exported("--html", other);
  expect(code).toBe(0);
  expect(stderr).toContain("this host cannot run it: needs ");
  expect(stdout).toContain("This host cannot run it: needs ");
});

rootTest("what is not as the lesson says is told on the page and on stderr, and the exit code is 1", async () => {
  const other = `${host.folder}/untrue.md`;
  writeFileSync(other, lesson.replace("\nLinux\n", "\nWindows\n"));
  const { code, stdout, stderr } = await exported("--html", other);
  expect(code).toBe(1);
  expect(stderr).toContain("untrue.md:");
  expect(stdout).toContain("Not all of it is true");
  expect(stdout).toContain("<samp>Windows</samp>");
});

rootTest("a format is needed, and only one", async () => {
  expect((await exported(file)).stderr).toContain("--html, --cast or --plain");
  expect((await exported("--html", "--cast", file)).stderr).toContain("--html and --cast: one of them");
});
