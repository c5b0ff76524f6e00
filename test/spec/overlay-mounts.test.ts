// What is mounted in the container beside its root: /proc and /sys with what is covered, /dev, the files under /etc.

import { describe, expect } from "bun:test";
import { lstatSync, readFileSync, readlinkSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { ENOENT } from "../../src/abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_PATH } from "../../src/abi/fcntl.ts";
import { findCgroups } from "../../src/core/cgroup-facts.ts";
import { allNamespaces, boxTest, inBox } from "../harness/boxed.ts";
import { isRoot, skipUnless } from "../harness/skip.ts";
import { stages } from "../harness/stages.ts";

const both = stages();

describe("/proc and /sys", () => {
  boxTest("show the container's processes, and cannot be used to configure the machine", () =>
    inBox(both, {}, async (box) => {
      const readonly = box.view.mounts.filter((it) => it.options.includes("ro")).map((it) => it.point);
      expect(readonly).toContain("/sys");
      expect(readonly).toContain("/proc/sys");
      const script = `
        ls -d /proc/[0-9]*
        for f in /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches /proc/sysrq-trigger /sys/kernel/uevent_helper; do
          [ ! -e $f ] || sh -c "echo > $f" 2>&1 || true
        done`;
      const [pids, ...refusals] = (await box.sh(script)).split("\n");
      expect(pids).toBe("/proc/1");
      expect(refusals.length).toBeGreaterThan(1);
      for (const it of refusals) expect(it).toContain("Read-only file system");
    }),
  );

  boxTest("show nothing where they are masked", () =>
    inBox(both, {}, async (box) => {
      const there = ["interrupts", "timer_list", "keys", "kcore"].filter((it) =>
        lstatSync(`/proc/${it}`, { throwIfNoEntry: false }),
      );
      expect(there).toContain("interrupts");
      const masked = box.view.mounts.map((it) => it.point);
      for (const it of there) expect(masked).toContain(`/proc/${it}`);
      const script = there.map((it) => `test -c /proc/${it} && head -c 1 /proc/${it} | wc -c`).join("; ");
      expect(
        await box.sh(`${script}; for d in /proc/acpi /proc/scsi /sys/firmware; do [ ! -d $d ] || ls -A $d; done`),
      ).toBe(there.map(() => "0").join("\n"));
    }),
  );

  boxTest("without a pid namespace /proc shows the host's processes, still with everything masked", () =>
    inBox(both, { namespaces: ["mount", "ipc", "network"] }, async (box) => {
      expect(box.view.mounts.map((it) => it.point)).toContain("/proc/interrupts");
      expect(await box.sh(`test -d /proc/${process.pid} && cat /proc/interrupts`)).toBe("");
    }),
  );
});

describe("/sys/fs/cgroup", () => {
  const facts = findCgroups();
  const folders = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/memory"];
  const cgroupTest = skipUnless(isRoot && facts.version !== "none", "needs root and a place for cgroups");

  for (const own of [true, false]) {
    cgroupTest(
      `shows the container's own cgroup and nothing above it, ${own ? "with" : "without"} a cgroup namespace`,
      () =>
        inBox(both, { grouped: true, namespaces: own ? [...allNamespaces, "cgroup"] : allNamespaces }, async (box) => {
          const mounts = box.view.mounts.filter((it) => it.point.startsWith("/sys/fs/cgroup"));
          for (const it of mounts)
            expect(it.options).toEqual(expect.arrayContaining(["ro", "nosuid", "nodev", "noexec"]));
          const script = folders.map((it) => `[ ! -e ${it}/cgroup.procs ] || cat ${it}/cgroup.procs`).join("; ");
          const pids = new Set((await box.sh(script)).split("\n").filter((it) => it !== "0"));
          expect([...pids][0]).toBe("1"); // the shell; then whichever cat has looked
        }),
    );
  }

  cgroupTest("cannot be written to", () =>
    inBox(both, { grouped: true }, async (box) => {
      const script = folders.map((it) => `[ ! -e ${it}/cgroup.procs ] || echo 1 > ${it}/cgroup.procs`).join("; ");
      const { output } = await box.run("sh", "-c", `(${script}) 2>&1; mkdir /sys/fs/cgroup/x 2>&1`);
      const lines = output.trimEnd().split("\n");
      expect(lines.length).toBeGreaterThan(1);
      for (const it of lines) expect(it).toContain("Read-only file system");
    }),
  );

  boxTest("is empty where the container has no cgroup of its own", () =>
    inBox(both, {}, async (box) => expect(await box.sh("ls -A /sys/fs/cgroup")).toBe("")),
  );
});

describe("/dev", () => {
  boxTest("has the nodes that every program expects, and no other", () =>
    inBox(both, {}, async (box) => {
      const listed = await box.sh(
        "cd /dev; for i in *; do [ -L $i ] || [ ! -c $i ] || stat -c '%n %t:%T %a' $i; done; ls -A",
      );
      expect(listed.split("\n")).toEqual([
        ...["full 1:7 666", "null 1:3 666", "random 1:8 666", "tty 5:0 666", "urandom 1:9 666", "zero 1:5 666"],
        ...["core", "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty"],
        ...["urandom", "zero"],
      ]);
    }),
  );

  boxTest("has its own terminals, which begin at 0", () =>
    inBox(both, {}, async ({ stage }) => {
      const master = await stage.openat(AT_FDCWD, "/dev/ptmx", 2 | O_CLOEXEC, 0);
      const number = await stage.ioctl_get(master, 0x80045430, 4); // TIOCGPTN
      expect([...stage.bytes(number)]).toEqual([0, 0, 0, 0]);
      const slave = await stage.openat(AT_FDCWD, "/dev/pts/0", O_PATH | O_CLOEXEC, 0, { tolerate: [ENOENT] });
      expect(stage.value(slave)).toBeGreaterThan(0);
    }),
  );

  boxTest("has a console to mount the terminal on, if there is one", () =>
    inBox(both, { change: (spec) => Object.assign(spec.process, { terminal: true }) }, async (box) => {
      expect(await box.sh("stat -c '%F %a' /dev/console")).toBe("regular empty file 600");
    }),
  );

  boxTest("has what --device asks for, wherever that is", () => {
    const fuse = { type: "c" as const, major: 10, minor: 229, fileMode: 0o600, uid: 3, gid: 4 };
    const devices = [
      { ...fuse, path: "/dev/fuse" },
      { ...fuse, path: "/dev/net/deep/tun" },
      { ...fuse, path: "/srv/node" },
    ];
    return inBox(both, { change: (spec) => spec.linux.devices?.push(...devices) }, async (box) => {
      const seen = await box.sh("stat -c '%t:%T %a %u %g' /dev/fuse /dev/net/deep/tun /srv/node");
      expect(seen.split("\n")).toEqual(Array.from({ length: 3 }, () => "a:e5 600 3 4"));
    });
  });

  boxTest("/dev/shm has the size that was asked for", () =>
    inBox(
      both,
      {
        change: (spec) => {
          const shm = spec.mounts.find((it) => it.destination === "/dev/shm");
          shm?.options?.splice(-1, 1, "size=1048576");
        },
      },
      async (box) => expect(await box.sh("df -k /dev/shm | awk 'NR==2 {print $2}'")).toBe("1024"),
    ),
  );
});

describe("/etc", () => {
  boxTest("hosts, hostname and resolv.conf are files of the host, and the image's stay as they are", () =>
    inBox(both, {}, async (box) => {
      expect(box.view.mounts.map((it) => it.point)).toContain("/etc/hosts");
      const seen = await box.sh("cat /etc/hostname; head -n 1 /etc/hosts; echo 10.0.0.1 other >> /etc/hosts");
      expect(seen).toBe("box\n127.0.0.1\tlocalhost");
      const folder = join(box.folder, "state/containers/box/etc");
      expect(readFileSync(`${folder}/hosts`, "utf8")).toContain("other");
      expect(() => lstatSync(`${box.rootfs}/etc/hosts`)).toThrow("ENOENT");
    }),
  );

  boxTest("a resolv.conf that is a link is covered itself, wherever it leads", async () => {
    for (const to of ["../run/nowhere", "/etc/passwd", "resolv.conf"]) {
      await inBox(
        both,
        { prepare: (folder) => symlinkSync(to, join(folder, "rootfs/etc/resolv.conf")) },
        async (box) => {
          expect(
            await box.sh("test ! -L /etc/resolv.conf && test -f /etc/resolv.conf && head -n1 /etc/passwd"),
          ).toContain("root:");
          expect(readlinkSync(`${box.rootfs}/etc/resolv.conf`)).toBe(to);
        },
      );
    }
  });

  boxTest("what the user mounts there himself wins", () => {
    const source = "/etc/hostname";
    return inBox(
      both,
      { mounts: [{ destination: "/etc/hosts", type: "bind", source, options: ["bind"] }] },
      async (box) => {
        expect(box.view.mounts.filter((it) => it.point === "/etc/hosts")).toHaveLength(1);
        expect(await box.sh("cat /etc/hosts")).toBe(readFileSync(source, "utf8").trimEnd());
      },
    );
  });
});

describe("the root", () => {
  boxTest("can be read-only, while what is mounted in it is not", () =>
    inBox(both, { change: (spec) => Object.assign(spec.root, { readonly: true }) }, async (box) => {
      expect(box.view.mounts.find((it) => it.point === "/")?.options).toContain("ro");
      const { code, output } = await box.run("sh", "-c", "echo a > /dev/shm/ok && touch /dev/x && touch /tmp/x");
      expect({ code, output }).toEqual({ code: 1, output: "touch: /tmp/x: Read-only file system\n" });
    }),
  );

  boxTest("gets the working directory that the image lacks", () =>
    inBox(both, { change: (spec) => Object.assign(spec.process, { cwd: "/a/b/../c" }) }, async (box) => {
      expect(await box.sh("cd /a/c && stat -c %a . ..")).toBe("755\n755");
    }),
  );

  boxTest("of a bundle is its folder as it is", () =>
    inBox(
      both,
      {
        change: (spec, folder) => {
          delete spec.annotations["minidocker.overlay"];
          spec.root.path = join(folder, "rootfs");
        },
      },
      async (box) => {
        await box.sh("echo x > /new");
        expect(readFileSync(`${box.rootfs}/new`, "utf8")).toBe("x\n");
      },
    ),
  );
});

describe("in a user namespace", () => {
  const user = ["user", ...allNamespaces] as const;

  boxTest("device nodes are the host's, one by one", () =>
    inBox(both, { namespaces: user }, async (box) => {
      const devices = box.view.mounts.filter((it) => it.type === "devtmpfs" && it.point.startsWith("/dev"));
      expect(devices.map((it) => it.point).toSorted()).toEqual(
        ["full", "null", "random", "tty", "urandom", "zero"].map((it) => `/dev/${it}`),
      );
      expect(await box.sh("head -c 3 /dev/zero | wc -c; echo x > /dev/null; cat /dev/null")).toBe("3");
    }),
  );

  boxTest("a merged folder can be removed and made again, or it is said that it cannot", () =>
    inBox(both, { namespaces: user }, async (box) => {
      if (box.notices.join().includes("cannot be made again")) {
        expect((await box.run("sh", "-c", "rm -r /home; mkdir /home")).output).toContain("Input/output error");
        return;
      }
      await box.sh("rm -r /etc/passwd /home && mkdir /home && echo x > /home/y && ls -A /home");
      expect(statSync(`${box.rootfs}/etc/passwd`).size).toBeGreaterThan(0);
    }),
  );

  boxTest("/proc, /sys and message queues are mounted where the namespaces they show are the container's own", () =>
    inBox(both, { namespaces: user }, (box) => {
      const types = new Map(box.view.mounts.map((it) => [it.point, it.type]));
      expect([types.get("/proc"), types.get("/sys"), types.get("/dev/mqueue")]).toEqual(["proc", "sysfs", "mqueue"]);
      expect(box.notices.join()).not.toContain("the kernel does not permit");
    }),
  );

  boxTest("they are the host's, read-only, or missing where they are not, and that is said", () =>
    inBox(both, { namespaces: ["user", "mount"] }, async (box) => {
      expect(box.notices.slice(0, 3)).toEqual([
        "/proc is the host's: here the kernel does not permit the container one of its own",
        "/sys is the host's: here the kernel does not permit the container one of its own",
        "/dev/mqueue stays empty: here the kernel does not permit the container a mqueue of its own",
      ]);
      for (const it of box.view.mounts.filter(({ point }) => point.startsWith("/sys")))
        expect(it.options).toContain("ro");
      expect(await box.sh("cat /proc/interrupts; sh -c 'echo > /proc/sys/kernel/hostname' 2>&1 | tail -n 1")).toContain(
        "Read-only file system",
      );
    }),
  );
});
