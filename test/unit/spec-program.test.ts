// Options, image and host → the OCI configuration: what runs, as whom, in which namespaces.

import { describe, expect, test } from "bun:test";
import { extension } from "../../src/core/spec.ts";
import type { ImageConfig } from "../../src/images/image.ts";
import { asRoot, asUser, spec, testImage, types, withIds } from "./spec-of.ts";

testImage();

describe("the program", () => {
  const config: ImageConfig = { Entrypoint: ["/entry", "-e"], Cmd: ["a", "b"] };
  const args = (line: string, more: ImageConfig = config): string[] => spec(line, { config: more }).process.args;

  test("a command replaces the image's, and its entry point stays", () => {
    expect(args("image")).toEqual(["/entry", "-e", "a", "b"]);
    expect(args("image x y")).toEqual(["/entry", "-e", "x", "y"]);
  });

  test("an entry point replaces both of the image's", () => {
    expect(args("--entrypoint /mine image")).toEqual(["/mine"]);
    expect(args("--entrypoint /mine image x")).toEqual(["/mine", "x"]);
    expect(args("--entrypoint '' image x")).toEqual(["x"]);
  });

  test("nothing to run is an error", () => {
    expect(() => args("--entrypoint '' image")).toThrow("no command: image does not say what to run");
    expect(() => args("image", {})).toThrow("no command");
  });

  test("it starts in the image's folder, or the user's", () => {
    expect(spec("image", { config: { Cmd: ["x"], WorkingDir: "/srv" } }).process.cwd).toBe("/srv");
    expect(spec("-w /a/./b image").process.cwd).toBe("/a/b");
    expect(spec("image").process.cwd).toBe("/");
  });

  test("a NUL byte in what the image says is refused", () => {
    expect(() => spec("image", { config: { Cmd: ["a\0b"] } })).toThrow("holds a NUL byte");
  });

  test("an init and the signal to stop with are kept for the engine", () => {
    expect([extension(spec("--init image"), "init"), extension(spec("image"), "stopSignal")]).toEqual([
      true,
      "SIGTERM",
    ]);
    expect(extension(spec("image", { config: { Cmd: ["x"], StopSignal: "SIGQUIT" } }), "stopSignal")).toBe("SIGQUIT");
    expect(extension(spec("--stop-signal 9 image"), "stopSignal")).toBe("9");
  });
});

describe("the environment", () => {
  const env = (line: string, config: ImageConfig = { Cmd: ["x"] }): string[] => spec(line, { config }).process.env;

  test("is Docker's, then the image's, then the user's, each name once", () => {
    expect(env("image")).toEqual([
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "HOSTNAME=0123456789ab",
      "HOME=/root",
    ]);
    const config = { Cmd: ["x"], Env: ["PATH=/image", "A=image", "B=image"] };
    expect(env("-t -e A=user -e LANG image", config)).toEqual([
      "PATH=/image",
      "HOSTNAME=0123456789ab",
      "TERM=xterm",
      "A=user",
      "B=image",
      "LANG=C",
      "HOME=/root",
    ]);
  });

  test("a name that is not set on the host takes the image's variable away", () => {
    expect(env("-e A image", { Cmd: ["x"], Env: ["A=image"] }).some((it) => it.startsWith("A="))).toBe(false);
  });

  test("HOME is the user's in the image", () => {
    expect(env("-u alice image")).toContain("HOME=/home/alice");
    expect(env("-u 4242 image")).toContain("HOME=/");
    expect(env("-e HOME=/x image")).toContain("HOME=/x");
  });
});

describe("the user", () => {
  test("is looked up in the image, with its groups", () => {
    expect(spec("-u alice image").process.user).toEqual({ uid: 1000, gid: 1000, additionalGids: [1000, 10] });
    expect(spec("image", { config: { Cmd: ["x"], User: "alice" } }).process.user.uid).toBe(1000);
    expect(spec("-u root image", { config: { Cmd: ["x"], User: "alice" } }).process.user.uid).toBe(0);
  });

  test("who is not in the image is an error, never root", () => {
    expect(() => spec("-u mallory image")).toThrow("unable to find user mallory");
  });

  test("who has no id outside is an error that says what to install", () => {
    expect(() => spec("-u alice image", { facts: asUser })).toThrow("install newuidmap");
    expect(spec("-u alice image", { facts: withIds }).process.user.uid).toBe(1000);
    expect(spec("image", { facts: asUser }).process.user.additionalGids).toEqual([]);
  });
});

describe("namespaces", () => {
  const all = ["mount", "pid", "uts", "ipc", "network", "cgroup", "time"];

  test("all but the user namespace for root, all for an ordinary user", () => {
    expect(types(spec("image"))).toEqual(all);
    expect(types(spec("image", { facts: asUser }))).toEqual(["user", ...all]);
    expect(types(spec("--rootless image"))).toEqual(["user", ...all]);
  });

  test("those that the kernel does not have are left out", () => {
    expect(types(spec("image", { facts: { ...asRoot, namespaces: new Set(["mnt", "pid"]) } }))).toEqual(
      all.slice(0, 5),
    );
  });

  test("an ordinary user is root inside; the others are subordinate ids", () => {
    expect(spec("image", { facts: asUser }).linux.uidMappings).toEqual([{ containerID: 0, hostID: 1000, size: 1 }]);
    expect(spec("image", { facts: withIds }).linux.gidMappings).toEqual([
      { containerID: 0, hostID: 1000, size: 1 },
      { containerID: 1, hostID: 200_000, size: 65_536 },
    ]);
    expect(spec("image").linux.uidMappings).toBeUndefined();
  });

  test("an ordinary user cannot do without", () => {
    expect(() => spec("--layers=-namespaces.user image", { facts: asUser })).toThrow(
      "an ordinary user's container needs",
    );
  });

  test("the host's network has no entry, another container's has its file", () => {
    expect(types(spec("--network host image"))).not.toContain("network");
    const networkOwner = { id: "db-id", namespace: "/proc/7/ns/net" };
    const joined = spec("--network container:db image", { networkOwner });
    expect(joined.linux.namespaces).toContainEqual({ type: "network", path: "/proc/7/ns/net" });
    expect(extension(joined, "network")).toMatchObject({ mode: "container", container: "db-id" });
    expect([joined.linux.sysctl, joined.hostname]).toEqual([undefined, undefined]);
  });

  test("the name is the id's beginning, or the user's, and nobody's without the namespace", () => {
    expect([spec("image").hostname, spec("-h web image").hostname]).toEqual(["0123456789ab", "web"]);
    const without = spec("--layers=-namespaces.uts image");
    expect(without.hostname).toBeUndefined();
    expect(without.process.env.some((it) => it.startsWith("HOSTNAME="))).toBe(false);
  });
});
