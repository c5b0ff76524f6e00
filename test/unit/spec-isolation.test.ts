// Options, image and host → the OCI configuration: mounts, limits, network, privileges, layers that are off.

import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { extension, type Spec } from "../../src/core/spec.ts";
import { id, spec, testImage, types } from "./spec-of.ts";

const root = testImage();

describe("mounts", () => {
  const at = (line: string, destination: string) => spec(line).mounts.find((it) => it.destination === destination);

  test("volumes are bound, read-only ones read-only", () => {
    expect(at("-v /src:/dst:ro image", "/dst")).toEqual({
      destination: "/dst",
      type: "bind",
      source: "/src",
      options: ["rbind", "rprivate", "ro"],
    });
    expect(at("-v ./src:/dst image", "/dst")?.source).toBe("/cwd/src");
    expect(at("-v data:/dst image", "/dst")?.source).toBe("/data/md/volumes/data/_data");
    expect(at("-v /x image", "/x")?.source).toBe(`/data/md/volumes/${id}-0/_data`);
  });

  test("outer ones come before inner ones", () => {
    const order = spec("-v /1:/a/b/c -v /2:/a --tmpfs /a/b image").mounts.slice(-3);
    expect(order.map((it) => it.destination)).toEqual(["/a", "/a/b", "/a/b/c"]);
  });

  test("one of the user's takes the place of one of the container's", () => {
    const shm = spec("-v /x:/dev/shm image").mounts.filter((it) => it.destination === "/dev/shm");
    expect(shm.map((it) => it.source)).toEqual(["/x"]);
    expect(
      spec("-v /dev:/dev image")
        .mounts.filter((it) => it.destination.startsWith("/dev"))
        .map((it) => it.source),
    ).toEqual(["/dev"]);
  });

  test("--shm-size is the size of /dev/shm", () => {
    expect(at("--shm-size 128m image", "/dev/shm")?.options).toContain("size=134217728");
    expect(at("image", "/dev/shm")?.options).toContain("size=67108864");
  });

  test("--read-only is the root's", () => {
    expect([spec("--read-only image").root.readonly, spec("image").root.readonly]).toEqual([true, undefined]);
  });
});

describe("limits and devices", () => {
  test("limits are in bytes and microseconds", () => {
    expect(spec("-m 64m --cpus 0.25 --pids 64 image").linux.resources).toMatchObject({
      memory: { limit: 67_108_864, swap: 67_108_864 },
      cpu: { quota: 25_000, period: 100_000 },
      pids: { limit: 64 },
    });
  });

  test("no device may be opened but the harmless ones, any may be made", () => {
    const rules = spec("image").linux.resources?.devices ?? [];
    expect(rules[0]).toEqual({ allow: false, access: "rwm" });
    expect(rules).toContainEqual({ allow: true, type: "c", access: "m" });
    expect(rules.filter((it) => it.allow && it.access === "rwm").map((it) => `${it.major}:${it.minor ?? "*"}`)).toEqual(
      ["1:3", "1:5", "1:7", "1:8", "1:9", "5:0", "5:1", "5:2", "136:*"],
    );
  });

  test("--device makes a node and a rule, with the access that was given", () => {
    const { devices, resources } = spec("--device /dev/null:/dev/nothing:r image").linux;
    expect(devices?.at(-1)).toMatchObject({ type: "c", path: "/dev/nothing", major: 1, minor: 3 });
    expect(resources?.devices?.at(-1)).toEqual({ allow: true, type: "c", major: 1, minor: 3, access: "r" });
    expect(() => spec("--device /etc/passwd image")).toThrow("--device /etc/passwd: not a device");
    expect(() => spec("--device /dev/none-such image")).toThrow("this host has no such device");
  });

  test("--ulimit and --sysctl", () => {
    expect(spec("--ulimit nofile=5:9 image").process.rlimits).toEqual([{ type: "RLIMIT_NOFILE", soft: 5, hard: 9 }]);
    expect(spec("--sysctl net.core.somaxconn=7 image").linux.sysctl).toMatchObject({ "net.core.somaxconn": "7" });
  });
});

describe("the network", () => {
  test("is a bridge with Docker's two settings", () => {
    const it = spec("-p 80:8080 --dns 1.1.1.1 --add-host db:10.0.0.7 image");
    expect(extension(it, "network")).toEqual({
      mode: "bridge",
      ports: [{ host: 80, container: 8080, protocol: "tcp" }],
      dns: ["1.1.1.1"],
      hosts: [["db", "10.0.0.7"]],
    });
    expect(it.linux.sysctl).toEqual({
      "net.ipv4.ip_unprivileged_port_start": "0",
      "net.ipv4.ping_group_range": "0 2147483647",
    });
  });

  test("of the host is not configured", () => {
    expect(spec("--network host image").linux.sysctl).toBeUndefined();
    const without = spec("--layers=-namespaces.network image");
    expect([extension(without, "network")?.mode, without.linux.sysctl]).toEqual(["host", undefined]);
  });
});

describe("privileges", () => {
  test("are Docker's fourteen in three sets, and none to inherit", () => {
    const { capabilities, noNewPrivileges } = spec("image").process;
    expect(capabilities?.bounding?.length).toBe(14);
    expect(capabilities?.effective).toEqual(capabilities?.bounding as string[]);
    expect([capabilities?.inheritable, capabilities?.ambient]).toEqual([[], []]);
    expect(noNewPrivileges).toBe(true);
  });

  const names = (it: Spec): string[] => it.linux.seccomp?.syscalls?.flatMap((rule) => rule.names) ?? [];

  test("the filter allows more where capabilities are added", () => {
    expect(names(spec("image"))).not.toContain("mount");
    expect(names(spec("--cap-add sys_admin image"))).toContain("mount");
  });

  test("a profile from a file is read, and what is wrong with it is said", () => {
    writeFileSync(`${root()}/profile.json`, JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW" }));
    expect(spec(`--security-opt seccomp=${root()}/profile.json image`).linux.seccomp?.defaultAction).toBe(
      "SCMP_ACT_ALLOW",
    );
    writeFileSync(`${root()}/profile.json`, `{"defaultAction": "SCMP_ACT_NO"}`);
    expect(() => spec(`--security-opt seccomp=${root()}/profile.json image`)).toThrow(
      /--security-opt seccomp=.*SCMP_ACT_NO/,
    );
  });
});

describe("a layer that is left out is not in the configuration", () => {
  test("seccomp, no-new-privs, capabilities, cgroups, network", () => {
    expect(spec("--layers=-seccomp image").linux.seccomp).toBeUndefined();
    expect(spec("--layers=-no-new-privs image").process.noNewPrivileges).toBe(false);
    expect(spec("--layers=-capabilities image").process.capabilities).toBeUndefined();
    const { cgroupsPath, resources } = spec("--layers=-cgroups image").linux;
    expect([cgroupsPath, resources]).toEqual([undefined, undefined]);
    expect(extension(spec("--layers=-network image"), "network")).toBeUndefined();
  });

  test("nor is a namespace", () => {
    expect(types(spec("--layers=-namespaces.pid image"))).not.toContain("pid");
    expect(types(spec("--layers=-namespaces image"))).toEqual([]);
  });

  test("its name is kept for those who explain", () => {
    expect(extension(spec("--layers=-seccomp,-namespaces.pid image"), "without")).toEqual([
      "namespaces.pid",
      "seccomp",
    ]);
  });

  test("without capabilities the filter stays the one for the capabilities that were asked for", () => {
    expect(spec("--layers=-capabilities image").linux.seccomp).toEqual(
      spec("image").linux.seccomp as NonNullable<Spec["linux"]["seccomp"]>,
    );
  });

  test("another user needs the layer that changes it", () => {
    expect(() => spec("--layers=-capabilities -u alice image")).toThrow(
      "changing the user belongs to the layer capabilities",
    );
    expect(() => spec("--layers=-capabilities image", { config: { Cmd: ["x"], User: "alice" } })).toThrow(
      "or give --user root",
    );
  });
});

test("the configuration survives being written as JSON", () => {
  const it = spec("-m 64m -p 80:80 -v /a:/b --ulimit core=-1 image");
  expect(JSON.parse(JSON.stringify(it))).toEqual(it);
});
