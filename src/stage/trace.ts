// The trace: each call as strace(1) prints it, with the layer and the step on whose behalf it is made.

import { ECANCELED, errnoName } from "../abi/errno.ts";
import type { Call } from "./call.ts";
import type { Observer } from "./stage.ts";

/** `= 0`, `= -1 ENOENT`, `= skipped`. */
export function showResult(call: Call): string {
  const { value } = call.result;
  if (value >= 0) return `= ${value}`;
  return value === -ECANCELED ? "(skipped)" : `= -1 ${errnoName(-value)}`;
}

export interface TraceRow {
  /** Microseconds since the trace began, when the call's result was known. */
  readonly time: number;
  readonly layer: string;
  readonly step: string;
  readonly role: string;
  readonly name: string;
  readonly call: string;
  readonly result: string;
  /** Microseconds from the sending of the call's frame until its reply was read; calls of one frame share it. */
  readonly frame: number;
}

/** Gives every call to `write`, in the order in which they were made. */
export function tracer(write: (row: TraceRow) => void): Observer {
  const start = Bun.nanoseconds();
  return {
    after(call, micros) {
      write({
        time: Math.round((Bun.nanoseconds() - start) / 1000),
        ...call.origin,
        role: call.role,
        name: call.name,
        call: call.show(),
        result: showResult(call),
        frame: Math.round(micros),
      });
    },
  };
}

/** For people: a heading for each step, then its calls. Returns the text for a row, given the one before. */
export function traceText(row: TraceRow, previous: TraceRow | undefined): string {
  const same = previous?.layer === row.layer && previous.step === row.step;
  const heading = same ? "" : `${row.layer}: ${row.step}\n`;
  return `${heading}  ${(row.time / 1000).toFixed(3).padStart(8)} ms  ${row.role.padEnd(6)} ${row.call} ${row.result}\n`;
}
