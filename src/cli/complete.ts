// What may come next on a command line, for the completion of shells: from the same tables as parsing and help.

import type { Command, Completion, Option } from "./command.ts";

export interface Candidate {
  readonly text: string;
  readonly help: string;
}

/** Candidates, or what the shell completes better itself. */
export type Answer = readonly Candidate[] | "file" | "folder";

export interface Lookups {
  readonly commands: readonly Command[];
  readonly container: () => readonly string[];
  readonly image: () => readonly string[];
  readonly layer: () => readonly string[];
  readonly capability: () => readonly string[];
  /** Of a process, with the = that comes behind. */
  readonly limit: () => readonly string[];
  /** Lessons, and the words that stand in their place: `learn list`. */
  readonly lesson: () => readonly string[];
  /** Only for who needs them: there are many, each in a file of its own. */
  readonly probe: () => readonly string[] | Promise<readonly string[]>;
}

/** `words` without the program's name; the last one is being typed, and may be "". */
export async function complete(words: readonly string[], lookups: Lookups): Promise<Answer> {
  const typed = words.at(-1) ?? "";
  const { commands } = lookups;
  const before = words.slice(0, -1).filter((it) => it !== "--plain");
  const [name, ...rest] = before;
  if (name === undefined) {
    const global = ["--help", "--version", "--plain"].map((text) => ({ text, help: "" }));
    return matching(
      [...commands.map((it) => ({ text: it.name, help: it.summary })), ...(typed.startsWith("-") ? global : [])],
      typed,
    );
  }
  const command = commands.find((it) => it.name === name);
  if (command === undefined) return [];
  const state = follow(command, rest);
  if (state.value !== undefined) return valuesOf(state.value, typed, lookups);
  const inline = /^--([^=]+)=(.*)$/.exec(typed);
  if (inline !== null && state.options)
    return inlineValues(command, inline as unknown as [string, string, string], lookups);
  if (typed.startsWith("-") && state.options) return matching(optionCandidates(command), typed);
  const operands = command.operands ?? [];
  const operand = operands[state.operands] ?? (isOpen(operands.at(-1)?.need) ? operands.at(-1) : undefined);
  if (operand === undefined) return [];
  // what a program in a container takes, nobody knows: names of files are what one types most
  return values(operand.complete ?? "file", typed, lookups);
}

const isOpen = (need: string | undefined): boolean => need === "some" || need === "any";

interface State {
  /** The option whose value is being typed. */
  readonly value: Option | undefined;
  readonly operands: number;
  /** Whether options are still understood. */
  readonly options: boolean;
}

function follow({ options, optionsFirst }: Command, words: readonly string[]): State {
  let operands = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word === "--") return { value: undefined, operands: operands + words.length - i - 1, options: false };
    if (!word.startsWith("-") || word === "-") {
      operands++;
      if (optionsFirst) return { value: undefined, operands: words.length - i, options: false };
      continue;
    }
    const option = valueFollows(options, word);
    if (option === undefined) continue;
    i++;
    if (i === words.length) return { value: option, operands, options: true };
  }
  return { value: undefined, operands, options: true };
}

/** The option of this word whose value is the next word: `--memory`, `-m`, `-itm`. */
function valueFollows(options: readonly Option[], word: string): Option | undefined {
  if (word.includes("=")) return undefined;
  if (word.startsWith("--")) {
    const name = word.slice(2);
    const found = options.find((it) => it.long === name || it.aliases?.includes(name));
    return found?.value !== undefined && !found.optional ? found : undefined;
  }
  for (let i = 1; i < word.length; i++) {
    const found = options.find((it) => it.short === word.charAt(i));
    if (found?.value !== undefined) return i === word.length - 1 ? found : undefined;
  }
  return undefined;
}

async function inlineValues(
  command: Command,
  [, name, value]: [string, string, string],
  lookups: Lookups,
): Promise<Answer> {
  const option = command.options.find((it) => it.long === name || it.aliases?.includes(name));
  const answer = option === undefined ? [] : await valuesOf(option, value, lookups);
  if (typeof answer === "string") return answer;
  return answer.map(({ text, help }) => ({ text: `--${name}=${text}`, help }));
}

function optionCandidates({ options }: Command): Candidate[] {
  return [
    ...options.map(({ long, help }) => ({ text: `--${long}`, help })),
    { text: "--help", help: "how the command is used" },
  ];
}

async function valuesOf({ complete: kind }: Option, typed: string, lookups: Lookups): Promise<Answer> {
  return kind === undefined ? [] : values(kind, typed, lookups);
}

async function values(kind: Completion, typed: string, lookups: Lookups): Promise<Answer> {
  if (kind === "file" || kind === "folder") return kind;
  if (kind === "image" && /^[./]/.test(typed)) return "folder";
  if (kind === "lesson" && /[./]/.test(typed)) return "file";
  // in a list such as --layers a,-b only the last member is completed
  const start = kind === "layer" ? (/^(.*,)?-?/.exec(typed)?.[0] ?? "") : "";
  const words =
    typeof kind === "object"
      ? kind
      : kind === "command"
        ? lookups.commands.map((it) => it.name)
        : await lookups[kind]();
  return matching(
    words.map((text) => ({ text: start + text, help: "" })),
    typed,
  );
}

function matching(candidates: readonly Candidate[], typed: string): Candidate[] {
  return candidates.filter((it) => it.text.startsWith(typed));
}
