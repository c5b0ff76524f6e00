// What the other tests in the lab stand on.

import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";

test("the lab's cgroup v2 has the controllers cpu, io, memory and pids", () => {
  const controllers = readFileSync("/sys/fs/cgroup/cgroup.controllers", "utf8").trim().split(" ");
  expect(controllers.sort()).toEqual(["cpu", "io", "memory", "pids"]);
});

test("the lab cannot write to the host's file tree", () => {
  expect(() => writeFileSync(`${import.meta.dir}/trace`, "")).toThrow("EROFS");
});

test("the lab's modules are loaded when somebody needs them", () => {
  const { exitCode, stderr } = Bun.spawnSync([
    "ip",
    "link",
    "add",
    "md-lab0",
    "type",
    "veth",
    "peer",
    "name",
    "md-lab1",
  ]);
  expect(stderr.toString()).toBe("");
  expect(exitCode).toBe(0);
  Bun.spawnSync(["ip", "link", "del", "md-lab0"]);
});

test("the lab's / is shared, as systemd makes it: a mount that leaks would be seen", () => {
  const root = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .find((line) => line.split(" ")[4] === "/");
  expect(root).toContain(" shared:");
});
