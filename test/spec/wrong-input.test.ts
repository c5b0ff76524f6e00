// What cannot be done is refused: one line that says why and what to do, the right exit code, and nothing left behind.

import { beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { main } from "../../src/cli/main.ts";
import { privateHost } from "../harness/private-host.ts";
import { remains } from "../harness/remains.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import type { RunOptions } from "../harness/run.ts";
import { isRoot, rootTest } from "../harness/skip.ts";

const host = privateHost();
let rootfs = "";
beforeAll(() => {
  if (!isRoot) return;
  rootfs = makeRootfs(`${host.folder}/rootfs`);
  const file = (path: string, text: string | Uint8Array, mode: number): void => {
    writeFileSync(`${rootfs}/${path}`, text);
    chmodSync(`${rootfs}/${path}`, mode);
  };
  file("bin/plain", "#!/bin/sh\n", 0o644);
  file("bin/orphan", "#!/no/such/interpreter\n", 0o755);
  file("bin/foreign", Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 1, 2, 3, 4), 0o755);
  file("bin/text", "echo a script without its first line\n", 0o755);
  mkdirSync(`${host.folder}/empty`);
});

interface Case {
  readonly words: () => readonly string[];
  readonly code: number;
  /** The line, after `minidocker: `. */
  readonly says: RegExp;
  readonly how?: RunOptions;
}

const options =
  (...list: string[]) =>
  (): string[] => [...list, rootfs, "true"];
const program =
  (...list: string[]) =>
  (): string[] => [rootfs, ...list];

const cases: Readonly<Record<string, Case>> = {
  "a folder that is not there": { words: () => ["./nowhere", "sh"], code: 125, says: /^no such folder: \.\/nowhere / },
  "a file in the place of a folder": { words: () => ["/etc/passwd"], code: 125, says: /passwd is not a folder/ },
  "an empty folder": { words: () => ["./empty"], code: 125, says: /\.\/empty is empty/ },
  "an image that is not there": {
    words: () => ["alpine", "sh"],
    code: 125,
    says: /^no image or folder is called alpine; here: base/,
  },
  "no image at all": { words: () => [], code: 125, says: /^run needs an IMAGE\|ROOTFS/ },
  "a command that is not there": {
    words: program("nope"),
    code: 127,
    says: /^nope: not found in the container's PATH/,
  },
  "a path that is not there": {
    words: program("/no/where"),
    code: 127,
    says: /^\/no\/where: no such file in the container/,
  },
  "a file without the execute bit": { words: program("/bin/plain"), code: 126, says: /plain: permission denied/ },
  "a folder as command": {
    words: program("/etc"),
    code: 126,
    says: /EACCES; a folder, or no executable file/,
  },
  "a program for another machine": { words: program("foreign"), code: 126, says: /ENOEXEC; exec format error/ },
  "a script without #!": { words: program("text"), code: 126, says: /ENOEXEC; exec format error/ },
  "a script without its interpreter": { words: program("orphan"), code: 127, says: /ENOENT; .*interpreter/ },
  "a working directory that is a file": { words: options("-w", "/etc/passwd"), code: 125, says: /not a folder/ },
  "a user that the image does not know": {
    words: options("-u", "mallory"),
    code: 125,
    says: /unable to find user mallory/,
  },
  "a group that the image does not know": {
    words: options("-u", "0:mallory"),
    code: 125,
    says: /unable to find group mallory/,
  },
  "memory that is no number": { words: options("-m", "plenty"), code: 125, says: /^--memory plenty: / },
  "too little memory": { words: options("-m", "512K"), code: 125, says: /^--memory 512K: / },
  "more processors than there are": { words: options("--cpus", "4000"), code: 125, says: /^--cpus 4000: / },
  "a layer that is not there": {
    words: options("--layers=-selinux"),
    code: 125,
    says: /^--layers -selinux: no layer is called/,
  },
  "an option that is not there": {
    words: options("--frobnicate"),
    code: 125,
    says: /^unknown option --frobnicate\n.*--help/,
  },
  "Docker's -d": { words: options("-d"), code: 125, says: /^-d is not there, for .* & .* rm --force/ },
  "layers with and without a - in front": {
    words: options("--layers=-seccomp,capabilities"),
    code: 125,
    says: /^--layers -seccomp,capabilities: .*capabilities has no -, and -seccomp has/,
  },
  "a trace that nothing more can be written to": {
    words: options("--trace=/dev/full", "--network", "none"),
    code: 125,
    says: /^--trace=\/dev\/full: cannot be written \(ENOSPC\): no space is left there\n$/,
  },
  "an option without its value": { words: () => ["-m"], code: 125, says: /^-m needs a value/ },
  "a name that is none": { words: options("--name", "../../etc"), code: 125, says: /name/ },
  "a network that is not there": { words: options("--network", "wifi"), code: 125, says: /^--network wifi: / },
  "the network of a container that is not there": {
    words: options("--network", "container:nobody"),
    code: 125,
    says: /No such container: nobody/,
  },
  "a device that is not there": { words: options("--device", "/dev/nope"), code: 125, says: /^--device \/dev\/nope: / },
  "a capability that is not there": {
    words: options("--cap-add", "SYS_ROOT"),
    code: 125,
    says: /^--cap-add SYS_ROOT: /,
  },
  "a file of variables that is not there": {
    words: options("--env-file", "nope"),
    code: 125,
    says: /^--env-file nope: /,
  },
  "a profile that is not there": { words: options("--security-opt", "seccomp=nope"), code: 125, says: /seccomp.*nope/ },
  "a layer of one's own that is not there": {
    words: options("--layer", "./nope.ts"),
    code: 125,
    says: /^--layer .*nope\.ts/,
  },
  "a setting of the kernel that is the host's": {
    words: options("--sysctl", "vm.swappiness=1"),
    code: 125,
    says: /^--sysctl /,
  },
  "a volume below the image's /proc": { words: options("-v", "/etc:/proc/1"), code: 125, says: /\/proc/ },
  "a stage that is not there": {
    words: options(),
    code: 125,
    says: /^MINIDOCKER_STAGE=\/nowhere\/stage: there is no such file; unset it/,
    how: { env: { MINIDOCKER_STAGE: "/nowhere/stage" } },
  },
  "a stage that is something else": {
    words: options(),
    code: 125,
    says: /^the host stage ended during .* its program is older/,
    how: { env: { MINIDOCKER_STAGE: "/bin/true" } },
  },
  "a stage that cannot be executed": {
    words: options(),
    code: 125,
    says: /\/etc\/passwd/,
    how: { env: { MINIDOCKER_STAGE: "/etc/passwd" } },
  },
  "no terminal for --step": {
    words: options("--step"),
    code: 125,
    says: /^--step asks at each pause, and this is no terminal/,
  },
};

describe("run", () => {
  for (const [name, { words, code, says, how = {} }] of Object.entries(cases)) {
    rootTest(name, async () => {
      const run = await host.minidocker(["run", "--rm", ...words()], { cwd: host.folder, timeout: 15_000, ...how });
      expect({ code: run.code, stdout: run.stdout }).toEqual({ code, stdout: "" });
      expect(run.stderr).toStartWith("minidocker: ");
      expect(run.stderr.replace(/^minidocker: /, "")).toMatch(says);
      const usage = /\nSee 'minidocker run --help'\.\n$/.test(run.stderr) ? 1 : 0;
      expect(run.stderr.split("\n").length).toBe(2 + usage);
      expect(remains(host)).toEqual([]);
    });
  }

  rootTest("a port that is in use", async () => {
    const server = host.start(["socat", "TCP-LISTEN:8123,fork", "/dev/null"]);
    await Bun.sleep(200);
    const { code, stderr } = await host.minidocker(["run", "--rm", "-p", "8123:80", rootfs, "true"]);
    server.signal("SIGTERM");
    await server.outcome;
    expect(code).toBe(125);
    expect(stderr).toMatch(/^minidocker: [^\n]*8123[^\n]*in use[^\n]*\n$/);
    expect(remains(host)).toEqual([]);
  });

  rootTest("a port that another container has published", async () => {
    const first = host.startMinidocker(["run", "--rm", "-p", "8124:80", rootfs, "sh", "-c", "echo up; sleep 60"]);
    await first.until("up");
    const { code, stderr } = await host.minidocker(["run", "--rm", "-p", "8124:80", rootfs, "true"]);
    first.signal("SIGKILL");
    await first.outcome;
    await host.minidocker(["ps"]);
    expect({ code, stderr }).toMatchObject({ code: 125, stderr: expect.stringMatching(/8124/) });
    expect(remains(host)).toEqual([]);
  });

  rootTest("a name that is taken, by one that runs and by one that has ended", async () => {
    await host.minidocker(["run", "--name", "taken", "--network", "none", rootfs, "true"]);
    const { code, stderr } = await host.minidocker(["run", "--name", "taken", "--network", "none", rootfs, "true"]);
    expect(code).toBe(125);
    expect(stderr).toMatch(
      /^minidocker: Conflict\. The container name "taken" is already in use by container [0-9a-f]{12}/,
    );
    await host.minidocker(["rm", "taken"]);
    expect(remains(host)).toEqual([]);
  });
});

describe("another system", () => {
  let said = "";
  beforeEach(() => {
    said = "";
  });

  /** main() with stderr caught. */
  async function on(platform: string, ...argv: string[]): Promise<number> {
    const script = `import { main } from "${import.meta.dir}/../../src/cli/main.ts"; process.exit(await main(${JSON.stringify(argv)}, "${platform}"));`;
    const child = Bun.spawn([process.execPath, "-e", script], { stdio: ["ignore", "ignore", "pipe"] });
    said = await child.stderr.text();
    return await child.exited;
  }

  test("run says that containers are made by Linux, and where there is one", async () => {
    for (const [platform, name] of [
      ["darwin", "macOS"],
      ["win32", "Windows"],
      ["freebsd", "freebsd"],
    ] as const) {
      expect(await on(platform, "run", "base", "sh")).toBe(1);
      expect(said).toMatch(
        new RegExp(`^minidocker: containers are made by the Linux kernel, and this is ${name}: [^\\n]+\\n$`),
      );
    }
  });

  test("what needs no container works there", async () => {
    expect(await on("darwin", "explain", "seccomp")).toBe(0);
    expect(await on("darwin", "help")).toBe(0);
    expect(typeof main).toBe("function");
  });
});

rootTest("a state folder that others may write to is refused", async () => {
  const state = `${host.folder}/open`;
  mkdirSync(state);
  chmodSync(state, 0o777);
  const { code, stderr } = await host.minidocker(["run", rootfs, "true"], { env: { MINIDOCKER_STATE: state } });
  rmSync(state, { recursive: true });
  expect(code).toBe(125);
  expect(stderr).toContain(`others may write to ${state}`);
});
