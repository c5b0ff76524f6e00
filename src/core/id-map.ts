// The maps of a user namespace: which id outside stands behind an id inside. user_namespaces(7)

import { EINVAL, EPERM } from "../abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_WRONLY } from "../abi/fcntl.ts";
import type { Stage } from "../stage/stage.ts";
import type { Facts, SubordinateRange } from "./facts.ts";
import { runHostProgram } from "./host-program.ts";
import { Refusal } from "./refusal.ts";
import type { IdMapping, Linux } from "./spec.ts";

export type IdMaps = Pick<Linux, "uidMappings" | "gidMappings">;

/** Root inside is oneself; the other ids are one's subordinate ones, where there are any. */
export function ownMaps({
  uid,
  gid,
  subuids,
  subgids,
}: Pick<Facts, "uid" | "gid" | "subuids" | "subgids">): Required<IdMaps> {
  const both = subuids.length > 0 && subgids.length > 0;
  return { uidMappings: ownMap(uid, both ? subuids : []), gidMappings: ownMap(gid, both ? subgids : []) };
}

function ownMap(own: number, ranges: readonly SubordinateRange[]): IdMapping[] {
  const rows: IdMapping[] = [{ containerID: 0, hostID: own, size: 1 }];
  let next = 1;
  for (const { start, count } of ranges) {
    rows.push({ containerID: next, hostID: start, size: count });
    next += count;
  }
  return rows;
}

/** Whether the id inside has one outside. Without a map every id has. */
export function isMapped(map: readonly IdMapping[] | undefined, id: number): boolean {
  return map === undefined || map.some((it) => id >= it.containerID && id < it.containerID + it.size);
}

/** One line that maps oneself is everybody's right; anything else takes newuidmap(1), which reads /etc/subuid. */
function areOfOneself({ uidMappings = [], gidMappings = [] }: IdMaps): boolean {
  return [uidMappings, gidMappings].every((it) => it.length === 1 && it[0]?.size === 1);
}

/** Whether a process in the namespace may change its groups. Who has leave to map only themselves has to give that up. */
export function maySetGroups(maps: IdMaps, { rootless }: Pick<Facts, "rootless">): boolean {
  return !rootless || !areOfOneself(maps);
}

/** Writes the maps of the user namespace that `pid` is in: from outside, and once. */
export async function writeMaps(
  host: Stage,
  pid: number,
  maps: IdMaps,
  facts: Pick<Facts, "rootless" | "tools">,
): Promise<void> {
  const { uidMappings = [], gidMappings = [] } = maps;
  if (facts.rootless && !areOfOneself(maps)) {
    await runMapper(host, pid, "newuidmap", uidMappings, facts);
    await runMapper(host, pid, "newgidmap", gidMappings, facts);
    return;
  }
  // without this first, gid_map is refused to a user who has no CAP_SETGID outside: user_namespaces(7)
  if (!maySetGroups(maps, facts)) await writeFile(host, `/proc/${pid}/setgroups`, "deny");
  await writeFile(host, `/proc/${pid}/uid_map`, lines(uidMappings));
  await writeFile(host, `/proc/${pid}/gid_map`, lines(gidMappings));
}

async function runMapper(
  host: Stage,
  pid: number,
  name: "newuidmap" | "newgidmap",
  map: readonly IdMapping[],
  { tools }: Pick<Facts, "tools">,
): Promise<void> {
  const program = tools[name];
  if (program === undefined)
    throw new Refusal(
      `more ids than one's own are mapped by ${name}: install it (Debian, Ubuntu: apt-get install uidmap)`,
    );
  await runHostProgram(host, program, [name, String(pid), ...map.flatMap(columns).map(String)]);
}

const columns = ({ containerID, hostID, size }: IdMapping): number[] => [containerID, hostID, size];

const lines = (map: readonly IdMapping[]): string => map.map((it) => `${columns(it).join(" ")}\n`).join("");

async function writeFile(host: Stage, path: string, text: string): Promise<void> {
  const fd = await host.openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
  await host.write(fd, text, text.length, {
    cause: {
      [EPERM]: "the kernel refuses this id map: an ordinary user may map only themselves, or ranges of /etc/subuid",
      [EINVAL]: "the id map overlaps or is malformed",
    },
  });
  await host.close(fd);
}
