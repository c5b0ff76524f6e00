// What root may do: nothing that the kernel knows is left to a container because minidocker does not know it.

import { expect } from "bun:test";
import { findFacts } from "../../src/core/find-facts.ts";
import { Construction } from "../../src/core/pipeline.ts";
import { View } from "../../src/core/view.ts";
import { ordinarySpec } from "../../src/engine/explain.ts";
import { capabilities } from "../../src/layers/capabilities.ts";
import { namespaces } from "../../src/layers/namespaces.ts";
import { tracer } from "../../src/stage/trace.ts";
import { rootTest } from "../harness/skip.ts";
import { stages } from "../harness/stages.ts";

const made = stages();

rootTest(
  "all that the kernel has are dropped, with a name here or without; what it does not have is EINVAL",
  async () => {
    const facts = findFacts({ state: "", data: "" });
    const host = await made.host();
    const { session } = made;
    const refused: string[] = [];
    session.observers.push(
      tracer(
        ({ call, result }) =>
          void (call.startsWith("prctl(PR_CAPBSET_DROP") && result !== "= 0" && refused.push(`${call} ${result}`)),
      ),
    );
    const ordinary = ordinarySpec();
    const built = new Construction({
      spec: { ...ordinary, linux: { ...ordinary.linux, namespaces: [] } },
      // a kernel with two more than this one
      facts: { ...facts, lastCapability: facts.lastCapability + 2 },
      session,
      host,
      journal: () => {},
      notice: () => {},
    });
    await built.build([namespaces, capabilities]);
    built.stage.flush();
    const next = facts.lastCapability + 1;
    expect(refused).toEqual([next, next + 1].map((it) => `prctl(PR_CAPBSET_DROP, ${it}) = -1 EINVAL`));
    expect(new View(built.pid).status("CapBnd")).toBe("00000000a80425fb");
    built.release();
  },
);
