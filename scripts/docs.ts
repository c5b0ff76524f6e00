// The documents that are made from something else: docs/commands.md from the tables of the commands, and
// docs/decisions/README.md from the decisions' first lines.
//
//   bun scripts/docs.ts            writes them
//   bun scripts/docs.ts --check    fails if one is not what would be written

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command, Option } from "../src/cli/command.ts";
import { optionUsage, sentence, usageOf } from "../src/cli/help.ts";
import { catalogue } from "../src/cli/registry.ts";

const repository = join(import.meta.dir, "..");

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

/** What decisions are about, by the number's first three digits. */
const subjects: Readonly<Record<string, string>> = {
  "000": "The architecture",
  "001": "Images, and what is kept",
  "002": "The command line",
  "003": "The filter",
  "004": "cgroups",
  "005": "The program",
  "006": "The network",
  "007": "Files",
  "008": "Looking, attacking, learning",
};

function decisionIndex(): string {
  const folder = join(repository, "docs/decisions");
  const files = readdirSync(folder).filter((it) => /^\d/.test(it));
  const groups = Map.groupBy(files.sort(), (it) => it.slice(0, 3));
  const sections = [...groups].map(([digits, names]) => {
    const lines = names.map((name) => {
      const [, number = "", title = ""] = /^# (\d+): (.*)$/m.exec(readFileSync(join(folder, name), "utf8")) ?? [];
      return `* [${number}](${name}): ${title}`;
    });
    return `## ${subjects[digits] ?? "Others"}\n\n${lines.join("\n")}`;
  });
  return `${[decisions, ...sections].join("\n\n")}\n`;
}

const decisions = `# Decisions

Why things are as they are, half a page each: what the situation was, what was chosen, what it costs.

A decision that no longer holds is not rewritten. A later one says that it replaces it, and the old
one gets a line that points there. \`bun scripts/docs.ts\` makes this list.`;

if (import.meta.main) {
  const pages = { "docs/commands.md": await commandReference(), "docs/decisions/README.md": decisionIndex() };
  for (const [file, wanted] of Object.entries(pages)) {
    if (!process.argv.includes("--check")) writeFileSync(join(repository, file), wanted);
    else if (readFileSync(join(repository, file), "utf8") !== wanted) {
      console.error(`${file} is out of date: bun scripts/docs.ts writes it`);
      process.exitCode = 1;
    }
  }
}
