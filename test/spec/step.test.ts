// `run --step`: a pause before each layer, step or call, on a real terminal.

import { beforeAll, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { privateHost } from "../harness/private-host.ts";
import { remains } from "../harness/remains.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import { waitUntil } from "../harness/run.ts";
import { isRoot, rootTest } from "../harness/skip.ts";
import type { TestTerminal } from "../harness/terminal.ts";

const host = privateHost();
let rootfs = "";
beforeAll(() => {
  if (isRoot) rootfs = makeRootfs(`${host.folder}/rootfs`);
});

const PROMPT = "[Enter s w v r q ?]";

function step(size: string, columns = 80): TestTerminal {
  const options = ["--rm", "--network", "none", `--step=${size}`];
  return host.terminal(["run", ...options, rootfs, "echo", "the program", "ran"], { columns, rows: 24 });
}

const pausesOf = (terminal: TestTerminal): number => terminal.screen.split(PROMPT).length - 1;

async function press(terminal: TestTerminal, key: string): Promise<void> {
  const before = pausesOf(terminal);
  terminal.type(key);
  await waitUntil(
    () => pausesOf(terminal) > before,
    5000,
    () => `no pause after ${JSON.stringify(key)}: ${terminal.screen}`,
  );
}

for (const size of ["layer", "step"]) {
  rootTest(
    `with Enter alone, --step=${size} comes by all seven layers to the program`,
    async () => {
      const terminal = step(size);
      let done = false;
      const exited = terminal.exited.then((code) => {
        done = true;
        return code;
      });
      for (let pauses = 0; !done && pauses < 300; pauses++) {
        await waitUntil(
          () => done || pausesOf(terminal) > pauses,
          5000,
          () => terminal.screen,
        );
        if (!done) terminal.type("\r");
      }
      expect(await exited).toBe(0);
      expect(terminal.screen.split("\nthe program ran")[1]).not.toContain(PROMPT);
      const layers = [...terminal.screen.matchAll(/▶ ([a-z-]+): /g)].map((it) => it[1] as string);
      const seven = ["namespaces", "cgroups", "overlay", "network", "capabilities", "no-new-privs", "seccomp"];
      expect([...new Set(layers)].filter((it) => seven.includes(it))).toEqual(seven);
      expect(remains(host)).toEqual([]);
    },
    60_000,
  );
}

rootTest(
  "q gives it up at any pause, without asking again, and nothing is left",
  async () => {
    for (const enters of [0, 3, 12]) {
      const terminal = step("step");
      await terminal.until(PROMPT);
      for (let i = 0; i < enters; i++) await press(terminal, "\r");
      const pauses = pausesOf(terminal);
      terminal.type("q");
      await terminal.exited;
      expect(pausesOf(terminal)).toBe(pauses);
      expect(terminal.screen).not.toContain("the program ran");
      expect(remains(host)).toEqual([]);
    }
  },
  30_000,
);

rootTest(
  "w tells why in words, without Markdown's marks, and no line is wider than the terminal",
  async () => {
    const terminal = step("layer", 60);
    await terminal.until(PROMPT);
    while (!terminal.screen.includes("▶ overlay: ")) await press(terminal, "\r");
    const before = terminal.screen.length;
    await press(terminal, "w");
    const told = terminal.screen.slice(before);
    expect(told.split("\r\n").length).toBeGreaterThan(5);
    expect(told).not.toMatch(/`|\*\*/);
    const widths = told
      .replace(/\x1b\[\d*m/g, "")
      .split("\r\n")
      .map((it) => Bun.stringWidth(it));
    expect(Math.max(...widths)).toBeLessThanOrEqual(60);
    terminal.type("q");
    await terminal.exited;
  },
  30_000,
);

rootTest(
  "once the program has run, the container is removed without asking, and a step is explained once",
  async () => {
    const terminal = host.terminal(["run", "--rm", "-it", "--network", "none", "--step=call", rootfs, "sh"]);
    await terminal.until(PROMPT);
    terminal.type("c");
    while (!terminal.screen.includes("▶ cgroups: ")) await press(terminal, "\r");
    await press(terminal, "\r");
    expect(terminal.screen.split("belongs to somebody").length).toBe(2);
    terminal.type("t");
    let seen = pausesOf(terminal);
    while (!terminal.screen.includes("/ # ")) {
      await waitUntil(
        () => pausesOf(terminal) > seen || terminal.screen.includes("/ # "),
        5000,
        () => terminal.screen,
      );
      if (terminal.screen.includes("/ # ")) break;
      seen = pausesOf(terminal);
      terminal.type("\r");
    }
    expect(terminal.screen).not.toMatch(/[0-9a-f]{64}/);
    terminal.type("exit 3\r");
    expect(await terminal.exited).toBe(3);
    expect(remains(host)).toEqual([]);
  },
  60_000,
);

function minidockerOf(terminal: TestTerminal): number {
  const found = terminal.pids.findLast((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("src/main.ts\0run"),
  );
  if (found === undefined) throw new Error("no minidocker runs on the terminal");
  return found;
}

rootTest(
  "a terminal that is closed at a pause, or a polite kill, abandons the container: nothing is left",
  async () => {
    for (const end of ["hang-up", "SIGTERM"] as const) {
      const terminal = step("layer");
      await terminal.until(PROMPT);
      await press(terminal, "\r");
      await press(terminal, "\r");
      if (end === "hang-up") terminal.close();
      else process.kill(minidockerOf(terminal), end);
      await terminal.exited;
      expect([end, ...remains(host)]).toEqual([end]);
    }
  },
);
