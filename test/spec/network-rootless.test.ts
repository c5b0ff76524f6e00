// The network of a container that an ordinary user makes: pasta's, where it is installed, else loopback only.

import { beforeAll, expect } from "bun:test";
import { existsSync } from "node:fs";
import { privateHost } from "../harness/private-host.ts";
import { isRoot, withPrograms } from "../harness/skip.ts";

const host = privateHost();
const withPasta = withPrograms("pasta", "socat", "ip");
const pastaTest: typeof withPasta = (name, body) => withPasta(name, body, 60_000);
const ADDRESS = "192.0.2.2";

// pasta takes addresses and routes from the host's link, and opens /dev/net/tun, which distributions leave open to everybody.
beforeAll(async () => {
  if (!isRoot) return;
  const { code, stderr } = await host.command([
    "sh",
    "-ec",
    `ip link add eth0 type veth peer name eth1
    ip link set eth1 up
    ip link set eth0 up
    ip addr add ${ADDRESS}/24 dev eth0
    ip route add default via 192.0.2.1
    mknod -m 666 tun c 10 200
    mount --bind tun /dev/net/tun`,
  ]);
  if (code !== 0) throw new Error(stderr);
}, 30_000);

const user = { rootless: true } as const;
const pastas = async (): Promise<string> => (await host.command(["pgrep", "-x", "-l", "(passt|pasta)(.avx2)?"])).stdout;

async function pastaHasEnded(): Promise<void> {
  const deadline = Date.now() + 5000;
  while ((await pastas()) !== "") {
    if (Date.now() > deadline) throw new Error(`still there: ${await pastas()}`);
    await Bun.sleep(20);
  }
}

pastaTest(
  "an ordinary user's container has the host's address on an eth0 of its own, and a default route",
  async () => {
    const { code, stdout, stderr } = await host.minidocker(
      ["run", "--rm", "base", "sh", "-c", "ip addr show eth0; ip route"],
      user,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`inet ${ADDRESS}/24`);
    expect(stdout).toContain("default via 192.0.2.1 dev eth0");
    await pastaHasEnded();
  },
);

pastaTest("a published port answers on the host, TCP and UDP", async () => {
  const args = ["run", "--rm", "-p", "8080:80", "-p", "5353:5353/udp", "base", "sleep", "4321"];
  const run = host.startMinidocker(args, user);
  const pid = await pidOf("sleep 4321");
  const servers = ["TCP4-LISTEN:80,fork", "UDP4-RECVFROM:5353,fork"].map((listen) =>
    host.start(["nsenter", "-t", pid, "-n", "socat", listen, "SYSTEM:read question; echo answer"]),
  );
  await answered("echo ? | socat -t2 -T2 - TCP4:127.0.0.1:8080", "answer\n");
  await answered("echo ? | socat -t1 -T1 - UDP4:127.0.0.1:5353", "answer\n");
  for (const it of servers) it.signal("SIGTERM");
  await Promise.all(servers.map((it) => it.outcome));
  await host.command(["kill", "-KILL", pid]);
  expect((await run.outcome).code).toBe(137);
  await pastaHasEnded();
});

async function pidOf(command: string): Promise<string> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const { stdout } = await host.command(["pgrep", "-x", "-f", command]);
    if (stdout !== "") return stdout.trim();
    if (Date.now() > deadline) throw new Error(`${command} does not run`);
    await Bun.sleep(50);
  }
}

async function answered(command: string, wanted: string): Promise<void> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const { stdout } = await host.command(["sh", "-c", command]);
    if (stdout === wanted) return;
    if (Date.now() > deadline) throw new Error(`${command}: ${JSON.stringify(stdout)}`);
    await Bun.sleep(100);
  }
}

pastaTest("what listens on the host's 127.0.0.1 does not answer inside, by no address", async () => {
  const server = host.start(["socat", "-U", "TCP4-LISTEN:9999,bind=127.0.0.1,fork", "SYSTEM:echo private"]);
  await answered("socat -u TCP4:127.0.0.1:9999 -", "private\n");
  const tries = ["127.0.0.1", ADDRESS, "192.0.2.1"].map((it) => `nc -w 1 ${it} 9999 </dev/null`).join("; ");
  const { stdout } = await host.minidocker(["run", "--rm", "base", "sh", "-c", `${tries}; echo tried`], user);
  expect(stdout).toBe("tried\n");
  server.signal("SIGTERM");
  await server.outcome;
  await pastaHasEnded();
});

pastaTest("a port that is in use is refused, in the words of the bridge", async () => {
  const server = host.start(["socat", "-U", "TCP4-LISTEN:8080,fork", "SYSTEM:echo mine"]);
  await answered("socat -u TCP4:127.0.0.1:8080 -", "mine\n");
  const { code, stderr } = await host.minidocker(["run", "--rm", "-p", "8080:80", "base", "true"], user);
  expect(code).toBe(125);
  expect(stderr).toContain("port 8080/tcp is in use on the host");
  server.signal("SIGTERM");
  await server.outcome;
});

pastaTest("a port below 1024 is refused to an ordinary user, with the remedy", async () => {
  await host.command(["sysctl", "-qw", "net.ipv4.ip_unprivileged_port_start=1024"]);
  const { code, stderr } = await host.minidocker(["run", "--rm", "-p", "80:80", "base", "true"], user);
  expect(code).toBe(125);
  expect(stderr).toContain("EACCES; port 80 is reserved for root: publish one from 1024 on");
});

pastaTest("without pasta there is loopback only, and the message says how to get more", async () => {
  const pasta = Bun.which("pasta") ?? "";
  await host.command(["mount", "--bind", "/dev/null", pasta]);
  try {
    expect(existsSync(pasta)).toBe(true);
    const { code, stdout, stderr } = await host.minidocker(["run", "--rm", "base", "ip", "-o", "link"], user);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^1: lo: <LOOPBACK,UP,LOWER_UP>[^\n]*\n$/);
    expect(stderr).toContain("no network but loopback: without root it takes pasta: install pasta");
    const refused = await host.minidocker(["run", "--rm", "-p", "8080:80", "base", "true"], user);
    expect(refused.code).toBe(125);
    expect(refused.stderr).toContain("-p needs pasta where minidocker runs without root");
  } finally {
    await host.command(["umount", pasta]);
  }
});
