// What is wrong with a lesson's file, said so that its author can act: where, what, and what to write instead.

export interface Problem {
  /** Counts from 1. */
  readonly line: number;
  /** What is wrong: a phrase in lower case, without a full stop. */
  readonly reason: string;
  /** What to write instead. */
  readonly remedy: string;
}

export type Report = (line: number, reason: string, remedy: string) => void;

/** `lessons/01-uts.md:12: there is no layer seccom; write instead: seccomp`, a line for each, in the file's order. */
export function describeProblems(path: string, problems: readonly Problem[]): string {
  return problems.map(({ line, reason, remedy }) => `${path}:${line}: ${reason}; write instead: ${remedy}`).join("\n");
}

/** A list of problems that grows through `report`. */
export function collectProblems(): { readonly problems: readonly Problem[]; readonly report: Report } {
  const problems: Problem[] = [];
  return { problems, report: (line, reason, remedy) => problems.push({ line, reason, remedy }) };
}

// All but line breaks and tabs: C0, C1, and what turns the direction of writing.
const control = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

export const hasControl = (text: string): boolean => control.test(text);

/** With them, what a learner sees before saying yes to a command need not be the command: they could take over the terminal. */
export function reportControl(text: string, line: number, report: Report): void {
  const [found] = control.exec(text) ?? [];
  if (found === undefined) return;
  const code = found.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  report(line, `a control character, U+${code}, has no place in a lesson`, "a text without it");
}

/** As somebody has written it, on one line and not at length. */
export function quoted(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  return JSON.stringify(short);
}
