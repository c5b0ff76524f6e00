// The files under /etc that belong to a container's network, and addresses as numbers.

import { describe, expect, test } from "bun:test";
import {
  addressIn,
  contains,
  ipv4Number,
  ipv4Text,
  overlap,
  parseRange,
  rangeText,
  sockaddrIn,
} from "../../src/abi/inet.ts";
import {
  etcFolderOf,
  hostnameFile,
  hostsFile,
  onlyLoopbackServers,
  resolvConf,
  withNames,
} from "../../src/core/netfiles.ts";
import type { Network } from "../../src/core/spec.ts";
import { specFor } from "../harness/network.ts";

const id = "1".repeat(64);
const spec = (network: Partial<Network> = {}) => specFor(id, { hostname: "box", ...network });

describe("/etc/hosts", () => {
  test("names the loopback, and what --add-host adds", () => {
    const text = hostsFile(spec({ hosts: [["db", "10.0.0.7"]] }));
    expect(text).toStartWith("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
    expect(text).toEndWith("10.0.0.7\tdb\n");
  });

  test("is the host's where the network is the host's", () => {
    expect(hostsFile(spec({ mode: "host", hosts: [["db", "10.0.0.7"]] }), "127.0.0.1 me")).toBe(
      "127.0.0.1 me\n10.0.0.7\tdb\n",
    );
  });

  test("gets names between two marks, and loses them again; what stands around is kept", () => {
    const one = withNames("a\n", ["10.0.0.1\tx"]);
    expect(one).toBe(
      "a\n# minidocker: this container, then the others on its bridge\n10.0.0.1\tx\n# minidocker: end\n",
    );
    const edited = `${one}mine\n`;
    expect(withNames(edited, ["10.0.0.2\ty"])).toBe(edited.replace("10.0.0.1\tx", "10.0.0.2\ty"));
    expect(withNames(edited, [])).toBe("a\nmine\n");
    expect(withNames("no end of line", [])).toBe("no end of line\n");
  });
});

describe("/etc/resolv.conf", () => {
  const host =
    "# of the host\nnameserver 127.0.0.53\nnameserver 192.0.2.53\nnameserver 2001:db8::53\nsearch example.org\noptions edns0\n";

  test("has the host's name servers that can be reached: not those on its loopback, and on the bridge not those with IPv6", () => {
    expect(resolvConf(spec(), host)).toBe("nameserver 192.0.2.53\nsearch example.org\noptions edns0\n");
    expect(resolvConf(spec({ mode: "none" }), host)).toContain("nameserver 2001:db8::53\n");
  });

  test("has the servers of --dns instead", () => {
    expect(resolvConf(spec({ dns: ["9.9.9.9"] }), host)).toBe(
      "nameserver 9.9.9.9\nsearch example.org\noptions edns0\n",
    );
  });

  test("is the host's where the network is the host's", () => {
    expect(resolvConf(spec({ mode: "host" }), host)).toBe(host);
  });

  test("says so where nothing can be reached", () => {
    expect(resolvConf(spec(), "nameserver 127.0.0.53\n")).toMatch(/^# the host's name servers .* --dns\n$/);
    expect(onlyLoopbackServers("nameserver 127.0.0.53\n")).toBe(true);
    expect(onlyLoopbackServers(host)).toBe(false);
    expect(onlyLoopbackServers("")).toBe(false);
  });
});

test("a container that shares another one's network shares its files", () => {
  expect(etcFolderOf(spec(), "/s")).toBe(`/s/containers/${id}/etc`);
  expect(etcFolderOf(spec({ mode: "container", container: "other" }), "/s")).toBe("/s/containers/other/etc");
  expect(hostnameFile(spec())).toBe("box\n");
});

describe("addresses", () => {
  test("are numbers and texts", () => {
    expect(ipv4Number("172.30.0.1")).toBe(0xac1e0001);
    expect(ipv4Text(0xac1e0001)).toBe("172.30.0.1");
    expect(ipv4Text(0xffffffff)).toBe("255.255.255.255");
    for (const it of ["", "1.2.3", "1.2.3.256", "1.2.3.-1", "a.b.c.d", "1.2.3.4.5"])
      expect(() => ipv4Number(it)).toThrow("no IPv4 address");
  });

  test("lie in ranges, which overlap or do not", () => {
    const range = parseRange("172.30.5.9/16");
    expect(rangeText(range)).toBe("172.30.0.0/16");
    expect(contains(range, "172.30.255.255")).toBe(true);
    expect(contains(range, "172.31.0.0")).toBe(false);
    expect(contains(parseRange("0.0.0.0/0"), "1.2.3.4")).toBe(true);
    expect(overlap(range, parseRange("172.16.0.0/12"))).toBe(true);
    expect(overlap(parseRange("172.16.0.0/12"), range)).toBe(true);
    expect(overlap(range, parseRange("172.30.128.0/24"))).toBe(true);
    expect(overlap(range, parseRange("172.31.0.0/16"))).toBe(false);
    expect(addressIn(range, 256)).toBe("172.30.1.0");
    for (const it of ["172.30.0.0", "172.30.0.0/33", "172.30.0.0/x"]) expect(() => parseRange(it)).toThrow("no range");
  });

  test("with a port are a struct sockaddr_in in network byte order", () => {
    expect(sockaddrIn("192.0.2.2", 8080).toHex()).toBe("02001f90c00002020000000000000000");
  });
});
