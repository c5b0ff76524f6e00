// A system call that failed, said so that a person can act on it.

import { errnoName } from "../abi/errno.ts";
import type { Call } from "./call.ts";

/** What an error tells of a call. */
export type Failed = Pick<Call, "name" | "origin" | "options" | "show">;

/** `network: sendto(…) = EPERM; creating links needs CAP_NET_ADMIN: run as root, or with --network none`. */
export class StageError extends Error {
  override readonly name = "StageError";
  /** The call's name alone. */
  readonly callName: string;
  readonly errno: number;
  readonly layer: string;
  readonly step: string;
  /** The likely cause and its remedy, where the layer knows one. */
  readonly remedy: string | undefined;

  constructor(call: Failed, errno: number) {
    const { layer, step } = call.origin;
    const remedy = call.options.cause?.[errno];
    super(`${layer}: ${step}: ${call.show()} = ${errnoName(errno)}${remedy === undefined ? "" : `; ${remedy}`}`);
    this.callName = call.name;
    this.errno = errno;
    this.layer = layer;
    this.step = step;
    this.remedy = remedy;
  }
}

/** The stage is gone: the process was killed, or it ended on its own; or it does not answer (`late`), which amounts to the same. */
export class StageGone extends Error {
  override readonly name = "StageGone";

  readonly late: boolean;

  constructor(role: string, call: string, late = false) {
    super(
      late
        ? `the ${role} stage does not answer ${call}: something has stopped the process`
        : `the ${role} stage ended during ${call}: something killed the process, or its program is older than this source (then: npm run postinstall)`,
    );
    this.late = late;
  }
}
