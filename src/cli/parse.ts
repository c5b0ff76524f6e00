// Words of a command line → values of a command's options, and its operands. Written here because node:util's
// parseArgs costs a third of the time in which a container starts (docs/decisions/0020).

import { nearest } from "../core/nearest.ts";
import { Refusal } from "../core/refusal.ts";
import type { Command, Operand, Option } from "./command.ts";

/** The command line is wrong: says how to learn what is right. Ends with 125, as Docker. */
export class UsageError extends Refusal {
  constructor(command: string | undefined, message: string) {
    super(`${message}\nSee 'minidocker ${command === undefined ? "" : `${command} `}--help'.`);
  }
}

type Value = string | boolean | string[] | undefined;

/** What a command line amounts to for the command that it names. */
export interface Parsed {
  readonly values: Readonly<Record<string, Value>>;
  readonly operands: readonly string[];
  /** How many of the operands stand in front of a `--`; undefined where there is none. */
  readonly beforeDashes: number | undefined;
}

interface Found {
  /** How it was written: `-m`, `--memory`. */
  readonly as: string;
  readonly option: Option;
}

/** The values and operands of `command`, or "help" where help was asked for. Throws a UsageError. */
export function parse(command: Command, words: readonly string[]): Parsed | "help" {
  const parser = new Parser(command, words);
  return parser.run();
}

class Parser {
  readonly #command: Command;
  readonly #words: readonly string[];
  readonly #values: Record<string, Value> = {};
  readonly #operands: string[] = [];
  #beforeDashes: number | undefined;
  #next = 0;
  #help = false;

  constructor(command: Command, words: readonly string[]) {
    this.#command = command;
    this.#words = words;
    for (const it of command.options)
      this.#values[it.long] = it.repeat ? [] : it.value === undefined ? false : undefined;
  }

  run(): Parsed | "help" {
    while (this.#next < this.#words.length && !this.#help) this.#word(this.#words[this.#next++] as string);
    if (this.#help) return "help";
    this.#checkOperands();
    return { values: this.#values, operands: this.#operands, beforeDashes: this.#beforeDashes };
  }

  #word(word: string): void {
    if (word === "--") {
      this.#beforeDashes = this.#operands.length;
      this.#takeRest();
    } else if (word.startsWith("--")) this.#long(word);
    else if (word.startsWith("-") && word !== "-") this.#short(word);
    else {
      this.#operands.push(word);
      if (this.#command.optionsFirst) this.#takeRest();
    }
  }

  #takeRest(): void {
    this.#operands.push(...this.#words.slice(this.#next));
    this.#next = this.#words.length;
  }

  #long(word: string): void {
    const equals = word.indexOf("=");
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    const value = equals < 0 ? undefined : word.slice(equals + 1);
    const option = this.#command.options.find((it) => it.long === name || it.aliases?.includes(name));
    if (option !== undefined) this.#set({ as: `--${name}`, option }, value);
    else if (name === "help" && value === undefined) this.#help = true;
    else throw this.#unknown(`--${name}`);
  }

  // `-it`, `-m64M`, `-m=64M`, `-itm 64M`
  #short(word: string): void {
    for (let i = 1; i < word.length; i++) {
      const letter = word.charAt(i);
      const option = this.#command.options.find((it) => it.short === letter);
      const rest = word.slice(i + 1);
      if (option === undefined) {
        if (letter !== "h") throw this.#unknown(`-${letter}`);
        this.#help = true;
        return;
      }
      const takesRest = rest !== "" && (option.value !== undefined || rest.startsWith("="));
      const value = takesRest ? rest.replace(/^=/, "") : undefined;
      this.#set({ as: `-${letter}`, option }, value);
      if (takesRest) return;
    }
  }

  #set(found: Found, attached: string | undefined): void {
    const { option } = found;
    if (option.value === undefined) {
      this.#values[option.long] = this.#boolean(found, attached);
      return;
    }
    const text = attached ?? (option.optional ? "" : this.#words[this.#next++]);
    if (text === undefined) throw this.#usage(`${found.as} needs a value: ${found.as} ${option.value}`);
    if (option.repeat) (this.#values[option.long] as string[]).push(text);
    else this.#values[option.long] = text;
  }

  #boolean({ as }: Found, text: string | undefined): boolean {
    if (text === undefined || text === "true" || text === "1") return true;
    if (text === "false" || text === "0") return false;
    throw this.#usage(`${as} is a switch: it takes no value but true or false, not ${JSON.stringify(text)}`);
  }

  #unknown(as: string): UsageError {
    const { refused = {} } = this.#command;
    const name = as.replace(/^--?/, "");
    if (Object.hasOwn(refused, name)) return this.#usage(refused[name] as string);
    const known = this.#command.options.flatMap((it) => [it.long, ...(it.aliases ?? [])]);
    const guess = as.startsWith("--") ? nearest(as.slice(2), [...known, "help"]) : undefined;
    return this.#usage(`unknown option ${as}${guess === undefined ? "" : `; did you mean --${guess}?`}`);
  }

  #checkOperands(): void {
    const operands = this.#command.operands ?? [];
    const least = operands.filter((it) => it.need === "one" || it.need === "some").length;
    const open = operands.some((it) => it.need === "some" || it.need === "any");
    if (this.#operands.length < least) {
      throw this.#usage(`${this.#command.name} needs ${operandText(operands[this.#operands.length] as Operand)}`);
    }
    const extra = this.#operands[operands.length];
    if (!open && extra !== undefined)
      throw this.#usage(`${this.#command.name}: unexpected argument ${JSON.stringify(extra)}`);
  }

  #usage(message: string): UsageError {
    return new UsageError(this.#command.name, message);
  }
}

function operandText({ name, need }: Operand): string {
  return need === "some" ? `at least one ${name}` : `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}
