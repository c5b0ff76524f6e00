// The bridge: a switch inside the kernel that the containers are plugged into, with an address of its own, which is their way
// out. All containers of one minidocker share it; it is made for the first and removed after the last.

import { EEXIST, ENODEV, ENOENT, ENOTEMPTY, EOPNOTSUPP, EPERM, EROFS } from "../../abi/errno.ts";
import { AT_FDCWD, AT_REMOVEDIR, O_CLOEXEC, O_RDONLY, O_WRONLY } from "../../abi/fcntl.ts";
import { addressIn, overlap, parseRange, type Range, rangeText } from "../../abi/inet.ts";
import { message, NLM_F_CREATE, NLM_F_EXCL, pretendAnswer } from "../../abi/netlink.ts";
import {
  IFF_UP,
  RT_SCOPE_UNIVERSE,
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
import type { NetlinkSocket } from "./socket.ts";

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

/** Of bridges with our name that belong to another minidocker (other state folder) on the same host. */
const MOST = 10;

export const linkCauses: Readonly<Record<number, string>> = {
  [EPERM]: "creating links needs CAP_NET_ADMIN: run as root, or with --network none",
  [EOPNOTSUPP]: "this kernel has no links of that kind: load its module (modprobe bridge veth), or use --network none",
};

/**
 * Makes the bridge, or finds it. Two that start at the same time both end up with the same one. `announce` is called with its name
 * before it may be made.
 */
export async function ensureBridge(
  host: Stage,
  socket: NetlinkSocket,
  stateDir: string,
  announce: (name: string) => void,
): Promise<Bridge> {
  const mac = ownMac(stateDir);
  for (let number = 0; number < MOST; ) {
    const name = `minidocker${number}`;
    const found = await findLink(socket, name);
    if (found !== undefined && found.values.IFLA_ADDRESS !== mac) {
      number++;
      continue;
    }
    announce(name);
    if (found === undefined) {
      const made = message(
        RTM_NEWLINK,
        NLM_F_CREATE | NLM_F_EXCL,
        {},
        {
          IFLA_IFNAME: name,
          IFLA_ADDRESS: mac,
          IFLA_LINKINFO: { IFLA_INFO_KIND: "bridge" },
        },
      );
      const request = await socket.change(made, { tolerate: [EEXIST], cause: linkCauses });
      const own = await findLink(socket, name, pretendAnswer(RTM_NEWLINK, { index: 3 }));
      // somebody was faster: look at what they have made
      if (request.errno === EEXIST || own === undefined) continue;
      return await furnish(host, socket, stateDir, { name, index: own.header.index });
    }
    const { index, flags } = found.header;
    const range = await rangeOf(socket, index);
    const ready = range !== undefined && (flags & IFF_UP) !== 0;
    return ready
      ? { name, index, range, gateway: addressIn(range, 1) }
      : await furnish(host, socket, stateDir, { name, index });
  }
  throw new Refusal(
    `the links minidocker0 to minidocker${MOST - 1} exist and are not ours: remove one (ip link delete …)`,
  );
}

/**
 * The bridge's MAC address, by which it is known again: it is part of the request that makes the link, so at no moment is there a
 * bridge of which one could not tell whose it is. A fixed one is needed anyway: else the bridge takes
 * the lowest of its members' addresses, and when that one leaves, all the others keep talking to nobody.
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
  const found = await findLink(socket, name, pretendAnswer(RTM_NEWLINK, { index: 3 }, { IFLA_ADDRESS: mac }));
  if (found?.values.IFLA_ADDRESS !== mac) return;
  const leases = leasesFolder(stateDir);
  await makeFolder(host, networkFolder(stateDir));
  await locked(host, stateDir, async () => {
    // the folder can be removed exactly if no address is taken; after a crash it may be gone while the bridge is still there
    await makeFolder(host, leases, true);
    const vacant = await host.unlinkat(AT_FDCWD, leases, AT_REMOVEDIR, { tolerate: [EEXIST, ENOTEMPTY], hold: true });
    const request = message(RTM_DELLINK, 0, { index: found.header.index });
    await socket.change(request, { after: vacant, tolerate: [ENODEV], hold: true });
  });
}

async function findLink(socket: NetlinkSocket, name: string, assume?: Uint8Array) {
  const request = await socket.ask(message(RTM_GETLINK, 0, {}, { IFLA_IFNAME: name }), {
    tolerate: [ENODEV],
    ...(assume === undefined ? {} : { assume }),
  });
  return request.answer(RTM_NEWLINK);
}

async function rangeOf(socket: NetlinkSocket, index: number): Promise<Range | undefined> {
  const list = await socket.list(message(RTM_GETADDR, 0, { family: AF_INET }), RTM_NEWADDR);
  const own = list.find(({ header, values }) => header.index === index && values.IFA_LOCAL !== undefined);
  return own && parseRange(`${own.values.IFA_LOCAL}/${own.header.prefixlen}`);
}

/** Gives a bridge its address and raises it; up is the sign that it is complete. Doing it twice does no harm. */
async function furnish(
  host: Stage,
  socket: NetlinkSocket,
  stateDir: string,
  { name, index }: { name: string; index: number },
): Promise<Bridge> {
  const range = await chooseRange(host, socket, stateDir, index);
  const gateway = addressIn(range, 1);
  const header = { family: AF_INET, prefixlen: range.prefix, scope: RT_SCOPE_UNIVERSE, index };
  const broadcast = addressIn(range, 2 ** (32 - range.prefix) - 1);
  const address = { IFA_LOCAL: gateway, IFA_ADDRESS: gateway, IFA_BROADCAST: broadcast };
  await socket.change(message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, header, address), { tolerate: [EEXIST] });
  await socket.change(message(RTM_SETLINK, 0, { index, flags: IFF_UP, change: IFF_UP }));
  socket.settle();
  return { name, index, range, gateway };
}

async function chooseRange(host: Stage, socket: NetlinkSocket, stateDir: string, own: number): Promise<Range> {
  const path = subnetLink(stateDir);
  const link = await host.readlinkat(AT_FDCWD, path, 64, 64, { tolerate: [ENOENT] });
  const routes = await socket.list(message(RTM_GETROUTE, 0, { family: AF_INET }), RTM_NEWROUTE);
  const taken = routes.flatMap(({ header, values }) =>
    header.dst_len === 0 || values.RTA_OIF === own || values.RTA_DST === undefined
      ? []
      : [{ base: values.RTA_DST, prefix: header.dst_len }],
  );
  const before = new TextDecoder().decode(link.bytes.subarray(0, Math.max(0, host.value(link))));
  const wanted = candidates.includes(before) ? [before, ...candidates] : candidates;
  const range = wanted.map(parseRange).find((it) => !taken.some((other) => overlap(it, other)));
  if (range === undefined) {
    throw new Refusal(
      "no free range of addresses for containers: the host has routes to all of 172.18–31.0.0/16 and 192.168.160–240.0/20",
    );
  }
  if (rangeText(range) !== before) {
    // a link is made with its contents or not at all, so nobody can find half of a range
    await makeFolder(host, networkFolder(stateDir));
    await host.unlinkat(AT_FDCWD, path, 0, { tolerate: [ENOENT] });
    await host.symlinkat(rangeText(range), AT_FDCWD, path, { tolerate: [EEXIST] });
  }
  return range;
}

const IP_FORWARD = "/proc/sys/net/ipv4/ip_forward";

/** Lets the host pass packets on between its links. Returns whether it did not do so before. */
export async function enableForwarding(host: Stage): Promise<boolean> {
  const file = await host.openat(AT_FDCWD, IP_FORWARD, O_RDONLY | O_CLOEXEC, 0);
  const read = await host.read(file, 8, 8);
  await host.close(file);
  if (String.fromCharCode(...host.bytes(read).subarray(0, 1)) !== "0") return false;
  await writeSetting(host, IP_FORWARD, "1");
  return true;
}

/** Lets packets that concern 127.0.0.0/8 cross this link, which they may not otherwise. */
export async function routeLocalnet(host: Stage, { name }: Bridge): Promise<void> {
  await writeSetting(host, `/proc/sys/net/ipv4/conf/${name}/route_localnet`, "1");
}

async function writeSetting(host: Stage, path: string, value: string): Promise<void> {
  const cause = { [EROFS]: `${path} is read-only here: set it to ${value} from where this system was started` };
  const file = await host.openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0, { cause });
  await host.write(file, value, value.length);
  await host.close(file);
}
