// Where cgroups are, told from /proc and mounts of hosts of every kind.

import { describe, expect, test } from "bun:test";
import { cgroupFacts } from "../../src/core/cgroup-facts.ts";
import { CgroupPlace, foldersOf } from "../../src/core/cgroup-folders.ts";
import type { CgroupFacts } from "../../src/core/facts.ts";
import { parseMounts } from "../../src/core/view.ts";

describe("the path of a cgroup", () => {
  const v1: CgroupFacts = { version: "v1", parents: { cpu: "/cg/cpu", memory: "/cg/memory" }, controllers: [] };

  test("is relative to minidocker's folder in every tree", () => {
    expect([...CgroupPlace.of(v1, "/pod/web").folders]).toEqual([
      ["cpu", "/cg/cpu/minidocker/pod/web"],
      ["memory", "/cg/memory/minidocker/pod/web"],
    ]);
  });

  test("survives being written down", () => {
    const place = CgroupPlace.of(v1, "pod/web");
    const again = CgroupPlace.ofIntent(JSON.parse(JSON.stringify(place.intent())));
    expect([...again.folders]).toEqual([...place.folders]);
    expect(again.levels("/cg/cpu")).toEqual([
      "/cg/cpu/minidocker",
      "/cg/cpu/minidocker/pod",
      "/cg/cpu/minidocker/pod/web",
    ]);
  });

  test("never leads out of minidocker's folder", () => {
    for (const path of ["..", "a/../../b", "/", "", "a\nb", "system.slice:runc:web"]) {
      expect(() => CgroupPlace.of(v1, path)).toThrow(JSON.stringify(path));
    }
    expect(() => CgroupPlace.ofIntent({ parents: ["cpu=/cg/cpu"], path: "../etc" })).toThrow("'..'");
  });
});

describe("a process's cgroup", () => {
  const mounts = parseMounts(
    [
      "30 20 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
      "31 20 0:27 /docker/abc /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
      "32 20 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
    ].join("\n"),
  );

  test("is found through the mount of its tree, of which a mount may show only a part", () => {
    const text = "3:cpu,cpuacct:/docker/abc/x\n2:memory:/a:b\n1:pids:/unmounted\n0::/\n";
    expect([...foldersOf(text, mounts)]).toEqual([
      ["cpu", "/sys/fs/cgroup/cpu,cpuacct/x"],
      ["cpuacct", "/sys/fs/cgroup/cpu,cpuacct/x"],
      ["memory", "/sys/fs/cgroup/memory/a:b"],
      ["unified", "/sys/fs/cgroup/unified"],
    ]);
  });

  test("is unknown where no mount shows it", () => {
    expect([...foldersOf("3:cpu,cpuacct:/docker/other\n0::/../host\n", mounts)]).toEqual([]);
  });
});

describe("what a host offers", () => {
  const v2mount = "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate";
  const user = "/user.slice/user-1000.slice/user@1000.service";

  /** `files`: those that exist, by path below the mount; `mine`: the folders that may be written to. */
  function host(
    mounts: string,
    membership: string,
    files: Readonly<Record<string, string>>,
    mine: readonly string[],
  ): CgroupFacts {
    return cgroupFacts({
      mounts: parseMounts(mounts),
      memberships: membership,
      read: (path) => files[path.replace("/sys/fs/cgroup", "")],
      writable: (path) =>
        mine.includes(path.replace("/sys/fs/cgroup", "").replace(/\/cgroup\.(procs|subtree_control)$/, "")),
    });
  }

  test("root has the whole tree of v2, whatever the cgroup that it runs in", () => {
    const files = { "/cgroup.controllers": "cpuset cpu io memory pids\n", "/cgroup.procs": "1\n" };
    expect(host(v2mount, "0::/user.slice/session-1.scope\n", files, [""])).toEqual({
      version: "v2",
      parents: { unified: "/sys/fs/cgroup" },
      controllers: ["cpuset", "cpu", "io", "memory", "pids"],
    });
  });

  test("a user has the nearest cgroup of theirs that holds no processes", () => {
    const files = {
      [`${user}/app.slice/run.scope/cgroup.type`]: "domain",
      [`${user}/app.slice/run.scope/cgroup.procs`]: "77\n",
      [`${user}/app.slice/cgroup.type`]: "domain",
      [`${user}/app.slice/cgroup.procs`]: "",
      [`${user}/app.slice/cgroup.controllers`]: "memory pids",
    };
    const mine = [`${user}/app.slice/run.scope`, `${user}/app.slice`, user];
    expect(host(v2mount, `0::${user}/app.slice/run.scope\n`, files, mine)).toEqual({
      version: "v2",
      parents: { unified: `/sys/fs/cgroup${user}/app.slice` },
      controllers: ["memory", "pids"],
    });
  });

  test("a login session is root's, and says how to get a part of one's own", () => {
    const facts = host(v2mount, "0::/user.slice/user-1000.slice/session-3.scope\n", {}, [user]);
    expect(facts).toMatchObject({ version: "none", parents: {}, controllers: [] });
    expect(facts.problem).toContain("systemd-run --user --scope -p Delegate=yes");
  });

  test("inside another container the tree holds processes, so it hands on nothing that it does not already", () => {
    const files = {
      "/cgroup.type": "domain",
      "/cgroup.procs": "1\n",
      "/cgroup.subtree_control": "",
      "/cgroup.controllers": "pids",
    };
    const facts = host(v2mount, "0::/\n", files, [""]);
    expect(facts).toMatchObject({ version: "v2", parents: { unified: "/sys/fs/cgroup" }, controllers: [] });
    expect(facts.problem).toContain("holds processes");
  });

  const hybrid = [
    "31 20 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
    "32 20 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
    "33 20 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd",
    "34 20 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
  ].join("\n");
  const membership = "4:name=systemd:/\n3:cpu,cpuacct:/\n2:memory:/a\n1:freezer:/\n0::/\n";

  test("a hybrid host has v1's trees, and v2's beside them", () => {
    const mine = ["/memory", "/cpu,cpuacct", "/systemd", "/unified"];
    expect(host(hybrid, membership, {}, mine).parents).toEqual({
      systemd: "/sys/fs/cgroup/systemd",
      cpu: "/sys/fs/cgroup/cpu,cpuacct",
      cpuacct: "/sys/fs/cgroup/cpu,cpuacct",
      memory: "/sys/fs/cgroup/memory",
      unified: "/sys/fs/cgroup/unified",
    });
  });

  test("v1 is for root alone", () => {
    expect(host(hybrid, membership, {}, [])).toMatchObject({
      version: "none",
      problem: expect.stringContaining("run as root"),
    });
  });

  test("without any cgroup file system there is none", () => {
    expect(host("", "0::/\n", {}, [])).toMatchObject({
      version: "none",
      problem: expect.stringContaining("mount -t cgroup2"),
    });
  });

  test("one old tree for other software does not make a v1 host", () => {
    const mounts = `${v2mount}\n40 20 0:40 / /sys/fs/cgroup/net_cls rw - cgroup cgroup rw,net_cls`;
    expect(host(mounts, "2:net_cls:/\n0::/\n", { "/cgroup.controllers": "pids" }, [""])).toMatchObject({
      version: "v2",
    });
  });
});
