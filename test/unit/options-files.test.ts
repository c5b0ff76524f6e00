// What a container finds: variables, volumes, memory file systems.

import { describe, expect, test } from "bun:test";
import { parseEnvironmentFile, parseVariable } from "../../src/engine/options/environment.ts";
import { parseTmpfs, parseVolume } from "../../src/engine/options/volume.ts";
import { refuses } from "./options.ts";

describe("variables", () => {
  const host = { LANG: "C", EMPTY: "" };

  test("a name alone takes the host's value, or takes the variable away", () => {
    expect(parseVariable("LANG", host)).toEqual({ name: "LANG", value: "C" });
    expect(parseVariable("NOPE", host)).toEqual({ name: "NOPE", value: undefined });
    expect(parseVariable("EMPTY", host).value).toBe("");
  });

  test("what every object of JavaScript has is no variable", () => {
    expect(parseVariable("constructor", host).value).toBeUndefined();
    expect(parseVariable("toString", process.env).value).toBeUndefined();
  });

  test("the value is everything after the first =", () => {
    expect(parseVariable("A=b=c ", host)).toEqual({ name: "A", value: "b=c " });
    expect(parseVariable("A=", host).value).toBe("");
    expect(() => parseVariable("=x", host)).toThrow("needs a name");
  });

  const file = (text: string) =>
    parseEnvironmentFile(new TextEncoder().encode(text), host).map((it) => `${it.name}=${it.value}`);

  test("quotes, spaces and # in values of a file are part of them", () => {
    expect(file(`A="x y" \n  B='1'\n#C=1\n   # D\n\nE=a#b\n`)).toEqual(['A="x y" ', "B='1'", "E=a#b"]);
  });

  test("a name alone in a file takes the host's value, and is nothing where there is none", () => {
    expect(file("LANG\nNOPE\n")).toEqual(["LANG=C"]);
  });

  test("a file may have a byte order mark, CRLF, and no newline at its end", () => {
    expect(file("\uFEFFA=1\r\nB=2")).toEqual(["A=1", "B=2"]);
  });

  test("what is wrong with a file is said with its line", () => {
    expect(() => file("A=1\n=2")).toThrow("line 2 has no name");
    expect(() => file("A B=1")).toThrow('line 1: the variable "A B" has white space');
    expect(() => file("A=1\0")).toThrow("NUL byte");
    expect(() => parseEnvironmentFile(new Uint8Array([0x41, 0x3d, 0xff]), host)).toThrow("not UTF-8");
  });
});

describe("volumes", () => {
  const volume = (text: string) => parseVolume(text, "/home/me");

  test("the source is a path, a path below the working directory, a name, or nothing", () => {
    expect(volume("/a/../b:/dst")).toMatchObject({ kind: "bind", source: "/b", destination: "/dst", readonly: false });
    expect(volume("./x:/dst")).toMatchObject({ kind: "bind", source: "/home/me/x" });
    expect(volume("..:/dst")).toMatchObject({ kind: "bind", source: "/home" });
    expect(volume("data:/dst:ro")).toMatchObject({ kind: "named", source: "data", readonly: true });
    expect(volume("/dst")).toMatchObject({ kind: "anonymous", destination: "/dst" });
  });

  test("the destination is absolute, not the root, and not in /proc", () => {
    expect(volume("/a:/x/./y/").destination).toBe("/x/y");
    expect(volume("/a:/proc/cpuinfo").destination).toBe("/proc/cpuinfo");
    refuses(volume, {
      "/a:dst": "has to be absolute",
      "/a:/": "nothing can be mounted over the container's root",
      "/a:/x/..": "nothing can be mounted over the container's root",
      "/a:/proc": "CVE-2019-16884",
      "/a:/dev/../proc/self": "CVE-2019-16884",
      "/a:": "has to be absolute",
      data: "has to be absolute",
    });
  });

  test("options are those of Docker", () => {
    expect(volume("/a:/b:ro,rslave")).toMatchObject({ readonly: true, propagation: "rslave" });
    expect(volume("/a:/b:z")).toMatchObject({ readonly: false, propagation: "rprivate" });
    refuses(volume, {
      "/a:/b:readonly": 'no option of a volume is called "readonly"',
      "/a:/b:ro,rw": "contradict",
      "/a:/b:ro:x": "write SOURCE:DESTINATION",
    });
  });

  test("what is neither a path nor a name says what to write", () => {
    refuses(volume, {
      "a/b:/dst": "for a folder write ./a/b",
      ":/dst": "the source is empty",
      "~/x:/dst": "the shell has not replaced the ~",
    });
  });
});

describe("--tmpfs", () => {
  test("Docker's defaults come first, and give way", () => {
    expect(parseTmpfs("/run")).toEqual({ destination: "/run", options: ["nosuid", "nodev", "noexec"] });
    expect(parseTmpfs("/run:size=64m,exec,mode=1777").options).toEqual([
      "nosuid",
      "nodev",
      "size=64m",
      "exec",
      "mode=1777",
    ]);
    expect(parseTmpfs("/run:size=1m,size=2m,ro,rw").options).toEqual(["nosuid", "nodev", "noexec", "size=2m", "rw"]);
    expect(parseTmpfs("/run:strictatime,norelatime,relatime").options.slice(3)).toEqual(["strictatime", "relatime"]);
  });

  test("unknown options are refused", () => {
    refuses(parseTmpfs, {
      "/run:foo": 'no option of tmpfs is called "foo"',
      "/run:size=x": "size=x",
      run: "has to be absolute",
    });
  });
});
