// What every layer owes, here for the overlay: a plan that is what is done, an explanation for each step, a judgement from outside,
// kernel parameters only of its own namespaces.

import { describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Construction } from "../../src/core/pipeline.ts";
import type { Spec } from "../../src/core/spec.ts";
import { View } from "../../src/core/view.ts";
import { namespaces } from "../../src/layers/namespaces.ts";
import { overlay } from "../../src/layers/overlay/index.ts";
import { launchPlan } from "../../src/stage/launch.ts";
import { Session } from "../../src/stage/stage.ts";
import { allNamespaces, type BoxOptions, boxTest, inBox } from "../harness/boxed.ts";
import { stages } from "../harness/stages.ts";

const both = stages();

interface Made {
  readonly call: string;
  readonly step: string;
}

/** Notes each call of the layer in the session. */
function record(session: Session): Made[] {
  const made: Made[] = [];
  session.observers.push({
    before: ({ name, origin, role }) => {
      if (origin.layer === "overlay" && !origin.step.startsWith("take back"))
        made.push({ call: `${role} ${name}`, step: origin.step });
    },
  });
  return made;
}

/** With everything that makes the layer do something more. */
const everything: BoxOptions = {
  mounts: [
    { destination: "/data", type: "bind", source: "/usr", options: ["rbind", "ro"] },
    { destination: "/slave", type: "bind", source: "/usr", options: ["rbind", "rslave"] },
    { destination: "/memory", type: "tmpfs", source: "tmpfs", options: ["size=1m"] },
  ],
  change: (spec) => {
    spec.root.readonly = true;
    spec.process.cwd = "/work";
    spec.linux.sysctl = { "net.ipv4.ip_unprivileged_port_start": "0" };
  },
};

const variants: readonly [string, BoxOptions][] = [
  ["all that it can do", everything],
  ["in a user namespace", { namespaces: ["user", ...allNamespaces] }],
  ["without a mount namespace", { namespaces: ["pid"] }],
  ["switched off", { without: ["overlay"] }],
  ["switched off, without a mount namespace", { without: ["overlay"], namespaces: ["pid"] }],
  [
    "for a bundle",
    {
      change: (spec, folder) => {
        delete spec.annotations["minidocker.overlay"];
        spec.root.path = join(folder, "rootfs");
        spec.mounts = [];
        // what is to be masked in the image's own folder is known only there
        spec.linux.maskedPaths = [];
        spec.linux.rootfsPropagation = "shared";
      },
    },
  ],
];

describe("the steps", () => {
  for (const [name, options] of variants) {
    boxTest(`of the layer, ${name}, are each explained`, async () => {
      const made = record(both.session);
      await inBox(both, options, (box) => {
        const { steps, about } = overlay.explain(box.context.spec);
        const taken = [...new Set(made.map((it) => it.step))];
        expect(taken.length).toBeGreaterThan(4);
        expect(taken.filter((it) => steps[it] === undefined)).toEqual([]);
        expect(about.length).toBeGreaterThan(500);
      });
    });

    boxTest(`of a plan, ${name}, are those of the deed, in the same order`, async () => {
      const made = record(both.session);
      let spec: Spec | undefined;
      let facts: Construction["facts"] | undefined;
      await inBox(both, options, (box) => {
        ({ spec, facts } = box.context);
      });
      const session = new Session();
      const planned = record(session);
      const host = await launchPlan(session);
      const plan = new Construction({
        spec: spec as Spec,
        facts: facts as Construction["facts"],
        session,
        host,
        journal: () => {},
        notice: () => {},
      });
      await plan.build([namespaces, overlay]);
      plan.stage.flush();
      plan.release();
      const order = (list: readonly Made[]): string[] =>
        list.map((it) => it.step).filter((it, i, all) => it !== all[i - 1]);
      expect(order(planned)).toEqual(order(made));
    });
  }
});

describe("from outside", () => {
  const verdicts = (view: View): Record<string, string> =>
    Object.fromEntries(overlay.verify(view).map((it) => [it.id, it.verdict]));
  const ids = ["root", "host-tree", "layers", "propagation", "changes", "dev", "sys", "settings", "masks"].map(
    (it) => `overlay.${it}`,
  );
  const all = (verdict: string): Record<string, string> => Object.fromEntries(ids.map((it) => [it, verdict]));

  boxTest("a container's file tree is seen to be in force", () =>
    inBox(both, {}, (box) => expect(overlay.verify(box.view).filter((it) => it.verdict !== "yes")).toEqual([])),
  );

  boxTest("also in a user namespace", () =>
    inBox(both, { namespaces: ["user", ...allNamespaces] }, (box) => expect(verdicts(box.view)).toEqual(all("yes"))),
  );

  boxTest("a process of the host has none of it", () => expect(verdicts(new View(process.pid))).toEqual(all("no")));

  boxTest("nor has one in a chroot without a mount namespace", () =>
    inBox(both, { namespaces: ["pid"] }, (box) => expect(verdicts(box.view)).toEqual(all("no"))),
  );

  boxTest("with the layer off, what is not there is not taken for protected", () =>
    inBox(both, { without: ["overlay"] }, (box) =>
      expect(verdicts(box.view)).toEqual({
        ...all("yes"),
        "overlay.layers": "no",
        "overlay.dev": "no",
        "overlay.sys": "no",
        "overlay.settings": "no",
        "overlay.masks": "no",
      }),
    ),
  );

  boxTest(
    "each protection that is taken away is missed",
    async () => {
      const cases: readonly [string, BoxOptions["change"]][] = [
        [
          "overlay.masks",
          (spec) => {
            spec.linux.maskedPaths = [];
          },
        ],
        [
          "overlay.masks",
          (spec) => {
            spec.linux.maskedPaths = spec.linux.maskedPaths?.filter((it) => it !== "/proc/keys") ?? [];
          },
        ],
        [
          "overlay.settings",
          (spec) => {
            spec.linux.readonlyPaths = [];
          },
        ],
        [
          "overlay.sys",
          (spec) => {
            spec.mounts = spec.mounts.map((it) => (it.type === "sysfs" ? { ...it, options: [] } : it));
          },
        ],
        [
          "overlay.dev",
          (spec) => spec.mounts.push({ destination: "/hostdev", type: "bind", source: "/dev", options: ["rbind"] }),
        ],
        [
          "overlay.dev",
          (spec) => {
            spec.mounts = spec.mounts.filter((it) => !/^\/dev(\/|$)/.test(it.destination));
          },
        ],
        [
          "overlay.host-tree",
          (spec) => spec.mounts.push({ destination: "/host", type: "bind", source: "/", options: ["bind"] }),
        ],
        [
          "overlay.propagation",
          (spec) => {
            spec.linux.rootfsPropagation = "shared";
          },
        ],
      ];
      for (const [id, change] of cases) {
        await inBox(both, { change: (spec, folder) => void change?.(spec, folder) }, (box) => {
          expect({ id, missed: Object.entries(verdicts(box.view)).filter(([, it]) => it !== "yes") }).toEqual({
            id,
            missed: [[id, "no"]],
          });
        });
      }
    },
    60_000,
  );
});

describe("a kernel parameter", () => {
  const sysctl = (settings: Record<string, string>, more: BoxOptions = {}): BoxOptions => ({
    ...more,
    change: (spec) => {
      spec.linux.sysctl = settings;
    },
  });
  const host = (name: string): string => readFileSync(`/proc/sys/${name}`, "utf8");

  boxTest("of a namespace of its own is set inside, and not on the host", async () => {
    const before = [host("net/ipv4/ip_default_ttl"), host("kernel/msgmax"), host("fs/mqueue/msg_max")];
    const settings = { "net.ipv4.ip_default_ttl": "33", "kernel.msgmax": "4242", "fs.mqueue.msg_max": "7" };
    await inBox(both, sysctl(settings), async (box) => {
      expect(await box.sh("cd /proc/sys; cat net/ipv4/ip_default_ttl kernel/msgmax fs/mqueue/msg_max")).toBe(
        "33\n4242\n7",
      );
      expect([host("net/ipv4/ip_default_ttl"), host("kernel/msgmax"), host("fs/mqueue/msg_max")]).toEqual(before);
    });
  });

  const refusals: readonly [string, BoxOptions, string][] = [
    ["of the whole machine", sysctl({ "kernel.core_pattern": "|/evil" }), "belongs to no namespace"],
    ["that climbs to one", sysctl({ "net/../kernel/core_pattern": "|/evil" }), "is no name of a sysctl"],
    [
      "of the host's network",
      sysctl({ "net.ipv4.ip_forward": "0" }, { namespaces: ["mount", "pid", "ipc"] }),
      "network namespace of the container's own",
    ],
    [
      "of a network that is joined",
      {
        change: (spec) => {
          spec.linux.sysctl = { "net.ipv4.ip_forward": "0" };
          spec.linux.namespaces = spec.linux.namespaces.map((it) =>
            it.type === "network" ? { ...it, path: "/proc/self/ns/net" } : it,
          );
        },
      },
      "it would change whoever else is in the one that is joined",
    ],
    ["that does not exist", sysctl({ "net.ipv4.no_such_thing": "1" }), "this kernel has no net.ipv4.no_such_thing"],
    ["with a value that it does not take", sysctl({ "net.ipv4.ip_forward": "perhaps" }), "does not take that value"],
  ];
  for (const [name, options, message] of refusals) {
    boxTest(`${name} is refused`, async () => {
      const before = host("kernel/core_pattern");
      await expect(inBox(both, options, () => {})).rejects.toThrow(message);
      expect(host("kernel/core_pattern")).toBe(before);
    });
  }
});
