// docs/troubleshooting.md quotes messages. A message that no longer exists helps nobody.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "../..");
const document = readFileSync(join(root, "docs/troubleshooting.md"), "utf8");

const sources = [...new Bun.Glob("src/**/*.ts").scanSync({ cwd: root })]
  .map((it) => readFileSync(join(root, it), "utf8"))
  .join("\n");

/** Headings that are about what a program says, not minidocker. */
const ofPrograms = new Set(["Operation not permitted", "su", "sudo", "free", "nproc"]);

const quoted = [...document.matchAll(/^### (.*)$/gm)]
  .flatMap(([, heading = ""]) => [...heading.matchAll(/`([^`]+)`/g)].map(([, it = ""]) => it))
  .filter((it) => !ofPrograms.has(it));

test("there are messages to look for", () => {
  expect(quoted.length).toBeGreaterThan(15);
});

// What a message holds of its own stands between the variable parts, which are … in the document.
for (const message of quoted) {
  test(`the message exists: ${message}`, () => {
    const missing = message.split("…").filter((it) => !sources.includes(it.trim()));
    expect(missing).toEqual([]);
  });
}
