// Netlink messages: their bytes, their text, and what answers say.

import { describe, expect, test } from "bun:test";
import { CTA } from "../../src/abi/conntrack.ts";
import {
  encodeMessages,
  type Message,
  message,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLMSG_ERROR,
  openMessage,
  pretendAnswer,
  splitMessages,
  verdictOf,
} from "../../src/abi/netlink.ts";
import type { Attributes, Kind } from "../../src/abi/netlink-attributes.ts";
import { NFTA_CHAIN, NFTA_RULE, NFTA_TABLE } from "../../src/abi/nftables.ts";
import {
  IFA,
  IFF_UP,
  IFLA,
  RTA,
  RTM_GETROUTE,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_SETLINK,
} from "../../src/abi/rtnetlink.ts";
import { AF_INET } from "../../src/abi/socket.ts";
import { compiler, evaluateEach } from "../harness/headers.ts";
import { skipUnless } from "../harness/skip.ts";

const hex = (...messages: Message[]): string => encodeMessages(messages, 7).toHex();

const veth = message(
  RTM_NEWLINK,
  NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
  {},
  {
    IFLA_IFNAME: "md-1",
    IFLA_LINKINFO: {
      IFLA_INFO_KIND: "veth",
      IFLA_INFO_DATA: { VETH_INFO_PEER: { header: {}, rest: { IFLA_IFNAME: "eth0", IFLA_NET_NS_PID: 42 } } },
    },
  },
);

describe("a message", () => {
  test("is a header with its length, its type, its flags and its number, then the header of its kind", () => {
    expect(hex(message(RTM_SETLINK, NLM_F_ACK, { index: 1, flags: IFF_UP, change: IFF_UP }))).toBe(
      "20000000130005000700000000000000" + "00000000010000000100000001000000",
    );
  });

  test("holds attributes that are padded to four bytes, whose length does not count the padding", () => {
    expect(hex(message(RTM_SETLINK, 0, {}, { IFLA_IFNAME: "lo", IFLA_MTU: 1500 }))).toBe(
      "30000000130001000700000000000000" +
        "00000000000000000000000000000000" +
        "07000300" +
        "6c6f0000" +
        "08000400dc050000",
    );
  });

  test("holds attributes within attributes, marked as nested, and a header within an attribute", () => {
    expect(hex(veth)).toBe(
      "68000000100005060700000000000000" +
        "00000000000000000000000000000000" +
        "090003006d642d3100000000" + // IFLA_IFNAME
        "3c001280" + // IFLA_LINKINFO
        "090001007665746800000000" + // IFLA_INFO_KIND
        "2c000280" + // IFLA_INFO_DATA
        "28000180" + // VETH_INFO_PEER
        "00000000000000000000000000000000" +
        "090003006574683000000000" +
        "080013002a000000",
    );
  });

  test("is numbered on from the one before it when several are sent together", () => {
    const both = encodeMessages([veth, veth], 7);
    expect(splitMessages(both).map(({ seq }) => seq)).toEqual([7, 8]);
  });

  test("prints as what it holds", () => {
    expect(veth.show()).toBe(
      '{RTM_NEWLINK, IFLA_IFNAME="md-1", IFLA_LINKINFO={IFLA_INFO_KIND="veth", IFLA_INFO_DATA={VETH_INFO_PEER={IFLA_IFNAME="eth0", IFLA_NET_NS_PID=42}}}}',
    );
    expect(message(RTM_SETLINK, 0, { index: 1, flags: IFF_UP, change: IFF_UP }).show()).toBe(
      "{RTM_SETLINK, {index=1, flags=IFF_UP, change=IFF_UP}}",
    );
    expect(message(RTM_GETROUTE, 0, { family: AF_INET }).show()).toBe("{RTM_GETROUTE, {family=AF_INET}}");
  });

  test("of which an attribute is unknown cannot be encoded", () => {
    const wrong = message(RTM_SETLINK, 0, {}, { IFLA_IFNAM: "lo" } as object);
    expect(() => encodeMessages([wrong], 1)).toThrow("no attribute of this message is called IFLA_IFNAM");
  });

  test("of ten thousand bytes is encoded like a small one", () => {
    const long = Array.from({ length: 200 }, () => veth);
    const bytes = encodeMessages(long, 1);
    expect(bytes).toHaveLength(200 * 0x68);
    expect(bytes.subarray(-0x68).toHex().slice(32)).toBe(hex(veth).slice(32));
  });
});

describe("an answer", () => {
  test("is taken apart by the table that would have made it", () => {
    const bytes = pretendAnswer(RTM_NEWADDR, { family: AF_INET, prefixlen: 16, index: 3 }, { IFA_LOCAL: "172.30.0.1" });
    const [received] = splitMessages(bytes);
    const { header, values } = openMessage(RTM_NEWADDR, received as never);
    expect(header).toMatchObject({ family: AF_INET, prefixlen: 16, index: 3 });
    expect(values).toEqual({ IFA_LOCAL: "172.30.0.1" });
    const [link] = splitMessages(encodeMessages([veth], 1));
    expect(openMessage(RTM_NEWLINK, link as never).values).toEqual({
      IFLA_IFNAME: "md-1",
      IFLA_LINKINFO: {
        IFLA_INFO_KIND: "veth",
        IFLA_INFO_DATA: {
          VETH_INFO_PEER: {
            header: { ...openMessage(RTM_NEWLINK, link as never).header },
            rest: { IFLA_IFNAME: "eth0", IFLA_NET_NS_PID: 42 },
          },
        },
      },
    });
  });

  test("with attributes that we do not know is read all the same", () => {
    const bytes = encodeMessages(
      [
        message(
          { ...RTM_NEWLINK, attributes: { NEW: [999, "u32"], IFLA_MTU: [4, "u32"] } as const },
          0,
          {},
          { NEW: 1, IFLA_MTU: 9 },
        ),
      ],
      1,
    );
    expect(openMessage(RTM_NEWLINK, splitMessages(bytes)[0] as never).values).toEqual({ IFLA_MTU: 9 });
  });

  test("that is cut off or says nonsense about its lengths ends the reading, and nothing else", () => {
    const bytes = encodeMessages([veth, veth], 1);
    for (let size = 0; size < bytes.length; size++) {
      for (const it of splitMessages(bytes.subarray(0, size))) if (it.body.length >= 16) openMessage(RTM_NEWLINK, it);
    }
    const zero = bytes.slice();
    zero.fill(0, 32, 36);
    expect(openMessage(RTM_NEWLINK, splitMessages(zero)[0] as never).values).toEqual({});
  });

  test("acknowledges with errno 0", () => {
    const ack = Uint8Array.fromHex(
      "24000000020000000700000000000000" + "00000000" + "20000000130005000700000000000000",
    );
    expect(verdictOf(splitMessages(ack)[0] as never)).toEqual({ errno: 0, said: undefined });
  });

  // NLMSGERR_ATTR_MSG
  const words = "1000010044657669636520676f6e6500";
  test("refuses with an errno and, where asked to, in words: after the header of the request or all of it", () => {
    const head = "00000000020000000700000000000000";
    const capped = Uint8Array.fromHex(`${head}edffffff30000000130005000700000000000000${words}`);
    const whole = Uint8Array.fromHex(`${head}edffffff20000000130005000700000000000000${"00".repeat(16)}${words}`);
    for (const [bytes, flags] of [
      [capped, 0x300],
      [whole, 0x200],
    ] as const) {
      const view = new DataView(bytes.buffer);
      view.setUint32(0, bytes.length, true);
      view.setUint16(6, flags, true);
      const [received] = splitMessages(bytes);
      expect(received?.type).toBe(NLMSG_ERROR);
      expect(verdictOf(received as never)).toEqual({ errno: 19, said: "Device gone" });
    }
  });
});

/** All attributes of a table, and of the tables in it. */
function rows(table: Attributes): [string, number][] {
  return Object.entries(table).flatMap(([name, [type, kind]]) => [[name, type] as [string, number], ...within(kind)]);
}

function within(kind: Kind): [string, number][] {
  if (typeof kind === "string") return [];
  if ("each" in kind) return rows(kind.each as Attributes);
  if ("rest" in kind) return rows(kind.rest as Attributes);
  if ("by" in kind) return Object.values(kind.of as Record<string, Attributes>).flatMap(rows);
  return rows(kind as Attributes);
}

const tables = {
  "linux/if_link.h linux/veth.h linux/rtnetlink.h linux/socket.h": [IFLA, IFA, RTA],
  "linux/netfilter/nf_tables.h": [NFTA_TABLE, NFTA_CHAIN, NFTA_RULE],
  "linux/netfilter/nfnetlink_conntrack.h": [CTA],
};

for (const [headers, list] of Object.entries(tables)) {
  skipUnless(compiler !== undefined, "needs a C compiler and Linux headers")(
    `attributes have the numbers of ${headers}`,
    () => {
      const claimed = new Map(list.flatMap(rows));
      claimed.delete("AF_INET6"); // an address family as the number of an attribute
      const { values, unknown } = evaluateEach(headers.split(" "), [...claimed.keys()]);
      expect([...unknown.keys()]).toEqual([]);
      expect([...values].map(([name, value]) => [name, Number(value)])).toEqual(expect.arrayContaining([...claimed]));
    },
  );
}
