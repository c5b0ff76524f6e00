// Networks, ports, privileges and layers on the command line.

import { describe, expect, test } from "bun:test";
import { isIpv4, isIpv6 } from "../../src/engine/options/address.ts";
import { chooseCapabilities, defaultCapabilities, parseCapability } from "../../src/engine/options/capability.ts";
import { parseDevice } from "../../src/engine/options/device.ts";
import { parseLayers } from "../../src/engine/options/layers.ts";
import { parseHost, parseHostname, parseNetwork } from "../../src/engine/options/network.ts";
import { duplicatePort, parsePort } from "../../src/engine/options/port.ts";
import { parseSecurity } from "../../src/engine/options/security.ts";
import { refuses } from "./options.ts";

describe("-p", () => {
  test("HOST:CTR, with an address, a protocol, or ranges", () => {
    expect(parsePort("8080:80")).toEqual([{ host: 8080, container: 80, protocol: "tcp" }]);
    expect(parsePort("127.0.0.1:53:53/udp")).toEqual([
      { address: "127.0.0.1", host: 53, container: 53, protocol: "udp" },
    ]);
    expect(parsePort("[::1]:80:80")[0]?.address).toBe("::1");
    expect(parsePort("0.0.0.0:80:80")).toEqual(parsePort("80:80"));
    expect(parsePort("80-81:90-91").map((it) => [it.host, it.container])).toEqual([
      [80, 90],
      [81, 91],
    ]);
  });

  test("what is no port is refused", () => {
    refuses(parsePort, {
      "80": "say which port of the host leads there: HOST:80",
      "127.0.0.1::80": "say which port of the host leads to 80",
      "0:80": "not a port",
      "80:65536": "not a port",
      "80:80/sctp": "tcp or udp",
      "80-82:80": "3 ports of the host cannot lead to 1",
      "81-80:1-2": "runs backwards",
      "1.2.3:80:80": "not an IP address",
      "a:b": "not a port",
      "": "write [IP:]HOST:CONTAINER",
    });
  });

  test("a port of the host can be published once for each address and protocol", () => {
    const twice = (...texts: string[]) => duplicatePort(texts.flatMap(parsePort));
    expect(twice("80:80", "80:81")).toBe("80/tcp");
    expect(twice("80:80", "127.0.0.1:80:81")).toBe("80/tcp");
    expect(twice("127.0.0.1:80:81", "80:80")).toBe("80/tcp");
    expect(twice("127.0.0.1:80:80", "127.0.0.2:80:80", "80:80/udp", "81:80")).toBeUndefined();
  });
});

describe("network", () => {
  test("modes are none, host, bridge and container:NAME", () => {
    expect(parseNetwork("none")).toEqual({ mode: "none" });
    expect(parseNetwork("default")).toEqual({ mode: "bridge" });
    expect(parseNetwork("container:web")).toEqual({ mode: "container", container: "web" });
    refuses(parseNetwork, { mynet: "there are none, host", "container:": "there are none, host" });
  });

  test("addresses are what inet_pton takes", () => {
    const four = ["0.0.0.0", "255.255.255.255", "10.0.0.7"];
    const notFour = ["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.x", " 1.2.3.4"];
    expect([...four, ...notFour].filter(isIpv4)).toEqual(four);
    const six = [
      "::",
      "::1",
      "1::",
      "fe80::1",
      "1:2:3:4:5:6:7:8",
      "::ffff:1.2.3.4",
      "1:2:3:4:5:6:1.2.3.4",
      "1:2:3:4:5:6:7::",
    ];
    const notSix = [
      "",
      ":",
      ":::",
      "1:2",
      "1::2::3",
      "12345::",
      "g::",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:1.2.3.4",
      "::1.2.3",
      "1:2:3:4::5:6:7:8",
    ];
    expect([...six, ...notSix].filter(isIpv6)).toEqual(six);
  });

  test("--add-host takes IPv6 with and without brackets", () => {
    expect(parseHost("db:10.0.0.7")).toEqual(["db", "10.0.0.7"]);
    expect(parseHost("db:::1")).toEqual(["db", "::1"]);
    expect(parseHost("db=[::1]")).toEqual(["db", "::1"]);
    refuses((text) => parseHost(text), { db: "NAME:IP", "db:x": '"x" is not an IP address', "d b:1.2.3.4": "NAME:IP" });
  });

  test("host names are labels of at most 63 characters in all", () => {
    for (const it of ["web", "web.example.org", "a-b", "1", "x".repeat(63)]) expect(parseHostname(it)).toBe(it);
    for (const it of ["-a", "a-", "a..b", "a_b", "a b", "é"])
      expect(() => parseHostname(it), it).toThrow("made of letters");
    expect(() => parseHostname("x".repeat(64))).toThrow("at most 63");
  });
});

describe("privileges", () => {
  test("names of capabilities go with and without CAP_, in any case", () => {
    for (const it of ["net_admin", "NET_ADMIN", "cap_net_admin", "CAP_NET_ADMIN"])
      expect(parseCapability(it)).toBe("CAP_NET_ADMIN");
    expect(parseCapability("all")).toBe("ALL");
    expect(() => parseCapability("NET_ADMN")).toThrow("no capability is called so");
  });

  test("the default is Docker's fourteen", () => {
    expect(defaultCapabilities.length).toBe(14);
    expect(chooseCapabilities([], []).toSorted()).toEqual(defaultCapabilities.toSorted());
  });

  test("ALL is where one starts, from either side", () => {
    expect(chooseCapabilities([], ["ALL"])).toEqual([]);
    expect(chooseCapabilities(["CAP_CHOWN"], ["ALL"])).toEqual(["CAP_CHOWN"]);
    expect(chooseCapabilities(["ALL"], []).length).toBe(41);
    const allButAdmin = chooseCapabilities(["ALL"], ["CAP_SYS_ADMIN"]);
    expect([allButAdmin.length, allButAdmin.includes("CAP_SYS_ADMIN")]).toEqual([40, false]);
    expect(chooseCapabilities(["CAP_SYS_ADMIN"], ["CAP_CHOWN"])).toContain("CAP_SYS_ADMIN");
    expect(chooseCapabilities([], ["CAP_CHOWN"])).not.toContain("CAP_CHOWN");
  });

  test("--security-opt in Docker's spellings", () => {
    expect(parseSecurity("no-new-privileges")).toEqual({ noNewPrivileges: true });
    expect(parseSecurity("no-new-privileges:false")).toEqual({ noNewPrivileges: false });
    expect(parseSecurity("seccomp=unconfined")).toEqual({ seccomp: "unconfined" });
    expect(parseSecurity("apparmor=unconfined")).toEqual({});
    refuses(parseSecurity, {
      "apparmor=strict": "no AppArmor profiles",
      "label=type:x": "no SELinux",
      "no-new-privileges=maybe": "true or false",
      "seccomp=": "name a file",
      foo: "there are no-new-privileges",
    });
  });

  test("--device with its access", () => {
    expect(parseDevice("/dev/fuse")).toEqual({ source: "/dev/fuse", destination: "/dev/fuse", access: "rwm" });
    expect(parseDevice("/dev/fuse:r").access).toBe("r");
    expect(parseDevice("/dev/fuse:/dev/x:rw")).toEqual({ source: "/dev/fuse", destination: "/dev/x", access: "rw" });
    refuses(parseDevice, {
      "dev/fuse": "absolute",
      "/dev/fuse:x": "absolute",
      "/dev/a:/dev/b:rr": "each once",
      "/a:/b:r:w": "write HOST",
    });
  });
});

describe("--layers", () => {
  const parts = ["user", "mount", "pid", "uts", "ipc", "network", "cgroup", "time"];

  test("a list of layers leaves out the others", () => {
    expect(parseLayers("namespaces,overlay")).toEqual([
      "cgroups",
      "network",
      "capabilities",
      "no-new-privs",
      "seccomp",
    ]);
    expect(parseLayers("all")).toEqual([]);
    expect(parseLayers("none").length).toBe(7);
  });

  test("a list that begins with - leaves out only these", () => {
    expect(parseLayers("-seccomp")).toEqual(["seccomp"]);
    expect(parseLayers("-seccomp,-cgroups")).toEqual(["cgroups", "seccomp"]);
    expect(parseLayers("all,-seccomp")).toEqual(["seccomp"]);
  });

  test("a part can be left out, or be all that is taken of its layer", () => {
    expect(parseLayers("-namespaces.pid")).toEqual(["namespaces.pid"]);
    expect(parseLayers("-namespaces.net")).toEqual(["namespaces.network"]);
    expect(parseLayers("all,-namespaces,namespaces.pid")).toEqual(
      parts.filter((it) => it !== "pid").map((it) => `namespaces.${it}`),
    );
    expect(parseLayers(parts.map((it) => `-namespaces.${it}`).join(","))).toEqual(["namespaces"]);
  });

  test("what contradicts itself is refused", () => {
    refuses(parseLayers, {
      "-seccomp,capabilities": "capabilities has no -, and -seccomp has",
      "-seccomp,seccomp": "seccomp is in the list with a - in front and without",
      "seccomp,-seccomp": "seccomp is in the list with a - in front and without",
      "all,-seccomp,seccomp": "seccomp is in the list with a - in front and without",
      "seccomp,-capabilities": "write all,-capabilities",
      "-none": "none stands for a whole list",
      "-seccomp,-all": "all stands for a whole list",
      "none,seccomp": "none stands alone",
      "all,none": "none stands alone",
    });
    expect(parseLayers("overlay,-overlay.masks").includes("overlay.masks")).toBe(true);
  });

  test("unknown names are answered with the known ones", () => {
    refuses(parseLayers, {
      foo: "there are namespaces, cgroups, overlay, network, capabilities, no-new-privs, seccomp",
      "-namespaces.foo": "there are user, mount, pid, uts, ipc, network, cgroup, time",
      "seccomp.x": 'seccomp has no part called "x"',
      constructor: 'no layer is called "constructor"',
      ",": "no layer is named",
    });
  });
});
