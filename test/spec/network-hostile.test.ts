// The network layer and a container that means harm: to the host's own 127.0.0.1, and to whoever else is on the bridge.

import { afterAll, afterEach, beforeAll, expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compiler } from "../../native/build.ts";
import { parseRange } from "../../src/abi/inet.ts";
import { NETLINK_NETFILTER } from "../../src/abi/netlink.ts";
import * as nft from "../../src/abi/nft-clauses.ts";
import { CLONE_NEWNET } from "../../src/abi/sched.ts";
import { findObstacle } from "../../src/layers/network/obstacle.ts";
import { guardOf, makeRules, NO_NAT } from "../../src/layers/network/rules.ts";
import { NetlinkSocket } from "../../src/layers/network/socket.ts";
import { guardHost } from "../harness/guard.ts";
import { makeContainer, type NetworkContainer, networkWorld, run } from "../harness/network.ts";
import { isRoot, skipUnless } from "../harness/skip.ts";
import { stages } from "../harness/stages.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";

guardHost();
const at = networkWorld();
const made = stages();
const cc = compiler();
const needed = ["ip", "nft", "nsenter", "socat", "ss"].filter((it) => Bun.which(it) === null);
const able = isRoot && cc !== undefined && needed.length === 0;
const withAll = skipUnless(able, `needs root, a C compiler, ${needed.join(", ")}`);
const hostileTest: typeof withAll = (name, body) => withAll(name, body, 60_000);
const started: Bun.Subprocess[] = [];
let folder = "";

// FRAME LINK MAC SOURCE: a UDP packet from SOURCE to 127.0.0.1, port 9999, in a frame to MAC. No socket of IP's sends
// such; a packet socket, which CAP_NET_RAW is enough for, does.
const frame = `
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	struct { struct iphdr ip; struct udphdr udp; char text[4]; } __attribute__((packed)) packet = {
		.ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP, .tot_len = htons(sizeof packet) },
		.udp = { .source = htons(9999), .dest = htons(9999), .len = htons(12) },
		.text = "evil",
	};
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_halen = 6 };
	unsigned int sum = 0;
	unsigned short half[10];
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));

	if (argc != 4 || fd < 0)
		return 1;
	to.sll_ifindex = if_nametoindex(argv[1]);
	for (int i = 0; i < 6; i++)
		if (sscanf(argv[2] + 3 * i, "%2hhx", &to.sll_addr[i]) != 1)
			return 2;
	packet.ip.saddr = inet_addr(argv[3]);
	packet.ip.daddr = htonl(INADDR_LOOPBACK);
	memcpy(half, &packet.ip, sizeof half);
	for (int i = 0; i < 10; i++)
		sum += half[i];
	sum = (sum & 0xffff) + (sum >> 16);
	packet.ip.check = (unsigned short)~(sum + (sum >> 16));
	return sendto(fd, &packet, sizeof packet, 0, (void *)&to, sizeof to) == sizeof packet ? 0 : 3;
}
`;

// LEASE FILE: takes a lease on the file and never gives it back when somebody opens the file: fcntl(2), F_SETLEASE.
const lease = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDWR) : -1;

	signal(SIGIO, SIG_IGN);
	if (fd < 0 || fcntl(fd, F_SETLEASE, F_WRLCK) < 0)
		return 1;
	if (write(1, "held\\n", 5) != 5)
		return 2;
	for (;;)
		pause();
}
`;

beforeAll(() => {
  folder = temporaryFolder();
  if (cc === undefined) return;
  for (const [name, text] of Object.entries({ frame, lease })) {
    const source = join(folder, `${name}.c`);
    writeFileSync(source, text);
    run([cc, "-Wall", "-Wextra", "-Werror", "-static", "-o", join(folder, name), source]);
  }
});

afterEach(async () => {
  for (const it of started.splice(0)) {
    it.kill();
    await it.exited;
  }
  await at.world.clear();
}, 60_000);

afterAll(() => removeFolder(folder));

const published = { ports: [{ host: 8080, container: 80, protocol: "tcp" as const }] };
const bridgeSetting = "net.ipv4.conf.minidocker0.route_localnet";
const guardRule = /iifname "minidocker0" ip daddr 127\.0\.0\.0\/8 drop/;
const tableOf = ({ id }: NetworkContainer): string => `minidocker-${id.slice(0, 8)}`;
const rulesOf = (container: NetworkContainer): string => at.world.sh(`nft list table ip ${tableOf(container)}`);

/** What a service of the host at 127.0.0.1 hears when the container sends a frame to the bridge. */
async function heard(container: NetworkContainer): Promise<string> {
  const [bridge] = JSON.parse(at.world.sh("ip -j link show minidocker0")) as { address: string }[];
  const service = Bun.spawn(
    [
      ...["nsenter", `--net=/run/netns/${at.world.host}`],
      ...["timeout", "1", "socat", "-u", "UDP4-RECV:9999,bind=127.0.0.1", "-"],
    ],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  started.push(service);
  for (let i = 0; at.world.sh("ss -lnHu4 sport = :9999") === ""; i++) {
    if (i === 50) throw new Error("nobody listens at 127.0.0.1");
    await Bun.sleep(10);
  }
  container.sh(`${folder}/frame eth0 ${bridge?.address} ${container.address}`);
  return new Response(service.stdout).text();
}

hostileTest("what a publishing container leaves behind opens no way to the host's 127.0.0.1", async () => {
  const other = await at.world.container();
  const web = await at.world.container(published);
  expect(await heard(other)).toBe("");
  await at.world.stop(web);
  expect(at.world.sh(`sysctl -n ${bridgeSetting}`)).toBe("1\n");
  expect(rulesOf(other)).toMatch(guardRule);
  expect(await heard(other)).toBe("");
  const late = await at.world.container();
  expect(await heard(late)).toBe("");
  // the frame is a good one: without the rules it arrives
  for (const it of [other, late]) at.world.sh(`nft delete table ip ${tableOf(it)}`);
  expect(await heard(other)).toBe("evil");
});

hostileTest("the rules of a container are there before its eth0 is up, and until its cable is gone", async () => {
  const rules = (): boolean => at.world.sh("nft list tables").includes("minidocker-");
  const seen = new Map<string, boolean>();
  const container = await at.world.container({}, (session) => {
    session.observers.push({
      before: ({ origin: { step }, name }) => {
        if (name === "sendto" && /^(configure eth0|take back link)$/.test(step) && !seen.has(step))
          seen.set(step, rules());
      },
    });
  });
  await at.world.stop(container);
  expect([...seen]).toEqual([
    ["configure eth0", true],
    ["take back link", true],
  ]);
  expect(rules()).toBe(false);
});

hostileTest("where the kernel refuses the rules, the bridge is not opened to 127.0.0.0/8", async () => {
  await at.world.container();
  // of the same name: the kernel refuses the whole table
  at.world.sh("nft add table ip minidocker-bbbbbbbb");
  const refused = makeContainer(at.world.host, at.world.state, "b".repeat(64), published);
  await expect(refused).rejects.toThrow("EEXIST");
  expect(at.world.sh(`sysctl -n ${bridgeSetting}`)).toBe("0\n");
});

hostileTest("where the kernel has no NAT, the guard is accepted by itself", async () => {
  const { stage, pid } = await made.clone(CLONE_NEWNET);
  const socket = await NetlinkSocket.open(stage, NETLINK_NETFILTER);
  // in a chain for filters there is none, in any kernel
  const nat = { chain: "admit", comment: "", clauses: [nft.masquerade] };
  const bridge = { name: "minidocker0", index: 2, range: parseRange("172.30.0.0/16"), gateway: "172.30.0.1" };
  const all = await makeRules(socket, "minidocker-0", [guardOf(bridge), nat], NO_NAT);
  await findObstacle(socket);
  expect(all()).toBe(false);
  const guard = await makeRules(socket, "minidocker-0", [guardOf(bridge)], NO_NAT);
  expect(guard()).toBe(true);
  await socket.close();
  expect(run(["nsenter", "-t", String(pid), "-n", "nft", "list", "ruleset"])).toMatch(guardRule);
});

hostileTest(
  "a container that holds a lease on its hosts file keeps nobody waiting, and keeps its address",
  async () => {
    const evil = await at.world.container({ name: "evil" });
    const holder = Bun.spawn([join(folder, "lease"), evil.hostsFile], { stdio: ["ignore", "pipe", "ignore"] });
    started.push(holder);
    expect(new TextDecoder().decode((await holder.stdout.getReader().read()).value)).toBe("held\n");
    const begin = performance.now();
    const one = await at.world.container({ name: "one" });
    const two = await at.world.container({ name: "two" });
    await at.world.stop(one);
    expect(performance.now() - begin).toBeLessThan(10_000);
    // it has not become a container that is no more
    expect(at.world.sh(`ls ${at.world.state}/network/leases`)).toContain(`${evil.address}\n`);
    expect(readFileSync(two.hostsFile, "utf8")).toContain(`${evil.address}\tevil`);
    holder.kill("SIGKILL");
    await holder.exited;
    expect(readFileSync(evil.hostsFile, "utf8")).not.toContain("two");
    await at.world.container();
    expect(readFileSync(evil.hostsFile, "utf8")).toContain(`${two.address}\ttwo`);
  },
);
