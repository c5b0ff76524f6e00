// The bridge: a switch inside the kernel that the containers are plugged into, with an address of its own, which is
// their way out. All containers of one minidocker share it; it is made for the first and removed after the last.

import { EEXIST, ENODEV, ENOENT, ENOTEMPTY, EOPNOTSUPP, EPERM } from "../../abi/errno.ts";
import { AT_FDCWD, AT_REMOVEDIR } from "../../abi/fcntl.ts";
import { addressIn, overlap, parseRange, type Range, rangeText } from "../../abi/inet.ts";
import { message, NLM_F_CREATE, NLM_F_EXCL, pretendAnswer } from "../../abi/netlink.ts";
import {
  addAddress,
  IFF_UP,
  RTM_DELLINK,
  RTM_GETADDR,
  RTM_GETLINK,
  RTM_GETROUTE,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWROUTE,
  RTM_SETLINK,
} from "../../abi/rtnetlink.ts";
import { AF_INET } from "../../abi/socket.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Stage } from "../../stage/stage.ts";
import { leasesFolder, locked, makeFolder, networkFolder, subnetLink } from "./folders.ts";
import type { NetlinkSocket, Request } from "./socket.ts";

export interface Bridge {
  readonly name: string;
  readonly index: number;
  readonly range: Range;
  /** Its own address, through which its members reach everything else. */
  readonly gateway: string;
}

/** Private ranges (RFC 1918), away from those that Docker takes first; the first one that leads nowhere yet is ours. */
const candidates: readonly string[] = [
  ...[30, 31, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18].map((it) => `172.${it}.0.0/16`),
  ...[240, 224, 208, 192, 176, 160].map((it) => `192.168.${it}.0/20`),
];

/** So many bridges of our name are looked at: each other minidocker on the host (with another state folder) has one. */
const MOST = 10;
const ATTEMPTS = 100;

export const linkCauses: Readonly<Record<number, string>> = {
  [EPERM]: "creating links needs CAP_NET_ADMIN: run as root, or with --network none",
  [EOPNOTSUPP]: "this kernel has no links of that kind: load its module (modprobe bridge veth), or use --network none",
};

/**
 * Makes the bridge, or finds it. Two that start at the same time both end up with the same one. `announce` is called
 * with its name before it may be made.
 */
export async function ensureBridge(
  host: Stage,
  socket: NetlinkSocket,
  stateDir: string,
  announce: (name: string) => void,
): Promise<Bridge> {
  const mac = ownMac(stateDir);
  for (let number = 0, attempt = 0; number < MOST && attempt < ATTEMPTS; attempt++) {
    const name = `minidocker${number}`;
    const question = await askLink(socket, name);
    const addresses = await socket.list(message(RTM_GETADDR, 0, { family: AF_INET }), RTM_NEWADDR);
    const found = question.answer(RTM_NEWLINK);
    if (found !== undefined && found.values.IFLA_ADDRESS !== mac) {
      number++;
      continue;
    }
    announce(name);
    if (found === undefined) {
      const made = await makeBridge(host, socket, stateDir, name, mac);
      if (made !== undefined) return made;
      // somebody was faster: look at what they have made
      continue;
    }
    const { index, flags } = found.header;
    const own = addresses.find(({ header, values }) => header.index === index && values.IFA_LOCAL !== undefined);
    if (own === undefined || (flags & IFF_UP) === 0) {
      return await furnish(host, socket, stateDir, { name, index }, await lookAround(host, socket, stateDir));
    }
    const range = parseRange(`${own.values.IFA_LOCAL}/${own.header.prefixlen}`);
    return { name, index, range, gateway: addressIn(range, 1) };
  }
  throw new Refusal(
    `the links minidocker0 to minidocker${MOST - 1} exist and are not ours: remove one (ip link delete …)`,
  );
}

/**
 * The bridge's MAC address, by which it is known again: it is part of the request that makes the link, so at no
 * moment is there a bridge of which one could not tell whose it is. A fixed one is needed anyway: else the bridge
 * takes the lowest of its members' addresses, and when that one leaves, all the others keep talking to nobody.
 */
export function ownMac(stateDir: string): string {
  let hash = 0x811c9dc5; // FNV-1a
  for (const byte of new TextEncoder().encode(stateDir)) hash = Math.imul(hash ^ byte, 0x01000193);
  const bytes = [24, 16, 8, 0].map((shift) => ((hash >>> shift) & 255).toString(16).padStart(2, "0"));
  return ["02", "6d", ...bytes].join(":");
}

/** Removes the bridge, if it is ours and nobody is left on it. */
export async function removeBridge(host: Stage, socket: NetlinkSocket, stateDir: string, name: string): Promise<void> {
  const mac = ownMac(stateDir);
  const question = await askLink(socket, name, pretendAnswer(RTM_NEWLINK, { index: 3 }, { IFLA_ADDRESS: mac }));
  const found = question.answer(RTM_NEWLINK);
  if (found?.values.IFLA_ADDRESS !== mac) return;
  const leases = leasesFolder(stateDir);
  await makeFolder(host, networkFolder(stateDir));
  await locked(host, stateDir, async () => {
    // the folder can be removed exactly if no address is taken; after a crash it may be gone while the bridge is
    // still there
    await makeFolder(host, leases, true);
    const vacant = await host.unlinkat(AT_FDCWD, leases, AT_REMOVEDIR, { tolerate: [EEXIST, ENOTEMPTY], hold: true });
    const request = message(RTM_DELLINK, 0, { index: found.header.index });
    await socket.change(request, { after: vacant, tolerate: [ENODEV], hold: true });
  });
}

function askLink(socket: NetlinkSocket, name: string, assume?: Uint8Array): Promise<Request> {
  const question = message(RTM_GETLINK, 0, {}, { IFLA_IFNAME: name });
  return socket.ask(question, { tolerate: [ENODEV], ...(assume === undefined ? {} : { assume }) });
}

/** Undefined where a link of that name has come to be meanwhile. */
async function makeBridge(
  host: Stage,
  socket: NetlinkSocket,
  stateDir: string,
  name: string,
  mac: string,
): Promise<Bridge | undefined> {
  const values = { IFLA_IFNAME: name, IFLA_ADDRESS: mac, IFLA_LINKINFO: { IFLA_INFO_KIND: "bridge" } };
  const creation = message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, {}, values);
  const made = await socket.change(creation, { tolerate: [EEXIST], cause: linkCauses });
  const question = await askLink(socket, name, pretendAnswer(RTM_NEWLINK, { index: 3 }));
  const surroundings = await lookAround(host, socket, stateDir);
  const own = question.answer(RTM_NEWLINK);
  if (made.settle() !== 0 || own === undefined) return undefined;
  return furnish(host, socket, stateDir, { name, index: own.header.index }, surroundings);
}

interface Surroundings {
  /** The range that was taken the last time, or an empty text. */
  readonly before: string;
  readonly routes: readonly { readonly range: Range; readonly link: number | undefined }[];
}

async function lookAround(host: Stage, socket: NetlinkSocket, stateDir: string): Promise<Surroundings> {
  const link = await host.readlinkat(AT_FDCWD, subnetLink(stateDir), 64, 64, { tolerate: [ENOENT] });
  const routes = await socket.list(message(RTM_GETROUTE, 0, { family: AF_INET }), RTM_NEWROUTE);
  return {
    before: new TextDecoder().decode(link.bytes.subarray(0, Math.max(0, host.value(link)))),
    routes: routes.flatMap(({ header: { dst_len }, values: { RTA_DST, RTA_OIF } }) =>
      dst_len === 0 || RTA_DST === undefined ? [] : [{ range: { base: RTA_DST, prefix: dst_len }, link: RTA_OIF }],
    ),
  };
}

/** Gives a bridge its address and raises it; up is the sign that it is complete. Doing it twice does no harm. */
async function furnish(
  host: Stage,
  socket: NetlinkSocket,
  stateDir: string,
  { name, index }: { name: string; index: number },
  surroundings: Surroundings,
): Promise<Bridge> {
  const range = chooseRange(surroundings, index);
  if (rangeText(range) !== surroundings.before) await recordRange(host, stateDir, range);
  const gateway = addressIn(range, 1);
  await socket.change(addAddress(index, gateway, range), { tolerate: [EEXIST] });
  await socket.change(message(RTM_SETLINK, 0, { index, flags: IFF_UP, change: IFF_UP }));
  return { name, index, range, gateway };
}

function chooseRange({ before, routes }: Surroundings, own: number): Range {
  const wanted = candidates.includes(before) ? [before, ...candidates] : candidates;
  const taken = routes.filter(({ link }) => link !== own);
  const found = wanted.map(parseRange).find((it) => !taken.some(({ range }) => overlap(it, range)));
  if (found !== undefined) return found;
  throw new Refusal(
    "no free range of addresses for containers: the host has routes to all of 172.18–31.0.0/16 and 192.168.160–240.0/20",
  );
}

/** As a link, which is made with its contents or not at all: nobody finds half of a range. */
async function recordRange(host: Stage, stateDir: string, range: Range): Promise<void> {
  const path = subnetLink(stateDir);
  await makeFolder(host, networkFolder(stateDir));
  await host.unlinkat(AT_FDCWD, path, 0, { tolerate: [ENOENT] });
  await host.symlinkat(rangeText(range), AT_FDCWD, path, { tolerate: [EEXIST] });
}
