// The matrix for programs.

import type { Matrix } from "../../probes/matrix.ts";
import { describeProbe } from "./list.ts";
import { word } from "./words.ts";

export function matrixJson({ columns, rows, seconds }: Matrix): object {
  return {
    containers: columns,
    seconds: Math.round(seconds * 1000) / 1000,
    probes: rows.map(({ probe, cells, thanks }) => ({
      ...describeProbe(probe),
      ...thanks,
      seen: Object.fromEntries(
        cells.map((cell, i) => {
          const outcome = word(cell);
          const detail =
            cell.kind === "seen" ? { ...cell.observation, calls: cell.calls } : { kind: cell.kind, why: cell.why };
          return [columns[i]?.name ?? "", { outcome, ...detail }];
        }),
      ),
    })),
  };
}
