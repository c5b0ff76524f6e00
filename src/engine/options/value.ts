// What the parsers of options share: how a bad value is reported, and numbers.

import { Refusal } from "../../core/refusal.ts";

/** A value that is not allowed, with the reason; `option` puts its name in front. */
export class ValueError extends Refusal {}

/** `parse(text)`; a bad value is reported as `--memory 5x: …`. */
export function option<T>(name: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(refuseNul(text));
  } catch (error) {
    if (error instanceof ValueError) throw new Refusal(`${name} ${shown(text)}: ${error.message}`);
    throw error;
  }
}

/** The same for an option that may be absent. */
export function optional<T>(name: string, text: string | undefined, parse: (text: string) => T): T | undefined {
  return text === undefined ? undefined : option(name, text, parse);
}

/** The same for one that may be repeated. */
export function each<T>(name: string, texts: readonly string[], parse: (text: string) => T): T[] {
  return texts.map((it) => option(name, it, parse));
}

/** Strings of the kernel end at a NUL byte: what follows it would be lost in silence. */
export function refuseNul(text: string): string {
  if (text.includes("\0")) throw new ValueError("holds a NUL byte, where the kernel's strings end");
  return text;
}

/** A decimal integer of any sign. */
export function parseInteger(text: string): number {
  if (!/^[+-]?\d{1,15}$/.test(text)) throw new ValueError("not a whole number");
  return Number(text);
}

function shown(text: string): string {
  return /^[\x21-\x7e]+$/.test(text) ? text : JSON.stringify(text);
}
