// One of many: a list that one moves in, or (`--accessible`) a list that is told once and answered with a number or a name.

import { readLine } from "../../keys.ts";
import { print } from "../../output.ts";
import { proseWidth, wrap } from "../../style.ts";
import { chooseFromList, type ListOptions } from "./clack.ts";

const TERMINAL = 1;

/** Undefined where nothing is chosen. */
export async function chooseOne<T>(options: ListOptions<T>, numbered: boolean): Promise<T | undefined> {
  return numbered ? chooseByNumber(options) : chooseFromList(options);
}

async function chooseByNumber<T>({ title, items, signal }: ListOptions<T>): Promise<T | undefined> {
  print(`${title}\n`);
  for (const [i, { spoken, label }] of items.entries()) print(`${hang(`${i + 1}. `, spoken ?? label)}\n`);
  for (;;) {
    const line = await readLine("Number or name, then Enter; nothing to leave it: ", { fd: TERMINAL, signal });
    if (line === undefined || line === null || line === "") return undefined;
    const found = items[Number(line) - 1] ?? items.find((it) => it.value === line || it.label.startsWith(line));
    if (found !== undefined) return found.value;
    print(`There is nothing called ${JSON.stringify(line)} here.\n`);
  }
}

function hang(mark: string, text: string): string {
  const indent = " ".repeat(mark.length);
  return mark + wrap(text, proseWidth(), indent).slice(indent.length);
}
