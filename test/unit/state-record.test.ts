// What is on disk about a container: private, replaced as a whole, and still manageable when it has been damaged.

import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import type { Spec } from "../../src/core/spec.ts";
import { findContainer, listRecords } from "../../src/state/find.ts";
import { appendIntent } from "../../src/state/journal.ts";
import { containerDir } from "../../src/state/paths.ts";
import { identify, type ProcessIdentity } from "../../src/state/process.ts";
import {
  createRecord,
  DamagedState,
  readConfig,
  readRecord,
  removeRecord,
  updateRecord,
  writeConfig,
} from "../../src/state/record.ts";
import { ownPaths } from "../harness/own-paths.ts";
import { removeFolder } from "../harness/temporary.ts";
import { withWorkers } from "./state-workers.ts";

const { folder, paths } = ownPaths();

const create = (name: string) => createRecord(paths, { name, image: "base", command: ["sh", "-c", "true"] });
const stateFile = (id: string): string => `${containerDir(paths, id)}/state.json`;
const self = identify(process.pid) as ProcessIdentity;

test("a new record says who makes the container, and reads back as it was written", () => {
  const before = Date.now();
  const record = createRecord(paths, { image: "./rootfs", command: ["ls", "ü\n"], autoRemove: true });
  expect(record).toMatchObject({ status: "creating", image: "./rootfs", command: ["ls", "ü\n"], creator: self });
  expect(Date.parse(record.created)).toBeWithin(before, Date.now() + 1);
  expect(readRecord(paths, record.id)).toEqual(record);
});

test("whatever the umask is, other users can read neither records, configurations nor journals", () => {
  const mask = process.umask(0);
  try {
    const { id } = create("web");
    updateRecord(paths, id, { status: "running" });
    writeConfig(paths, id, { process: { env: ["SECRET=1"] } } as unknown as Spec);
    appendIntent(containerDir(paths, id), { layer: "test", kind: "file" });
    const dir = containerDir(paths, id);
    const files = readdirSync(dir).map((it) => `${it} ${(statSync(`${dir}/${it}`).mode & 0o777).toString(8)}`);
    expect(files.toSorted()).toEqual(["config.json 600", "journal 600", "state.json 600"]);
    const folders = [dir, paths.state, paths.data, `${paths.state}/containers`, `${paths.state}/names`];
    expect(folders.map((it) => statSync(it).mode & 0o777)).toEqual(folders.map(() => 0o700));
  } finally {
    process.umask(mask);
  }
});

test("an update changes the fields that it names and keeps the others", () => {
  const record = create("web");
  const running = updateRecord(paths, record.id, { status: "running", process: self });
  expect(running).toEqual({ ...record, status: "running", process: self });
  expect(updateRecord(paths, record.id, { exitCode: 137, oomKilled: true })).toEqual({
    ...running,
    exitCode: 137,
    oomKilled: true,
  });
});

test("two processes that update different fields at once lose nothing of each other's", async () => {
  const { id } = create("web");
  await withWorkers(2, paths.state, async ([one, two]) => {
    await Promise.all([one?.run("update", id, "exitCode", 300), two?.run("update", id, "image", 300)]);
  });
  expect(readRecord(paths, id)).toMatchObject({ exitCode: 300, image: "300" });
});

test("a reader sees a whole record at every moment of its replacement", async () => {
  const { id } = create("web");
  await withWorkers(1, paths.state, async ([writer]) => {
    await writer?.run("update", id, "exitCode", 1);
    const written = writer?.run("update", id, "exitCode", 1000);
    const seen = new Set<number | undefined>();
    while (readRecord(paths, id).exitCode !== 1000) {
      for (let i = 0; i < 50; i++) seen.add(readRecord(paths, id).exitCode);
      await Bun.sleep(0);
    }
    await written;
    expect(seen.size).toBeGreaterThan(5);
  });
});

test("a configuration reads back as it was written", () => {
  const { id } = create("web");
  const spec = { ociVersion: "1.2.0", process: { args: ["sh"], env: ["A=ü"] } } as unknown as Spec;
  writeConfig(paths, id, spec);
  expect(readConfig(paths, id)).toEqual(spec);
});

const damages: Record<string, [damage: (path: string) => void, problem: RegExp]> = {
  "is empty": [(path) => truncateSync(path), /is empty/],
  "is cut short": [(path) => truncateSync(path, 100), /cut short/],
  "is not JSON": [(path) => writeFileSync(path, "\0\0\0ELF"), /is not JSON/],
  "is a list": [(path) => writeFileSync(path, "[]"), /not a JSON object/],
  "has wrong types": [(path) => rewrite(path, { command: "sh" }), /unusable command: "sh"/],
  "has half a process": [(path) => rewrite(path, { process: { pid: 1 } }), /unusable process/],
  "has an unknown status": [(path) => rewrite(path, { status: "damaged" }), /unusable status/],
  "has no name": [(path) => rewrite(path, { name: undefined }), /has no name/],
  "is another container's": [(path) => rewrite(path, { id: "0".repeat(64) }), /belongs to another container/],
  "is missing": [(path) => removeFolder(path), /cannot be read \(ENOENT\)/],
  "is a folder": [(path) => [removeFolder(path), mkdirSync(path)], /cannot be read \(EISDIR\)/],
};

function rewrite(path: string, changes: object): void {
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...changes }));
}

for (const [what, [damage, problem]] of Object.entries(damages)) {
  test(`a state.json that ${what} is reported as damaged, and its container can be found and removed`, () => {
    const sound = create("sound");
    const { id } = create("broken");
    damage(stateFile(id));
    expect(() => readRecord(paths, id)).toThrow(DamagedState);
    expect(() => updateRecord(paths, id, { status: "exited" })).toThrow(DamagedState);
    expect(listRecords(paths)).toEqual([
      sound,
      { status: "damaged", id, name: "broken", problem: expect.stringMatching(problem) },
    ]);
    expect(findContainer(paths, "broken")).toMatchObject({ id, problem: expect.stringContaining(stateFile(id)) });
    expect(findContainer(paths, id.slice(0, 8)).id).toBe(id);
    removeRecord(paths, id);
    expect(listRecords(paths)).toEqual([sound]);
    expect(create("broken").name).toBe("broken");
  });
}

test("what does not belong among the containers and names does not count", () => {
  const { id } = create("web");
  writeFileSync(`${paths.state}/containers/notes.txt`, "");
  writeFileSync(`${paths.state}/names/notes`, "");
  expect(listRecords(paths).map((it) => it.id)).toEqual([id]);
  expect(() => findContainer(paths, "notes")).toThrow("No such container: notes");
  expect(() => create("notes")).toThrow(`${paths.state}/names/notes is in the way`);
});

test("containers are listed newest first", async () => {
  for (const name of ["one", "two", "three"]) {
    create(name);
    await Bun.sleep(2);
  }
  expect(listRecords(paths).map((it) => it.name)).toEqual(["three", "two", "one"]);
});

test("a container is found by its name, its id, and the beginning of its id", () => {
  const { id } = create("web");
  for (const it of ["web", id, id.slice(0, 12), id.slice(0, 1)]) expect(findContainer(paths, it).id).toBe(id);
});

test("a name counts before the beginning of an id", () => {
  const { id } = create("web");
  const named = create(id.slice(0, 6));
  expect(findContainer(paths, id.slice(0, 6)).id).toBe(named.id);
});

test("what is no container is refused in Docker's words, with exit code 1", () => {
  create("web");
  for (const it of ["we", "nosuch", "", ".", "..", "../names/web", "f".repeat(64), "web/", "WEB"]) {
    expect(() => findContainer(paths, it)).toThrow(
      expect.objectContaining({ message: `No such container: ${it}`, exitCode: 1 }),
    );
  }
});

test("a beginning that several ids share is refused", () => {
  const ids = Array.from({ length: 17 }, (_, i) => create(`c${i}`).id.slice(0, 1)); // there are only 16 first digits
  const shared = ids.find((it, i) => ids.indexOf(it) !== i) as string;
  expect(() => findContainer(paths, shared)).toThrow(`multiple IDs found with provided prefix: ${shared}`);
});

test("a container whose process is alive is not removed", () => {
  const { id } = create("web");
  updateRecord(paths, id, { status: "running", process: self });
  expect(() => removeRecord(paths, id)).toThrow("container web is running");
  expect(findContainer(paths, "web").id).toBe(id);
});

test("a recorded pid that another process has now does not keep a container from being removed", () => {
  const { id } = create("web");
  updateRecord(paths, id, { status: "running", process: { ...self, startTime: self.startTime - 1 } });
  removeRecord(paths, id);
  expect(listRecords(paths)).toEqual([]);
});

test("removing what is gone does nothing, and updating it fails as for any unknown container", () => {
  const { id } = create("web");
  removeRecord(paths, id);
  removeRecord(paths, id);
  expect(() => updateRecord(paths, id, { status: "exited" })).toThrow(`No such container: ${id}`);
  expect(() => readRecord(paths, id)).toThrow(`No such container: ${id}`);
});

test("removing a folder follows no symbolic link", () => {
  writeFileSync(`${folder}/precious`, "");
  const { id } = create("web");
  mkdirSync(`${containerDir(paths, id)}/upper`);
  Bun.spawnSync(["ln", "-s", folder, `${containerDir(paths, id)}/upper/link`]);
  removeRecord(paths, id);
  expect(existsSync(`${folder}/precious`)).toBe(true);
});
