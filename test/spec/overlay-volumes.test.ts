// Volumes: what of the host the container sees, whether it may write there, and what mounts made later spread.

import { describe, expect } from "bun:test";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EROFS } from "../../src/abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_WRONLY } from "../../src/abi/fcntl.ts";
import { MS_PRIVATE, MS_REC, MS_SHARED } from "../../src/abi/mount.ts";
import { CLONE_NEWNS } from "../../src/abi/sched.ts";
import type { Spec } from "../../src/core/spec.ts";
import type { Stage } from "../../src/stage/stage.ts";
import { allNamespaces, type BoxOptions, boxTest, inBox } from "../harness/boxed.ts";
import { stages } from "../harness/stages.ts";

const both = stages();

/** `source` is a folder with a file, in the test's folder, mounted at `destination`. */
function volume(
  destination: string,
  options: readonly string[] = ["rbind", "rprivate"],
  more: BoxOptions = {},
): BoxOptions {
  return {
    ...more,
    prepare: async (folder, host) => {
      mkdirSync(join(folder, "source/sub"), { recursive: true });
      writeFileSync(join(folder, "source/file"), "the host's\n");
      await more.prepare?.(folder, host);
    },
    change: (spec, folder) => {
      spec.mounts.push({ destination, type: "bind", source: join(folder, "source"), options: [...options] });
      more.change?.(spec, folder);
    },
  };
}

/** A mount namespace of the host stage's own, so that nothing of this reaches the machine. */
async function privateMounts(host: Stage): Promise<void> {
  await host.unshare(CLONE_NEWNS);
  await host.mount(null, "/", null, MS_REC | MS_PRIVATE, null);
}

describe("a volume", () => {
  boxTest("is a folder of the host, which both can write to", () =>
    inBox(both, volume("/data"), async (box) => {
      expect(await box.sh("cat /data/file; echo mine > /data/new")).toBe("the host's");
      expect(readFileSync(join(box.folder, "source/new"), "utf8")).toBe("mine\n");
    }),
  );

  boxTest("with ro cannot be written to", () =>
    inBox(both, volume("/data", ["rbind", "ro"]), async (box) => {
      const { stage } = box;
      const file = await stage.openat(AT_FDCWD, "/data/file", O_WRONLY | O_CLOEXEC, 0, { tolerate: [EROFS] });
      expect(stage.value(file)).toBe(-EROFS);
      expect((await box.run("touch", "/data/new")).output).toContain("Read-only file system");
    }),
  );

  boxTest("with ro cannot be written to where something else is mounted in it either", () =>
    inBox(
      both,
      volume("/data", ["rbind", "ro"], {
        prepare: async (folder, host) => {
          await privateMounts(host);
          await host.mount("tmpfs", join(folder, "source/sub"), "tmpfs", 0, null);
          host.flush();
        },
      }),
      async (box) => {
        expect(
          box.view.mounts.filter((it) => it.point.startsWith("/data")).map((it) => it.options.includes("ro")),
        ).toEqual([true, true]);
        expect((await box.run("touch", "/data/sub/new")).output).toContain("Read-only file system");
      },
    ),
  );

  boxTest("can be a single file, for which an empty one is made in the image's stead", () =>
    inBox(
      both,
      {
        prepare: (folder) => writeFileSync(join(folder, "one"), "content\n"),
        change: (spec, folder) =>
          spec.mounts.push({
            destination: "/etc/deep/one",
            type: "bind",
            source: join(folder, "one"),
            options: ["bind"],
          }),
      },
      async (box) => {
        expect(await box.sh("cat /etc/deep/one; echo more >> /etc/deep/one")).toBe("content");
        expect(readFileSync(join(box.folder, "one"), "utf8")).toBe("content\nmore\n");
        expect(readFileSync(join(box.upper, "etc/deep/one"), "utf8")).toBe("");
      },
    ),
  );

  boxTest("of flags that belong to the mount has those that were asked for", () =>
    inBox(both, volume("/data", ["rbind", "nosuid", "nodev", "noexec", "noatime"]), (box) => {
      const mount = box.view.mounts.find((it) => it.point === "/data");
      expect(mount?.options).toEqual(["rw", "nosuid", "nodev", "noexec", "noatime"]);
    }),
  );

  boxTest("is mounted where a link of the image leads, inside the container", () =>
    inBox(
      both,
      volume("/var/run/data", ["rbind"], {
        prepare: (folder) => {
          mkdirSync(join(folder, "rootfs/run"));
          symlinkSync("/run", join(folder, "rootfs/var/run"));
        },
      }),
      (box) => expect(box.view.mounts.map((it) => it.point)).toContain("/run/data"),
    ),
  );

  boxTest("whose destination climbs with .. stays inside", () =>
    inBox(both, volume("/../../../../tmp/../data"), (box) =>
      expect(box.view.mounts.map((it) => it.point)).toContain("/data"),
    ),
  );

  boxTest("in a user namespace can be read-only, too", () =>
    inBox(both, volume("/data", ["rbind", "ro"], { namespaces: ["user", ...allNamespaces] }), async (box) =>
      expect((await box.run("touch", "/data/new")).output).toContain("Read-only file system"),
    ),
  );
});

describe("refused is a volume", () => {
  const cases: readonly [string, Spec["mounts"][number], string][] = [
    [
      "without a source",
      { destination: "/data", type: "bind", source: "/no/such", options: ["rbind"] },
      "there is no /no/such on the host",
    ],
    [
      "over the root",
      { destination: "/a/..", type: "bind", source: "/usr", options: ["rbind"] },
      "cannot be mounted over the container's root",
    ],
    ["over /proc", { destination: "/proc", type: "bind", source: "/usr", options: ["rbind"] }, "leads into /proc"],
    ["in /proc", { destination: "/proc/self", type: "bind", source: "/usr", options: ["rbind"] }, "symbolic link"],
    ["on /dev/fd", { destination: "/dev/fd", type: "bind", source: "/usr", options: ["rbind"] }, "symbolic link"],
    [
      "with an option that is none",
      { destination: "/data", type: "bind", source: "/usr", options: ["rbind", "fast"] },
      "options that are none: fast",
    ],
  ];
  for (const [name, mount, message] of cases) {
    boxTest(name, () => expect(inBox(both, { mounts: [mount] }, () => {})).rejects.toThrow(message));
  }

  boxTest("over a folder of the image with a file", async () => {
    const mount = { destination: "/home", type: "bind", source: "/etc/hostname", options: ["bind"] };
    await expect(inBox(both, { mounts: [mount] }, () => {})).rejects.toThrow("one is a folder and the other is not");
  });
});

describe("mounts made later", () => {
  const later = (propagation: string): BoxOptions =>
    volume("/data", ["rbind", propagation], {
      prepare: async (folder, host) => {
        await privateMounts(host);
        await host.mount("tmpfs", join(folder, "source/sub"), "tmpfs", 0, null);
        await host.mount(null, join(folder, "source/sub"), null, MS_SHARED, null);
        await host.mkdirat(AT_FDCWD, join(folder, "source/sub/late"), 0o755);
        host.flush();
      },
    });

  for (const [propagation, inside, outside] of [
    ["rprivate", false, false],
    ["rslave", true, false],
    ["rshared", true, true],
  ] as const) {
    boxTest(
      `${propagation}: ${inside ? "appear" : "do not appear"} inside, and ${outside ? "appear" : "do not appear"} outside`,
      () =>
        inBox(both, later(propagation), async (box) => {
          const { host } = box.context;
          await host.mount("tmpfs", join(box.folder, "source/sub/late"), "tmpfs", 0, null);
          host.flush();
          expect(box.view.mounts.some((it) => it.point === "/data/sub/late")).toBe(inside);
          const { stage } = box;
          await stage.mkdirat(AT_FDCWD, "/data/sub/other", 0o755);
          await stage.mount("tmpfs", "/data/sub/other", "tmpfs", 0, null);
          stage.flush();
          const seen = readFileSync(`/proc/${host.value(await host.getpid())}/mountinfo`, "utf8");
          expect(seen.includes("source/sub/other ")).toBe(outside);
        }),
    );
  }
});

describe("a file system in memory", () => {
  boxTest("is mounted with its options", () =>
    inBox(
      both,
      {
        mounts: [
          {
            destination: "/scratch",
            type: "tmpfs",
            source: "tmpfs",
            options: ["noexec", "nosuid", "nodev", "size=1m", "mode=700"],
          },
        ],
      },
      async (box) => {
        const mount = box.view.mounts.find((it) => it.point === "/scratch");
        expect([mount?.type, mount?.options]).toEqual(["tmpfs", ["rw", "nosuid", "nodev", "noexec", "relatime"]]);
        expect(await box.sh("stat -c %a /scratch; df -k /scratch | awk 'NR==2 {print $2}'")).toBe("700\n1024");
      },
    ),
  );

  boxTest("with an option that tmpfs does not know is refused", async () => {
    const mount = { destination: "/scratch", type: "tmpfs", source: "tmpfs", options: ["colour=red"] };
    await expect(inBox(both, { mounts: [mount] }, () => {})).rejects.toThrow(
      "tmpfs does not take these options: colour=red",
    );
  });
});
