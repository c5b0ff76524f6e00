// Removing what a container leaves: all of it, whatever a stranger's program has made of it, and nothing else.

import { afterEach, beforeEach, describe, expect } from "bun:test";
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { AT_FDCWD } from "../../src/abi/fcntl.ts";
import { MS_PRIVATE, MS_REC } from "../../src/abi/mount.ts";
import { PR_SET_DUMPABLE } from "../../src/abi/prctl.ts";
import { CLONE_NEWNS } from "../../src/abi/sched.ts";
import { S_IFIFO } from "../../src/abi/stat.ts";
import type { Facts } from "../../src/core/facts.ts";
import { findFacts } from "../../src/core/find-facts.ts";
import { withAllIds } from "../../src/core/mapped-stage.ts";
import { type Contents, removeTree } from "../../src/core/remove-tree.ts";
import type { Stage } from "../../src/stage/stage.ts";
import { boxTest } from "../harness/boxed.ts";
import { TESTER } from "../harness/private-host.ts";
import { stages } from "../harness/stages.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";

const both = stages();
let folder = "";
let tree = "";
let facts: Facts;
beforeEach(() => {
  folder = temporaryFolder();
  tree = join(folder, "data/containers/box");
  mkdirSync(tree, { recursive: true });
  mkdirSync(join(folder, "state"));
  facts = findFacts({ state: join(folder, "state"), data: join(folder, "data") });
});
afterEach(() => removeFolder(folder));

async function remove(): Promise<void> {
  await removeTree(await both.host(), tree, facts);
  expect(existsSync(tree)).toBe(false);
  expect(readdirSync(join(folder, "data/containers"))).toEqual([]);
}

/** Folders in one another, made from descriptors since no path is that long. */
async function dig(host: Stage, depth: number): Promise<void> {
  let at = await host.openat(AT_FDCWD, tree, 0o200000, 0);
  for (let i = 0; i < depth; i++) {
    await host.mkdirat(at, "d", 0o755);
    const next = await host.openat(at, "d", 0o200000, 0);
    await host.mknodat(at, "f", S_IFIFO | 0o644, 0);
    await host.close(at);
    at = next;
  }
  await host.close(at);
  host.flush();
}

describe("a tree", () => {
  boxTest("goes with everything in it", async () => {
    for (const it of ["a/b/c", "empty", "a/e"]) mkdirSync(join(tree, it), { recursive: true });
    for (let i = 0; i < 300; i++) writeFileSync(join(tree, "a/b", `file${i}`), "x");
    await remove();
  });

  boxTest("that is not there needs no removing", async () => {
    await remove();
    await removeTree(await both.host(), tree, facts);
    await removeTree(await both.host(), join(folder, "data/no/such/parent"), facts);
  });

  boxTest("goes without what its links lead to", async () => {
    mkdirSync(join(folder, "precious/sub"), { recursive: true });
    writeFileSync(join(folder, "precious/sub/file"), "x");
    symlinkSync(join(folder, "precious"), join(tree, "link"));
    mkdirSync(join(tree, "d"));
    symlinkSync("../../../../precious/sub", join(tree, "d/link"));
    await remove();
    expect(readFileSync(join(folder, "precious/sub/file"), "utf8")).toBe("x");
  });

  boxTest(
    "can be deeper than a path can be long",
    async () => {
      await dig(await both.host(), 2500);
      await remove();
    },
    60_000,
  );

  boxTest("may have names that are no text, and our own", async () => {
    const bytes = Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xff, 0xfe, 0x2f, 0xc3])]);
    mkdirSync(bytes.subarray(0, -2));
    writeFileSync(bytes, "x");
    for (const it of [".removed-1", ".removed-2/x", "d/.removed-1", "d/e/f"])
      mkdirSync(join(tree, it), { recursive: true });
    writeFileSync(join(tree, ".removed-3"), "x");
    writeFileSync(join(tree, "new\nline"), "x");
    await remove();
  });

  boxTest("in which something is mounted stays, and so does what is mounted", async () => {
    const host = await both.host();
    mkdirSync(join(folder, "precious"));
    writeFileSync(join(folder, "precious/file"), "x");
    mkdirSync(join(tree, "upper/m"), { recursive: true });
    await host.unshare(CLONE_NEWNS);
    await host.mount(null, "/", null, MS_REC | MS_PRIVATE, null);
    await host.mount(join(folder, "precious"), join(tree, "upper/m"), null, 4096, null);
    await expect(removeTree(host, tree, facts)).rejects.toThrow("something is mounted in there; umount it first");
    host.discard();
    expect(readFileSync(join(folder, "precious/file"), "utf8")).toBe("x");
  });

  boxTest("that is none of minidocker's is refused", async () => {
    const host = await both.host();
    mkdirSync(join(folder, "elsewhere"));
    for (const path of [join(folder, "elsewhere"), `${folder}/data/../elsewhere`, "/", join(folder, "data")]) {
      await expect(removeTree(host, path, facts)).rejects.toThrow("none of minidocker's folders");
    }
    expect(lstatSync(join(folder, "elsewhere")).isDirectory()).toBe(true);
  });
});

describe("a tree of which it is known what is in it", () => {
  const contents: Contents = [
    { folder: "upper/etc", files: ["hosts"] },
    { folder: "upper", folders: ["etc"] },
    { folder: "work", folders: ["work"] },
    { folder: "", files: ["owner"], folders: ["upper", "work"] },
  ];

  function asMade(): void {
    for (const it of ["upper/etc", "work/work"]) mkdirSync(join(tree, it), { recursive: true });
    writeFileSync(join(tree, "upper/etc/hosts"), "x");
    symlinkSync("nobody", join(tree, "owner"));
  }

  /** The system calls that it took. */
  async function removeKnown(): Promise<string[]> {
    const names: string[] = [];
    const host = await both.host();
    const pid = host.value(await host.getpid());
    const descriptors = (): string[] => readdirSync(`/proc/${pid}/fd`);
    const before = descriptors();
    both.session.observers.push({ before: ({ name }) => void names.push(name) });
    await removeTree(host, tree, facts, contents);
    both.session.observers.length = 0;
    host.flush();
    expect(readdirSync(join(folder, "data/containers"))).toEqual([]);
    expect(descriptors()).toEqual(before);
    return names;
  }

  boxTest("is not looked at", async () => {
    asMade();
    expect(await removeKnown()).not.toContain("getdents64");
  });

  boxTest("or less, or nothing", async () => {
    mkdirSync(join(tree, "upper"));
    expect(await removeKnown()).not.toContain("getdents64");
    await removeKnown();
  });

  boxTest("and more, goes too", async () => {
    asMade();
    for (const it of ["upper/usr/bin", "upper/etc/more", "work/index"]) mkdirSync(join(tree, it), { recursive: true });
    await removeKnown();
  });

  boxTest("also where a file of it is a folder by now", async () => {
    asMade();
    renameSync(join(tree, "upper/etc/hosts"), join(tree, "upper/etc/moved"));
    mkdirSync(join(tree, "upper/etc/hosts"));
    await removeKnown();
  });

  boxTest("goes without what a folder of it was exchanged for", async () => {
    for (const [place, inside] of [
      ["upper/etc", "hosts"],
      ["work", "work"],
    ] as const) {
      asMade();
      const precious = join(folder, "precious", place);
      mkdirSync(precious, { recursive: true });
      if (inside === "hosts") writeFileSync(join(precious, inside), "x");
      else mkdirSync(join(precious, inside));
      renameSync(join(tree, place), join(tree, `${place}-moved`));
      symlinkSync(precious, join(tree, place));
      await removeKnown();
      expect(readdirSync(precious)).toEqual([inside]);
    }
  });

  boxTest("stays where something is mounted in it, and so does what is mounted", async () => {
    const host = await both.host();
    asMade();
    mkdirSync(join(folder, "precious/work"), { recursive: true });
    writeFileSync(join(folder, "precious/hosts"), "x");
    await host.unshare(CLONE_NEWNS);
    await host.mount(null, "/", null, MS_REC | MS_PRIVATE, null);
    for (const it of ["upper/etc", "work"])
      await host.mount(join(folder, "precious"), join(tree, it), null, 4096, null);
    await expect(removeTree(host, tree, facts, contents)).rejects.toThrow(
      "something is mounted in there; umount it first",
    );
    host.discard();
    expect(readdirSync(join(folder, "precious")).toSorted()).toEqual(["hosts", "work"]);
  });
});

boxTest("an ordinary user removes folders that may not even be looked into", async () => {
  const host = await both.host();
  const { uid, gid } = TESTER;
  mkdirSync(join(tree, "closed/in"), { recursive: true });
  for (const it of ["", "data", "data/containers", "data/containers/box"]) chownSync(join(folder, it), uid, gid);
  for (const it of ["closed/in", "closed"]) chownSync(join(tree, it), uid, gid);
  await host.fchmodat(AT_FDCWD, join(tree, "closed"), 0);
  await host.setresgid(gid, gid, gid);
  await host.setresuid(uid, uid, uid);
  // a change of user hides the process's files in /proc, which a user's own minidocker has not gone through
  await host.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  host.flush();
  facts = { ...facts, uid, gid, rootless: true };
  await remove();
});

boxTest("where newuidmap refuses the ids, the error has its reason", async () => {
  const newuidmap = join(folder, "newuidmap");
  writeFileSync(newuidmap, "#!/bin/sh\necho 'newuidmap: uid range [1-2) not allowed' >&2\nexit 3\n", { mode: 0o755 });
  const ids = [{ start: 200_000, count: 1 }];
  const owner = { ...facts, subuids: ids, subgids: ids, tools: { newuidmap, newgidmap: newuidmap } };
  await expect(withAllIds(await both.host(), owner, async () => {})).rejects.toThrow(
    "newuidmap failed (exit status 3): newuidmap: uid range [1-2) not allowed",
  );
});
