// What the default network is made of, tried in a network namespace that ends with its process.

import { errnoName } from "../../abi/errno.ts";
import { message, NETLINK_NETFILTER, NETLINK_ROUTE, NLM_F_CREATE, NLM_F_EXCL } from "../../abi/netlink.ts";
import type { AttributeValues } from "../../abi/netlink-attributes.ts";
import { masquerade } from "../../abi/nft-clauses.ts";
import { addChain, addRule, addTable, batch, NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC } from "../../abi/nftables.ts";
import { type IFLA, RTM_NEWLINK } from "../../abi/rtnetlink.ts";
import { CLONE_NEWNET } from "../../abi/sched.ts";
import { NetlinkSocket } from "../../layers/network/socket.ts";
import type { Stage } from "../../stage/stage.ts";
import type { Finding } from "./finding.ts";
import type { Trials } from "./trials.ts";

interface Trial {
  readonly id: string;
  readonly title: string;
  readonly body: (stage: Stage) => Promise<void>;
  readonly saw: string;
  readonly remedy: string;
}

const made: readonly Trial[] = [
  {
    id: "network.bridge",
    title: "bridge",
    body: (stage) => addLink(stage, { IFLA_IFNAME: "trial0", IFLA_LINKINFO: { IFLA_INFO_KIND: "bridge" } }),
    saw: "made one",
    remedy: "modprobe bridge, as root; or use --network none or host",
  },
  {
    id: "network.veth",
    title: "pair of links (veth)",
    body: (stage) => {
      const peer = { header: noHeader, rest: { IFLA_IFNAME: "trial2" } };
      const info = { IFLA_INFO_KIND: "veth", IFLA_INFO_DATA: { VETH_INFO_PEER: peer } } as const;
      return addLink(stage, { IFLA_IFNAME: "trial1", IFLA_LINKINFO: info });
    },
    saw: "made one",
    remedy: "modprobe veth, as root; or use --network none or host",
  },
  {
    id: "network.nat",
    title: "address translation (nf_tables)",
    body: masqueradeRule,
    saw: "made a rule",
    remedy: "modprobe nf_tables nft_chain_nat nft_masq, as root; or use --network none or host",
  },
];

export async function tryNetwork(trials: Trials): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { id, title, body, saw, remedy } of made) {
    const failure = await trials.inside(CLONE_NEWNET, body);
    if (failure === undefined) findings.push({ id, title, verdict: "yes", saw });
    else
      findings.push({
        id,
        title,
        verdict: "limited",
        saw: `${failure.callName} = ${errnoName(failure.errno)}`,
        remedy,
      });
  }
  return findings;
}

const noHeader = { family: 0, pad: 0, type: 0, index: 0, flags: 0, change: 0 };

async function addLink(stage: Stage, values: AttributeValues<typeof IFLA>): Promise<void> {
  const socket = await NetlinkSocket.open(stage, NETLINK_ROUTE);
  await socket.change(message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, noHeader, values));
  await socket.close();
}

async function masqueradeRule(stage: Stage): Promise<void> {
  const socket = await NetlinkSocket.open(stage, NETLINK_NETFILTER);
  const chain = { name: "out", type: "nat", hook: NF_INET_POST_ROUTING, priority: NF_IP_PRI_NAT_SRC } as const;
  const rule = { chain: "out", clauses: [masquerade], comment: "trial" };
  await socket.changeAll(batch([addTable("trial"), addChain("trial", chain), addRule("trial", rule)]));
  await socket.close();
}
