// Networks from the command line, with all layers.

import { expect } from "bun:test";
import { privateHost } from "../harness/private-host.ts";
import { withPrograms } from "../harness/skip.ts";

const host = privateHost();
const withTools = withPrograms("ip", "nft", "socat");
const runTest: typeof withTools = (name, body) => withTools(name, body, 60_000);

const shell = (command: string, ...options: string[]) =>
  host.minidocker(["run", "--rm", ...options, "base", "sh", "-c", command]);

/** A container that stays until the function that this resolves with is called. */
async function staying(...options: string[]): Promise<() => Promise<unknown>> {
  const words = ["run", "-i", "--rm", ...options, "base", "sh", "-c", "echo ready; exec cat"];
  const run = host.startMinidocker(words, { input: "pipe" });
  await run.until("ready");
  return () => {
    run.end();
    return run.outcome;
  };
}

runTest("containers find each other by name", async () => {
  const end = await staying("--name", "web", "--hostname", "www");
  const { code, stdout, stderr } = await shell("ping -c1 -W2 web && ping -c1 -W2 www && hostname -i");
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining("bad address") });
  expect(stdout).toEndWith("172.30.0.3\n");
  await end();
  expect((await shell("ping -c1 -W2 web")).stdout).not.toContain("1 packets received");
});

runTest("--network container:NAME shares the other's links, names and published ports", async () => {
  const end = await staying("--name", "web", "-p", "8080:80");
  const { code, stdout } = await shell("ip -o addr show eth0; hostname; cat /etc/hosts", "--network", "container:web");
  expect(code).toBe(0);
  expect(stdout).toContain("172.30.0.2/16");
  const [, hostname] = /^172\.30\.0\.2\t([0-9a-f]{12}) web$/m.exec(stdout) ?? [];
  const names = await shell('hostname; cat /etc/hostname; echo "$HOSTNAME"', "--network", "container:web");
  expect(names).toMatchObject({ code: 0, stdout: `${hostname}\n`.repeat(3), stderr: "" });
  // inside a user namespace of its own, the other's network belongs to strangers
  expect(await shell("true", "--rootless", "--network", "container:web")).toMatchObject({
    code: 125,
    stderr: expect.stringContaining("cannot enter a network that belongs to another one"),
  });
  const server = host.startMinidocker([
    "run",
    "--rm",
    "--network",
    "container:web",
    "base",
    "sh",
    "-c",
    "echo ready; echo hello | nc -l -p 80",
  ]);
  await server.until("ready");
  expect((await host.command(["socat", "-u", "TCP4:127.0.0.1:8080,retry=20,interval=0.1", "-"])).stdout).toBe(
    "hello\n",
  );
  expect((await server.outcome).code).toBe(0);
  await end();
});

runTest("--sysctl changes no network that is shared, least of all the host's", async () => {
  const ttl = "/proc/sys/net/ipv4/ip_default_ttl";
  const before = (await host.command(["cat", ttl])).stdout;
  const setting = ["--sysctl", "net.ipv4.ip_default_ttl=65"];
  for (const network of ["host", "none"]) {
    const end = await staying("--name", "web", "--network", network);
    expect(await shell(`cat ${ttl}`, "--network", "container:web", ...setting)).toMatchObject({
      code: 125,
      stdout: "",
      stderr: expect.stringContaining(
        "--sysctl net.ipv4.ip_default_ttl cannot be changed with --network container:NAME",
      ),
    });
    expect((await shell(`cat ${ttl}`, "--network", "container:web")).stdout).toBe(before);
    expect((await host.command(["cat", ttl])).stdout).toBe(before);
    await end();
  }
});

runTest("--add-host adds a line for each address of a name", async () => {
  const hosts = ["--add-host", "db:10.0.0.7", "--add-host", "web:10.0.0.8", "--add-host", "db:10.0.0.9"];
  const { stdout } = await shell("grep 10.0.0 /etc/hosts", ...hosts);
  expect(stdout).toBe("10.0.0.7\tdb\n10.0.0.8\tweb\n10.0.0.9\tdb\n");
});

runTest("--network host shows the host's links, and changes none", async () => {
  const links = async (): Promise<string> => (await host.command(["sh", "-c", "ip -o link | cut -d: -f2"])).stdout;
  const before = await links();
  const { stdout } = await shell("ip -o link | cut -d: -f2", "--network", "host");
  expect(stdout).toBe(before);
  expect(await links()).toBe(before);
});

runTest("--dns and --add-host are in the container's files, and the image's are not touched", async () => {
  const { stdout } = await shell(
    "cat /etc/resolv.conf /etc/hosts",
    "--dns",
    "192.0.2.53",
    "--add-host",
    "db:192.0.2.7",
  );
  expect(stdout).toContain("nameserver 192.0.2.53\n");
  expect(stdout).toContain("192.0.2.7\tdb\n");
});

runTest("what a container writes into its hosts file, it finds there", async () => {
  const { stdout } = await shell("echo 10.9.8.7 mine >> /etc/hosts; grep mine /etc/hosts; ping -c1 -W1 mine | head -1");
  expect(stdout).toContain("PING mine (10.9.8.7)");
});

runTest("the message about a port that is in use names it, and the exit code is 125", async () => {
  const end = await staying("-p", "8080:80");
  const { code, stderr } = await shell("true", "-p", "8080:81");
  expect(code).toBe(125);
  expect(stderr).toContain("port 8080/tcp is in use on the host");
  await end();
});
