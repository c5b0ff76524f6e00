// Published ports: who may come in, by which address, and who may not.

import { afterEach, expect } from "bun:test";
import { guardHost } from "../harness/guard.ts";
import { HOST, HOST_TOO, NEIGHBOUR, type NetworkContainer, networkWorld, run } from "../harness/network.ts";
import { withPrograms } from "../harness/skip.ts";

guardHost();
const at = networkWorld();
const withTools = withPrograms("ip", "nft", "socat", "nsenter");
const portTest: typeof withTools = (name, body) => withTools(name, body, 30_000);
const servers: Bun.Subprocess[] = [];

afterEach(async () => {
  for (const it of servers.splice(0)) {
    it.kill();
    await it.exited;
  }
  await at.world.clear();
}, 30_000);

/** Answers on that port with what it is called and by whom it was asked. `where`: words that enter a network. */
async function serve(where: readonly string[], listen: string, name: string): Promise<void> {
  const answer = `SYSTEM:read question; echo ${name} for $SOCAT_PEERADDR`;
  servers.push(
    Bun.spawn([...where, "socat", "-t3", `${listen},fork`, answer], { stdio: ["ignore", "ignore", "ignore"] }),
  );
  const [protocol = "", port] = listen.split(/-[A-Z]+:|,/);
  await listening(where, protocol, Number(port));
}

async function listening(where: readonly string[], protocol: string, port: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (run([...where, "ss", "-lnH4", protocol === "TCP4" ? "-t" : "-u", `sport = :${port}`]) !== "") return;
    await Bun.sleep(10);
  }
  throw new Error(`nobody listens on ${port}`);
}

const inside = ({ pid }: NetworkContainer): string[] => ["nsenter", "-t", String(pid), "-n"];
const onHost = (): string[] => ["ip", "netns", "exec", at.world.host];
const elsewhere = (): string[] => ["ip", "netns", "exec", at.world.neighbour];

/** The answer to a connection, or what went wrong with it. */
function ask(where: readonly string[], target: string): string {
  // UDP has no end: socat stops waiting after a silence
  const [patience, limit] = target.startsWith("TCP") ? ["3", ",connect-timeout=0.5"] : ["0.7", ""];
  const { stdout, stderr } = Bun.spawnSync([...where, "socat", `-t${patience}`, `-T${patience}`, "-", target + limit], {
    stdin: Buffer.from("?\n"),
  });
  const error = /(Connection refused|timed out|No route|unreachable)/.exec(stderr.toString())?.[1];
  return stdout.toString().trim() || error || stderr.toString().trim() || "no answer";
}

// Packets that stay on the bridge pass the rules, too, where br_netfilter is loaded and told so: Docker does that.
for (const filtered of [0, 1]) {
  const where = `where bridge-nf-call-iptables is ${filtered}`;
  portTest(
    `a published port answers the neighbour, the host, 127.0.0.1, itself and others on the bridge, ${where}`,
    async () => {
      at.world.sh(`! [ -e /proc/sys/net/bridge ] || sysctl -qw net.bridge.bridge-nf-call-iptables=${filtered}`);
      const web = await at.world.container({ ports: [{ host: 8080, container: 80, protocol: "tcp" }] });
      const other = await at.world.container();
      await serve(inside(web), "TCP4-LISTEN:80", "web");
      expect(ask(elsewhere(), `TCP4:${HOST}:8080`)).toBe(`web for ${NEIGHBOUR}`);
      expect(ask(onHost(), `TCP4:${HOST}:8080`)).toBe(`web for ${HOST}`);
      expect(ask(onHost(), `TCP4:${HOST_TOO}:8080`)).toBe(`web for ${HOST}`);
      expect(ask(onHost(), "TCP4:127.0.0.1:8080")).toBe("web for 172.30.0.1");
      expect(ask(inside(web), `TCP4:${HOST}:8080`)).toBe("web for 172.30.0.1");
      expect(ask(inside(other), `TCP4:${HOST}:8080`)).toBe("web for 172.30.0.1");
      expect(ask(inside(other), `TCP4:${web.address}:80`)).toBe(`web for ${other.address}`);
      expect(ask(inside(other), "TCP4:172.30.0.1:8080")).toBe("web for 172.30.0.1");
    },
  );
}

portTest("a published UDP port answers the neighbour, the host and 127.0.0.1", async () => {
  const dns = await at.world.container({ ports: [{ host: 5353, container: 53, protocol: "udp" }] });
  await serve(inside(dns), "UDP4-RECVFROM:53", "dns");
  expect(ask(elsewhere(), `UDP4:${HOST}:5353`)).toBe(`dns for ${NEIGHBOUR}`);
  expect(ask(onHost(), `UDP4:${HOST}:5353`)).toBe(`dns for ${HOST}`);
  expect(ask(onHost(), "UDP4:127.0.0.1:5353")).toBe("dns for 172.30.0.1");
});

portTest("a port that is published on 127.0.0.1 answers on no other address", async () => {
  const web = await at.world.container({
    ports: [{ address: "127.0.0.1", host: 8080, container: 80, protocol: "tcp" }],
  });
  await serve(inside(web), "TCP4-LISTEN:80", "web");
  expect(ask(onHost(), "TCP4:127.0.0.1:8080")).toBe("web for 172.30.0.1");
  expect(ask(onHost(), `TCP4:${HOST}:8080`)).toBe("Connection refused");
  expect(ask(elsewhere(), `TCP4:${HOST}:8080`)).toBe("Connection refused");
  expect(ask(inside(web), `TCP4:${HOST}:8080`)).toBe("Connection refused");
});

portTest("a port that is published on one address answers on that one only", async () => {
  const web = await at.world.container({ ports: [{ address: HOST_TOO, host: 8080, container: 80, protocol: "tcp" }] });
  await serve(inside(web), "TCP4-LISTEN:80", "web");
  expect(ask(elsewhere(), `TCP4:${HOST_TOO}:8080`)).toBe(`web for ${NEIGHBOUR}`);
  expect(ask(elsewhere(), `TCP4:${HOST}:8080`)).toBe("Connection refused");
  expect(ask(onHost(), "TCP4:127.0.0.1:8080")).toBe("Connection refused");
});

portTest("two containers publish the same port on different addresses", async () => {
  const one = await at.world.container({ ports: [{ address: HOST, host: 8080, container: 80, protocol: "tcp" }] });
  const two = await at.world.container({ ports: [{ address: HOST_TOO, host: 8080, container: 80, protocol: "tcp" }] });
  await serve(inside(one), "TCP4-LISTEN:80", "one");
  await serve(inside(two), "TCP4-LISTEN:80", "two");
  expect(ask(elsewhere(), `TCP4:${HOST}:8080`)).toBe(`one for ${NEIGHBOUR}`);
  expect(ask(elsewhere(), `TCP4:${HOST_TOO}:8080`)).toBe(`two for ${NEIGHBOUR}`);
});

portTest(
  "a connection that passes through the host to the same port of another machine is not redirected",
  async () => {
    const web = await at.world.container({ ports: [{ host: 8080, container: 80, protocol: "tcp" }] });
    const client = await at.world.container();
    await serve(inside(web), "TCP4-LISTEN:80", "web");
    await serve(elsewhere(), "TCP4-LISTEN:8080", "elsewhere");
    expect(ask(inside(client), `TCP4:${NEIGHBOUR}:8080`)).toBe(`elsewhere for ${HOST}`);
    expect(ask(onHost(), `TCP4:${NEIGHBOUR}:8080`)).toBe(`elsewhere for ${HOST}`);
  },
);

portTest(
  "a port that is not published cannot be reached from outside, even by who knows the container's address",
  async () => {
    const web = await at.world.container({ ports: [{ host: 8080, container: 80, protocol: "tcp" }] });
    await serve(inside(web), "TCP4-LISTEN:80", "web");
    await serve(inside(web), "TCP4-LISTEN:81", "secret");
    at.world.elsewhere(`ip route add 172.30.0.0/16 via ${HOST}`);
    try {
      expect(ask(elsewhere(), `TCP4:${web.address}:81`)).toContain("timed out");
      expect(ask(elsewhere(), `TCP4:${web.address}:80`)).toContain("timed out");
      expect(ask(elsewhere(), `TCP4:${HOST}:81`)).toBe("Connection refused");
      expect(ask(onHost(), `TCP4:${web.address}:81`)).toBe("secret for 172.30.0.1");
    } finally {
      at.world.elsewhere("ip route del 172.30.0.0/16");
    }
  },
);

portTest("a neighbour that sends to 127.0.0.1 by way of the host does not reach a port published there", async () => {
  const web = await at.world.container({
    ports: [
      { address: "127.0.0.1", host: 8080, container: 80, protocol: "tcp" },
      { host: 8081, container: 80, protocol: "tcp" },
    ],
  });
  await serve(inside(web), "TCP4-LISTEN:80", "web");
  const { neighbour } = at.world;
  at.world.elsewhere("ip addr del 127.0.0.1/8 dev lo");
  at.world.elsewhere(
    `ip route add 127.0.0.1/32 via ${HOST} src ${NEIGHBOUR}; sysctl -qw net.ipv4.conf.eth0.route_localnet=1`,
  );
  try {
    expect(ask(elsewhere(), `TCP4:127.0.0.1:8080,bind=${NEIGHBOUR}`)).toContain("timed out");
    expect(ask(elsewhere(), `TCP4:127.0.0.1:8081,bind=${NEIGHBOUR}`)).toContain("timed out");
    // the packets did come: the same ones are redirected if the rule takes them
    const table = `minidocker-${web.id.slice(0, 8)}`;
    at.world.sh(`nft insert rule ip ${table} publish tcp dport 8080 dnat to ${web.address}:80`);
    expect(ask(elsewhere(), `TCP4:127.0.0.1:8080,bind=${NEIGHBOUR}`)).toBe(`web for ${NEIGHBOUR}`);
  } finally {
    run(["ip", "-n", neighbour, "addr", "add", "127.0.0.1/8", "dev", "lo"]);
  }
});

portTest(
  "a container that sends to 127.0.0.1 by way of the bridge does not reach the host's (CVE-2020-8558)",
  async () => {
    const web = await at.world.container({ ports: [{ host: 8080, container: 80, protocol: "tcp" }] });
    await serve(onHost(), "TCP4-LISTEN:9999,bind=127.0.0.1", "private");
    expect(ask(onHost(), "TCP4:127.0.0.1:9999")).toBe("private for 127.0.0.1");
    web.sh(
      "ip addr del 127.0.0.1/8 dev lo; ip route add 127.0.0.1/32 via 172.30.0.1 dev eth0; sysctl -qw net.ipv4.conf.eth0.route_localnet=1",
    );
    expect(ask(inside(web), `TCP4:127.0.0.1:9999,bind=${web.address}`)).toContain("timed out");
    at.world.sh(`nft flush chain ip minidocker-${web.id.slice(0, 8)} guard`);
    expect(ask(inside(web), `TCP4:127.0.0.1:9999,bind=${web.address}`)).toBe(`private for ${web.address}`);
  },
);

portTest(
  "a port that another container publishes is refused, with a remedy, and nothing is left of the second",
  async () => {
    await at.world.container({ ports: [{ host: 8080, container: 80, protocol: "tcp" }] });
    const before = at.world.sh("nft list ruleset; ip -o link; ip route");
    const second = at.world.container({ ports: [{ address: HOST, host: 8080, container: 81, protocol: "tcp" }] });
    expect(second).rejects.toThrow(`EADDRINUSE; port 8080/tcp is in use on ${HOST}`);
    await second.catch(() => {});
    expect(at.world.sh("nft list ruleset; ip -o link; ip route")).toBe(before);
    // the same number of the other protocol is another port
    await at.world.container({ ports: [{ host: 8080, container: 80, protocol: "udp" }] });
  },
);

portTest("a port that a program of the host listens on is refused", async () => {
  await serve(onHost(), "TCP4-LISTEN:8080,reuseaddr", "mine");
  const refused = at.world.container({ ports: [{ host: 8080, container: 80, protocol: "tcp" }] });
  await expect(refused).rejects.toThrow("network: reserve ports: bind(");
  await expect(refused).rejects.toThrow("port 8080/tcp is in use on the host");
});

portTest("an address that is not the host's is refused", async () => {
  const refused = at.world.container({
    ports: [{ address: "192.0.2.99", host: 8080, container: 80, protocol: "tcp" }],
  });
  await expect(refused).rejects.toThrow("EADDRNOTAVAIL; 192.0.2.99 is not an address of this host");
});

portTest(
  "a program of the host cannot take a published port, and can as soon as the supervisor has ended",
  async () => {
    const web = await at.world.container({ ports: [{ host: 8080, container: 80, protocol: "tcp" }] });
    for (const options of ["", ",reuseaddr", ",bind=127.0.0.1,reuseaddr"]) {
      const { exitCode, stderr } = Bun.spawnSync([...onHost(), "socat", `TCP4-LISTEN:8080${options}`, "-"], {
        timeout: 2000,
      });
      expect({ exitCode, stderr: stderr.toString() }).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining("Address already in use"),
      });
    }
    await at.world.stop(web);
    await web.ended;
    await serve(onHost(), "TCP4-LISTEN:8080", "mine");
  },
);

portTest(
  "connections of an ended server that are still in TIME_WAIT do not keep a port from being published",
  async () => {
    const server = Bun.spawn([...onHost(), "socat", "-U", "TCP4-LISTEN:8080,reuseaddr", "SYSTEM:echo bye"]);
    await listening(onHost(), "TCP4", 8080);
    // the side that closes first keeps the connection in TIME_WAIT: the server
    expect(at.world.elsewhere(`socat -u TCP4:${HOST}:8080 -`)).toBe("bye\n");
    await server.exited;
    expect(at.world.sh("ss -tanH state time-wait 'sport = :8080'")).not.toBe("");
    await at.world.container({ ports: [{ host: 8080, container: 80, protocol: "tcp" }] });
  },
);

portTest("a client that sent to a UDP port before it was published is heard from then on", async () => {
  await at.world.container(); // with its rules, the kernel begins to keep connections in mind
  // from one port, again and again: for the kernel this is one exchange, in which nothing has been redirected
  const client = `while :; do echo ?; sleep 0.1; done | socat -u - UDP4-DATAGRAM:${HOST}:5353,bind=:5555`;
  servers.push(Bun.spawn([...elsewhere(), "sh", "-c", `exec timeout 20 sh -c '${client}'`]));
  await Bun.sleep(500);
  expect(at.world.sh("cat /proc/net/nf_conntrack")).toMatch(
    /udp .*dst=192.0.2.2 sport=5555 dport=5353 \[UNREPLIED\] src=192.0.2.2/,
  );
  const dns = await at.world.container({ ports: [{ host: 5353, container: 53, protocol: "udp" }] });
  const heard = Bun.spawnSync([...inside(dns), "socat", "-u", "UDP4-RECV:53,readbytes=2", "-"], { timeout: 5000 });
  expect(heard.stdout.toString()).toBe("?\n");
});
