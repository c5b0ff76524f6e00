// The options of `learn`.

import { layerParts } from "../../engine/options/layers.ts";
import type { Option, Values } from "../command.ts";
import { jsonOption } from "../output.ts";

const taking = "Taking a lesson";
const finding = "Finding and writing lessons";

export const learnOptions = [
  {
    long: "path",
    value: "NAME",
    help: "lesson after lesson: 90-minutes, day, security",
    group: taking,
    complete: ["90-minutes", "day", "security"],
  },
  {
    long: "layer",
    value: "NAME",
    help: "one layer of a container being made, step by step",
    group: taking,
    complete: Object.keys(layerParts),
  },
  {
    long: "auto",
    help: "answer and solve it as the lesson itself does; fail on the first thing that is not true",
    group: taking,
  },
  { long: "plain", help: "text that is only added to, without colours or pauses to redraw", group: taking },
  { long: "accessible", help: "the same, for whoever listens to the screen: numbered choices", group: taking },
  { long: "present", help: "for a projector: large steps, and notes for a second terminal", group: taking },
  { ...jsonOption, group: taking },
  { long: "requirements", help: "with check: what lessons may ask of a host", group: finding },
  { long: "html", help: "with export: one page that needs nothing else", group: finding },
  { long: "cast", help: "with export: a recording for asciinema", group: finding },
  { long: "no-run", help: "with export: only what the lesson says, without running it", group: finding },
] as const satisfies readonly Option[];

export type LearnValues = Values<typeof learnOptions>;
