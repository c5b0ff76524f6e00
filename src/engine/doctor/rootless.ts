// What an ordinary user's containers need beyond a user namespace.

import { accessSync, constants, existsSync } from "node:fs";
import type { Facts } from "../../core/facts.ts";
import type { Finding } from "./finding.ts";

/** Nothing for root. */
export function lookAtRootless({ rootless, tools, subuids, subgids }: Facts): Finding[] {
  return rootless ? [subordinateIds(tools, subuids.length, subgids.length), pasta(tools)] : [];
}

function subordinateIds(tools: Facts["tools"], uids: number, gids: number): Finding {
  const base = { id: "rootless.ids", title: "subordinate ids" };
  const missing = ["newuidmap", "newgidmap"].filter((it) => tools[it] === undefined);
  const otherwise = "containers have only one user, root";
  if (missing.length > 0) {
    const remedy =
      "install them: Debian, Ubuntu: apt-get install uidmap; Fedora: dnf install shadow-utils; Alpine: apk add shadow-subids";
    return { ...base, verdict: "limited", saw: `${missing.join(" and ")} not installed: ${otherwise}`, remedy };
  }
  if (uids === 0 || gids === 0) {
    const remedy = "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 YOU";
    return {
      ...base,
      verdict: "limited",
      saw: `no range of yours in /etc/sub${uids === 0 ? "uid" : "gid"}: ${otherwise}`,
      remedy,
    };
  }
  return { ...base, verdict: "yes", saw: "newuidmap, newgidmap and ranges in /etc/subuid and /etc/subgid" };
}

/** With which pasta makes a link in the container's namespace. */
const TUN = "/dev/net/tun";

function mayOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function pasta(tools: Facts["tools"]): Finding {
  const base = { id: "rootless.network", title: "network for ordinary users (pasta)" };
  const program = tools["pasta"];
  if (program !== undefined && mayOpen(TUN)) return { ...base, verdict: "yes", saw: program };
  if (program !== undefined)
    return {
      ...base,
      verdict: "limited",
      saw: `${program}, but ${TUN} ${existsSync(TUN) ? "is not open to you" : "is missing"}: containers have the loopback interface only`,
      remedy: existsSync(TUN) ? `chmod 666 ${TUN}, as most systems have it` : "modprobe tun",
    };
  return {
    ...base,
    verdict: "limited",
    saw: "not installed: containers have the loopback interface only",
    remedy: "Debian, Ubuntu: apt-get install passt; Fedora: dnf install passt",
  };
}
