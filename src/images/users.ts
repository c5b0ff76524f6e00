// Who `--user` means. Names are looked up in the image's own /etc/passwd and /etc/group, never the host's, and a name
// that is not there is an error: to fall back on root would give more rights than were asked for.

import { Refusal } from "../state/refusal.ts";
import { readInside } from "./inside.ts";

export interface User {
  readonly uid: number;
  readonly gid: number;
  /**
   * The supplementary groups. `gid` is among them, or a process could leave its group to get past what denies it
   * (CVE-2022-36109).
   */
  readonly additionalGids: readonly number[];
  readonly home: string;
}

/** One line of passwd(5) or group(5), cut at the colons. */
type Row = readonly string[];

/**
 * Ids are 32 bits wide, but -1 means "no change" to the kernel, and negative ones confuse programs; Docker draws the
 * same line.
 */
const ID_MAX = 2 ** 31 - 1;

const decimal = /^\d+$/;

/**
 * `text` is `name|uid[:group|gid]`, or empty for root. Ids need no entry. Without a group it is that of the user's
 * entry (0 where there is none), and the groups that list the user are added. Throws a Refusal for names that are not
 * there.
 */
export function lookupUser(layers: readonly string[], text: string): User {
  const [user = "", group = "", ...rest] = text.split(":");
  if (rest.length > 0) throw new Refusal(`--user ${text}: expected NAME or UID, or one of them with :GROUP or :GID`);
  const wanted = user === "" ? "0" : user;
  const entry = rows(layers, "/etc/passwd", [2, 3]).find((it) => it[0] === wanted || sameId(it[2], wanted));
  const uid = entry === undefined ? id(wanted, "user", "passwd") : id(entry[2] as string, "user", "passwd");
  const groups = rows(layers, "/etc/group", [2]);
  const gid = group === "" ? primaryGroup(entry) : namedGroup(groups, group);
  const listing = group === "" && entry !== undefined ? groups.filter((it) => lists(it, entry[0] as string)) : [];
  const more = listing.map((it) => id(it[2] as string, "group", "group"));
  return { uid, gid, additionalGids: [...new Set([gid, ...more])], home: entry?.[5] || "/" };
}

function primaryGroup(entry: Row | undefined): number {
  return entry === undefined ? 0 : id(entry[3] as string, "group", "passwd");
}

function namedGroup(groups: readonly Row[], group: string): number {
  const entry = groups.find((it) => it[0] === group || sameId(it[2], group));
  return id(entry?.[2] ?? group, "group", "group");
}

function lists(group: Row, name: string): boolean {
  return (group[3] ?? "").split(",").includes(name);
}

function sameId(field: string | undefined, text: string): boolean {
  return decimal.test(text) && Number(field) === Number(text);
}

function id(text: string, what: "user" | "group", file: "passwd" | "group"): number {
  const missing = `unable to find ${what} ${text}: no matching entries in ${file} file of the image`;
  if (!decimal.test(text)) throw new Refusal(missing);
  if (Number(text) > ID_MAX) throw new Refusal(`${what} ${text}: uids and gids must be in range 0-${ID_MAX}`);
  return Number(text);
}

// Lines without numbers in the fields where ids belong are passed over, as getpwent(3) does.
function rows(layers: readonly string[], path: string, ids: readonly number[]): Row[] {
  const lines = (readInside(layers, path) ?? "").split("\n").map((line) => line.trim().split(":"));
  return lines.filter((row) => ids.every((it) => decimal.test(row[it] ?? "")) && !row[0]?.startsWith("#"));
}
