// Which ids a user namespace has, and what follows for its groups.

import { expect, test } from "bun:test";
import { isMapped, maySetGroups, ownMaps, writeMaps } from "../../src/core/id-map.ts";
import { launchPlan } from "../../src/stage/launch.ts";
import { Session } from "../../src/stage/stage.ts";

const owner = { uid: 1000, gid: 1001, subuids: [], subgids: [] };
const range = [
  { start: 200_000, count: 10 },
  { start: 300_000, count: 5 },
];
const alone = ownMaps(owner);
const many = ownMaps({ ...owner, subuids: range, subgids: range });

test("root inside is oneself, and subordinate ids follow one after the other", () => {
  expect(alone).toEqual({
    uidMappings: [{ containerID: 0, hostID: 1000, size: 1 }],
    gidMappings: [{ containerID: 0, hostID: 1001, size: 1 }],
  });
  expect(many.gidMappings).toEqual([
    { containerID: 0, hostID: 1001, size: 1 },
    { containerID: 1, hostID: 200_000, size: 10 },
    { containerID: 11, hostID: 300_000, size: 5 },
  ]);
  expect(ownMaps({ ...owner, subuids: range })).toEqual(alone);
  expect([0, 15, 16].map((id) => isMapped(many.uidMappings, id))).toEqual([true, true, false]);
});

test("groups can be changed by all but ordinary users who have mapped only themselves", () => {
  const user = { rootless: true };
  expect([alone, many, {}].map((it) => maySetGroups(it, user))).toEqual([false, true, true]);
  expect(maySetGroups(alone, { rootless: false })).toBe(true);
});

test("more ids than one's own without newuidmap is an error that says what to install", async () => {
  const host = await launchPlan(new Session());
  expect(writeMaps(host, 1, many, { rootless: true, tools: {} })).rejects.toThrow("apt-get install uidmap");
});
