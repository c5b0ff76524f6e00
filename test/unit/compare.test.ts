// What `compare` does with what it has seen: stable words, differences, columns.

import { describe, expect, test } from "bun:test";
import { createColors } from "picocolors";
import type { Comparison } from "../../src/cli/compare/comparison.ts";
import { showComparison } from "../../src/cli/compare/show.ts";
import { breakText } from "../../src/cli/fit.ts";
import { compareChecks, compareLines, compareStates, scriptOf } from "../../src/engine/compare.ts";
import { marksOf, stabilize, stabilizer } from "../../src/engine/stable.ts";

describe("what differs between any two containers is no difference", () => {
  const id = "5c63fcb2dc188fe1466380037a1a24efa5516f4497d9e18d1c54bdef7a36c231";
  const snapshot = new Map([
    ["namespaces", ["user:[4026531837] (the host's)", "net:[4026532322]"]],
    ["addresses", ["127.0.0.1", "172.30.0.2"]],
    ["mounts", [`/etc/hosts ext4 /dev/vda [/state/containers/${id}/etc/hosts] rw shared:12 master:3`]],
    ["descriptors", ["3 → socket:[209507]"]],
  ]);
  const stable = stabilizer(marksOf(snapshot, { id, name: "brave_fox", pid: 24_388 }));

  test("namespaces are the host's or not the host's, whatever their numbers", () => {
    expect(stabilize(snapshot, stable).get("namespaces")).toEqual(["user: the host's", "net: not the host's"]);
    expect(stable("net -> net:[4026532322], user:[4026531837]")).toBe("net -> net:[not the host's], user:[the host's]");
  });

  test("ids, names, addresses, numbers of sockets and of peer groups become words", () => {
    expect(stabilize(snapshot, stable).get("mounts")).toEqual([
      "/etc/hosts ext4 /dev/vda [/state/containers/<id>/etc/hosts] rw shared:<number> master:<number>",
    ]);
    expect(stabilize(snapshot, stable).get("addresses")).toEqual(["127.0.0.1", "<address>"]);
    expect(stable("brave_fox 5c63fcb2dc18 24388")).toBe("<name> <id> <pid>");
    expect(stable("2: eth0@if3: ether 02:42:ac:1e:00:02, 172.30.0.2/16")).toBe(
      "2: eth0@if<number>: ether <link address>, <address>/16",
    );
    expect(stable("3 → socket:[209507]")).toBe("3 → socket:[<number>]");
  });

  test("other numbers, and words that only contain the name, stay", () => {
    expect(stable("172.30.0.21 124388 24388.5 brave_foxes")).toBe("172.30.0.21 124388 24388.5 brave_foxes");
  });

  test("the addresses of a container in the host's network are the host's, and stay", () => {
    const onHost = new Map([...snapshot, ["namespaces", ["net:[4026531833] (the host's)"]] as const]);
    expect(stabilizer(marksOf(onHost, { id, name: "n", pid: 1000 }))("172.30.0.2")).toBe("172.30.0.2");
  });
});

describe("differences", () => {
  test("lines about the same thing stand in one row, and lines that are the same are counted", () => {
    const a = new Map([["credentials", ["Uid: 0 0 0 0", "CapEff: 01", "Groups:"]]]);
    const b = new Map([["credentials", ["Uid: 0 0 0 0", "CapEff: 03", "Groups:", "Seccomp: 2"]]]);
    expect(compareStates(a, b)).toEqual([
      {
        name: "credentials",
        rows: [
          { key: "CapEff", a: "01", b: "03" },
          { key: "Seccomp", a: undefined, b: "2" },
        ],
        same: 2,
      },
    ]);
  });

  test("two mounts on the same folder are two rows", () => {
    const a = new Map([["mounts", ["/dev/pts devpts rw", "/dev/pts devpts ro"]]]);
    const b = new Map([["mounts", ["/dev/pts devpts rw"]]]);
    expect(compareStates(a, b)).toEqual([
      { name: "mounts", rows: [{ key: "/dev/pts", a: "devpts ro", b: undefined }], same: 1 },
    ]);
  });

  test("a check differs by its verdict or by what was seen", () => {
    const check = (id: string, verdict: "yes" | "no", saw = "") => ({ id, layer: "l", title: "t", verdict, saw });
    const { rows, same } = compareChecks(
      [check("1", "yes"), check("2", "yes"), check("3", "yes", "x")],
      [check("1", "yes"), check("2", "no"), check("3", "yes", "y")],
    );
    expect([rows.map((it) => it.id), same]).toEqual([["2", "3"], 1]);
  });

  test("lines of output are matched in order", () => {
    const hunks = compareLines(["a", "b", "c", "d"], ["a", "x", "c", "d", "e"]);
    expect(hunks).toEqual([
      { both: ["a"], a: [], b: [] },
      { both: [], a: ["b"], b: ["x"] },
      { both: ["c", "d"], a: [], b: [] },
      { both: [], a: [], b: ["e"] },
    ]);
    expect(compareLines([], [])).toEqual([]);
  });

  test("each word of the command reaches the program as it is", () => {
    expect(scriptOf(["echo", "it's", "$HOME"])).toBe("exec echo 'it'\\''s' '$HOME'");
  });
});

describe("on the terminal", () => {
  const comparison: Comparison = {
    a: { layers: "all", ran: { output: "one\ntwo\n", status: 0 } },
    b: { layers: "-seccomp", ran: { output: "one\n\x1b[31mred\x1b[0m\n", status: 1 } },
    command: "try it",
    state: [
      { name: "root", rows: [], same: 1 },
      { name: "links", rows: [{ key: "eth0", a: "eth0", b: undefined }], same: 1 },
      {
        name: "credentials",
        rows: [
          { key: "CapPrm", a: "0000000000000001", b: "0000000000000003" },
          { key: "CapEff", a: "0000000000000001", b: "0000000000000003" },
        ],
        same: 1,
      },
    ],
    checks: { rows: [], same: 4 },
    probes: undefined,
  };
  const plain = createColors(false);
  const show = (size: number): string => showComparison(comparison, size, plain);

  test("two columns, and no line wider than the terminal", () => {
    for (const size of [72, 80, 132])
      expect(
        Math.max(
          ...show(size)
            .split("\n")
            .map((it) => Bun.stringWidth(it)),
        ),
      ).toBeLessThanOrEqual(size);
    expect(show(80)).toContain("  two                                     \\x1b[31mred\\x1b[0m\n");
    expect(show(80)).toMatch(/eth0 +\(not there\)\n/);
  });

  test("one below the other in a narrow terminal", () => {
    expect(
      Math.max(
        ...show(40)
          .split("\n")
          .map((it) => Bun.stringWidth(it)),
      ),
    ).toBeLessThanOrEqual(40);
    expect(show(40)).toContain("  A  two\n  B  \\x1b[31mred\\x1b[0m\n");
  });

  test("capabilities have their names, sets that differ alike are one row, and the rest is one line", () => {
    expect(show(80)).toContain("  CapPrm, CapEff  1 capability");
    expect(show(80)).toContain("only B: DAC_OVERRIDE\n");
    expect(show(80)).toEndWith("The same: root, 1 of links, 1 of credentials, 4 verdicts\n");
  });

  test("a word that is longer than its column is cut, and nothing of it is lost", () => {
    for (const text of ["abcdefghij klm", "/proc/sys/kernel/x", "漢字漢字漢字", "a,b,c,d,e,f,g"]) {
      const lines = breakText(text, 5);
      expect(Math.max(...lines.map((it) => Bun.stringWidth(it)))).toBeLessThanOrEqual(5);
      expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
    }
  });
});
