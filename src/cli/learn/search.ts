// learn search WORD...: the lessons that speak of something.

import { searchLessons } from "../../learn/library.ts";
import { cut } from "../fit.ts";
import { print, printJson, say } from "../output.ts";
import { palette } from "../palette.ts";
import { proseWidth, visible } from "../style.ts";

/** So many lines of each lesson are shown. */
const MOST = 5;

export function learnSearch(words: readonly string[], { json }: { readonly json: boolean }): number {
  const hits = searchLessons(words);
  if (json) {
    printJson(hits.map(({ name, title, line, text }) => ({ lesson: name, title, line, text })));
    return hits.length > 0 ? 0 : 1;
  }
  if (hits.length === 0) {
    const all = words.map((it) => JSON.stringify(it)).join(" and ");
    say(`no lesson speaks of ${all}; minidocker learn list shows them all`);
    return 1;
  }
  const lessons = Map.groupBy(hits, (it) => it.name);
  print([...lessons].map(([name, list]) => showLesson(name, list)).join("\n"));
  return 0;
}

function showLesson(name: string, hits: ReturnType<typeof searchLessons>): string {
  const { bold, dim } = palette();
  const lines = hits
    .slice(0, MOST)
    .map(({ line, text }) => `${dim(String(line).padStart(6))}  ${cut(visible(text), proseWidth() - 8)}\n`);
  const more = hits.length > MOST ? `        and ${hits.length - MOST} more\n` : "";
  return `${bold(name)}: ${hits[0]?.title}\n${lines.join("")}${more}`;
}
