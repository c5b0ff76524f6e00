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

/** Until the program runs: what comes then depends on what it leaves behind. */
export function making(rows: readonly TraceRow[]): TraceRow[] {
  return rows.slice(0, rows.findLastIndex((it) => it.name === "supervise") + 1);
}

/** The steps by which everything is taken back, in order, each once. */
export function takingBack(rows: readonly TraceRow[]): string[] {
  const steps = rows.slice(making(rows).length).map(({ layer, step }) => `${layer}: ${step}`);
  return steps.filter((it, i) => it !== steps[i - 1] && it.includes("take back"));
}

/** `layer: step: stage call`, without what is another one each time: ids, pids, descriptors, addresses, and what files hold. */
export function makeComparable(rows: readonly TraceRow[], host: Pick<PrivateHost, "folder">): string[] {
  const pids = rows.filter((it) => it.name === "clone3" && it.role === "host").map((it) => it.result.slice(2));
  const pid = pids.length === 0 ? /(?!)/ : new RegExp(`(?<="|/proc/|PID=|pid=)(${pids.join("|")})(?=["/},])`, "g");
  return rows.map(({ layer, step, role, name, call }) => {
    const plain = withoutContents(name, step, call)
      .replaceAll(host.folder, "")
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
  const copied = name === "ioctl" || /^(write hosts|tell the names|start pasta)/.test(step);
  return copied && ["ioctl", "write", "pwrite64"].includes(name)
    ? call.replace(/"(?:[^"\\]|\\.)*"(\.\.\.)?/, "TEXT")
    : call;
}
