// The scripts of a lesson, and whether a shell can read them.

import type { Part } from "../lesson.ts";

/** With the line of each one's first line. */
export function scriptsOf(part: Part): { readonly script: string; readonly line: number }[] {
  const line = part.line + 1;
  if (part.kind === "run" || part.kind === "solve") return [{ script: part.script, line }];
  if (part.kind === "hint" && part.when !== undefined) return [{ script: part.when, line }];
  if (part.kind === "verify" && "script" in part.test) return [{ script: part.test.script, line }];
  return [];
}

/** What `sh -n` says, and about which of its lines; undefined where nothing, or where there is no sh. */
export async function syntaxProblem(script: string): Promise<{ line: number; message: string } | undefined> {
  if (Bun.which("sh") === null) return undefined;
  const shell = Bun.spawn(["sh", "-n"], { stdin: new Blob([script]), stdout: "ignore", stderr: "pipe" });
  const [said, status] = await Promise.all([new Response(shell.stderr).text(), shell.exited]);
  if (status === 0) return undefined;
  const first = said.trim().split("\n")[0] ?? "";
  const [, line = "1", message = first] = /^\S*?sh: (?:line )?(\d+): (.*)$/.exec(first) ?? [];
  // a missing end is told of the line behind the last
  const last = script.split("\n").length;
  return { line: Math.min(Number(line), last), message: message.replace(/^Syntax error: /, "") };
}
