// A whole command line of run: what it amounts to, and which options contradict each other.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { command } from "../../src/cli/commands/run.ts";
import { parse } from "../../src/cli/parse.ts";
import type { RunValues } from "../../src/cli/run-options.ts";
import { type Place, readRunOptions } from "../../src/cli/run-read.ts";
import type { RunOptions } from "../../src/engine/options/index.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";

let folder = "";
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => removeFolder(folder));

function read(...words: string[]): RunOptions {
  const place: Place = { env: { LANG: "C" }, cwd: folder, processors: () => ({ count: 4, online: "0-3" }) };
  const parsed = parse(command, words);
  if (parsed === "help") throw new Error("help");
  return readRunOptions(parsed.values as unknown as RunValues, parsed.operands, place);
}

describe("a command line", () => {
  test("without options leaves everything to the image and the defaults", () => {
    expect(read("base", "ls", "-l")).toEqual({
      image: "base",
      command: ["ls", "-l"],
      interactive: false,
      terminal: false,
      remove: false,
      init: false,
      readOnly: false,
      rootless: false,
      dryRun: false,
      environment: [],
      volumes: [],
      tmpfs: [],
      devices: [],
      resources: {},
      ulimits: [],
      sysctls: [],
      ports: [],
      dns: [],
      hosts: [],
      notices: [],
      capAdd: [],
      capDrop: [],
      without: [],
      plugins: [],
    });
  });

  test("files of variables come before -e, wherever they stand", () => {
    writeFileSync(`${folder}/env`, "A=file\nLANG\n");
    const names = read("-e", "A=option", "--env-file", `${folder}/env`, "base").environment.map(
      (it) => `${it.name}=${it.value}`,
    );
    expect(names).toEqual(["A=file", "LANG=C", "A=option"]);
    expect(() => read("--env-file", `${folder}/nope`, "base")).toThrow(
      `--env-file ${folder}/nope: cannot be read: ENOENT`,
    );
    writeFileSync(`${folder}/bad`, "A B=1\n");
    expect(() => read("--env-file", `${folder}/bad`, "base")).toThrow(`--env-file ${folder}/bad: line 1`);
  });

  test("capabilities can be given one by one or with commas", () => {
    expect(read("--cap-add", "net_admin,SYS_TIME", "--cap-drop=ALL", "base")).toMatchObject({
      capAdd: ["CAP_NET_ADMIN", "CAP_SYS_TIME"],
      capDrop: ["ALL"],
    });
  });

  test("seccomp=unconfined and no-new-privileges=false are Docker's words, and leave no layer out", () => {
    const words = ["--security-opt", "seccomp=unconfined", "--security-opt", "no-new-privileges=false"];
    expect(read(...words, "base")).toMatchObject({
      without: [],
      seccompProfile: "unconfined",
      noNewPrivileges: false,
    });
    expect(read(...words, "--layers=-seccomp,-cgroups", "base").without).toEqual(["cgroups", "seccomp"]);
  });

  test("paths are taken from where the command was typed", () => {
    writeFileSync(`${folder}/profile.json`, "{}");
    const options = read(
      "--layer",
      "mine.ts",
      "--trace=out.txt",
      "-v",
      "./x:/x",
      "--security-opt",
      "seccomp=profile.json",
      "base",
    );
    expect(options).toMatchObject({
      plugins: [`${folder}/mine.ts`],
      trace: `${folder}/out.txt`,
      seccompProfile: { path: "profile.json", text: "{}" },
    });
    expect(options.volumes[0]?.source).toBe(`${folder}/x`);
  });

  test("--step alone is by steps, --trace alone goes to stderr, --trace=- to stdout", () => {
    expect(read("--step", "--trace", "base")).toMatchObject({ step: "step", trace: "" });
    expect(read("--trace=-", "base")).toMatchObject({ trace: "-" });
    expect(read("--step=call", "base").step).toBe("call");
    expect(() => read("--step=word", "base")).toThrow("--step word: the sizes of steps are layer, step and call");
  });

  test("-1 and 0 processes are no limit", () => {
    expect(read("--pids-limit", "-1", "base").resources).toEqual({ pids: { limit: -1 } });
    expect(read("--pids", "0", "base").resources).toEqual({ pids: { limit: -1 } });
    expect(read("--pids", "64", "base").resources).toEqual({ pids: { limit: 64 } });
    expect(() => read("--pids", "many", "base")).toThrow("--pids-limit many: not a whole number");
  });

  test("published ports have no effect with the host's network, which is said", () => {
    const { ports, notices } = read("--network", "host", "-p", "80:80", "base");
    expect(ports).toEqual([]);
    expect(notices).toEqual(["-p has no effect with --network host: the container's ports are the host's"]);
  });

  test.each([
    [["--name", "-x"], "Invalid container name"],
    [["-u", "a:b:c"], "--user a:b:c: write NAME or UID"],
    [["-w", "src"], "--workdir src: the working directory has to be an absolute path"],
    [["--stop-signal", "SIGFOO"], "--stop-signal SIGFOO: no signal is called so"],
    [["-e", "A=\0"], '--env "A=\\u0000": holds a NUL byte'],
  ])("%p is refused", (words, message) => {
    expect(() => read(...words, "base")).toThrow(message);
  });
});

describe("options that contradict each other are refused", () => {
  test.each([
    ["-v /a:/x --tmpfs /x", "two things cannot be mounted at /x"],
    ["-v /a:/x -v /b:/x/", "two things cannot be mounted at /x"],
    ["-p 80:80 -p 80:81", "port 80/tcp of the host is published twice"],
    ["--dry-run --step", "--dry-run makes nothing"],
    ["--network container:db -p 80:80", "the ports of db are published when it is started"],
    ["--network container:db -h web", "--hostname cannot be changed"],
    ["--network container:db --dns 1.1.1.1", "--dns and --add-host cannot be changed"],
    ["--network container:db --sysctl net.core.somaxconn=1", "--sysctl net.core.somaxconn cannot be changed"],
    ["--network none -p 80:80", "-p leads nowhere"],
    ["--layers=-network --network bridge", "--network bridge needs the layer network"],
    ["--layers=-namespaces.network --network none", "--network none needs the layer network"],
    ["--layers=-network -p 80:80", "-p, --dns and --add-host need the layer network"],
    ["--layers=-cgroups -m 64m", "a limit of memory, CPU or processes needs the layer cgroups"],
    ["--layers=-cgroups --cpus 1", "needs the layer cgroups"],
    ["--layers=-cgroups --pids 5", "needs the layer cgroups"],
    ["--layers=-cgroups --device /dev/fuse", "--device needs the layer cgroups"],
    ["--layers=-namespaces.mount -v /a:/b", "need the part namespaces.mount"],
    ["--layers=-namespaces --read-only", "need the part namespaces.mount"],
    ["--layers=-overlay --tmpfs /x", "need the layer overlay"],
    ["--layers=-namespaces.uts -h web", "it would rename the host"],
    ["--layers=-namespaces.ipc --sysctl kernel.shmmax=1", "it would change the host"],
    ["--layers=-namespaces.network --sysctl net.core.somaxconn=1", "it would change the host"],
    ["--network host --sysctl net.core.somaxconn=1", "would change the host with --network host"],
    ["--layers=-capabilities --cap-drop ALL", "need the layer capabilities"],
    ["--layers=-namespaces.user --rootless", "--rootless is the user namespace"],
    ["--layers=-seccomp --security-opt seccomp=/dev/null", "needs the layer seccomp"],
    ["--cpus 1 --cpu 50", "--cpus and --cpu say the same thing"],
  ])("%s", (line, message) => {
    expect(() => read(...line.split(" "), "base")).toThrow(message);
  });

  test("what looks alike and is not is let through", () => {
    for (const line of [
      "-v /a:/x -v /a:/y --tmpfs /x/y",
      "--network host --layers=-namespaces.network",
      "--layers=-cgroups --ulimit nofile=5",
      "--layers=-namespaces.pid --network none",
      "--network container:db -m 64m",
    ]) {
      expect(() => read(...line.split(" "), "base"), line).not.toThrow();
    }
  });
});
