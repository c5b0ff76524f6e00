// Every kind of block, by the first word behind its fence.

import type { PartKind } from "../../lesson.ts";
import type { Reader } from "./block.ts";
import { readPredict } from "./predict.ts";
import { readNote, readPause, readProbe, readSource } from "./references.ts";
import { readExpect, readRun } from "./scripts.ts";
import { readHint, readSolve, readVerify } from "./task.ts";

export const readers: Readonly<Record<Exclude<PartKind, "prose">, Reader>> = {
  predict: readPredict,
  run: readRun,
  expect: readExpect,
  verify: readVerify,
  pause: readPause,
  hint: readHint,
  solve: readSolve,
  probe: readProbe,
  src: readSource,
  note: readNote,
};
