// learn new NAME: a lesson to begin with.

import { writeFileSync } from "node:fs";
import { Refusal } from "../../core/refusal.ts";
import { newLesson } from "../../learn/format/new.ts";
import { print } from "../output.ts";
import { UsageError } from "../parse.ts";

export function learnNew(name: string): number {
  const plain = name.replace(/\.md$/, "");
  if (!/^[a-z0-9][a-z0-9-]*$/.test(plain))
    throw new UsageError(
      "learn",
      `${JSON.stringify(name)}: a lesson's name has small letters, digits and -, such as read-only-root`,
    );
  const file = `${plain}.md`;
  try {
    writeFileSync(file, newLesson(plain), { flag: "wx" });
  } catch (error) {
    const { code } = error as { code?: string };
    throw new Refusal(
      `${file} ${code === "EEXIST" ? "is there already: choose another name" : `cannot be written (${code})`}`,
      1,
    );
  }
  print(
    `${file} is written. It runs as it is:\n\n  minidocker learn check ${file}\n  minidocker learn ./${file}\n  minidocker learn ./${file} --auto\n`,
  );
  return 0;
}
