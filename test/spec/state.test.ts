// State under conditions that take root to bring about: full disks, mounts in the way, folders of other users.

import { expect } from "bun:test";
import { chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readInside } from "../../src/images/inside.ts";
import { appendIntent, keepIntents, readJournal } from "../../src/state/journal.ts";
import { containerDir, locatePaths, openPaths } from "../../src/state/paths.ts";
import { createRecord, readRecord, removeRecord, updateRecord } from "../../src/state/record.ts";
import { guardHost } from "../harness/guard.ts";
import { ownPaths } from "../harness/own-paths.ts";
import { TESTER } from "../harness/private-host.ts";
import { Run } from "../harness/run.ts";
import { isRoot, rootTest, skipUnless } from "../harness/skip.ts";

guardHost();

const { folder, paths } = ownPaths();

const create = (name: string) => createRecord(paths, { name, image: "base", command: ["sh"] });

function command(...argv: string[]): void {
  const { success, stderr } = Bun.spawnSync(argv);
  if (!success) throw new Error(`${argv.join(" ")}: ${stderr}`);
}

/** Runs `action` while a file system of `size` is mounted on the state folder. */
function onSmallDisk(options: string, action: () => void): void {
  command("mount", "-t", "tmpfs", "-o", options, "small", paths.state);
  try {
    for (const it of ["containers", "names"]) mkdirSync(`${paths.state}/${it}`, { mode: 0o700 });
    action();
  } finally {
    command("umount", paths.state);
  }
}

function fill(): void {
  Bun.spawnSync(["dd", "if=/dev/zero", `of=${paths.state}/filler`, "bs=4096"], { stderr: "ignore" });
}

rootTest("on a full disk no container is made, and the error names the file", () => {
  onSmallDisk("size=64k", () => {
    fill();
    const message = new RegExp(
      `^${paths.state}/containers/\\S+/state.json cannot be written \\(ENOSPC\\): no space is left there$`,
    );
    expect(() => create("web")).toThrow(message);
    expect(readdirSync(`${paths.state}/containers`)).toEqual([]);
    expect(readdirSync(`${paths.state}/names`)).toEqual([]);
  });
});

rootTest(
  "on a disk without inodes no container is made either, none of it is left, and the others can be removed",
  () => {
    for (let inodes = 4; inodes < 8; inodes++) {
      onSmallDisk(`size=64k,nr_inodes=${inodes}`, () => {
        const made: string[] = [];
        expect(() => {
          for (;;) made.push(create(`web${made.length}`).id);
        }).toThrow(/ENOSPC/);
        expect(readdirSync(`${paths.state}/containers`).toSorted()).toEqual(made.toSorted());
        expect(readdirSync(`${paths.state}/names`).length).toBe(made.length);
        for (const id of made) removeRecord(paths, id);
        expect(readdirSync(`${paths.state}/containers`)).toEqual([]);
      });
    }
  },
);

rootTest("when the disk is full, a record keeps what it said, and the container can be removed", () => {
  onSmallDisk("size=64k", () => {
    const { id } = create("web");
    fill();
    expect(() => updateRecord(paths, id, { image: "x".repeat(10_000) })).toThrow(
      `state.json cannot be written (ENOSPC)`,
    );
    expect(readRecord(paths, id).status).toBe("creating");
    expect(readdirSync(containerDir(paths, id))).toEqual(["state.json"]);
    removeRecord(paths, id);
    expect(readdirSync(`${paths.state}/containers`)).toEqual([]);
  });
});

rootTest("when the disk is full, an intent is refused rather than half written", () => {
  onSmallDisk("size=64k", () => {
    const dir = containerDir(paths, create("web").id);
    const intent = { layer: "test", kind: "folder", path: "x".repeat(3000) };
    appendIntent(dir, intent);
    fill();
    expect(() => appendIntent(dir, intent)).toThrow(`${dir}/journal cannot be written (ENOSPC)`);
    command("rm", `${paths.state}/filler`);
    const later = { layer: "test", kind: "later" };
    appendIntent(dir, later);
    expect(readJournal(dir)).toEqual([intent, later]);
    keepIntents(dir, [later]);
    expect(readJournal(dir)).toEqual([later]);
  });
});

rootTest("a container's folder is not removed while something is mounted in it", () => {
  const { id } = create("web");
  const point = `${containerDir(paths, id)}/merged with blank`;
  mkdirSync(point);
  mkdirSync(`${folder}/precious`);
  writeFileSync(`${folder}/precious/file`, "");
  command("mount", "--bind", `${folder}/precious`, point);
  try {
    expect(() => removeRecord(paths, id)).toThrow(`something is mounted at ${point}: umount it first`);
    expect(readRecord(paths, id).name).toBe("web");
    expect(existsSync(`${folder}/precious/file`)).toBe(true);
  } finally {
    command("umount", point);
  }
  removeRecord(paths, id);
  expect(existsSync(`${folder}/precious/file`)).toBe(true);
});

rootTest("a folder that belongs to another user is refused", () => {
  chownSync(paths.data, TESTER.uid, TESTER.gid);
  const environment = { MINIDOCKER_STATE: paths.state, MINIDOCKER_DATA: paths.data };
  expect(() => openPaths(environment)).toThrow(`${paths.data} belongs to uid ${TESTER.uid}, and this is uid 0`);
});

rootTest("a runtime folder that belongs to another user does not count", () => {
  mkdirSync(`${folder}/runtime`);
  expect(locatePaths({ HOME: "/", XDG_RUNTIME_DIR: `${folder}/runtime` }, 4_000_000).state).toBe(
    "/tmp/minidocker-4000000",
  );
  chownSync(`${folder}/runtime`, 4_000_000, 0);
  expect(locatePaths({ HOME: "/", XDG_RUNTIME_DIR: `${folder}/runtime` }, 4_000_000).state).toBe(
    `${folder}/runtime/minidocker`,
  );
});

const setpriv = skipUnless(isRoot && Bun.which("setpriv"), "needs root and setpriv");

setpriv(
  "folders without permissions, as overlayfs makes them, do not stop their owner from removing them",
  async () => {
    mkdirSync(`${folder}/scratch/work/work/index`, { recursive: true });
    command("chmod", "0", `${folder}/scratch/work/work/index`, `${folder}/scratch/work/work`);
    command("chown", "-R", String(TESTER.uid), `${folder}/scratch`);
    const script = `(await import("${join(import.meta.dir, "../../src/state/files.ts")}")).removeFolder("${folder}/scratch/work")`;
    const user = ["setpriv", "--reuid", String(TESTER.uid), "--regid", String(TESTER.gid), "--clear-groups"];
    expect(await Run.start([...user, process.execPath, "-e", script]).outcome).toMatchObject({ code: 0, stderr: "" });
    expect(readdirSync(`${folder}/scratch`)).toEqual([]);
  },
);

rootTest("a whiteout in an upper layer hides the file below it, and a whole folder", () => {
  for (const it of ["top/etc", "low/etc", "low/var"]) mkdirSync(`${folder}/${it}`, { recursive: true });
  for (const it of ["low/etc/passwd", "low/etc/group", "low/var/file"]) writeFileSync(`${folder}/${it}`, "low");
  command("mknod", `${folder}/top/etc/passwd`, "c", "0", "0");
  command("mknod", `${folder}/top/var`, "c", "0", "0");
  const layers = [`${folder}/top`, `${folder}/low`];
  const texts = ["/etc/passwd", "/etc/group", "/var/file"].map((it) => readInside(layers, it));
  expect(texts).toEqual([undefined, "low", undefined]);
});

rootTest("a device in the place of passwd is not opened", () => {
  mkdirSync(`${folder}/root/etc`, { recursive: true });
  command("mknod", `${folder}/root/etc/passwd`, "c", "1", "5"); // /dev/zero
  expect(() => readInside([`${folder}/root`], "/etc/passwd")).toThrow(
    "/etc/passwd in the image is not an ordinary file",
  );
});
