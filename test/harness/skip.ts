// A test that cannot run here is registered all the same, as skipped, and its name says why. Where the environment
// ought to have what is missing (MINIDOCKER_MUST_RUN=1, as in CI) it fails instead.

import { test } from "bun:test";

export interface SkipOptions {
  /** No environment of ours has it (another architecture, say): skipped even where everything else must run. */
  readonly expected?: boolean;
}

type Body = () => unknown;
export type Test = (name: string, body: Body, timeout?: number) => void;

export const mustRun = process.env["MINIDOCKER_MUST_RUN"] === "1";

/** `test`, or what stands for it where `condition` does not hold. `reason` completes "skipped: …". */
export function skipUnless(condition: unknown, reason: string, { expected = false }: SkipOptions = {}): Test {
  if (condition) return (name, body, timeout) => test(name, body as () => Promise<unknown>, timeout);
  if (!mustRun || expected) {
    const label = expected ? "cannot run here" : "skipped";
    // biome-ignore lint/suspicious/noSkippedTests: the one place where tests are skipped, with a reason
    return (name) => test.skip(`${name} [${label}: ${reason}]`, () => {});
  }
  return (name) =>
    test(name, () => {
      throw new Error(`would be skipped (${reason}), but MINIDOCKER_MUST_RUN=1: this environment should have it`);
    });
}

export const isRoot = process.getuid?.() === 0;

/** For tests that change kernel state which only root may change. */
export const rootTest = skipUnless(isRoot, "needs root");

/** For tests that need these programs. */
export function withPrograms(...names: readonly string[]): Test {
  const missing = names.filter((name) => Bun.which(name) === null);
  return skipUnless(missing.length === 0, `needs ${missing.join(", ")}`);
}
