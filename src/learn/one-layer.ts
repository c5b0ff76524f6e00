// `learn --layer NAME`: of the walk through all layers, the part about one.

import { nearest } from "../core/nearest.ts";
import { Refusal } from "../core/refusal.ts";
import type { Lesson, Part, PauseAt } from "./lesson.ts";

/** The section whose heading names the layer, with a pause right before the layer begins. Throws a Refusal. */
export function onlyLayer(lesson: Lesson, layer: string): Lesson {
  const sections = sectionsOf(lesson.parts);
  const found = sections.find((it) => it.layer === layer);
  if (found === undefined) {
    const known = sections.map((it) => it.layer).filter((it) => it !== undefined);
    const guess = nearest(layer, known);
    throw new Refusal(
      `no layer is called ${JSON.stringify(layer)}; ${guess === undefined ? `there are ${known.join(", ")}` : `did you mean ${guess}?`}`,
      1,
    );
  }
  const [heading, ...rest] = found.parts;
  if (heading === undefined) return lesson;
  const pause: PauseAt = { kind: "pause", line: heading.line, target: { layer } };
  const title = `A container being made: ${layer}`;
  const summary = `say what the layer ${layer} changes in the kernel`;
  return { ...lesson, title, summary, minutes: 3, parts: [heading, pause, ...rest] };
}

interface Section {
  /** `seccomp` of `## 7. seccomp: what it can ask of the kernel`. */
  readonly layer: string | undefined;
  readonly parts: Part[];
}

function sectionsOf(parts: readonly Part[]): Section[] {
  const sections: Section[] = [];
  for (const part of parts) {
    const heading = part.kind === "prose" ? /^##? (.*)$/m.exec(part.markdown)?.[1] : undefined;
    if (heading !== undefined) sections.push({ layer: /^\d\. ([a-z-]+)/.exec(heading)?.[1], parts: [] });
    sections.at(-1)?.parts.push(part);
  }
  return sections;
}
