// Blocks that refer to something elsewhere, by its name: `pause`, `probe`, `src`. And `note`.

import type { Target } from "../../lesson.ts";
import { quoted } from "../problem.ts";
import { type Block, bodyLines, type Reader, someText } from "./block.ts";

export const readPause: Reader = (block, report) => {
  const { words, line } = block;
  const lines = bodyLines(block);
  const [first] = lines;
  if (words.length > 0) {
    report(line, "nothing can stand behind pause", `\`\`\`pause, and in the next line ${words.join(" ")}`);
    return undefined;
  }
  if (first === undefined || lines.length > 1) {
    report(
      lines[1]?.line ?? line,
      first === undefined ? "a pause says where" : "a pause is one place",
      "LAYER, LAYER: STEP, LAYER: STEP: CALL or finished, on one line",
    );
    return undefined;
  }
  const target = readTarget(first.text);
  if (target === undefined) {
    report(first.line, `${quoted(first.text)} is no place`, "LAYER, LAYER: STEP, LAYER: STEP: CALL or finished");
    return undefined;
  }
  return { kind: "pause", line, target };
};

/** `namespaces: set the hostname: sethostname`. A step's name has no colon in it. */
export function readTarget(text: string): Target | undefined {
  if (text === "finished") return "finished";
  const [layer = "", step, call, ...more] = text.split(":").map((it) => it.trim());
  if (layer === "" || step === "" || call === "" || more.length > 0) return undefined;
  return { layer, ...(step === undefined ? {} : { step }), ...(call === undefined ? {} : { call }) };
}

export const readProbe: Reader = (block, report) => {
  const [name, without, ...layers] = block.words;
  const problem =
    name === undefined
      ? "a probe has a name"
      : without !== undefined && (without !== "without" || layers.length === 0)
        ? `${quoted(block.words.slice(1).join(" "))} behind the probe's name is not known`
        : undefined;
  if (name === undefined || problem !== undefined) {
    report(
      block.line,
      problem ?? "a probe has a name",
      "```probe sethostname or ```probe sethostname without namespaces.uts",
    );
    return undefined;
  }
  if (block.body.trim() !== "") report(block.line + 1, "a probe's block is empty", "what it is about below the block");
  const named = layers.flatMap((it) => it.split(",")).filter((it) => it !== "");
  return { kind: "probe", line: block.line, probe: name, without: named };
};

export const readSource: Reader = ({ words, body, line }, report) => {
  const [, file, symbol] = /^([\w./-]+)#([\w.]+)$/.exec(words[0] ?? "") ?? [];
  if (file === undefined || symbol === undefined || words.length !== 1) {
    report(line, "an excerpt is a file and a symbol", "```src src/layers/namespaces.ts#make");
    return undefined;
  }
  return { kind: "src", line, file, symbol, caption: body.trim() };
};

export const readNote: Reader = (block, report) => {
  const { words, line } = block;
  if (words.length > 0) report(line, "nothing can stand behind note", "```note, and the text below it");
  const markdown = someText(block as Block, report, "what an instructor should know");
  return markdown === undefined ? undefined : { kind: "note", line, markdown };
};
