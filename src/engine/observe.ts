// Who watches the calls of a container's making.

import { faultInjector } from "../stage/fault.ts";
import type { Session } from "../stage/stage.ts";
import { type TraceRow, tracer } from "../stage/trace.ts";

/** Attaches the trace and, for tests, the injector of faults that MINIDOCKER_FAULT describes. */
export function observe(session: Session, trace: ((row: TraceRow) => void) | undefined): void {
  const fault = faultInjector(process.env["MINIDOCKER_FAULT"], session);
  if (fault !== undefined) session.observers.push(fault);
  if (trace !== undefined) session.observers.push(tracer(trace));
}
