// Helpers for the tests of options.

import { expect } from "bun:test";

/** Each text is refused, and the message holds what stands beside it. */
export function refuses(parse: (text: string) => unknown, rows: Readonly<Record<string, string>>): void {
  for (const [text, message] of Object.entries(rows)) expect(() => parse(text), text).toThrow(message);
}
