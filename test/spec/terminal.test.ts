// `-t`: a terminal of the container's own, and the caller's as it was, whatever happens.

import { beforeAll, describe, expect } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { compiledTest, compileStatic } from "../harness/c-program.ts";
import { minidockerCommand, privateHost } from "../harness/private-host.ts";
import { processLink } from "../harness/processes.ts";
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

const words = (options: readonly string[], ...command: string[]): string[] => [
  ...["run", "--rm", "--network", "none", ...options, rootfs, ...command],
];

const PROMPT = "/ # ";

async function shell(options: readonly string[] = ["-it"]): Promise<TestTerminal> {
  const terminal = host.terminal(words(options, "sh"));
  await terminal.until(PROMPT);
  return terminal;
}

/** A command line in an interactive shell's place: what stty(1) says before and after are files in the host's folder. */
function between(command: readonly string[]): TestTerminal {
  const quoted = command.map((it) => `'${it.replaceAll("'", "'\\''")}'`).join(" ");
  const stty = (name: string): string => `stty -a >${host.folder}/${name}`;
  return host.onTerminal(["bash", "-c", `${stty("before")}; ${quoted}; echo "ended with $?"; ${stty("after")}`]);
}

function expectAsBefore(): void {
  const [before, after] = ["before", "after"].map((it) => readFileSync(`${host.folder}/${it}`, "utf8"));
  expect(after).toBe(before as string);
}

/** The pid of minidocker itself, below whatever has started it. */
async function minidockerOn(terminal: TestTerminal): Promise<number> {
  const found = (): number | undefined =>
    terminal.pids.find((pid) => processLink(pid, "exe") === process.execPath && isRun(pid));
  await waitUntil(
    () => found() !== undefined,
    5000,
    () => "no minidocker on the terminal",
  );
  return found() as number;
}

const isRun = (pid: number): boolean => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("src/main.ts\0run\0");

describe("inside", () => {
  rootTest("there is one terminal, the container's own, on all three streams and /dev/console", async () => {
    const terminal = await shell();
    terminal.type("tty; test -t 0 && test -t 1 && test -t 2 && echo all three; ls /dev/pts; cat /proc/mounts\r");
    await terminal.until("/dev/pts/0\r\n");
    await terminal.until("all three\r\n");
    await terminal.until(/^0\s+ptmx\r\n/m);
    await terminal.until("devpts /dev/console devpts");
    terminal.type("exit 5\r");
    expect(await terminal.exited).toBe(5);
  });

  rootTest("it has the caller's size, and follows when that changes", async () => {
    const script = "trap 'stty size; exit 0' WINCH; stty size; while :; do sleep 0.1; done";
    const terminal = host.terminal(words(["-it"], "sh", "-c", script), { columns: 91, rows: 37 });
    await terminal.until("37 91");
    terminal.resize(120, 40);
    await terminal.until("40 120");
    expect(await terminal.exited).toBe(0);
  });

  rootTest("Ctrl-C is for the program in the foreground there, and not for minidocker", async () => {
    const terminal = await shell();
    terminal.type("sleep 60\r");
    await Bun.sleep(200);
    terminal.type("\x03");
    await terminal.until(PROMPT);
    terminal.type("echo interrupted with $?\r");
    await terminal.until("interrupted with 130");
    await terminal.until(PROMPT);
    terminal.type("\x04"); // end of file
    expect(await terminal.exited).toBe(0);
  });

  rootTest("what cannot be typed, and colours, come through as they are", async () => {
    const terminal = await shell();
    terminal.type("stty raw -echo; dd bs=1 count=5 2>/dev/null | od -An -tx1; stty sane\r");
    await Bun.sleep(300);
    terminal.type("\x03\x04\x1a\x7f\xff".slice(0, 4));
    terminal.type("!");
    await terminal.until("03 04 1a 7f 21");
    terminal.type("printf '\\033[31mred\\033[0m\\n'\r");
    await terminal.until("\x1b[31mred\x1b[0m");
    terminal.type("exit\r");
    await terminal.exited;
  });

  rootTest("what a program does not read keeps nothing else from it", async () => {
    const script = "trap 'exit 9' TERM; echo up; while :; do sleep 0.1; done";
    const terminal = host.terminal(words(["-it"], "sh", "-c", script));
    await terminal.until("up");
    terminal.type("typed\r".repeat(20_000));
    await Bun.sleep(1000);
    process.kill(await minidockerOn(terminal), "SIGTERM");
    expect(await Promise.race([terminal.exited, Bun.sleep(10_000)])).toBe(9);
  });

  rootTest("-t without -i: Ctrl-C on the caller's terminal is a signal to the program", async () => {
    const terminal = host.terminal(
      words(["-t"], "sh", "-c", "trap 'echo got INT; exit 3' INT; echo up; sleep 60 & wait"),
    );
    await terminal.until("up");
    terminal.type("\x03");
    await terminal.until("got INT");
    expect(await terminal.exited).toBe(3);
  });

  rootTest("-t with a pipe on stdout gives the program a terminal all the same", async () => {
    const { stdout } = await host.minidocker(words(["-t"], "sh", "-c", "test -t 0 && test -t 1 && echo yes"));
    expect(stdout).toBe("yes\r\n");
  });

  rootTest("-it with something else than a terminal on stdin is refused", async () => {
    expect(await host.minidocker(words(["-it"], "sh"))).toMatchObject({
      code: 1,
      stderr: "minidocker: the input device is not a terminal: leave out -t, or -i\n",
    });
  });
});

describe("the caller's terminal is as it was", () => {
  rootTest("when the program has ended, although it had changed its own", async () => {
    const terminal = between(minidockerCommand(words(["-it"], "sh", "-c", "stty raw -echo; echo up; exit 4")));
    await terminal.until("ended with 4");
    await terminal.exited;
    expectAsBefore();
  });

  rootTest("when the program was killed", async () => {
    const terminal = between(minidockerCommand(words(["-it", "--name", "victim"], "sh")));
    await terminal.until(PROMPT);
    expect((await host.minidocker(["rm", "-f", "victim"])).code).toBe(0);
    await terminal.until("ended with 137");
    await terminal.exited;
    expectAsBefore();
  });

  rootTest("when minidocker was killed: then the container ends, and the next command leaves nothing", async () => {
    const terminal = between(minidockerCommand(words(["-it"], "sh")));
    await terminal.until(PROMPT);
    process.kill(await minidockerOn(terminal), "SIGKILL");
    await terminal.until("ended with 137");
    await terminal.exited;
    expectAsBefore();
    expect(await host.minidocker(["ps", "-aq"])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(remains(host)).toEqual([]);
  });

  rootTest("when minidocker gets SIGTERM, which it passes on", async () => {
    const script = "trap 'exit 6' TERM; echo up; while :; do sleep 0.05; done";
    const terminal = between(minidockerCommand(words(["-it"], "sh", "-c", script)));
    await terminal.until("up");
    process.kill(await minidockerOn(terminal), "SIGTERM");
    await terminal.until("ended with 6");
    await terminal.exited;
    expectAsBefore();
  });

  rootTest("when the container cannot be made", async () => {
    const terminal = between(minidockerCommand(words(["-it"], "no-such-program")));
    await terminal.until("ended with 127");
    await terminal.exited;
    expectAsBefore();
  });
});

describe("a terminal that is closed", () => {
  rootTest("hangs up the container's: it ends, and nothing is left", async () => {
    const terminal = await shell();
    terminal.close();
    await terminal.exited;
    expect(remains(host)).toEqual([]);
  });

  for (const options of [["-it"], []]) {
    rootTest(`ends a program that takes no notice, a little later: ${options}`, async () => {
      const script = "trap '' HUP; echo up; while :; do sleep 0.1; done";
      const terminal = host.terminal(words(options, "sh", "-c", script));
      await terminal.until("up");
      terminal.close();
      await terminal.exited;
      expect(remains(host)).toEqual([]);
    });
  }

  compiledTest("to everybody else (TIOCEXCL) is written to all the same", async () => {
    compileStatic(excluding, `${host.folder}/excluding`);
    const argv = [`${host.folder}/excluding`, ...minidockerCommand(words([], "echo", "written"))];
    const terminal = host.onTerminal(argv, { rootless: true });
    await terminal.until("written");
    expect(await terminal.exited).toBe(0);
  });
});

/** Executes the rest of its command line, on a terminal that only root may open from now on. */
const excluding = `
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc < 2 || ioctl(1, TIOCEXCL)) return 1;
  execv(argv[1], argv + 1);
  return 1;
}
`;

rootTest("a program without -t has no way to the caller's terminal, not even as a session leader", async () => {
  const script = "setsid sh -c 'exec <>/dev/tty' 2>&1; ls /dev/pts; test -e /dev/console || echo no console";
  const terminal = host.terminal(words(["-i"], "sh", "-c", script));
  await terminal.until("No such device or address");
  await terminal.until("no console");
  expect(await terminal.exited).toBe(0);
  expect(existsSync(`${host.folder}/rootfs/dev/console`)).toBe(false);
});
