// What a name on the command line and a `--user` mean.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { mkdirSync, realpathSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { readInside } from "../../src/images/inside.ts";
import { resolveImage } from "../../src/images/resolve.ts";
import { lookupUser } from "../../src/images/users.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";

const before = process.cwd();
let folder: string;

beforeAll(() => {
  folder = realpathSync(temporaryFolder());
  process.chdir(folder);
});

afterAll(() => {
  process.chdir(before);
  removeFolder(folder);
});

beforeEach(() => {
  mkdirSync("rootfs/bin", { recursive: true });
  mkdirSync("rootfs/etc");
});

afterEach(() => rmSync(`${folder}/rootfs`, { recursive: true, force: true }));

const resolve = (name: string) => resolveImage(name, { state: `${folder}/state`, data: `${folder}/data` });

test("a folder is named by a path, as ./x, ../x, /x, a/b, . or ..", async () => {
  const names = {
    "./rootfs": "rootfs",
    "./rootfs/": "rootfs",
    "rootfs/bin/..": "rootfs",
    [`${folder}/rootfs`]: "rootfs",
    ".": "",
  };
  writeFileSync("rootfs/bin/sh", "");
  for (const [name, expected] of Object.entries(names)) {
    const image = await resolve(name);
    expect(image).toMatchObject({ name, kind: "folder", lower: [`${folder}/${expected}`.replace(/\/$/, "")] });
    expect(image.config.Cmd).toEqual(["/bin/sh"]);
  }
});

test("a folder is resolved to where it really is, so that a link that is changed later changes nothing", async () => {
  symlinkSync("rootfs", "link");
  expect((await resolve("./link")).lower).toEqual([`${folder}/rootfs`]);
  rmSync("link");
});

test("what is neither an image nor a folder is refused, with exit code 125 and what could be said instead", async () => {
  const message =
    "no image or folder is called nosuch; here: base, or a folder with a root file system such as ./rootfs";
  await expect(resolve("nosuch")).rejects.toMatchObject({ message, exitCode: 125 });
  for (const it of ["", "alpine:3.20", "library/alpine", "BASE", "base:latest", "base "]) {
    await expect(resolve(it)).rejects.toThrow("no image or folder is called");
  }
});

test("a folder that is named without a slash is pointed out", async () => {
  await expect(resolve("rootfs")).rejects.toThrow("there is a folder of that name: ./rootfs means it");
});

test("folders that cannot be a root file system are refused, each with its reason", async () => {
  mkdirSync("rootfs/empty");
  writeFileSync("rootfs/file", "");
  symlinkSync("loop", "rootfs/loop");
  const reasons = {
    "./nosuch": `no such folder: ./nosuch (seen from ${folder})`,
    "./rootfs/empty": "./rootfs/empty is empty",
    "./rootfs/file": "./rootfs/file is not a folder",
    "./rootfs/file/x": "./rootfs/file/x is not a folder",
    "./rootfs/loop": "./rootfs/loop cannot be read (ELOOP)",
  };
  for (const [name, reason] of Object.entries(reasons)) await expect(resolve(name)).rejects.toThrow(reason);
});

const passwd = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1::/usr/sbin:/bin/false
# comment:x:66:66::/:/bin/sh

short:x:77
alice:x:1234:1000:Alice:/home/alice:/bin/sh
nohome:x:1235:1235:::
1234:x:4321:4321:a number for a name:/numeric:/bin/sh
minus:x:-1:-1:::
huge:x:4294967295:4294967295:::
`;
const group = `root:x:0:
wheel:x:10:root,alice
users:x:100:alice, bob
docker:x:999:bob,alice
broken:x
1000:x:55:
`;

function withUsers(): string[] {
  writeFileSync("rootfs/etc/passwd", passwd);
  writeFileSync("rootfs/etc/group", group);
  return [`${folder}/rootfs`];
}

test("users and groups are those of the image, named or numbered as Docker does", () => {
  const image = withUsers();
  const cases = {
    "": { uid: 0, gid: 0, additionalGids: [0, 10], home: "/root" },
    root: { uid: 0, gid: 0, additionalGids: [0, 10], home: "/root" },
    "0": { uid: 0, gid: 0, additionalGids: [0, 10], home: "/root" },
    alice: { uid: 1234, gid: 1000, additionalGids: [1000, 10, 100, 999], home: "/home/alice" },
    "1234": { uid: 1234, gid: 1000, additionalGids: [1000, 10, 100, 999], home: "/home/alice" }, // the first line that fits
    "alice:wheel": { uid: 1234, gid: 10, additionalGids: [10], home: "/home/alice" },
    "alice:77": { uid: 1234, gid: 77, additionalGids: [77], home: "/home/alice" },
    ":wheel": { uid: 0, gid: 10, additionalGids: [10], home: "/root" },
    "alice:": { uid: 1234, gid: 1000, additionalGids: [1000, 10, 100, 999], home: "/home/alice" },
    "1:1000": { uid: 1, gid: 55, additionalGids: [55], home: "/usr/sbin" }, // a group whose name is a number
    nohome: { uid: 1235, gid: 1235, additionalGids: [1235], home: "/" },
    "5555": { uid: 5555, gid: 0, additionalGids: [0], home: "/" },
    "5555:6666": { uid: 5555, gid: 6666, additionalGids: [6666], home: "/" },
    "2147483647:2147483647": { uid: 2147483647, gid: 2147483647, additionalGids: [2147483647], home: "/" },
  };
  for (const [text, expected] of Object.entries(cases))
    expect({ text, ...lookupUser(image, text) }).toEqual({ text, ...expected });
});

test("a user or group that the image does not have is an error, and never root", () => {
  const image = withUsers();
  const unknown = [
    "bob",
    "Alice",
    "alice ",
    " alice",
    "short",
    "minus",
    "comment",
    "#",
    "-1",
    "+1",
    "0x10",
    "1e3",
    "1.5",
    "alice\n",
  ];
  for (const it of unknown) expect(() => lookupUser(image, it)).toThrow("unable to find user");
  for (const it of ["alice:bob", "alice:broken", "1:-1"])
    expect(() => lookupUser(image, it)).toThrow("unable to find group");
  for (const it of ["2147483648", "4294967295", "huge", "1:2147483648", "99999999999999999999"]) {
    expect(() => lookupUser(image, it)).toThrow("must be in range 0-2147483647");
  }
  expect(() => lookupUser(image, "1:2:3")).toThrow("expected NAME or UID");
});

test("an image without passwd and group has only numbers, and root", () => {
  const image = [`${folder}/rootfs`];
  expect(lookupUser(image, "")).toEqual({ uid: 0, gid: 0, additionalGids: [0], home: "/" });
  expect(lookupUser(image, "5:6")).toEqual({ uid: 5, gid: 6, additionalGids: [6], home: "/" });
  expect(() => lookupUser(image, "root")).toThrow("unable to find user root");
});

test("symbolic links of an image are followed within it, never out of it", () => {
  writeFileSync("outside", "outside");
  writeFileSync("rootfs/etc/real", "inside");
  mkdirSync("rootfs/usr/share", { recursive: true });
  writeFileSync("rootfs/outside", "inside");
  const inside = {
    "to-real": "real",
    absolute: "/etc/real",
    upwards: "../../../../outside",
    "absolute-out": "/outside",
    "through-folder": "/linked/real",
    self: "/etc/./../etc/real",
  };
  symlinkSync("etc", "rootfs/linked");
  for (const [name, target] of Object.entries(inside)) {
    symlinkSync(target, `rootfs/etc/${name}`);
    expect({ name, text: readInside([`${folder}/rootfs`], `/etc/${name}`) }).toEqual({ name, text: "inside" });
  }
  for (const [name, target] of Object.entries({
    out: `${folder}/outside`,
    host: "/proc/self/cmdline",
    gone: "nosuch",
  })) {
    symlinkSync(target, `rootfs/etc/${name}`);
    expect(readInside([`${folder}/rootfs`], `/etc/${name}`)).toBe(undefined);
  }
  symlinkSync("loop", "rootfs/etc/loop");
  expect(() => readInside([`${folder}/rootfs`], "/etc/loop")).toThrow("too many symbolic links");
  expect(readInside([`${folder}/rootfs`], "/etc/real/x")).toBe(undefined);
  rmSync("outside");
});

test("a passwd that is a pipe, a folder or enormous is refused at once", () => {
  const image = [`${folder}/rootfs`];
  Bun.spawnSync(["mkfifo", "rootfs/etc/passwd"]);
  expect(() => lookupUser(image, "root")).toThrow("/etc/passwd in the image is not an ordinary file");
  rmSync("rootfs/etc/passwd");
  writeFileSync("rootfs/etc/passwd", "");
  truncateSync("rootfs/etc/passwd", 2 ** 40);
  expect(() => lookupUser(image, "root")).toThrow("/etc/passwd in the image is too large: 1099511627776 bytes");
  rmSync("rootfs/etc/passwd");
  mkdirSync("rootfs/etc/passwd");
  expect(() => lookupUser(image, "root")).toThrow("unable to find user root");
  expect(() => lookupUser([`${folder}/gone`], "root")).toThrow("unable to find user root");
});

test("in layers that lie over each other, the topmost file counts and folders are merged", () => {
  for (const [path, text] of Object.entries({
    "top/etc/a": "top",
    "low/etc/a": "low",
    "low/etc/b": "low",
    "low/file/c": "low",
  })) {
    mkdirSync(dirname(`rootfs/${path}`), { recursive: true });
    writeFileSync(`rootfs/${path}`, text);
  }
  writeFileSync("rootfs/top/file", "a file over a folder");
  symlinkSync("b", "rootfs/top/etc/to-lower");
  const layers = [`${folder}/rootfs/top`, `${folder}/rootfs/low`];
  const read = (path: string) => readInside(layers, path);
  expect([read("/etc/a"), read("/etc/b"), read("/etc/to-lower"), read("/file/c")]).toEqual([
    "top",
    "low",
    "low",
    undefined,
  ]);
  expect(read("/file")).toBe("a file over a folder");
});
