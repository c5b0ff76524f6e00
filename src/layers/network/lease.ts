// Leases: which container has which address on the bridge. An address is taken by renaming a folder that is already
// complete to the address' place, which the kernel does for exactly one of those who try, and refuses while somebody
// is in it: rename(2). So nobody waits for a lock while an address is chosen, and no address is ever taken by nobody.

import { EEXIST, ENOENT, ENOTEMPTY } from "../../abi/errno.ts";
import { AT_FDCWD, AT_REMOVEDIR } from "../../abi/fcntl.ts";
import { addressIn, type Range } from "../../abi/inet.ts";
import { S_IFREG } from "../../abi/stat.ts";
import { Refusal } from "../../core/refusal.ts";
import { extension, type Spec } from "../../core/spec.ts";
import type { Stage } from "../../stage/stage.ts";
import { leasesFolder, listFolder, listSingles, locked, makeFolder, networkFolder } from "./folders.ts";

/** Who has an address. */
export interface Member {
  readonly address: string;
  readonly id: string;
  /** Names by which the others may call it, the container's first. */
  readonly names: readonly string[];
}

/** The name of the lease's file. */
export const entryOf = ({ id, names }: Pick<Member, "id" | "names">): string => [id, ...names].join(":");

const aName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$/;

/** The container as the others on the bridge will know it. */
export function memberOf(spec: Spec): Pick<Member, "id" | "names"> {
  const id = extension(spec, "id") ?? "";
  const names = [extension(spec, "name") ?? "", spec.hostname ?? "", id.slice(0, 12)];
  return { id, names: [...new Set(names.filter((it) => aName.test(it)))] };
}

/** Everybody who has an address, in the order of addresses. `assume`: who that is in a plan. */
export async function listMembers(host: Stage, stateDir: string, assume: readonly Member[]): Promise<Member[]> {
  const leases = leasesFolder(stateDir);
  const found = await listFolder(
    host,
    leases,
    assume.map(({ address }) => address),
  );
  const addresses = found.filter((it) => !it.startsWith(".")).sort(byNumber);
  const folders = addresses.map((it) => `${leases}/${it}`);
  const entries = await listSingles(host, folders, assume.map(entryOf));
  return addresses.flatMap((address, i) => {
    const [id, ...names] = entries[i]?.split(":") ?? [];
    return id === undefined ? [] : [{ address, id, names }];
  });
}

const byNumber = (one: string, other: string): number => one.localeCompare(other, "en", { numeric: true });

/**
 * Takes the lowest free address of the range. `announce` is called with an address before it is tried.
 * Throws a Refusal when there is none left.
 */
export async function takeAddress(
  host: Stage,
  stateDir: string,
  range: Range,
  member: Pick<Member, "id" | "names">,
  announce: (address: string) => void,
): Promise<string> {
  const last = 2 ** (32 - range.prefix) - 2; // the one after it is for broadcasts
  const taken = new Set(await listFolder(host, leasesFolder(stateDir)));
  for (let index = 2; index <= last; index++) {
    const address = addressIn(range, index);
    if (taken.has(address)) continue;
    announce(address);
    if (await tryAddress(host, stateDir, address, member)) return address;
  }
  throw new Refusal(`all ${last - 1} addresses of the bridge are taken: stop some containers`);
}

async function tryAddress(
  host: Stage,
  stateDir: string,
  address: string,
  member: Pick<Member, "id" | "names">,
): Promise<boolean> {
  const leases = leasesFolder(stateDir);
  const draft = `${leases}/.${member.id}`;
  await makeFolder(host, networkFolder(stateDir));
  const renamed = await locked(host, stateDir, async () => {
    await makeFolder(host, leases, true);
    await makeFolder(host, draft, true);
    await host.mknodat(AT_FDCWD, `${draft}/${entryOf(member)}`, S_IFREG | 0o600, 0, { tolerate: [EEXIST], hold: true });
    const options = { tolerate: [EEXIST, ENOTEMPTY], hold: true };
    return host.renameat2(AT_FDCWD, draft, AT_FDCWD, `${leases}/${address}`, 0, options);
  });
  return host.value(renamed) >= 0;
}

/** Gives an address back, if that member still has it. */
export async function releaseAddress(host: Stage, stateDir: string, address: string, entry: string): Promise<void> {
  const leases = leasesFolder(stateDir);
  const id = entry.split(":")[0] ?? "";
  for (const folder of [address, `.${id}`]) {
    await host.unlinkat(AT_FDCWD, `${leases}/${folder}/${entry}`, 0, { tolerate: [ENOENT] });
    await host.unlinkat(AT_FDCWD, `${leases}/${folder}`, AT_REMOVEDIR, { tolerate: [ENOENT, ENOTEMPTY] });
  }
}
