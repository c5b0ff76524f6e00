// docs/commands.md, from the tables of the commands.
//
//   bun scripts/docs.ts            writes it
//   bun scripts/docs.ts --check    fails if it is not what would be written

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command, Option } from "../src/cli/command.ts";
import { optionUsage, sentence, usageOf } from "../src/cli/help.ts";
import { catalogue } from "../src/cli/registry.ts";

const file = join(import.meta.dir, "../docs/commands.md");

export async function commandReference(): Promise<string> {
  const groups = await Promise.all(
    Object.entries(catalogue.groups).map(async ([title, names]) => {
      const commands = await Promise.all(names.map((it) => catalogue.load(it) as Promise<Command>));
      return { title, commands };
    }),
  );
  const contents = groups.map(({ title, commands }) => {
    const links = commands.map(({ name, summary }) => `- [\`${name}\`](#${name}): ${cell(summary)}`);
    return `**${title}**\n\n${links.join("\n")}`;
  });
  const sections = groups.flatMap(({ commands }) => commands.map(commandSection));
  return `${[introduction, ...contents, ...sections].join("\n\n")}\n`;
}

const introduction = `# Commands

This page is generated from the commands' own tables by \`bun scripts/docs.ts\`; \`minidocker help COMMAND\` says the same.

Options stand before or after the operands, except with \`run\`: there everything after the image belongs to the program.
Letters can be put together (\`-it\`), and values follow with a space, with \`=\`, or, after a single letter, at once
(\`-m 64m\`, \`--memory=64m\`, \`-m64m\`). \`minidocker --plain COMMAND\`, and the environment variable \`NO_COLOR\`, turn colours
off. \`MINIDOCKER_DEBUG=1\` adds to an error where in minidocker it arose.

A wrong command line ends with 125. Any other failure ends with 1, except with \`run\`, whose exit codes are Docker's.`;

function commandSection(command: Command): string {
  const groups = [...new Set(command.options.map((it) => it.group ?? "Options"))];
  const tables = groups.map((group) => {
    const rows = command.options.filter((it) => (it.group ?? "Options") === group).map(optionRow);
    const heading = groups.length > 1 ? `### ${group}\n\n` : "";
    return `${heading}| option | |\n| --- | --- |\n${rows.join("\n")}`;
  });
  const examples = command.examples.map(({ command: text, text: why }) => `# ${why}\n${text}`).join("\n\n");
  return [
    `## ${command.name}`,
    sentence(command.summary),
    `\`\`\`text\n${usageOf(command)}\n\`\`\``,
    ...(command.about === undefined ? [] : [command.about]),
    ...tables,
    ...(examples === "" ? [] : [`\`\`\`sh\n${examples}\n\`\`\``]),
  ].join("\n\n");
}

function optionRow(option: Option): string {
  const repeat = option.repeat ? " Can be repeated." : "";
  return `| \`${cell(optionUsage(option).trim())}\` | ${cell(sentence(option.help))}${repeat} |`;
}

const cell = (text: string): string => text.replaceAll("|", "\\|");

if (import.meta.main) {
  const wanted = await commandReference();
  if (!process.argv.includes("--check")) writeFileSync(file, wanted);
  else if (readFileSync(file, "utf8") !== wanted) {
    console.error("docs/commands.md is out of date: bun scripts/docs.ts writes it");
    process.exit(1);
  }
}
