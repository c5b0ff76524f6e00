// A program that does nothing but wait for signals, by sigtimedwait(2), as inits do: it gets each of them once, and takes notice.

import { beforeAll, describe, expect } from "bun:test";
import { compiledTest, compileStatic } from "../harness/c-program.ts";
import { privateHost } from "../harness/private-host.ts";
import { remains } from "../harness/remains.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import { isRoot } from "../harness/skip.ts";

const host = privateHost();
let rootfs = "";
beforeAll(() => {
  if (!isRoot) return;
  rootfs = makeRootfs(`${host.folder}/rootfs`);
  compileStatic(counter, `${rootfs}/bin/counter`);
});

/** Prints each SIGINT that comes, and ends with 7 after two seconds without any. */
const counter = `
#include <signal.h>
#include <stdio.h>
#include <time.h>

int main(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, 0);
  puts("up");
  fflush(stdout);
  struct timespec wait = {.tv_sec = 2};
  for (int count = 0; sigtimedwait(&set, 0, &wait) == SIGINT;) {
    printf("SIGINT %d\\n", ++count);
    fflush(stdout);
  }
  return 7;
}
`;

const words = (...options: string[]): string[] => [
  ...["run", "--rm", "--network", "none", ...options, rootfs, "counter"],
];

const counts = (text: string): number => text.split("SIGINT ").length - 1;

describe("a Ctrl-C that is typed comes once", () => {
  for (const options of [["-it"], ["-it", "--init"]]) {
    compiledTest(options.join(" "), async () => {
      const terminal = host.terminal(words(...options));
      await terminal.until("up");
      terminal.type("\x03");
      await terminal.until("SIGINT 1");
      await Bun.sleep(200);
      terminal.type("\x03");
      await terminal.until("SIGINT 2");
      expect(await terminal.exited).toBe(7);
      expect(counts(terminal.screen)).toBe(2);
      expect(remains(host)).toEqual([]);
    });
  }
});

describe("signals that minidocker gets", () => {
  for (const options of [[], ["--init"]]) {
    compiledTest(`reach it once each, and the third does not kill it: ${options}`, async () => {
      const run = host.startMinidocker(words("--name", "taker", ...options));
      await run.until("up");
      for (let i = 1; i <= 4; i++) {
        run.signal("SIGINT");
        await run.until(`SIGINT ${i}`);
        await Bun.sleep(60);
      }
      const { code, stdout, stderr } = await run.outcome;
      const told =
        "minidocker: the program handles SIGINT by itself; what ends it all the same, in another terminal: minidocker rm --force taker\n";
      expect({ code, seen: counts(stdout), stderr }).toEqual({ code: 7, seen: 4, stderr: told });
    });
  }

  compiledTest("twice at once are one, as when npx passes on what the terminal has sent already", async () => {
    const run = host.startMinidocker(words());
    await run.until("up");
    run.signal("SIGINT");
    await Bun.sleep(5);
    run.signal("SIGINT");
    const { code, stdout } = await run.outcome;
    expect({ code, seen: counts(stdout) }).toEqual({ code: 7, seen: 1 });
  });
});
