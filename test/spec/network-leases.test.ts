// Addresses and names on the bridge: never given twice, known to all, and taken back whatever happens.

import { afterEach, expect } from "bun:test";
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ECANCELED } from "../../src/abi/errno.ts";
import { StageError } from "../../src/stage/error.ts";
import { faultInjector } from "../../src/stage/fault.ts";
import type { Session } from "../../src/stage/stage.ts";
import { guardHost } from "../harness/guard.ts";
import { type NetworkContainer, networkWorld } from "../harness/network.ts";
import { withPrograms } from "../harness/skip.ts";

guardHost();
const at = networkWorld();
const withTools = withPrograms("ip", "nft", "nsenter", "flock", "busybox");
const leaseTest: typeof withTools = (name, body) => withTools(name, body, 120_000);
afterEach(() => at.world.clear(), 30_000);

const leases = (): string[] => {
  const folder = join(at.world.state, "network/leases");
  return existsSync(folder) ? readdirSync(folder).toSorted() : [];
};

/** The lines between our marks. */
function names(container: NetworkContainer): string[] {
  const lines = readFileSync(container.hostsFile, "utf8").split("\n");
  const begin = lines.findIndex((it) => it.startsWith("# minidocker: this"));
  return lines.slice(begin + 1, lines.indexOf("# minidocker: end"));
}

const everythingOnTheHost = (): string => at.world.sh("ip -o link | cut -d' ' -f2; ip route; nft list ruleset");

leaseTest("the lowest free address is taken, and a lease is given back", async () => {
  const one = await at.world.container();
  const two = await at.world.container();
  expect([one.address, two.address]).toEqual(["172.30.0.2", "172.30.0.3"]);
  expect(leases()).toEqual(["172.30.0.2", "172.30.0.3"]);
  await at.world.stop(one);
  expect(leases()).toEqual(["172.30.0.3"]);
  expect((await at.world.container()).address).toBe("172.30.0.2");
});

leaseTest(
  "twelve containers that are started at once by twelve processes have twelve addresses, and know each other's names",
  async () => {
    const script = join(import.meta.dir, "../harness/network-worker.ts");
    const ids = Array.from({ length: 12 }, (_, i) => `${i.toString(16)}${"0123456789abcdef".repeat(4)}`.slice(0, 64));
    const started = ids.map((id) =>
      Bun.spawn([process.execPath, script, at.world.host, at.world.state, id], { stdio: ["pipe", "pipe", "inherit"] }),
    );
    const outputs = started.map((it) => it.stdout.getReader());
    const lines = await Promise.all(outputs.map(async (it) => new TextDecoder().decode((await it.read()).value)));
    const addresses = lines.map((it) => it.trim());
    expect(new Set(addresses).size).toBe(12);
    expect(addresses.every((it) => it.startsWith("172.30.0."))).toBe(true);
    expect(leases().toSorted()).toEqual(addresses.toSorted());
    for (const id of ids) {
      const text = readFileSync(`${at.world.state}/containers/${id}/etc/hosts`, "utf8");
      for (const [i, other] of ids.entries())
        expect(text).toMatch(new RegExp(`^${addresses[i]}\t.*${other.slice(0, 12)}`, "m"));
    }
    for (const it of started) it.stdin.end();
    expect(await Promise.all(started.map((it) => it.exited))).toEqual(ids.map(() => 0));
    expect(leases()).toEqual([]);
    expect(at.world.sh("ip -o link; nft list ruleset")).not.toContain("minidocker");
  },
);

leaseTest("containers know each other by name, by hostname and by short id, as long as they are there", async () => {
  const web = await at.world.container({ name: "web", hostname: "www" });
  const db = await at.world.container({ name: "db" });
  const [webId, dbId] = [web.id.slice(0, 12), db.id.slice(0, 12)];
  expect(names(web)).toEqual([`172.30.0.2\twww ${webId} web`, `172.30.0.3\tdb ${dbId}`]);
  expect(names(db)).toEqual([`172.30.0.3\t${dbId} db`, `172.30.0.2\tweb www ${webId}`]);
  await at.world.stop(web);
  expect(names(db)).toEqual([`172.30.0.3\t${dbId} db`]);
});

leaseTest("what a container has written into its hosts file stays there", async () => {
  const web = await at.world.container();
  appendFileSync(web.hostsFile, "10.1.2.3\tmine\n");
  const inode = at.world.sh(`stat -c %i ${web.hostsFile}`);
  await at.world.container();
  expect(names(web)).toHaveLength(2);
  const text = readFileSync(web.hostsFile, "utf8");
  expect(text).toStartWith("127.0.0.1\tlocalhost\n");
  expect(text).toEndWith("10.1.2.3\tmine\n");
  // the file that is mounted in the container, not another one in its place
  expect(at.world.sh(`stat -c %i ${web.hostsFile}`)).toBe(inode);
});

leaseTest("a name of its own wins over the same name of another container", async () => {
  const one = await at.world.container({ name: "db" });
  const two = await at.world.container({ name: "other", hostname: "db" });
  expect(names(two)[0]).toStartWith(`${two.address}\tdb `);
  expect(names(one)[0]).toStartWith(`${one.address}\t`);
});

leaseTest("the lease of a container that is no more is taken back by the next one", async () => {
  const lost = await at.world.container({ name: "lost" });
  at.world.forget(lost);
  lost.abandon();
  await lost.ended;
  rmSync(`${at.world.state}/containers/${lost.id}`, { recursive: true });
  const web = await at.world.container();
  expect(leases()).toEqual(["172.30.0.3"]);
  expect(names(web)).toEqual([expect.stringContaining("172.30.0.3\t")]);
  expect((await at.world.container()).address).toBe("172.30.0.2");
  at.world.sh(`nft delete table ip minidocker-${lost.id.slice(0, 8)}`);
});

leaseTest("while somebody else is rewriting the names, nobody waits", async () => {
  const one = await at.world.container();
  const holder = Bun.spawn(["flock", "--no-fork", join(at.world.state, "network/leases"), "sleep", "30"]);
  await Bun.sleep(200);
  const two = await at.world.container();
  // the holder would look again after letting go; this one never does, but the next to come does
  expect(names(one)).toHaveLength(1);
  holder.kill();
  await holder.exited;
  at.world.sh(`flock ${at.world.state}/network/leases true`);
  await at.world.container();
  expect(names(one)).toHaveLength(3);
  expect(names(two)).toHaveLength(3);
});

leaseTest("when the bridge is removed while a container is on its way to it, the container makes it anew", async () => {
  let removed = false;
  const web = await at.world.container({}, (session) => {
    session.observers.push({
      before({ origin, name }) {
        if (removed || origin.step !== "plug in a cable" || name !== "sendto") return;
        removed = true;
        session.current?.flush();
        at.world.sh("ip link delete minidocker0");
      },
    });
  });
  expect(removed).toBe(true);
  web.sh("busybox ping -c1 -W2 172.30.0.1");
});

leaseTest("the end of a supervisor takes nothing with it, and what is recorded takes everything back", async () => {
  const before = everythingOnTheHost();
  const web = await at.world.container({ ports: [{ host: 8080, container: 80, protocol: "tcp" }] });
  at.world.forget(web);
  web.abandon();
  await web.ended;
  // the container's end of the cable went with its namespace, and with it this one: within moments
  const deadline = Date.now() + 5000;
  while (/^md-/m.test(everythingOnTheHost())) {
    if (Date.now() > deadline) throw new Error("the cable is still there");
    await Bun.sleep(20);
  }
  expect(everythingOnTheHost()).not.toBe(before);
  await at.world.takeBack(web);
  expect(everythingOnTheHost()).toBe(before);
  // and once more: there is nothing left to take back, which is no error
  await at.world.takeBack(web);
  expect(leases()).toEqual([]);
});

const published = { ports: [{ host: 8080, container: 80, protocol: "tcp" as const }] };

/** The serial numbers of the calls that are made for a container, to make it and to take it back. */
async function countCalls(): Promise<{ making: number[]; takingBack: number[] }> {
  // what is made once for all, the record of the range and ip_forward, is there afterwards
  await at.world.stop(await at.world.container());
  const making: number[] = [];
  const takingBack: number[] = [];
  const whole = await at.world.container(published, (session) => {
    session.observers.push({
      after({ origin, serial, result }) {
        // one that is skipped, because an earlier one was allowed to fail, cannot fail
        if (origin.layer !== "network" || result.value === -ECANCELED) return;
        (origin.step.startsWith("take back") ? takingBack : making).push(serial);
      },
    });
  });
  await at.world.stop(whole);
  return { making, takingBack };
}

const failing = (serial: number) => (session: Session) => {
  const injector = faultInjector(`${serial}:EIO`, session);
  if (injector !== undefined) session.observers.push(injector);
};

leaseTest("whichever call of the making fails, nothing is left behind", async () => {
  const { making } = await countCalls();
  expect(making.length).toBeGreaterThan(60);
  const before = everythingOnTheHost();
  for (const serial of making) {
    await expect(at.world.container(published, failing(serial))).rejects.toBeInstanceOf(StageError);
    expect({ serial, left: everythingOnTheHost(), leases: leases() }).toEqual({ serial, left: before, leases: [] });
  }
});

leaseTest("whichever call of the taking back fails, the next attempt completes it", async () => {
  const { takingBack } = await countCalls();
  expect(takingBack.length).toBeGreaterThan(30);
  const before = everythingOnTheHost();
  for (const serial of takingBack) {
    const container = await at.world.container(published, failing(serial));
    await expect(at.world.stop(container)).rejects.toBeInstanceOf(StageError);
    await at.world.takeBack(container);
    expect({ serial, left: everythingOnTheHost(), leases: leases() }).toEqual({ serial, left: before, leases: [] });
  }
});
