// `probe`: the same attack on two containers like the lesson's. With all layers it is stopped, without the lesson's it is not.

import type { Context } from "./context.ts";
import type { ProbeRef } from "./lesson.ts";

export async function tryProbe(ctx: Context, part: ProbeRef): Promise<void> {
  if (ctx.dialog.silent) return;
  throw new Error(`probe ${part.probe}: not here yet`);
}
