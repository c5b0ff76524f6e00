// The program as a whole: what it prints where, and what it ends with.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { version } from "../../package.json" with { type: "json" };
import { commandReference } from "../../scripts/docs.ts";
import { main } from "../../src/cli/main.ts";
import { catalogue } from "../../src/cli/registry.ts";
import { traceTo } from "../../src/cli/trace.ts";
import type { TraceRow } from "../../src/stage/trace.ts";
import { type Outcome, Run } from "../harness/run.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";
import { openTerminal } from "../harness/terminal.ts";

const program = [process.execPath, join(import.meta.dir, "../../src/main.ts")];
let folder = "";
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => removeFolder(folder));

function minidocker(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const places = { MINIDOCKER_STATE: `${folder}/state`, MINIDOCKER_DATA: `${folder}/data`, HOME: folder };
  return Run.start([...program, ...args], { env: { ...places, ...env } }).outcome;
}

describe("mistakes", () => {
  test.each([
    [
      ["run", "--memroy", "1g", "base"],
      125,
      "unknown option --memroy; did you mean --memory?\nSee 'minidocker run --help'.",
    ],
    [
      ["run", "-m", "512K", "base"],
      125,
      "--memory 512K: the minimum is 6m: a container cannot start with less (this is 524288 bytes)",
    ],
    [["run"], 125, "run needs an IMAGE|ROOTFS\nSee 'minidocker run --help'."],
    [["rnu", "base"], 125, "unknown command \"rnu\"; did you mean run?\nSee 'minidocker --help'."],
    [
      ["stop", "web"],
      125,
      "there is no command stop: minidocker rm --force CONTAINER ends a container and removes it\nSee 'minidocker --help'.",
    ],
    [
      ["run", "-d", "base"],
      125,
      "-d is not there, for run stays in the foreground: end the line with & instead, and the container with minidocker rm --force NAME\nSee 'minidocker run --help'.",
    ],
    [["--nope", "run"], 125, "unknown option --nope: options come after the command\nSee 'minidocker --help'."],
    [["ps", "extra"], 125, "ps: unexpected argument \"extra\"\nSee 'minidocker ps --help'."],
    [["verify"], 125, "verify needs a CONTAINER or --pid PID, one of them\nSee 'minidocker verify --help'."],
    [["constructor"], 125, "unknown command \"constructor\"\nSee 'minidocker --help'."],
  ])("%p", async (args, code, message) => {
    expect(await minidocker(args)).toMatchObject({ code, stdout: "", stderr: `minidocker: ${message}\n` });
  });

  test("nothing that was typed steers the terminal", async () => {
    const { stderr } = await minidocker(["run", "--\x1b[31m", "base"]);
    expect(stderr).toStartWith("minidocker: unknown option --\\x1b[31m\n");
  });

  test("MINIDOCKER_DEBUG=1 adds where the error arose", async () => {
    const { stderr } = await minidocker(["run"], { MINIDOCKER_DEBUG: "1" });
    expect(stderr).toContain("src/cli/parse.ts");
  });
});

describe("help", () => {
  test("minidocker alone, help and --help say the same, on stdout", async () => {
    const [alone, help, option] = await Promise.all([minidocker([]), minidocker(["help"]), minidocker(["--help"])]);
    expect(alone).toMatchObject({ code: 0, stderr: "" });
    expect(alone.stdout).toContain("minidocker run --rm -it base sh");
    expect([help.stdout, option.stdout]).toEqual([alone.stdout, alone.stdout]);
  });

  test("every command has examples that are commands of ours, a summary, and a page", async () => {
    for (const name of Object.values(catalogue.groups).flat()) {
      const command = await catalogue.load(name);
      expect(command?.name).toBe(name);
      expect(command?.examples.length, name).toBeGreaterThan(0);
      for (const it of command?.examples ?? []) expect(it.command).toContain(`minidocker ${name}`);
      expect(command?.summary).toMatch(/^[a-z].*[^.]$/);
      const letters = (command?.options ?? []).flatMap((it) => it.short ?? []);
      expect(new Set(letters).size, name).toBe(letters.length);
    }
  });

  test("help of a command is no wider than 80 columns, where the words allow it", async () => {
    const { code, stdout } = await minidocker(["run", "--help"]);
    expect(code).toBe(0);
    const wide = stdout.split("\n").filter((it) => it.length > 80);
    expect(wide.filter((it) => !it.startsWith("  minidocker "))).toEqual([]);
  });

  test("a narrow terminal gets narrow help", async () => {
    const { stdout } = await minidocker(["ps", "--help"], { COLUMNS: "40" });
    expect(stdout.split("\n").filter((it) => it.length > 40 && !it.startsWith("  minidocker"))).toEqual([]);
  });

  test("docs/commands.md is what the tables say", async () => {
    expect(await Bun.file(join(import.meta.dir, "../../docs/commands.md")).text()).toBe(await commandReference());
  });
});

test("--version and version print the version", async () => {
  const { stdout } = await minidocker(["--version"]);
  expect(stdout.split("\n")[0]).toBe(`minidocker          ${version}`);
  expect(JSON.parse((await minidocker(["version", "--json"])).stdout)).toMatchObject({
    minidocker: version,
    oci: "1.2.0",
  });
});

describe("colours", () => {
  const onTerminal = async (
    args: readonly string[],
    env: Record<string, string> = {},
    columns = 80,
  ): Promise<string> => {
    const terminal = openTerminal([...program, ...args], { env, columns });
    expect(await terminal.exited).toBe(0);
    return terminal.screen;
  };

  test("are for terminals that want them", async () => {
    expect((await minidocker(["help", "run"])).stdout).not.toContain("\x1b");
    expect(await onTerminal(["help", "ps"])).toContain("\x1b[1mUsage:\x1b[22m");
    for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
      expect(await onTerminal(["help", "ps"], env)).not.toContain("\x1b");
    }
    expect(await onTerminal(["--plain", "help", "ps"])).not.toContain("\x1b");
  });

  test("a narrow terminal gets narrow lines", async () => {
    const lines = (await onTerminal(["--plain", "help"], {}, 46)).split("\r\n");
    expect(lines.filter((it) => it.length > 46 && !it.startsWith("  minidocker"))).toEqual([]);
  });
});

describe("a full disk", () => {
  const onFull = (words: string): Promise<Outcome> =>
    Run.start(["bash", "-c", `exec ${program.join(" ")} ${words}`], {
      env: { MINIDOCKER_STATE: `${folder}/state`, MINIDOCKER_DATA: `${folder}/data`, HOME: folder },
    }).outcome;

  test.each([["--help"], ["version"], ["ps"]])("%s says that stdout takes no more", async (words) => {
    expect(await onFull(`${words} >/dev/full`)).toMatchObject({
      code: 1,
      stderr: "minidocker: stdout: cannot be written (ENOSPC): no space is left there\n",
    });
  });

  test("a trace names its option", () => {
    const row = { call: "getpid()", result: "= 1", layer: "", step: "", role: "host", time: 0 } as unknown as TraceRow;
    expect(() => traceTo("/dev/full")(row)).toThrow(
      "--trace=/dev/full: cannot be written (ENOSPC): no space is left there",
    );
  });
});

test("whoever stops reading ends it, as SIGPIPE would", async () => {
  const line = `{ sleep 0.1; exec ${program.join(" ")} help run; } | true; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = await Run.start(["bash", "-c", line]).outcome;
  expect({ stdout, stderr }).toEqual({ stdout: "141\n", stderr: "" });
});

describe("on another system", () => {
  const elsewhere = async (platform: string, ...argv: string[]): Promise<{ code: number; stderr: string }> => {
    const script = `import { main } from ${JSON.stringify(join(import.meta.dir, "../../src/cli/main.ts"))};
      process.exit(await main(${JSON.stringify(argv)}, ${JSON.stringify(platform)}));`;
    const { code, stderr } = await Run.start([process.execPath, "-e", script]).outcome;
    return { code, stderr };
  };

  test("run says what is needed, in one line", async () => {
    expect(await elsewhere("darwin", "run", "base")).toEqual({
      code: 1,
      stderr:
        "minidocker: containers are made by the Linux kernel, and this is macOS: run minidocker in a Linux, such as in Lima, OrbStack or Multipass\n",
    });
    expect((await elsewhere("win32", "ps")).stderr).toContain(
      "this is Windows: run minidocker in a Linux, such as in WSL 2",
    );
  });

  test("what can be read can be read", async () => {
    for (const argv of [["help"], ["run", "--help"], ["version"], ["completion", "bash"], ["explain", "seccomp"]]) {
      expect(await elsewhere("darwin", ...argv), argv.join(" ")).toEqual({ code: 0, stderr: "" });
    }
  });
});

test("main returns the exit code and does not end the process", async () => {
  expect(await main(["completion", "words", "nothing", ""])).toBe(0);
});
