// What the network layer does without doing it, and what it says when it may not.

import { afterEach, expect } from "bun:test";
import { capabilityNames, LINUX_CAPABILITY_VERSION_3 } from "../../src/abi/capability.ts";
import { EPERM } from "../../src/abi/errno.ts";
import { message, NETLINK_ROUTE, NLM_F_CREATE } from "../../src/abi/netlink.ts";
import { LOOPBACK_INDEX, RTM_NEWADDR } from "../../src/abi/rtnetlink.ts";
import { CLONE_NEWNET } from "../../src/abi/sched.ts";
import { AF_INET } from "../../src/abi/socket.ts";
import { findFacts } from "../../src/core/find-facts.ts";
import { Construction } from "../../src/core/pipeline.ts";
import { type Spec, setExtension } from "../../src/core/spec.ts";
import { namespaces } from "../../src/layers/namespaces.ts";
import { network } from "../../src/layers/network/index.ts";
import { NetlinkSocket } from "../../src/layers/network/socket.ts";
import { launchPlan } from "../../src/stage/launch.ts";
import { Session } from "../../src/stage/stage.ts";
import { networkWorld, specFor } from "../harness/network.ts";
import { withPrograms } from "../harness/skip.ts";
import { stages } from "../harness/stages.ts";

const CAP_SYS_ADMIN = capabilityNames.indexOf("CAP_SYS_ADMIN");
const at = networkWorld();
const made = stages();
const withTools = withPrograms("ip", "nsenter");
const netTest: typeof withTools = (name, body) => withTools(name, body, 30_000);
afterEach(() => at.world.clear(), 30_000);

/** What is recorded of a container's making without making it. */
async function plan(spec: Spec, facts = findFacts({ state: "/s", data: "/d" })) {
  const session = new Session();
  const calls = record(session);
  const notices: string[] = [];
  const notice = (text: string): void => void notices.push(text);
  const host = await launchPlan(session);
  const built = new Construction({ spec, facts, session, host, journal: () => {}, notice });
  await built.build([namespaces, network]);
  built.release();
  return { calls, notices };
}

/** The layer's calls, as they come. */
function record(session: Session): string[] {
  const calls: string[] = [];
  session.observers.push({
    before: ({ origin, name, role }) =>
      void (origin.layer === "network" && calls.push(`${origin.step}: ${role} ${name}`)),
  });
  return calls;
}

netTest("with `host` and `container` the layer makes no call", async () => {
  for (const mode of ["host", "container"] as const) {
    const spec = specFor("1".repeat(64), { mode });
    spec.linux.namespaces = mode === "host" ? [] : [{ type: "network", path: "/proc/1/ns/net" }];
    expect((await plan(spec)).calls).toEqual([]);
  }
});

netTest("without the layer lo stays down, and the user is told", async () => {
  const spec = specFor("1".repeat(64), {});
  setExtension(spec, "without", ["network"]);
  expect((await plan(spec)).notices).toEqual([
    "the network layer is off: a network of the container's own is left as it begins: it has lo only, and that is down",
  ]);
});

netTest("a plan makes the calls of the first container on a host, in the same order", async () => {
  await at.world.clear();
  const options = { ports: [{ host: 8080, container: 80, protocol: "tcp" }] as const };
  at.world.sh(`sysctl -qw net.ipv4.ip_forward=1; rm -f ${at.world.state}/network/subnet`);
  const spec = specFor("1".repeat(64), { ports: [...options.ports] });
  const facts = { ...findFacts({ state: at.world.state, data: "/d" }), rootless: false };
  const { calls: planned } = await plan(spec, facts);
  let made: string[] = [];
  await at.world.container({ ports: [...options.ports] }, (it) => {
    made = record(it);
  });
  expect(made).toEqual(planned);
  expect(new Set(planned.map((it) => it.split(":")[0] as string))).toEqual(
    new Set(Object.keys(network.explain(spec).steps).filter((it) => it !== "start pasta")),
  );
});

netTest("without CAP_NET_ADMIN the bridge cannot be made, and the message says what to do", async () => {
  const refused = at.world.container({}, async (_, stage) => {
    const only = 1 << CAP_SYS_ADMIN;
    await stage.capset({ version: LINUX_CAPABILITY_VERSION_3 }, { effective0: only, permitted0: only });
  });
  await expect(refused).rejects.toThrow("EPERM");
  const error = (await refused.catch((it: unknown) => it)) as { errno: number; message: string };
  expect(error.errno).toBe(EPERM);
  expect(error.message).toContain("creating links needs CAP_NET_ADMIN: run as root, or with --network none");
});

netTest("the kernel's reason for a refusal is passed on", async () => {
  const { stage } = await made.clone(CLONE_NEWNET);
  const socket = await NetlinkSocket.open(stage, NETLINK_ROUTE);
  const header = { family: AF_INET, prefixlen: 40, index: LOOPBACK_INDEX };
  await socket.change(message(RTM_NEWADDR, NLM_F_CREATE, header, { IFA_LOCAL: "10.0.0.1" }));
  expect(() => socket.settle()).toThrow(
    'sendto({RTM_NEWADDR, {family=AF_INET, prefixlen=40, index=1}, IFA_LOCAL=10.0.0.1}) = EINVAL; the kernel says "ipv4: Invalid prefix length"',
  );
});
