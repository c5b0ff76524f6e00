// learn reset: forgets what has been done.

import { resetProgress } from "../../learn/progress.ts";
import { findLesson } from "../../learn/read.ts";
import { openPaths } from "../../state/paths.ts";
import { say } from "../output.ts";

/** Of one lesson, or of all. */
export function learnReset(name: string | undefined): number {
  const lesson = name === undefined ? undefined : findLesson(name).name;
  const forgotten = resetProgress(openPaths(), lesson, say);
  say(forgotten.length === 0 ? "there was nothing to forget" : `forgotten: ${forgotten.join(", ")}`);
  return 0;
}
