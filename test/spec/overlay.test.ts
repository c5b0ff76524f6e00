// The container's file tree: its layers, that nothing leads out of it, and what it is with the layer off.

import { describe, expect } from "bun:test";
import { lstatSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EROFS } from "../../src/abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_CREAT, O_DIRECTORY, O_RDONLY, O_WRONLY } from "../../src/abi/fcntl.ts";
import { MS_REC, MS_SHARED } from "../../src/abi/mount.ts";
import { CLONE_NEWNS } from "../../src/abi/sched.ts";
import { statx } from "../../src/abi/stat.ts";
import { parseMounts } from "../../src/core/view.ts";
import type { Stage } from "../../src/stage/stage.ts";
import { boxTest, inBox } from "../harness/boxed.ts";
import { stages } from "../harness/stages.ts";

const both = stages();
const hostMounts = (): string => readFileSync("/proc/self/mountinfo", "utf8");

/** A mount namespace for the host stage, in which everything is shared, as on most systems. */
async function sharedHost(host: Stage): Promise<() => string> {
  await host.unshare(CLONE_NEWNS);
  await host.mount(null, "/", null, MS_REC | MS_SHARED, null);
  const pid = host.value(await host.getpid());
  return () => readFileSync(`/proc/${pid}/mountinfo`, "utf8");
}

describe("layers", () => {
  boxTest("what is written goes to the container's own layer, and the image stays as it is", () =>
    inBox(both, {}, async (box) => {
      await box.sh("echo changed > /etc/passwd; echo new > /new; rm /etc/group; rm -r /home");
      expect(readFileSync(`${box.upper}/new`, "utf8")).toBe("new\n");
      expect(readFileSync(`${box.upper}/etc/passwd`, "utf8")).toBe("changed\n");
      expect(readFileSync(`${box.rootfs}/etc/passwd`, "utf8")).toContain("root:x:0:0");
      expect(statSync(`${box.rootfs}/home`).isDirectory()).toBe(true);
    }),
  );

  boxTest("a removed file of the image is a character device 0:0 in the container's own layer", () =>
    inBox(both, {}, async (box) => {
      await box.sh("rm /etc/group");
      const mark = lstatSync(`${box.upper}/etc/group`);
      expect(mark.isCharacterDevice()).toBe(true);
      expect(mark.rdev).toBe(0);
      expect(readFileSync(`${box.rootfs}/etc/group`, "utf8")).toContain("wheel");
    }),
  );

  boxTest("of several layers, the topmost that has a file shows it", () =>
    inBox(
      both,
      {
        prepare: (folder) => {
          for (const name of ["top", "middle"]) {
            mkdirSync(join(folder, name));
            writeFileSync(join(folder, name, "which"), name);
            writeFileSync(join(folder, name, name), "");
          }
        },
        lower: ["top", "middle", "rootfs"],
      },
      async (box) => expect(await box.sh("cat /which; echo; ls /top /middle")).toBe("top\n/middle\n/top"),
    ),
  );

  boxTest("100 layers whose paths do not fit into the page that mount(2) takes", () => {
    const many = Array.from({ length: 100 }, (_, i) => `${"long".repeat(40)}${i}`);
    const prepare = (folder: string): void => {
      for (const [i, name] of many.entries()) {
        mkdirSync(join(folder, name));
        writeFileSync(join(folder, name, `file${i}`), "");
      }
    };
    return inBox(both, { prepare, lower: [...many, "rootfs"] }, async (box) => {
      const open = [...(box.view.descriptors ?? new Map()).values()];
      expect(open.filter((it) => it.includes("long"))).toEqual([]);
      expect(await box.sh("ls /file* | wc -l")).toBe("100");
    });
  });

  boxTest("paths with the characters that overlayfs gives a meaning", () => {
    const odd = "a:b,c\\d e\"f'g";
    const prepare = (folder: string): void => {
      mkdirSync(join(folder, odd));
      writeFileSync(join(folder, odd, "found"), "");
    };
    return inBox(both, { prepare, lower: [odd, "rootfs"], id: odd }, async (box) => {
      await box.sh("test -e /found && echo x > /written");
      expect(readFileSync(join(box.folder, "data/containers", odd, "upper/written"), "utf8")).toBe("x\n");
    });
  });

  boxTest("a container's / looks the same to its other users, whatever the caller's umask", async () => {
    const before = process.umask(0o077);
    try {
      await inBox(both, {}, async (box) => {
        expect(await box.sh("stat -c %a / /proc /dev /dev/pts /dev/shm /etc/hosts")).toBe(
          "755\n555\n755\n755\n1777\n644",
        );
      });
    } finally {
      process.umask(before);
    }
  });
});

describe("the host", () => {
  boxTest("whose mounts are shared sees none of the container's", async () => {
    let look: () => string = () => "";
    let before = "";
    await inBox(
      both,
      {
        prepare: async (_, host) => {
          look = await sharedHost(host);
          before = look();
        },
      },
      async (box) => {
        expect(look()).toBe(before);
        expect(box.view.mounts.flatMap((it) => it.propagation)).toEqual([]);
        await box.sh("mkdir /m && mount -t tmpfs x /m");
        expect(look()).toBe(before);
      },
    );
    expect(look).not.toThrow();
  });

  boxTest("is in no mount of the container's", () =>
    inBox(both, {}, async (box) => {
      const points = box.view.mounts.map((it) => it.point);
      expect(points.toSorted()).toEqual([...new Set(points)].toSorted()); // nothing is hidden below something else
      const host = parseMounts(hostMounts()).filter((it) => it.source.startsWith("/dev/"));
      const roots = box.view.mounts.filter((it) =>
        host.some(({ source, root }) => it.source === source && it.root === root),
      );
      expect(roots).toEqual([]);
      expect(await box.sh("ls /")).toBe("bin\ndev\netc\nhome\nproc\nroot\nsys\ntmp\nusr\nvar");
    }),
  );

  boxTest("cannot be reached by a chroot within a chroot", () =>
    inBox(both, {}, async ({ stage }) => {
      const inode = async (path: string) => {
        const { stx_ino, stx_dev_minor } = statx.decode(
          new DataView(stage.bytes(await stage.statx(AT_FDCWD, path, 0, 0x7ff, statx.size)).slice().buffer),
        );
        return `${stx_dev_minor}:${stx_ino}`;
      };
      const root = await inode("/");
      await stage.mkdirat(AT_FDCWD, "/deep", 0o755);
      const outside = await stage.openat(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
      await stage.chroot("/deep");
      await stage.fchdir(outside);
      for (let i = 0; i < 20; i++) await stage.chdir("..");
      await stage.chroot(".");
      expect(await inode("/")).toBe(root);
    }),
  );

  boxTest("has no descriptor left in the container", () =>
    inBox(both, { mounts: [{ destination: "/v", type: "bind", source: "/usr", options: ["rbind", "ro"] }] }, (box) => {
      const open = [...(box.view.descriptors ?? [])].map(([fd, what]) => (fd > 2 ? what.replace(/\d+/, "N") : "std"));
      // the stage's channel, and the two ends of the pipe of this test
      expect(open.toSorted()).toEqual(["pipe:[N]", "pipe:[N]", "socket:[N]", "std", "std", "std"]);
    }),
  );

  boxTest("keeps its mounts when the container has no mount namespace, and the image is not changed", async () => {
    const before = hostMounts();
    await inBox(both, { namespaces: ["pid"], without: ["namespaces.mount"] }, async (box) => {
      expect(box.notices.join()).toContain("chroot");
      expect(hostMounts()).toBe(before);
      expect(box.view.ownNamespace("mnt", box.view.host)).toBe(false);
      expect(
        await box.sh(
          "echo x > /new; echo y > /dev/null; rm /etc/passwd; ls /; test -c /dev/null; cat /proc/1/status 2>&1 || true",
        ),
      ).toBe(
        "bin\ndev\netc\nhome\nnew\nproc\nroot\nsys\ntmp\nusr\nvar\ncat: can't open '/proc/1/status': No such file or directory",
      );
      expect(readFileSync(`${box.rootfs}/etc/passwd`, "utf8")).toContain("root");
      expect(readFileSync(`${box.upper}/new`, "utf8")).toBe("x\n");
    });
    expect(hostMounts()).toBe(before);
  });

  boxTest("and a root without a mount namespace can be read-only, too", () =>
    inBox(both, { namespaces: ["pid"], change: (spec) => Object.assign(spec.root, { readonly: true }) }, async (box) =>
      expect((await box.run("touch", "/x")).output).toContain("Read-only file system"),
    ),
  );

  boxTest("a mount namespace that is joined is left as it is", () =>
    inBox(
      both,
      {
        change: (spec) => {
          const mount = spec.linux.namespaces.find((it) => it.type === "mount");
          if (mount !== undefined) mount.path = "/proc/self/ns/mnt";
        },
      },
      (box) => expect(box.view.file("mountinfo")).toBe(hostMounts()),
    ),
  );

  boxTest("refuses an ordinary user a root without a mount namespace", async () => {
    const made = inBox(both, { namespaces: ["user", "pid"] }, () => {});
    await expect(made).rejects.toThrow("take the part namespaces.mount back in");
  });
});

describe("with the layer off", () => {
  boxTest("the root is the image, read-only, and there is nothing else", () =>
    inBox(both, { without: ["overlay"] }, async (box) => {
      expect(box.view.mounts.map(({ point, options }) => [point, options.includes("ro")])).toEqual([["/", true]]);
      const { stage } = box;
      const file = await stage.openat(AT_FDCWD, "/new", O_WRONLY | O_CREAT | O_CLOEXEC, 0o644, { tolerate: [EROFS] });
      expect(stage.value(file)).toBe(-EROFS);
      expect(await box.sh("ls /proc /sys /dev")).toBe("/dev:\n\n/proc:\n\n/sys:");
      expect(box.notices.join()).toContain("read-only");
    }),
  );

  boxTest("an image of several layers is still one tree, and still read-only", () =>
    inBox(
      both,
      {
        without: ["overlay"],
        prepare: (folder) => mkdirSync(join(folder, "top/sub"), { recursive: true }),
        lower: ["top", "rootfs"],
      },
      async (box) => {
        expect((await box.run("touch", "/sub/x")).output).toContain("Read-only file system");
      },
    ),
  );

  boxTest("and no mount namespace either, the image is read-only all the same", async () => {
    const before = hostMounts();
    await inBox(both, { without: ["overlay"], namespaces: ["pid"] }, async (box) => {
      expect(hostMounts()).toBe(before);
      const { code, output } = await box.run("rm", "-r", "/etc");
      expect({ code, output }).toMatchObject({ code: 1, output: expect.stringContaining("Read-only file system") });
    });
  });
});
