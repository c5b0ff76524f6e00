// Plans and traces of whole containers, made comparable.

import { readFileSync } from "node:fs";
import type { TraceRow } from "../../src/stage/trace.ts";
import type { PrivateHost } from "./private-host.ts";

/** The rows of a file that `--trace=FILE.jsonl` has written. */
export function readTrace(path: string): TraceRow[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as TraceRow);
}

/** `layer: step: stage call`, without what is another one each time: ids, pids, descriptors, addresses, and what files hold. */
export function makeComparable(rows: readonly TraceRow[], host: Pick<PrivateHost, "folder">): string[] {
  const pids = rows.filter((it) => it.name === "clone3" && it.role === "host").map((it) => it.result.slice(2));
  const pid = pids.length === 0 ? /(?!)/ : new RegExp(`(?<="|/proc/|PID=|pid=)(${pids.join("|")})(?=["/},])`, "g");
  return rows.map(({ layer, step, role, name, call }) => {
    const plain = withoutContents(name, step, call)
      .replaceAll(host.folder, "")
      // the descriptor of a call that failed: this one was skipped, but it has its place
      .replace(/<(?!channel)\w+>/g, "#")
      .replace(/(?<=[{]pid=)\d+/, "PID")
      .replace(/(?=[0-9a-f]*\d)(\b[0-9a-f]{64}|\b[0-9a-f]{12}|(?<=(md|minidocker)-)[0-9a-f]{8})\b/g, "ID")
      .replace(/\b\d+\.\d+\.\d+\.\d+\b/g, "ADDRESS")
      .replace(/\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/g, "MAC")
      .replace(pid, "PID")
      // what stands in quotes stays as it is, unless it was cut
      .replace(/"((?:[^"\\]|\\.)*)"(\.\.\.)?|-?\b(?:0x[0-9a-f]+|\d+)\b/g, (all, text, cut) =>
        text === undefined ? "#" : cut === undefined ? all : `"${text.slice(0, 20)}…"`,
      );
    return `${layer}: ${step}: ${role} ${plain}`;
  });
}

/** A plan reads no file and no terminal, so what it would write or set from there is not known to it. */
function withoutContents(name: string, step: string, call: string): string {
  if (name === "ioctl") return call.replace(/[{].*[}]/, "SETTINGS");
  const copied = /^(write hosts|tell the names|start pasta)/.test(step) && ["write", "pwrite64"].includes(name);
  return copied ? call.replace(/"(?:[^"\\]|\\.)*"(\.\.\.)?/, "TEXT") : call;
}

/** What stands in one of the lists only, beside their longest common part. */
export function onlyInOne(left: readonly string[], right: readonly string[]): { left: string[]; right: string[] } {
  const width = right.length + 1;
  // how much the ends of both have in common, from each place on
  const common = new Uint16Array((left.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] as number;
  for (let i = left.length - 1; i >= 0; i--)
    for (let j = right.length - 1; j >= 0; j--)
      common[i * width + j] = left[i] === right[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const only: { left: string[]; right: string[] } = { left: [], right: [] };
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) {
    if (left[i] === right[j]) [i, j] = [i + 1, j + 1];
    else if (at(i + 1, j) >= at(i, j + 1)) only.left.push(left[i++] as string);
    else only.right.push(right[j++] as string);
  }
  return { left: [...only.left, ...left.slice(i)], right: [...only.right, ...right.slice(j)] };
}
