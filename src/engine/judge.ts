// A layer's judgement of a process, whatever becomes of the process meanwhile.

import type { Check, Layer } from "../core/layer.ts";
import type { View } from "../core/view.ts";

/** The process may end, or be somebody else's: then the layer's answer is that it cannot be told, and why. */
export function judge(layer: Layer, view: View): Check[] {
  try {
    return layer.verify(view);
  } catch (error) {
    return [{ id: layer.name, title: layer.summary, verdict: "unknown", saw: (error as Error).message }];
  }
}
