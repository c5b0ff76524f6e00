// What a command is: one table, from which parsing, `--help`, docs/commands.md and the completion of shells are made.

export interface Option {
  /** Without the dashes. */
  readonly long: string;
  readonly short?: string;
  /** Other long names that mean the same; not shown in the help. */
  readonly aliases?: readonly string[];
  /** What stands for its value in the help: `BYTES`. Absent: the option is a switch. */
  readonly value?: string;
  /** The value may be left out, and is given with `=` only, so that the next word is never taken for it. */
  readonly optional?: true;
  /** May be given several times. Otherwise the last one counts. */
  readonly repeat?: true;
  readonly help: string;
  /** The heading in the help under which it stands. */
  readonly group?: string;
  /** What a shell offers for the value. */
  readonly complete?: Completion;
}

/** Words to choose from, or the kind of thing that a shell has to look up. */
export type Completion =
  | readonly string[]
  | "capability"
  | "file"
  | "folder"
  | "command"
  | "container"
  | "image"
  | "layer"
  | "lesson"
  | "limit"
  | "probe";

export interface Operand {
  /** As in the usage line: `IMAGE`. */
  readonly name: string;
  /** `some`: one or more. `any`: none or more. */
  readonly need: "one" | "optional" | "some" | "any";
  readonly complete?: Completion;
}

export interface Example {
  readonly command: string;
  readonly text: string;
}

/** What the options of a table amount to: a switch is a boolean, an `optional` value without `=` is "". */
export type Values<O extends readonly Option[]> = {
  readonly [D in O[number] as D["long"]]: D extends { readonly value: string }
    ? D extends { readonly repeat: true }
      ? readonly string[]
      : string | undefined
    : boolean;
};

export interface Input<O extends readonly Option[]> {
  readonly values: Values<O>;
  readonly operands: readonly string[];
  /** How many of the operands stand in front of a `--`; undefined where there is none. */
  readonly beforeDashes: number | undefined;
  readonly catalogue: Catalogue;
}

/** All commands, for those that speak about the others. */
export interface Catalogue {
  /** Heading → names, as the help lists them. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  load(name: string): Promise<Command | undefined>;
}

export interface Definition<O extends readonly Option[] = readonly Option[]> {
  readonly name: string;
  /** One line for the list of commands; no full stop. */
  readonly summary: string;
  /** What the usage line and the options do not say; paragraphs are separated by empty lines. */
  readonly about?: string;
  readonly operands?: readonly Operand[];
  readonly options: O;
  readonly examples: readonly Example[];
  /** Options end at the first operand: what follows belongs to the program that is run. */
  readonly optionsFirst?: true;
  /** Options of Docker that are not here: long name or letter → what to do instead. */
  readonly refused?: Readonly<Record<string, string>>;
  /** Also of use where there are no containers, because the system is not Linux. */
  readonly anywhere?: true;
  /** The exit code of a failure that has none of its own; 1 if absent. */
  readonly failure?: number;
  /** Returns the exit code. */
  run(input: Input<O>): Promise<number> | number;
}

/** A command whose table is not known in detail, as the parser and the help see it. */
export type Command = Definition<readonly Option[]>;

/** Ties the table of options to the type of what `run` receives. */
export function defineCommand<const O extends readonly Option[]>(definition: Definition<O>): Command {
  return definition as unknown as Command;
}
