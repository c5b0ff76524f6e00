// Those who join a running program: attached clients, and the terminal's window.

import { describe, expect, test } from "bun:test";
import { closeSync, openSync, readdirSync, writeSync } from "node:fs";
import { winsize } from "../../src/abi/termios.ts";
import { launch } from "../../src/stage/launch.ts";
import { Session } from "../../src/stage/stage.ts";
import { processLink } from "../harness/processes.ts";
import { stages } from "../harness/stages.ts";
import { Client, readLog, startSupervised, streamOf } from "../harness/supervised.ts";
import { fixture, shell } from "./fixture.ts";

const own = stages();
const here = fixture();
const WINDOW = 3;

describe("attached clients", () => {
  const attach = async (use: (client: Client, other: Client) => Promise<void>): Promise<void> => {
    const launched = await launch(new Session());
    try {
      await use(await Client.attach(launched.stage, here.folder), await Client.attach(launched.stage, here.folder));
    } finally {
      launched.close();
      await launched.ended;
    }
  };

  test("all see what the program writes, each piece with stream and time", async () => {
    const script = 'read x; echo "got $x"; echo oops >&2; read y';
    const { ended } = await startSupervised(own, shell(script), {
      folder: here.folder,
      stdin: here.silence(),
      listen: true,
    });
    await attach(async (one, two) => {
      await Bun.sleep(50);
      await one.send(0, Buffer.from("input\n"));
      for (const client of [one, two]) {
        expect(await client.receive()).toMatchObject({ stream: 1, text: "got input\n" });
        expect(await client.receive()).toMatchObject({ stream: 2, text: "oops\n" });
      }
      await two.send(0, Buffer.from("done\n"));
      expect(await one.receive()).toBeUndefined();
    });
    expect(await ended).toBe(0);
  });

  test("what two send at once, and the caller as well, arrives whole", async () => {
    const { read, write } = here.fifo();
    here.close(read, write);
    const { ended, pid, supervisor } = await startSupervised(own, ["/bin/cat"], {
      folder: here.folder,
      stdin: read,
      listen: true,
    });
    await attach(async (one, two) => {
      await one.send(0, Buffer.from("both are heard\n"));
      await here.logged("both are heard");
      // so that it finds all three in the same turn
      process.kill(supervisor, "SIGSTOP");
      await one.send(0, Buffer.from("first\n"));
      await two.send(0, Buffer.from("second\n"));
      writeSync(write, "third\n");
      process.kill(supervisor, "SIGCONT");
      for (const it of ["first\n", "second\n", "third\n"]) await here.logged(it);
      process.kill(pid, "SIGTERM");
      await ended;
    });
  });

  test("one that sends an empty input closes the program's stdin", async () => {
    const { ended } = await startSupervised(own, ["/bin/cat"], {
      folder: here.folder,
      stdin: here.silence(),
      listen: true,
    });
    await attach(async (client) => {
      await client.send(0, Buffer.from("last words"));
      expect(await client.receive()).toMatchObject({ text: "last words" });
      await client.send(0, new Uint8Array(0));
      expect(await client.receive()).toBeUndefined();
    });
    expect(await ended).toBe(0);
  });

  test("one that leaves does not end the program, nor does one that sends nonsense", async () => {
    const { ended } = await startSupervised(own, ["/bin/cat"], {
      folder: here.folder,
      stdin: here.silence(),
      listen: true,
    });
    await attach(async (one, two) => {
      await one.sendRaw(new Uint8Array([1, 2, 3]));
      expect(await one.receive()).toBeUndefined();
      await one.close();
      await two.sendRaw(new Uint8Array(16).fill(0xff));
      expect(await two.receive()).toBeUndefined();
    });
    await attach(async (client) => {
      await client.send(0, Buffer.from("still here"));
      expect(await client.receive()).toMatchObject({ text: "still here" });
      await client.send(0, new Uint8Array(0));
    });
    expect(await ended).toBe(0);
  });

  test("one that does not read is let go, and the program goes on", async () => {
    const script = "read x; head -c 3000000 /dev/zero; echo; echo finished";
    const { ended } = await startSupervised(own, shell(script), {
      folder: here.folder,
      stdin: here.silence(),
      listen: true,
    });
    await attach(async (client) => {
      await client.send(0, Buffer.from("go\n"));
      expect(await ended).toBe(0);
    });
    expect(streamOf(await readLog(here.folder), 1)).toEndWith("\nfinished\n");
  });
});

describe("on a terminal", () => {
  const size = 'trap "stty size; exit 0" WINCH; echo ready; while :; do sleep 0.02; done';

  test("an attached client's window becomes the program's", async () => {
    const { ended } = await startSupervised(own, shell(size), { folder: here.folder, listen: true, terminal: {} });
    await here.logged("ready");
    const launched = await launch(new Session());
    const client = await Client.attach(launched.stage, here.folder);
    await client.send(WINDOW, winsize.encode({ rows: 33, columns: 111 }));
    expect(await ended).toBe(0);
    launched.close();
    await launched.ended;
    expect(streamOf(await readLog(here.folder), 1)).toBe("ready\r\n33 111\r\n");
  });

  test("SIGWINCH gives the program's terminal the size of the caller's", async () => {
    const window = new Bun.Terminal({ cols: 99, rows: 44 });
    const mine = openSync(terminalOf(), "r+");
    const { ended, supervisor } = await startSupervised(own, shell(size), {
      folder: here.folder,
      terminal: { window: mine },
    });
    await here.logged("ready");
    process.kill(supervisor, "SIGWINCH");
    expect(await ended).toBe(0);
    expect(streamOf(await readLog(here.folder), 1)).toBe("ready\r\n44 99\r\n");
    closeSync(mine);
    window.close();
  });

  test("its end is the end, although the terminal has no end of file", async () => {
    const { ended } = await startSupervised(own, shell("tty >/dev/null && echo terminal; exit 6"), {
      folder: here.folder,
      terminal: {},
    });
    expect(await ended).toBe(6 << 8);
    expect(streamOf(await readLog(here.folder), 1)).toBe("terminal\r\n");
  });
});

/** The pseudo-terminal that this process has open. */
function terminalOf(): string {
  const links = readdirSync("/proc/self/fd").map((fd) => processLink(process.pid, `fd/${fd}`));
  return links.find((it) => it.startsWith("/dev/pts/")) as string;
}
