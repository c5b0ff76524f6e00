// `--help` of a command, from its table.

import type { Catalogue, Command, Operand, Option } from "./command.ts";
import { renderMarkdown } from "./markdown.ts";
import { palette } from "./palette.ts";
import { pad, proseWidth, width, wrap } from "./style.ts";

/** What `minidocker` alone says. */
export async function overview({ groups, load }: Catalogue): Promise<string> {
  const { bold, cyan } = palette();
  const parts: string[] = [];
  for (const [title, names] of Object.entries(groups)) {
    const list = await Promise.all(names.map(load));
    const lines = (list as Command[]).map(
      (it) => `  ${pad(it.name, 12)}${wrap(it.summary, proseWidth(), " ".repeat(14)).trimStart()}`,
    );
    parts.push(`${bold(title)}\n${lines.join("\n")}`);
  }
  const start = [
    ["minidocker doctor", "is everything there that containers need?"],
    ["minidocker run --rm -it base sh", "a shell in a container"],
    ["minidocker run --rm -it --step base sh", "the same, watching it being made"],
    ["minidocker COMMAND --help", "how a command is used"],
  ] as const;
  const commandWidth = Math.max(...start.map(([it]) => it.length)) + 2;
  const first = start.map(([command, why]) => `  ${cyan(pad(command, commandWidth))}${why}`);
  return [
    `${bold("Usage:")} minidocker [--plain] COMMAND [OPTIONS]`,
    wrap(
      "minidocker runs containers and shows how they work: it makes each of them one system call at a time, and can stop at any.",
    ),
    ...parts,
    `${bold("To begin with")}\n${first.join("\n")}`,
  ]
    .map((it) => `${it}\n`)
    .join("\n");
}

export function commandHelp(command: Command): string {
  const { bold, cyan } = palette();
  const about = command.about === undefined ? [] : [renderMarkdown(command.about)];
  const groups = [...new Set(command.options.map((it) => it.group ?? "Options"))];
  const lists = groups.map((group) => {
    const options = command.options.filter((it) => (it.group ?? "Options") === group);
    return `${bold(group)}\n${optionList(options)}`;
  });
  const examples = command.examples.map(
    ({ command: text, text: why }) => `  ${cyan(text)}\n${wrap(why, proseWidth(), "      ")}`,
  );
  return [
    `${bold("Usage:")} ${usageOf(command)}`,
    `${wrap(sentence(command.summary))}`,
    ...about,
    ...lists,
    ...(examples.length === 0 ? [] : [`${bold("Examples")}\n${examples.join("\n")}`]),
  ]
    .map((it) => `${it.trimEnd()}\n`)
    .join("\n");
}

/** `minidocker run [OPTIONS] IMAGE [COMMAND] [ARG...]` */
export function usageOf({ name, options, operands = [] }: Command): string {
  return ["minidocker", name, ...(options.length === 0 ? [] : ["[OPTIONS]"]), ...operands.map(operandUsage)].join(" ");
}

function operandUsage({ name, need }: Operand): string {
  if (need === "one") return name;
  if (need === "optional") return `[${name}]`;
  return need === "some" ? `${name} [${name}...]` : `[${name}...]`;
}

/** `-m, --memory BYTES` */
export function optionUsage({ long, short, value, optional }: Option): string {
  const argument = value === undefined ? "" : optional ? `[=${value}]` : ` ${value}`;
  return `${short === undefined ? "    " : `-${short}, `}--${long}${argument}`;
}

const LEFT = 34;

function optionList(options: readonly Option[]): string {
  const size = proseWidth();
  const narrow = size < 60;
  const left = Math.min(LEFT, Math.max(...options.map((it) => width(optionUsage(it)))) + 4);
  const lines = options.map((it) => {
    const usage = `  ${optionUsage(it)}`;
    const help = wrap(it.help, size, " ".repeat(narrow ? 8 : left));
    return narrow || width(usage) + 2 > left ? `${usage}\n${help}` : `${pad(usage, left)}${help.trimStart()}`;
  });
  return lines.join("\n");
}

/** A summary as a sentence of its own. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
