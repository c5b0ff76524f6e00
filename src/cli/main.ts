// From the command line to an exit code. Every failure becomes one message here; nobody else ends the process.

import { Refusal } from "../core/refusal.ts";
import type { Command, Input, Option } from "./command.ts";
import { print, ReaderGone, say } from "./output.ts";
import { parse, UsageError } from "./parse.ts";
import { catalogue } from "./registry.ts";

/** `argv` is without interpreter and script. `platform` is a parameter for tests. */
export async function main(argv: readonly string[], platform: string = process.platform): Promise<number> {
  let failure = 1;
  try {
    const words = globalOptions(argv);
    const [name, ...rest] = words;
    const command = await commandFor(name);
    failure = command.failure ?? 1;
    const input = parse(command, rest);
    if (input === "help") {
      const { commandHelp } = await import("./help.ts");
      print(commandHelp(command));
      return 0;
    }
    if (!command.anywhere) requireLinux(platform);
    return await command.run({ ...input, catalogue } as Input<readonly Option[]>);
  } catch (error) {
    return report(error, failure);
  }
}

// `--plain` is understood in front of the command; `--help` and `--version` there are commands in disguise.
function globalOptions(argv: readonly string[]): string[] {
  const words = [...argv];
  while (words[0] === "--plain") {
    process.env["NO_COLOR"] = "1";
    words.shift();
  }
  const disguised: Record<string, string> = { "--help": "help", "-h": "help", "--version": "version", "-v": "version" };
  const first = words[0];
  if (first !== undefined && Object.hasOwn(disguised, first)) words[0] = disguised[first] as string;
  return words;
}

async function commandFor(name = "help"): Promise<Command> {
  if (name.startsWith("-")) throw new UsageError(undefined, `unknown option ${name}: options come after the command`);
  const command = await catalogue.load(name);
  if (command !== undefined) return command;
  const { dockerCommands } = await import("./docker-commands.ts");
  if (Object.hasOwn(dockerCommands, name))
    throw new UsageError(undefined, `there is no command ${name}: ${dockerCommands[name]}`);
  const { nearest } = await import("../core/nearest.ts");
  const guess = nearest(name, Object.values(catalogue.groups).flat());
  throw new UsageError(
    undefined,
    `unknown command ${JSON.stringify(name)}${guess === undefined ? "" : `; did you mean ${guess}?`}`,
  );
}

function requireLinux(platform: string): void {
  if (platform === "linux") return;
  const system = platform === "darwin" ? "macOS" : platform === "win32" ? "Windows" : platform;
  const way =
    platform === "win32" ? "WSL 2" : platform === "darwin" ? "Lima, OrbStack or Multipass" : "a virtual machine";
  throw new Refusal(
    `containers are made by the Linux kernel, and this is ${system}: run minidocker in a Linux, such as in ${way}`,
    1,
  );
}

function report(error: unknown, failure: number): number {
  if (error instanceof ReaderGone) return error.exitCode;
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  say(message + shortageIn(message));
  if (process.env["MINIDOCKER_DEBUG"] === "1" && stack !== undefined) say(stack);
  return error instanceof Refusal ? error.exitCode : failure;
}

/** Whatever it was that could not be opened: the remedy is the same. */
function shortageIn(message: string): string {
  // Bun says so of a file of ours that it could not open
  if (/\bEMFILE\b|^Cannot find module '\.{1,2}\//.test(message))
    return "; too few files may be open at once: raise the limit, with ulimit -n 1024";
  if (/\bENFILE\b/.test(message))
    return "; the whole machine has as many files open as it may: see /proc/sys/fs/file-max";
  return "";
}
