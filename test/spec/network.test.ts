// The network layer: who is reached, who is not, and what is left afterwards.

import { afterEach, expect } from "bun:test";
import { readFileSync, readlinkSync } from "node:fs";
import { NETLINK_ROUTE } from "../../src/abi/netlink.ts";
import { CLONE_NEWNET } from "../../src/abi/sched.ts";
import { View } from "../../src/core/view.ts";
import { network } from "../../src/layers/network/index.ts";
import { raiseLoopback } from "../../src/layers/network/link.ts";
import { NetlinkSocket } from "../../src/layers/network/socket.ts";
import { HOST, NEIGHBOUR, networkWorld } from "../harness/network.ts";
import { withPrograms } from "../harness/skip.ts";
import { stages } from "../harness/stages.ts";

const at = networkWorld();
const made = stages();
const withTools = withPrograms("ip", "nft", "nsenter", "busybox");
const netTest: typeof withTools = (name, body) => withTools(name, body, 30_000);
afterEach(() => at.world.clear(), 30_000);

interface Link {
  readonly ifname: string;
  readonly address: string;
  readonly master?: string;
  readonly flags: readonly string[];
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number; readonly family: string }[];
}

const addresses = (json: string): Link[] => JSON.parse(json) as Link[];
const verdicts = (pid: number) =>
  Object.fromEntries(network.verify(new View(pid)).map(({ id, verdict }) => [id, verdict]));

netTest("with `none` there is only lo, it is up, and there is no way out", async () => {
  const { pid, ...it } = await at.world.container({ mode: "none" });
  expect(Object.keys(it).length).toBeGreaterThan(0);
  const { stdout } = Bun.spawnSync(["nsenter", "-t", String(pid), "-n", "ip", "-j", "addr"]);
  const links = addresses(stdout.toString());
  expect(links.map(({ ifname }) => ifname)).toEqual(["lo"]);
  expect(links[0]?.addr_info.map(({ local }) => local)).toEqual(["127.0.0.1", "::1"]);
  expect(readFileSync(`/proc/${pid}/net/route`, "utf8").trim().split("\n")).toHaveLength(1);
  expect(at.world.sh("ip -o link")).not.toContain("minidocker");
  expect(verdicts(pid)).toEqual({
    "network.namespace": "yes",
    "network.links": "yes",
    "network.loopback": "yes",
    "network.route": "yes",
  });
});

netTest("a new network namespace has its loopback link down, and one message raises it", async () => {
  const { stage, pid } = await made.clone(CLONE_NEWNET);
  expect(verdicts(pid)).toMatchObject({ "network.namespace": "yes", "network.loopback": "no" });
  const socket = await NetlinkSocket.open(stage, NETLINK_ROUTE);
  await raiseLoopback(socket);
  await socket.close();
  expect(verdicts(pid)).toMatchObject({ "network.loopback": "yes" });
});

netTest("with `bridge` the container has eth0, an address that its MAC follows from, and a default route", async () => {
  const container = await at.world.container();
  const [lo, eth0] = addresses(container.sh("ip -j addr"));
  expect(lo).toMatchObject({ ifname: "lo", addr_info: [{ local: "127.0.0.1" }, { local: "::1" }] });
  expect(eth0).toMatchObject({
    ifname: "eth0",
    address: "02:42:ac:1e:00:02",
    flags: expect.arrayContaining(["UP"]),
    addr_info: [{ local: "172.30.0.2", prefixlen: 16, family: "inet" }],
  });
  // no address that nobody asked for: the kernel would give each link a fe80:: one
  expect(eth0?.addr_info).toHaveLength(1);
  expect(
    container
      .sh("ip route")
      .split("\n")
      .map((it) => it.trim()),
  ).toEqual(["default via 172.30.0.1 dev eth0", "172.30.0.0/16 dev eth0 proto kernel scope link src 172.30.0.2", ""]);
  expect(verdicts(container.pid)).toEqual({
    "network.namespace": "yes",
    "network.links": "yes",
    "network.loopback": "yes",
    "network.route": "yes",
  });
});

netTest("on the host there are the bridge with its address, and one end of the cable in it", async () => {
  const container = await at.world.container();
  const links = addresses(at.world.sh("ip -j addr"));
  expect(links.map(({ ifname }) => ifname).toSorted()).toEqual([
    "eth0",
    "lo",
    `md-${container.id.slice(0, 8)}`,
    "minidocker0",
  ]);
  const bridge = links.find(({ ifname }) => ifname === "minidocker0");
  expect(bridge?.addr_info).toContainEqual(expect.objectContaining({ local: "172.30.0.1", prefixlen: 16 }));
  const end = links.find(({ ifname }) => ifname.startsWith("md-"));
  expect(end).toMatchObject({ master: "minidocker0", flags: expect.arrayContaining(["UP"]), addr_info: [] });
});

netTest("verify says no for a process that shares the judge's network", () => {
  expect(verdicts(process.pid)).toMatchObject({ "network.namespace": "no", "network.links": "no" });
});

netTest("a container reaches the host and who is beyond it, who takes it for the host", async () => {
  const container = await at.world.container();
  container.sh("busybox ping -c1 -W2 172.30.0.1");
  container.sh(`busybox ping -c1 -W2 ${HOST}`);
  container.sh(`busybox ping -c1 -W2 ${NEIGHBOUR}`);
  // the neighbour has no route to 172.30.0.0/16, so an answer is proof that it saw another sender
  expect(at.world.elsewhere("ip route")).not.toContain("172.30");
});

netTest("containers on the bridge reach each other by address", async () => {
  const one = await at.world.container();
  const two = await at.world.container();
  one.sh(`busybox ping -c1 -W2 ${two.address}`);
  two.sh(`busybox ping -c1 -W2 ${one.address}`);
});

netTest("when it has stopped, nothing is left: no link, no table, no route, no lease", async () => {
  const before = at.world.sh("ip -o link; ip route; nft list ruleset");
  const container = await at.world.container({ ports: [{ host: 8080, container: 80, protocol: "tcp" }] });
  expect(at.world.sh("ip -o link; ip route; nft list ruleset")).not.toBe(before);
  await at.world.stop(container);
  expect(at.world.sh("ip -o link; ip route; nft list ruleset")).toBe(before);
  expect(at.world.sh(`find ${at.world.state}/network -mindepth 1 -printf '%P\n'`)).toBe("subnet\n");
});

netTest("the bridge stays while somebody is on it", async () => {
  const one = await at.world.container();
  const two = await at.world.container();
  await at.world.stop(one);
  expect(at.world.sh("ip -o link")).toContain("minidocker0");
  two.sh("busybox ping -c1 -W2 172.30.0.1");
  await at.world.stop(two);
  expect(at.world.sh("ip -o link")).not.toContain("minidocker0");
});

netTest("a range that the host has a route to is not taken", async () => {
  at.world.sh(
    "rm -f $0/network/subnet; ip route add 172.30.128.0/24 via 192.0.2.3; ip route add 172.31.0.0/16 via 192.0.2.3".replace(
      "$0",
      at.world.state,
    ),
  );
  try {
    const container = await at.world.container();
    expect(container.address).toBe("172.29.0.2");
  } finally {
    at.world.sh("ip route del 172.30.128.0/24; ip route del 172.31.0.0/16");
  }
  await at.world.clear();
  // the choice is kept for the next time
  expect((await at.world.container()).address).toBe("172.29.0.2");
  expect(readlinkSync(`${at.world.state}/network/subnet`)).toBe("172.29.0.0/16");
  at.world.sh(`rm ${at.world.state}/network/subnet`);
});

netTest("the one route that matters is found among a thousand others", async () => {
  const others = Array.from({ length: 1000 }, (_, i) => `route add 10.${i >> 8}.${i & 255}.0/24 via 192.0.2.3`);
  const batch = [...others, "route add 172.30.9.9/32 via 192.0.2.3"].join("\n");
  at.world.sh(`rm -f ${at.world.state}/network/subnet; printf '%s\n' '${batch}' | ip -batch -`);
  try {
    expect((await at.world.container()).address).toBe("172.31.0.2");
  } finally {
    at.world.sh(`ip route flush via 192.0.2.3; rm -f ${at.world.state}/network/subnet`);
  }
});

netTest("a bridge of our name that somebody else has made is left alone", async () => {
  at.world.sh(
    "ip link add minidocker0 type bridge; ip addr add 172.30.0.1/16 dev minidocker0; ip link set minidocker0 up",
  );
  try {
    const container = await at.world.container();
    expect(container.address).toBe("172.31.0.2");
    expect(at.world.sh("ip -o link")).toContain("minidocker1");
    await at.world.stop(container);
    expect(at.world.sh("ip -o link").match(/minidocker\d/g)).toEqual(["minidocker0"]);
  } finally {
    at.world.sh(`ip link delete minidocker0; rm ${at.world.state}/network/subnet`);
  }
});

netTest("forwarding is switched on, and the user is told once", async () => {
  at.world.sh("sysctl -qw net.ipv4.ip_forward=0");
  const one = await at.world.container();
  expect(one.notices).toEqual([expect.stringContaining("net.ipv4.ip_forward was 0 and is now 1")]);
  expect(at.world.sh("sysctl -n net.ipv4.ip_forward")).toBe("1\n");
  expect((await at.world.container()).notices).toEqual([]);
});

netTest("a firewall that drops what is forwarded is pointed out, and the remedy works", async () => {
  at.world.sh(
    "nft 'add table inet theirs; add chain inet theirs forward { type filter hook forward priority 0; policy drop; }'",
  );
  try {
    const container = await at.world.container();
    const [notice = ""] = container.notices;
    expect(notice).toStartWith("a firewall on this host drops what is forwarded (table inet theirs)");
    expect(() => container.sh(`busybox ping -c1 -W1 ${NEIGHBOUR}`)).toThrow("100% packet loss");
    at.world.sh(/run: (.*)$/.exec(notice)?.[1] ?? "false");
    container.sh(`busybox ping -c1 -W2 ${NEIGHBOUR}`);
  } finally {
    at.world.sh("nft delete table inet theirs");
  }
});
