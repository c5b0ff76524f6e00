// nf_tables: rules in the words of nft(8) and in the kernel's, and batches of them.

import { expect, test } from "bun:test";
import { parseRange } from "../../src/abi/inet.ts";
import { encodeMessages, NLM_F_ACK, openMessage, splitMessages } from "../../src/abi/netlink.ts";
import * as nft from "../../src/abi/nft-clauses.ts";
import {
  addChain,
  addRule,
  addTable,
  batch,
  type Clause,
  deleteTable,
  getChain,
  NF_INET_PRE_ROUTING,
  NF_IP_PRI_RAW,
  newChain,
  newRule,
} from "../../src/abi/nftables.ts";
import { rulesFor } from "../../src/layers/network/rules.ts";

const bridge = { name: "minidocker0", index: 3, range: parseRange("172.30.0.0/16"), gateway: "172.30.0.1" };

/** The rule as the kernel's expressions, in the notation of `nft --debug=netlink`, shortened. */
function program(clause: Clause): unknown[] {
  const bytes = encodeMessages([addRule("t", { chain: "c", comment: "", clauses: [clause] })], 1);
  return (openMessage(newRule, splitMessages(bytes)[0] as never).values.NFTA_RULE_EXPRESSIONS ?? []).map(
    (it) => it.NFTA_EXPR_NAME,
  );
}

test("a batch begins and ends with a mark, and its last change is acknowledged", () => {
  const messages = batch([addTable("t"), deleteTable("t")]);
  expect(messages.map(({ type }) => type)).toEqual([0x10, 0x0a00, 0x0a02, 0x11]);
  expect(messages.map(({ flags }) => (flags & NLM_F_ACK) !== 0)).toEqual([false, false, true, false]);
  // the marks name the subsystem, nf_tables, in network byte order
  expect(encodeMessages(messages.slice(0, 1), 1).toHex()).toBe("14000000100001000100000000000000" + "0000000a");
});

test("each change prints in the words of nft(8)", () => {
  expect(addTable("t").show()).toBe("create table ip t");
  const chain = { name: "guard", type: "filter", hook: NF_INET_PRE_ROUTING, priority: NF_IP_PRI_RAW } as const;
  expect(addChain("t", chain).show()).toBe("add chain ip t guard { type filter hook prerouting priority -300 }");
  const clauses = [nft.to("10.0.0.1"), nft.drop];
  expect(addRule("t", { chain: "guard", clauses, comment: "why" }).show()).toBe(
    'add rule ip t guard ip daddr 10.0.0.1 drop comment "why"',
  );
});

test("a priority below 0 is a number in two's complement", () => {
  const chain = { name: "c", type: "filter", hook: NF_INET_PRE_ROUTING, priority: NF_IP_PRI_RAW } as const;
  const bytes = encodeMessages([addChain("t", chain)], 1);
  expect(openMessage(newChain, splitMessages(bytes)[0] as never).values.NFTA_CHAIN_HOOK?.NFTA_HOOK_PRIORITY).toBe(
    2 ** 32 - 300,
  );
  expect(getChain.type).toBe(0x0a04);
});

test("a clause loads before it compares", () => {
  expect(program(nft.to("10.0.0.1"))).toEqual(["payload", "cmp"]);
  expect(program(nft.toRange(parseRange("10.0.0.0/12")))).toEqual(["payload", "bitwise", "cmp"]);
  expect(program(nft.toPort("udp", 53))).toEqual(["meta", "cmp", "payload", "cmp"]);
  expect(program(nft.toThisHost)).toEqual(["fib", "cmp"]);
  expect(program(nft.redirectTo("10.0.0.1", 80))).toEqual(["immediate", "immediate", "nat"]);
  expect(program(nft.masquerade)).toEqual(["masq"]);
});

test("a container without published ports has no rule that redirects, but the guard", () => {
  const chains = rulesFor("172.30.0.2", bridge, []).map(({ chain }) => chain);
  expect(chains).toEqual(["guard", "admit", "admit", "admit", "disguise"]);
});

test("every redirection is limited to addresses of the host", () => {
  const ports = [
    { host: 8080, container: 80, protocol: "tcp" as const },
    { address: "192.0.2.2", host: 8081, container: 80, protocol: "tcp" as const },
    { address: "127.0.0.1", host: 8082, container: 80, protocol: "udp" as const },
  ];
  const redirections = rulesFor("172.30.0.2", bridge, ports).filter(({ clauses }) =>
    clauses.some(({ text }) => text.startsWith("dnat")),
  );
  expect(redirections.map(({ chain, clauses }) => `${chain}: ${clauses.map(({ text }) => text).join(" ")}`)).toEqual([
    "publish-here: fib daddr type local tcp dport 8080 dnat to 172.30.0.2:80",
    "publish: ip daddr != 127.0.0.0/8 fib daddr type local tcp dport 8080 dnat to 172.30.0.2:80",
    "publish-here: ip daddr 192.0.2.2 tcp dport 8081 dnat to 172.30.0.2:80",
    "publish: ip daddr 192.0.2.2 tcp dport 8081 dnat to 172.30.0.2:80",
    "publish-here: ip daddr 127.0.0.1 udp dport 8082 dnat to 172.30.0.2:80",
  ]);
});
