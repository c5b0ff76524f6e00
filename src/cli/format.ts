// `--format`: as much of Docker's templates as people use, `{{.Names}}\t{{.Status}}`.

import { Refusal } from "../core/refusal.ts";

/** Throws a Refusal that names the fields, where the template asks for another. */
export function fillTemplate(template: string, fields: Readonly<Record<string, string>>): string {
  return template.replace(/\\t|\\n|\{\{\s*(.*?)\s*\}\}/g, (found, expression: string | undefined) => {
    if (expression === undefined) return found === "\\t" ? "\t" : "\n";
    const name = expression.replace(/^\./, "");
    if (expression.startsWith(".") && Object.hasOwn(fields, name)) return fields[name] as string;
    const known = Object.keys(fields).map((it) => `{{.${it}}}`);
    throw new Refusal(`--format: ${found} is not known; there are ${known.join(" ")}`);
  });
}
