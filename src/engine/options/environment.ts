// -e and --env-file, as Docker reads them.

import { readFileSync } from "node:fs";
import { Refusal } from "../../core/refusal.ts";
import { refuseNul, ValueError } from "./value.ts";

/** Without a value the variable is taken away, should the image have it. */
export interface Variable {
  readonly name: string;
  readonly value: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** `NAME=value`; `NAME` alone takes the value that it has in `host`. */
export function parseVariable(text: string, host: Environment): Variable {
  const equals = text.indexOf("=");
  const name = equals < 0 ? text : text.slice(0, equals);
  if (name === "")
    throw new ValueError("a variable needs a name: NAME=value, or NAME alone for the value that it has here");
  return { name, value: equals < 0 ? own(host, name) : text.slice(equals + 1) };
}

// Every object has a `constructor`, and no environment has it.
const own = (host: Environment, name: string): string | undefined =>
  Object.hasOwn(host, name) ? host[name] : undefined;

/**
 * The lines of a file: empty ones and those that begin with # do not count, quotes and spaces in values are part of them.
 * A name alone takes the value of `host`, and is left out where it has none there.
 */
export function parseEnvironmentFile(bytes: Uint8Array, host: Environment): Variable[] {
  const lines = decode(bytes).split("\n");
  return lines.flatMap((line, index) => {
    const text = line.replace(/\r$/, "").trimStart();
    if (text === "" || text.startsWith("#")) return [];
    const name = text.split("=", 1)[0] as string;
    if (name === "") throw new ValueError(`line ${index + 1} has no name before the =`);
    if (/\s/.test(name))
      throw new ValueError(`line ${index + 1}: the variable ${JSON.stringify(name)} has white space in its name`);
    const variable = parseVariable(refuseNul(text), host);
    return variable.value === undefined ? [] : [variable];
  });
}

// Line by line, so that the error can say where. A byte order mark is no part of the first name.
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ValueError("not UTF-8 text");
  }
}

/** The file's variables, with its name in errors. */
export function readEnvironmentFile(path: string, host: Environment): Variable[] {
  return parseEnvironmentFile(readOption("--env-file", path), host);
}

/** The contents of a file that an option names. */
export function readOption(name: string, path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Refusal(`${name} ${path}: cannot be read: ${(error as { code?: string }).code ?? String(error)}`);
  }
}
