// The host and the container in two columns; in a narrow terminal one below the other. `≠` marks what is the container's own.

import { breakText } from "../../fit.ts";
import { palette } from "../../palette.ts";
import { columns, pad, width } from "../../style.ts";

export interface Row {
  readonly label: string;
  readonly host: string;
  readonly here: string;
}

/** Narrower columns than that say nothing. */
const NARROW = 24;

export function sideBySide(rows: readonly Row[]): string {
  const { bold, dim } = palette();
  const labels = Math.max(...rows.map((it) => width(it.label)));
  const size = Math.min(columns(), 100);
  const column = Math.floor((size - labels - 8) / 2);
  const differs = ({ host, here }: Row): string => (host === here ? dim("=") : bold("≠"));
  if (column < NARROW) {
    return rows
      .map((row) => {
        const title = `${differs(row)} ${bold(row.label)}`;
        if (row.host === row.here) return `${title}  ${row.host}`;
        return `${title}\n    host       ${row.host}\n    container  ${row.here}`;
      })
      .join("\n");
  }
  const line = (sign: string, label: string, host: readonly string[], here: readonly string[]): string[] =>
    Array.from({ length: Math.max(host.length, here.length) }, (_, i) =>
      `${i === 0 ? sign : " "} ${pad(i === 0 ? label : "", labels)}   ${pad(host[i] ?? "", column)}   ${here[i] ?? ""}`.trimEnd(),
    );
  return [
    ...line(" ", "", [bold("host")], [bold("container")]),
    ...rows.flatMap((row) => line(differs(row), row.label, breakText(row.host, column), breakText(row.here, column))),
  ].join("\n");
}
