// Completion: what may come next, and the scripts for shells.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "../../src/cli/command.ts";
import { type Answer, complete, type Lookups } from "../../src/cli/complete.ts";
import { catalogue } from "../../src/cli/registry.ts";
import { Run } from "../harness/run.ts";
import { skipUnless, type Test } from "../harness/skip.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";

const commands = (await Promise.all(Object.values(catalogue.groups).flat().map(catalogue.load))) as Command[];
const lookups: Lookups = {
  commands,
  container: () => ["web", "db"],
  image: () => ["base"],
  lesson: () => ["list", "uts"],
  probe: async () => ["mount", "move-pages"],
  capability: () => ["ALL", "NET_ADMIN", "NET_RAW"],
  limit: () => ["nofile=", "nproc="],
  layer: () => ["namespaces", "namespaces.pid", "network", "seccomp"],
};

async function after(...words: string[]): Promise<string[] | string> {
  const answer: Answer = await complete(words, lookups);
  return typeof answer === "string" ? answer : answer.map((it) => it.text);
}

describe("candidates", () => {
  test("a command comes first", async () => {
    expect(await after("r")).toEqual(["run", "rm"]);
    expect(await after("--plain", "p")).toEqual(["ps", "probe"]);
    expect(await after("--v")).toEqual(["--version"]);
    expect(await after("nope", "")).toEqual([]);
  });

  test("then its options and operands", async () => {
    expect(await after("run", "--memory-")).toEqual(["--memory-swap", "--memory-reservation"]);
    expect(await after("run", "--rm", "b")).toEqual(["base"]);
    expect(await after("run", "./r")).toBe("folder");
    expect(await after("rm", "web", "")).toEqual(["web", "db"]);
    expect(await after("explain", "cap")).toEqual(["capabilities"]);
    expect(await after("help", "v")).toEqual(["verify", "version"]);
  });

  test("then the value of an option", async () => {
    expect(await after("run", "--network", "")).toEqual(["none", "host", "bridge", "container:"]);
    expect(await after("run", "--network=h")).toEqual(["--network=host"]);
    expect(await after("run", "--env-file", "x")).toBe("file");
    expect(await after("run", "-m", "")).toEqual([]);
    expect(await after("run", "-itm", "")).toEqual([]);
    expect(await after("run", "-m64m", "")).toEqual(["base"]);
    expect(await after("run", "--step=")).toEqual(["--step=layer", "--step=step", "--step=call"]);
    expect(await after("run", "--step", "")).toEqual(["base"]);
  });

  test("capabilities, limits of a process, and options of security", async () => {
    expect(await after("run", "--cap-add", "")).toEqual(["ALL", "NET_ADMIN", "NET_RAW"]);
    expect(await after("run", "--cap-drop=NET_R")).toEqual(["--cap-drop=NET_RAW"]);
    expect(await after("run", "--ulimit", "nof")).toEqual(["nofile="]);
    expect(await after("run", "--security-opt", "s")).toEqual(["seccomp=unconfined", "seccomp="]);
  });

  test("in a list of layers the last one", async () => {
    expect(await after("run", "--layers", "seccomp,net")).toEqual(["seccomp,network"]);
    expect(await after("run", "--layers=-namespaces.")).toEqual(["--layers=-namespaces.pid"]);
    expect(await after("compare", "--layers", "all", "--layers", "-s")).toEqual(["-seccomp"]);
  });

  test("where one layer is meant, no parts of layers", async () => {
    expect(await after("learn", "--layer", "n")).toEqual(["namespaces", "network", "no-new-privs"]);
  });

  test("names of probes, one after the other", async () => {
    expect(await after("probe", "m")).toEqual(["mount", "move-pages"]);
    expect(await after("probe", "mount", "mov")).toEqual(["move-pages"]);
  });

  test("after the image, options are the program's", async () => {
    expect(await after("run", "base", "--me")).toBe("file");
    expect(await after("run", "base", "sh", "")).toBe("file");
    expect(await after("run", "--", "--me")).toEqual([]);
  });
});

let folder = "";
beforeEach(() => {
  folder = temporaryFolder();
  mkdirSync(join(folder, "bin"));
  writeFileSync(
    join(folder, "bin/minidocker"),
    `#!/bin/sh\nexec ${process.execPath} ${join(import.meta.dir, "../../src/main.ts")} "$@"\n`,
    { mode: 0o755 },
  );
  symlinkSync(process.execPath, join(folder, "bin/bun"));
});
afterEach(() => removeFolder(folder));

// Few machines have all three.
const inShell = (name: string): Test => skipUnless(Bun.which(name), `needs ${name}`, { expected: true });

/** Runs the shell with minidocker in its PATH. */
async function shell(argv: readonly string[]): Promise<string> {
  const run = Run.start(argv, {
    env: {
      PATH: `${folder}/bin:${process.env["PATH"]}`,
      HOME: folder,
      MINIDOCKER_STATE: `${folder}/state`,
      MINIDOCKER_DATA: `${folder}/data`,
    },
  });
  const { stdout, stderr } = await run.outcome;
  expect(stderr).toBe("");
  return stdout;
}

inShell("bash")("bash completes options, and values after =", async () => {
  const script = `
    eval "$(minidocker completion bash)"
    try() { COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=(); _minidocker 2>/dev/null; echo "\${COMPREPLY[*]}"; }
    try minidocker ver
    try minidocker run --memory-
    try minidocker explain no
    try minidocker run --cap-add SYS_P
    try minidocker run --ulimit nof`;
  expect(await shell(["bash", "-c", script])).toBe(
    "verify version\n--memory-swap --memory-reservation\nno-new-privs\nSYS_PTRACE SYS_PACCT\nnofile=\n",
  );
});

inShell("zsh")("zsh is given words and what they are for, colons escaped", async () => {
  const script = `
    compdef() { :; }
    _describe() { print -rl -- "\${(@P)2}"; }
    source <(minidocker completion zsh)
    words=(minidocker run --network ""); CURRENT=4; _minidocker
    words=(minidocker vers); CURRENT=2; _minidocker`;
  const lines = ["none:", "host:", "bridge:", "container\\::", "version:show the version", ""];
  expect(await shell(["zsh", "-f", "-c", script])).toBe(lines.join("\n"));
});

inShell("fish")("fish completes options", async () => {
  const script = `minidocker completion fish | source; complete -C 'minidocker run --memory-'`;
  const lines = (await shell(["fish", "--no-config", "-c", script])).split("\n").map((it) => it.split("\t")[0]);
  expect(lines.filter(Boolean).toSorted()).toEqual(["--memory-reservation", "--memory-swap"]);
});
