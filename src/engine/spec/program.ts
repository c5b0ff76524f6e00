// What runs, and with which environment.

import { defaultPath, type Image } from "../../images/image.ts";
import { Refusal } from "../../state/refusal.ts";
import type { RunOptions } from "../options/index.ts";

/**
 * The program and its arguments. A command replaces the image's and is given to the image's entry point; an entry point
 * replaces both of the image's.
 */
export function chooseCommand({ command, entrypoint, image: name }: RunOptions, { config }: Image): string[] {
  const first = entrypoint === undefined ? (config.Entrypoint ?? []) : [entrypoint].filter(Boolean);
  const rest = command.length > 0 || entrypoint !== undefined ? command : (config.Cmd ?? []);
  const args = [...first, ...rest];
  if (args.length === 0) throw new Refusal(`no command: ${name} does not say what to run, so name a program after it`);
  return args;
}

interface Defaults {
  readonly hostname: string | undefined;
  /** The home folder that the image's /etc/passwd gives the user. */
  readonly home: string;
}

/** Docker's defaults, over them the image's variables, over them the user's. A later value takes the place of an earlier one. */
export function buildEnvironment(
  options: RunOptions,
  image: readonly string[],
  { hostname, home }: Defaults,
): string[] {
  const variables = new Map<string, string | undefined>();
  const set = (text: string): void => {
    const equals = text.indexOf("=");
    if (equals > 0) variables.set(text.slice(0, equals), text.slice(equals + 1));
  };
  set(defaultPath);
  if (hostname !== undefined) variables.set("HOSTNAME", hostname);
  if (options.terminal) variables.set("TERM", "xterm");
  for (const it of image) set(it);
  for (const { name, value } of options.environment) variables.set(name, value);
  if (!variables.get("HOME")) variables.set("HOME", home);
  return [...variables].flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
}
