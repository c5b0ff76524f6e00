// The two settings of the host that containers need: /proc/sys, sysctl(8).

import { EROFS } from "../../abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_RDONLY, O_WRONLY } from "../../abi/fcntl.ts";
import type { Result } from "../../stage/call.ts";
import type { Stage } from "../../stage/stage.ts";

const IP_FORWARD = "/proc/sys/net/ipv4/ip_forward";

/** Queues the question whether the host passes packets on between its links. */
export async function askForwarding(host: Stage): Promise<Result> {
  const file = await host.openat(AT_FDCWD, IP_FORWARD, O_RDONLY | O_CLOEXEC, 0);
  const read = await host.read(file, 8, 8);
  await host.close(file);
  return read;
}

/** Makes it do so, if the answer was no. Returns whether it was. */
export async function enableForwarding(host: Stage, answer: Result): Promise<boolean> {
  if (String.fromCharCode(...host.bytes(answer).subarray(0, 1)) !== "0") return false;
  await writeSetting(host, IP_FORWARD, "1");
  return true;
}

/** Lets packets that concern 127.0.0.0/8 cross this link, which they may not otherwise. */
export async function routeLocalnet(host: Stage, link: string): Promise<void> {
  await writeSetting(host, `/proc/sys/net/ipv4/conf/${link}/route_localnet`, "1");
}

async function writeSetting(host: Stage, path: string, value: string): Promise<void> {
  const cause = { [EROFS]: `${path} is read-only here: set it to ${value} from where this system was started` };
  const file = await host.openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0, { cause });
  await host.write(file, value, value.length);
  await host.close(file);
}
