// How a probe makes its calls: an errno is an answer here, not a failure.

import { errnoName } from "../abi/errno.ts";
import type { Result } from "../stage/call.ts";
import { StageError } from "../stage/error.ts";
import type { Stage } from "../stage/stage.ts";
import type { Attack, Observation } from "./probe.ts";

export type Answer =
  | { readonly ok: true; readonly value: number; readonly bytes: Uint8Array; readonly result: Result }
  | { readonly ok: false; readonly errno: string };

/** Makes one call and waits for its answer. */
export async function ask(stage: Stage, call: (stage: Stage) => Promise<Result>): Promise<Answer> {
  try {
    const result = await call(stage);
    const value = stage.value(result);
    if (value < 0) return { ok: false, errno: errnoName(-value) };
    return { ok: true, value, bytes: stage.bytes(result), result };
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    return { ok: false, errno: errnoName(error.errno) };
  }
}

export const succeeded = (saw: string): Observation => ({ kind: "succeeded", saw });
export const invisible = (saw: string): Observation => ({ kind: "invisible", saw });
export const contained = (saw: string): Observation => ({ kind: "contained", saw });
export const failed = (errno: string, saw: string = inWords(errno)): Observation => ({ kind: "errno", errno, saw });

/** A call failed on the way to the boundary. */
export const stuck = (errno: string, saw: string): Observation => ({ kind: "errno", errno, saw, beside: true });

/**
 * A probe that is one call. `passed` names the errnos which the kernel gives only after it has allowed the act: with those arguments
 * there was nothing to do, and that is why it is harmless.
 */
export function oneCall(call: (stage: Stage) => Promise<Result>, passed: readonly string[] = []) {
  return async ({ stage }: Attack): Promise<Observation> => observationOf(await ask(stage, call), passed);
}

export function observationOf(answer: Answer, passed: readonly string[] = [], saw = "the kernel did it"): Observation {
  if (answer.ok) return succeeded(saw);
  if (passed.includes(answer.errno))
    return succeeded(`${answer.errno}: it was allowed, and only then found that there is nothing to do`);
  return failed(answer.errno);
}

const meanings: Readonly<Record<string, string>> = {
  EPERM: "not permitted",
  EACCES: "permission denied",
  ESRCH: "no such process",
  ENOENT: "no such file",
  ENOSYS: "no such system call",
  EROFS: "a read-only file system",
  EAGAIN: "a limit is reached",
  ECONNREFUSED: "nobody listens there",
  ENETUNREACH: "no way there",
  ENODEV: "no such device",
  ENXIO: "no such device or terminal",
  EINVAL: "no such object, or not allowed like this",
};

export function inWords(errno: string): string {
  const meaning = meanings[errno];
  return meaning === undefined ? errno : `${errno}: ${meaning}`;
}
