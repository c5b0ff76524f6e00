// What a configuration can ask for, and no option of `run` does.

import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import type { Phase } from "../../src/core/layer.ts";
import { prepareProcess, STREAMS, settleProcess } from "../../src/core/process.ts";
import { type NamespaceType, namespaceOf, type Spec } from "../../src/core/spec.ts";
import { View } from "../../src/core/view.ts";
import { allNamespaces, type Box, type BoxOptions, boxTest, inBox } from "../harness/boxed.ts";
import { stages } from "../harness/stages.ts";

const both = stages();
const own = new View(process.pid);

/** The namespace of that type that `box` is in, instead of a new one. */
const joins =
  (box: Box, type: NamespaceType, file: string) =>
  (spec: Spec): void => {
    spec.linux.namespaces = spec.linux.namespaces.filter((it) => it.type !== type);
    spec.linux.namespaces.push({ type, path: `/proc/${box.pid}/ns/${file}` });
  };

for (const [type, file] of [
  ["uts", "uts"],
  ["ipc", "ipc"],
  ["network", "net"],
  ["cgroup", "cgroup"],
] as const) {
  boxTest(`of a namespace that exists it becomes a member, and changes nothing: ${type}`, async () => {
    const options: BoxOptions = { namespaces: [...allNamespaces, "cgroup"], grouped: true };
    await inBox(both, { ...options, id: "first" }, async (first) => {
      const change = (spec: Spec): void => {
        spec.linux.cgroupsPath = `${spec.linux.cgroupsPath}-second`;
        spec.hostname = "second";
        joins(first, type, file)(spec);
      };
      await inBox(both, { ...options, change }, async (second) => {
        const shared = ["uts", "ipc", "net", "cgroup"].filter(
          (it) => second.view.namespace(it) === first.view.namespace(it),
        );
        expect(shared).toEqual([file]);
        expect(first.view.namespace(file)).not.toBe(own.namespace(file));
        expect(await second.sh("hostname")).toBe(type === "uts" ? "box" : "second");
      });
      expect(await first.sh("hostname")).toBe("box");
    });
  });
}

for (const type of ["pid", "user", "time"] as const) {
  boxTest(`one that a process is born into cannot be joined: ${type}`, async () => {
    const change = ({ linux }: Spec): void => {
      linux.namespaces = [{ type: "mount" }, { type, path: `/proc/self/ns/${type}` }];
    };
    const made = inBox(both, { change }, () => {});
    await expect(made).rejects.toThrow(`linux.namespaces[1].path: a ${type} namespace cannot be joined`);
  });
}

boxTest("the domain name is the container's own", async () => {
  const change = (spec: Spec): void => {
    spec.domainname = "inside.test";
  };
  const before = readFileSync("/proc/sys/kernel/domainname", "utf8");
  await inBox(both, { change }, async (box) => {
    expect(namespaceOf(box.context.spec, "uts")).toEqual({ type: "uts" });
    expect(await box.sh("cat /proc/sys/kernel/domainname")).toBe("inside.test");
  });
  expect(readFileSync("/proc/sys/kernel/domainname", "utf8")).toBe(before);
});

/** As with a terminal, where the program's streams are connected before. */
async function prepare(box: Box, ...phases: Phase[]): Promise<void> {
  STREAMS.leave(box.context, { inside: [0, 1, 2], stdin: -1, stdout: -1, stderr: -1 });
  await box.context.build(phases);
}

boxTest("files of the program are made with the umask that is asked for, else with 022", async () => {
  for (const umask of [0o077, undefined]) {
    const change = ({ process }: Spec): void => {
      if (umask !== undefined) process.user.umask = umask;
    };
    await inBox(both, { change }, async (box) => {
      await prepare(box, settleProcess);
      expect(await box.sh("umask")).toBe(umask === undefined ? "0022" : "0077");
    });
  }
});

boxTest("when memory runs out, the process is chosen by the score that is asked for", async () => {
  const change = (spec: Spec): void => {
    spec.process.terminal = true;
    spec.process.oomScoreAdj = 500;
  };
  await inBox(both, { change }, async (box) => {
    await prepare(box, prepareProcess);
    expect(await box.sh("cat /proc/self/oom_score_adj")).toBe("500");
  });
});

boxTest("a limit that no kernel has is refused by its place", async () => {
  for (const type of ["RLIMIT_MOOD", "constructor"]) {
    const change = (spec: Spec): void => {
      spec.process.terminal = true;
      spec.process.rlimits = [{ type, soft: 1, hard: 1 }];
    };
    await inBox(both, { change }, async (box) => {
      await expect(prepare(box, prepareProcess)).rejects.toThrow(`process.rlimits: no limit is called "${type}"`);
    });
  }
});
