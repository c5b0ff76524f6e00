// The file tree of containers that `minidocker run` makes.

import { describe, expect } from "bun:test";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { privateHost, TESTER } from "../harness/private-host.ts";
import { remains } from "../harness/remains.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import { rootTest, withPrograms } from "../harness/skip.ts";

const host = privateHost();
const SECONDS = 1000;

const image = (name = "rootfs"): string => {
  const folder = join(host.folder, name);
  return existsSync(folder) ? folder : makeRootfs(folder);
};

/** The containers of which something is left on the disk. */
const left = (user = "root"): string[] => {
  const folder = join(host.folder, user, "data/containers");
  return existsSync(folder) ? readdirSync(folder) : [];
};

rootTest("a container's changes go with --rm, and the image is as before", async () => {
  const rootfs = image();
  const { code, stdout } = await host.minidocker([
    "run",
    "--rm",
    rootfs,
    "sh",
    "-c",
    "echo x > /etc/passwd; cat /etc/passwd",
  ]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "x\n" });
  expect(readFileSync(`${rootfs}/etc/passwd`, "utf8")).toContain("root:x:0:0");
  expect(left()).toEqual([]);
});

rootTest("the mounts of a host on which / is shared are the same while a container runs", async () => {
  const script = `mount --make-rshared /; cat /proc/self/mountinfo > $1/before
    "$2" "$3" run --rm -v /usr:/data "$4" sh -c 'echo started; sleep 1' | { read x; cat /proc/self/mountinfo > $1/during; }`;
  const main = join(import.meta.dir, "../../src/main.ts");
  const argv = ["unshare", "--mount", "sh", "-c", script, "sh", host.folder, process.execPath, main, image()];
  const env = {
    MINIDOCKER_STATE: join(host.folder, "shared/state"),
    MINIDOCKER_DATA: join(host.folder, "shared/data"),
    PATH: process.env["PATH"] ?? "",
  };
  mkdirSync(join(host.folder, "shared"));
  expect(await host.command(argv, { env })).toMatchObject({ code: 0, stderr: "" });
  const during = readFileSync(join(host.folder, "during"), "utf8");
  expect(during).toContain("shared:");
  expect(during).toBe(readFileSync(join(host.folder, "before"), "utf8"));
});

describe("a working directory", () => {
  rootTest(
    "that leads to a descriptor of the runtime's is refused (CVE-2024-21626)",
    async () => {
      const marked = join(host.folder, "marked");
      mkdirSync(marked, { recursive: true });
      for (let fd = 3; fd < 12; fd++) {
        const run = await host.minidocker(["run", "--rm", "-w", `/proc/self/fd/${fd}`, image(), "ls", "."]);
        expect({ fd, code: run.code }).toEqual({ fd, code: 125 });
        expect(run.stderr).toContain("overlay: make the working directory: ");
      }
    },
    60 * SECONDS,
  );
});

describe("--read-only", () => {
  rootTest("leaves nothing to write to but what is mounted", async () => {
    const script = "touch /x /etc/x /root/x 2>&1; touch /dev/shm/x /run/x && echo rest";
    const { stdout } = await host.minidocker([
      "run",
      "--rm",
      "--read-only",
      "--tmpfs",
      "/run",
      image(),
      "sh",
      "-c",
      script,
    ]);
    expect(stdout.split("\n").filter((it) => it.endsWith("Read-only file system"))).toHaveLength(3);
    expect(stdout).toContain("rest");
  });
});

describe("a combination of layers and parts", () => {
  for (const layers of [
    "-overlay",
    "-namespaces.mount",
    "-overlay,-namespaces.mount",
    "-namespaces",
    "-namespaces,-cgroups,-network",
    "overlay",
  ]) {
    rootTest(
      `--layers=${layers} neither changes the host nor the image`,
      async () => {
        const rootfs = image();
        const before = readFileSync(host.path("/proc/1/mountinfo"), "utf8");
        const script = "mkdir /new /etc/new; rm -r /home; echo x > /etc/passwd; exit 5";
        const run = await host.minidocker(["run", "--rm", `--layers=${layers}`, rootfs, "sh", "-c", script]);
        expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 5, stderr: expect.any(String) });
        expect(readFileSync(host.path("/proc/1/mountinfo"), "utf8")).toBe(before);
        expect(readdirSync(rootfs).toSorted()).toEqual([
          "bin",
          "dev",
          "etc",
          "home",
          "proc",
          "root",
          "sys",
          "tmp",
          "usr",
          "var",
        ]);
        expect(readdirSync(join(rootfs, "etc")).toSorted()).toEqual(["group", "passwd"]);
        expect(readFileSync(`${rootfs}/etc/passwd`, "utf8")).toContain("root:x:0:0");
        expect(left()).toEqual([]);
      },
      20 * SECONDS,
    );
  }
});

describe("an ordinary user", () => {
  const rootless = { rootless: true, subordinate: true };

  rootTest("has a file tree of the same kind", async () => {
    const script =
      "cat /proc/interrupts; echo x > /dev/null; touch /x /root/x; ls -d /proc/[0-9]*; cat /proc/sys/kernel/hostname; id -u";
    const { code, stdout } = await host.minidocker(
      ["run", "--rm", "--hostname", "box", image(), "sh", "-c", script],
      rootless,
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: "/proc/1\nbox\n0\n" });
  });

  withPrograms("newuidmap")("gets rid of what the container's other users have made", async () => {
    const rootfs = image("shared-rootfs");
    mkdirSync(join(rootfs, "shared"));
    chownSync(join(rootfs, "shared"), TESTER.uid, TESTER.gid);
    chmodSync(join(rootfs, "shared"), 0o777);
    const script =
      "mkdir -p /shared/mine/in && echo x > /shared/mine/in/file && chmod 700 /shared/mine /shared/mine/in && id -u";
    const { code, stdout } = await host.minidocker(
      ["run", "--rm", "--user", "alice", rootfs, "sh", "-c", script],
      rootless,
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: "1234\n" });
    expect(left("user")).toEqual([]);
  });

  describe("gets rid of an anonymous volume that the container's other users have filled", () => {
    const fill =
      "mkdir -p /vol/d/e && echo x >/vol/d/e/f && chmod -R 700 /vol && chown -R 1:1 /vol && stat -c %u /vol/d";
    const run = (...options: string[]) =>
      host.minidocker(["run", ...options, "-v", "/vol", image(), "sh", "-c", fill], rootless);

    withPrograms("newuidmap")("with --rm", async () => {
      expect(await run("--rm")).toMatchObject({ code: 0, stdout: "1\n" });
      expect(remains(host, rootless)).toEqual([]);
    });

    withPrograms("newuidmap")("with rm, and the name is free again", async () => {
      for (let round = 0; round < 2; round++) {
        expect(await run("--name", "filled")).toMatchObject({ code: 0, stdout: "1\n" });
        expect(await host.minidocker(["rm", "filled"], rootless)).toMatchObject({ code: 0, stdout: "filled\n" });
        expect(remains(host, rootless)).toEqual([]);
      }
    });
  });

  rootTest("can mount only what is within reach", async () => {
    const secret = join(host.folder, "secret");
    mkdirSync(secret, { mode: 0o700 });
    writeFileSync(join(secret, "file"), "x");
    const { code, stderr } = await host.minidocker(
      ["run", "--rm", "-v", `${secret}/file:/f`, image(), "cat", "/f"],
      rootless,
    );
    expect({ code, stderr }).toMatchObject({
      code: 125,
      stderr: expect.stringMatching(/out of reach|cannot be made|EACCES/),
    });
  });
});
