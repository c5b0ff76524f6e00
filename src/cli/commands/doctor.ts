// doctor: what this machine allows, what is missing, and how to get it.

import type { Finding } from "../../engine/doctor/finding.ts";
import { defineCommand } from "../command.ts";
import { jsonOption, print, printJson } from "../output.ts";
import { palette } from "../palette.ts";
import { pad, proseWidth, visible, wrap } from "../style.ts";

export const command = defineCommand({
  name: "doctor",
  summary: "try out what containers need of this machine, and say how to get what is missing",
  options: [jsonOption],
  anywhere: true,
  about: `Each namespace, an overlay, a filter, a cgroup and so on are really made, in a process that ends at once, and leave nothing.

The exit code: 0 if everything is there, 2 if containers can run, but not with everything, 1 if none can.`,
  examples: [
    { command: "minidocker doctor", text: "as root, or as the user who will run containers: the answers differ" },
  ],
  async run({ values }) {
    const { examine } = await import("../../engine/doctor/index.ts");
    const { overall } = await import("../../engine/doctor/finding.ts");
    const findings = await examine();
    const verdict = overall(findings);
    if (values.json) printJson({ verdict, findings });
    else print(`${findings.map(show).join("")}\n${summary[verdict]}\n`);
    return exitCodes[verdict];
  },
});

const exitCodes = { yes: 0, limited: 2, no: 1 } as const;

const summary = {
  yes: "Everything is there.",
  limited: "Containers can run here, without what is marked with !.",
  no: "Containers cannot run here: see what is marked with ✗.",
} as const;

const TITLE = 38;

function show({ title, verdict, saw, remedy }: Finding): string {
  const { green, yellow, red, dim } = palette();
  const sign = { yes: green("✓"), limited: yellow("!"), no: red("✗") }[verdict];
  const size = proseWidth();
  const narrow = size < 70;
  const indent = " ".repeat(narrow ? 4 : TITLE + 2);
  const text = wrap(visible(saw), size, indent);
  const lines = narrow ? [`${sign} ${title}`, dim(text)] : [`${sign} ${pad(title, TITLE)}${dim(text.trimStart())}`];
  if (remedy !== undefined) lines.push(wrap(`→ ${remedy}`, size, indent));
  return `${lines.join("\n")}\n`;
}
