// The values of run's options, as Docker takes them.

import { describe, expect, test } from "bun:test";
import { isIpv4, isIpv6 } from "../../src/engine/options/address.ts";
import { chooseCapabilities, defaultCapabilities, parseCapability } from "../../src/engine/options/capability.ts";
import { type Processors, parseCpuList, readCpu } from "../../src/engine/options/cpu.ts";
import { parseDevice } from "../../src/engine/options/device.ts";
import { parseEnvironmentFile, parseVariable } from "../../src/engine/options/environment.ts";
import { parseLayers } from "../../src/engine/options/layers.ts";
import { parseBytes, readMemory } from "../../src/engine/options/memory.ts";
import { parseHost, parseHostname, parseNetwork } from "../../src/engine/options/network.ts";
import { duplicatePort, parsePort } from "../../src/engine/options/port.ts";
import { parseSecurity } from "../../src/engine/options/security.ts";
import { parseSysctl } from "../../src/engine/options/sysctl.ts";
import { parseUlimit } from "../../src/engine/options/ulimit.ts";
import { option } from "../../src/engine/options/value.ts";
import { parseTmpfs, parseVolume } from "../../src/engine/options/volume.ts";

const MiB = 1024 * 1024;

/** Each text is refused, and the message holds what stands beside it. */
function refuses(parse: (text: string) => unknown, rows: Readonly<Record<string, string>>): void {
  for (const [text, message] of Object.entries(rows)) expect(() => parse(text), text).toThrow(message);
}

describe("sizes", () => {
  test("units are powers of 1024, in any case, with or without B or iB", () => {
    const texts = ["64m", "64M", "64mb", "64MiB", "65536k", "67108864", "67108864b", "0.0625g"];
    expect(texts.map(parseBytes)).toEqual(texts.map(() => 64 * MiB));
  });

  test("512K are 524288 bytes, not 0", () => {
    expect(parseBytes("512K")).toBe(524_288);
  });

  test("what is no size is refused", () => {
    for (const text of ["", "m", "-1", "64x", "6 4m", "0x40", "1e9", "64mm", "NaN"]) {
      expect(() => parseBytes(text), text).toThrow("not a size");
    }
    expect(() => parseBytes("999999999p")).toThrow("more memory than there is");
  });
});

describe("--memory", () => {
  const read = (memory?: string, swap?: string, reservation?: string) => readMemory({ memory, swap, reservation });

  test("limits swap too, unless --memory-swap says otherwise", () => {
    expect(read("64m")).toEqual({ limit: 64 * MiB, swap: 64 * MiB });
    expect(read("64m", "128m")).toEqual({ limit: 64 * MiB, swap: 128 * MiB });
    expect(read("64m", "-1")).toEqual({ limit: 64 * MiB, swap: -1 });
    expect(read("64m", "0")).toEqual({ limit: 64 * MiB, swap: 64 * MiB });
  });

  test("below 6 MiB is refused, and 0 is no limit", () => {
    expect(() => read("512K")).toThrow("--memory 512K: the minimum is 6m");
    expect(() => read("6291455")).toThrow("the minimum is 6m");
    expect(read("6m")?.limit).toBe(6 * MiB);
    expect(read("0")).toBeUndefined();
  });

  test("limits that contradict each other are refused", () => {
    expect(() => read(undefined, "1g")).toThrow("--memory-swap limits memory and swap together, so it needs --memory");
    expect(() => read("64m", "32m")).toThrow("cannot be less than --memory 64m");
    expect(() => read("64m", undefined, "128m")).toThrow("--memory-reservation 128m is more than --memory 64m");
  });

  test("a reservation needs no limit", () => {
    expect(read(undefined, undefined, "32m")).toEqual({ reservation: 32 * MiB });
  });
});

describe("processors", () => {
  const two: Processors = { count: 2, online: "0-1" };
  const cpu = (texts: { cpus?: string; percent?: string; shares?: string; set?: string }) =>
    readCpu({ cpus: undefined, percent: undefined, shares: undefined, set: undefined, ...texts }, () => two);

  test("--cpus 0.25 is a quota of 25 ms in each 100", () => {
    expect(cpu({ cpus: "0.25" })).toEqual({ quota: 25_000, period: 100_000 });
    expect(cpu({ cpus: ".5" })?.quota).toBe(50_000);
    expect(cpu({ cpus: "2" })?.quota).toBe(200_000);
    expect(cpu({ cpus: "0.29" })?.quota).toBe(29_000);
    expect(cpu({ cpus: "0" })).toBeUndefined();
  });

  test("--cpu 25 is 25 percent of one processor", () => {
    expect(cpu({ percent: "25" })).toEqual({ quota: 25_000, period: 100_000 });
    expect(cpu({ percent: "150%" })?.quota).toBe(150_000);
  });

  test("more than the machine has, or less than the kernel counts, is refused in Docker's words", () => {
    const range = "the range is from 0.01 to 2.00, as there are only 2 CPUs available";
    expect(() => cpu({ cpus: "3" })).toThrow(`--cpus 3: ${range}`);
    expect(() => cpu({ cpus: "0.001" })).toThrow(range);
    expect(() => cpu({ percent: "201" })).toThrow("from 1 to 200 percent");
    expect(() => cpu({ cpus: "1", percent: "50" })).toThrow("--cpus and --cpu say the same thing");
    for (const cpus of ["x", "-1", "", "1.2.3", "."])
      expect(() => cpu({ cpus }), cpus).toThrow("not a number of processors");
  });

  test("lists may have ranges", () => {
    expect(parseCpuList("0-2,5,1")).toEqual([0, 1, 2, 5]);
    for (const text of ["", "a", "2-1", "1-", "-1", "0,,1"])
      expect(() => parseCpuList(text), text).toThrow("not a list");
  });

  test("--cpuset-cpus names processors that are there", () => {
    expect(cpu({ set: "0-1" })).toEqual({ cpus: "0-1" });
    expect(() => cpu({ set: "0-3" })).toThrow("this machine has no processor 2, 3; it has 0-1");
  });

  test("--cpu-shares has the kernel's range", () => {
    expect(cpu({ shares: "512" })).toEqual({ shares: 512 });
    for (const shares of ["1", "262145", "-5"]) expect(() => cpu({ shares }), shares).toThrow("from 2 to 262144");
  });
});

describe("variables", () => {
  const host = { LANG: "C", EMPTY: "" };

  test("a name alone takes the host's value, or takes the variable away", () => {
    expect(parseVariable("LANG", host)).toEqual({ name: "LANG", value: "C" });
    expect(parseVariable("NOPE", host)).toEqual({ name: "NOPE", value: undefined });
    expect(parseVariable("EMPTY", host).value).toBe("");
  });

  test("the value is everything after the first =", () => {
    expect(parseVariable("A=b=c ", host)).toEqual({ name: "A", value: "b=c " });
    expect(parseVariable("A=", host).value).toBe("");
    expect(() => parseVariable("=x", host)).toThrow("needs a name");
  });

  const file = (text: string) =>
    parseEnvironmentFile(new TextEncoder().encode(text), host).map((it) => `${it.name}=${it.value}`);

  test("quotes, spaces and # in values of a file are part of them", () => {
    expect(file(`A="x y" \n  B='1'\n#C=1\n   # D\n\nE=a#b\n`)).toEqual(['A="x y" ', "B='1'", "E=a#b"]);
  });

  test("a name alone in a file takes the host's value, and is nothing where there is none", () => {
    expect(file("LANG\nNOPE\n")).toEqual(["LANG=C"]);
  });

  test("a file may have a byte order mark, CRLF, and no newline at its end", () => {
    expect(file("\uFEFFA=1\r\nB=2")).toEqual(["A=1", "B=2"]);
  });

  test("what is wrong with a file is said with its line", () => {
    expect(() => file("A=1\n=2")).toThrow("line 2 has no name");
    expect(() => file("A B=1")).toThrow('line 1: the variable "A B" has white space');
    expect(() => file("A=1\0")).toThrow("NUL byte");
    expect(() => parseEnvironmentFile(new Uint8Array([0x41, 0x3d, 0xff]), host)).toThrow("not UTF-8");
  });
});

describe("volumes", () => {
  const volume = (text: string) => parseVolume(text, "/home/me");

  test("the source is a path, a path below the working directory, a name, or nothing", () => {
    expect(volume("/a/../b:/dst")).toMatchObject({ kind: "bind", source: "/b", destination: "/dst", readonly: false });
    expect(volume("./x:/dst")).toMatchObject({ kind: "bind", source: "/home/me/x" });
    expect(volume("..:/dst")).toMatchObject({ kind: "bind", source: "/home" });
    expect(volume("data:/dst:ro")).toMatchObject({ kind: "named", source: "data", readonly: true });
    expect(volume("/dst")).toMatchObject({ kind: "anonymous", destination: "/dst" });
  });

  test("the destination is absolute, not the root, and not in /proc", () => {
    expect(volume("/a:/x/./y/").destination).toBe("/x/y");
    expect(volume("/a:/proc/cpuinfo").destination).toBe("/proc/cpuinfo");
    refuses(volume, {
      "/a:dst": "has to be absolute",
      "/a:/": "nothing can be mounted over the container's root",
      "/a:/x/..": "nothing can be mounted over the container's root",
      "/a:/proc": "CVE-2019-16884",
      "/a:/dev/../proc/self": "CVE-2019-16884",
      "/a:": "has to be absolute",
      data: "has to be absolute",
    });
  });

  test("options are those of Docker", () => {
    expect(volume("/a:/b:ro,rslave")).toMatchObject({ readonly: true, propagation: "rslave" });
    expect(volume("/a:/b:z")).toMatchObject({ readonly: false, propagation: "rprivate" });
    refuses(volume, {
      "/a:/b:readonly": 'no option of a volume is called "readonly"',
      "/a:/b:ro,rw": "contradict",
      "/a:/b:ro:x": "write SOURCE:DESTINATION",
    });
  });

  test("what is neither a path nor a name says what to write", () => {
    refuses(volume, {
      "a/b:/dst": "for a folder write ./a/b",
      ":/dst": "the source is empty",
      "~/x:/dst": "the shell has not replaced the ~",
    });
  });
});

describe("--tmpfs", () => {
  test("Docker's defaults come first, and give way", () => {
    expect(parseTmpfs("/run")).toEqual({ destination: "/run", options: ["nosuid", "nodev", "noexec"] });
    expect(parseTmpfs("/run:size=64m,exec,mode=1777").options).toEqual([
      "nosuid",
      "nodev",
      "size=64m",
      "exec",
      "mode=1777",
    ]);
    expect(parseTmpfs("/run:size=1m,size=2m,ro,rw").options).toEqual(["nosuid", "nodev", "noexec", "size=2m", "rw"]);
    expect(parseTmpfs("/run:strictatime,norelatime,relatime").options.slice(3)).toEqual(["strictatime", "relatime"]);
  });

  test("unknown options are refused", () => {
    refuses(parseTmpfs, {
      "/run:foo": 'no option of tmpfs is called "foo"',
      "/run:size=x": "size=x",
      run: "has to be absolute",
    });
  });
});

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

describe("limits of a process", () => {
  test("--ulimit has a soft limit, and a hard one that is the same unless said otherwise", () => {
    expect(parseUlimit("nofile=1024:2048")).toEqual({ type: "RLIMIT_NOFILE", soft: 1024, hard: 2048 });
    expect(parseUlimit("nproc=64")).toEqual({ type: "RLIMIT_NPROC", soft: 64, hard: 64 });
    expect(parseUlimit("memlock=1:-1")).toEqual({ type: "RLIMIT_MEMLOCK", soft: 1, hard: -1 });
    refuses(parseUlimit, {
      "nofile=2:1": "above the hard one",
      "core=unlimited:1": "above the hard one",
      "files=1": "no limit is called files",
      nofile: "write NAME=SOFT",
      "nofile=x": "neither a whole number",
      "nofile=-2": "neither a whole number",
    });
  });
});

describe("--sysctl", () => {
  test("belongs to a namespace of the container", () => {
    expect(parseSysctl("net.core.somaxconn=1024")).toEqual({
      name: "net.core.somaxconn",
      value: "1024",
      namespace: "network",
    });
    expect(parseSysctl("kernel.shmmax=1").namespace).toBe("ipc");
    expect(parseSysctl("fs.mqueue.msg_max=10").namespace).toBe("ipc");
    expect(parseSysctl("net/ipv4/conf/eth0.100/forwarding=1").name).toBe("net.ipv4.conf.eth0/100.forwarding");
  });

  test("what is the whole machine's is refused, and so are ways out of /proc/sys", () => {
    refuses(parseSysctl, {
      "kernel.core_pattern=|/x": "whole machine's",
      "vm.swappiness=1": "whole machine's",
      "net...kernel.core_pattern=x": "not the name of a setting",
      "net.ipv4.=1": "not the name of a setting",
      "net./../../kernel/core_pattern=x": "not the name of a setting",
      "net/../kernel/core_pattern=x": "not the name of a setting",
      net: "write NAME=VALUE",
      "=1": "write NAME=VALUE",
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

test("an error names the option and the value, of which nothing reaches the terminal unescaped", () => {
  expect(() => option("--memory", "5x", parseBytes)).toThrow("--memory 5x: not a size");
  expect(() => option("--memory", "\x1b[31m", parseBytes)).toThrow('--memory "\\u001b[31m": not a size');
  expect(() => option("--env", "A=\0", (it) => it)).toThrow('--env "A=\\u0000": holds a NUL byte');
});
