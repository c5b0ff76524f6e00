// --ulimit: limits of a single process, setrlimit(2).

import { RLIMIT } from "../../abi/resource.ts";
import type { Process } from "../../core/spec.ts";
import { ValueError } from "./value.ts";

type Limit = NonNullable<Process["rlimits"]>[number];

export const limitNames: readonly string[] = Object.keys(RLIMIT).map((it) => it.slice("RLIMIT_".length).toLowerCase());

/** `nofile=1024`, `nofile=1024:2048`, `core=-1`, `memlock=unlimited`. Unlimited is -1, which stands for RLIM_INFINITY. */
export function parseUlimit(text: string): Limit {
  const [, name, soft, hard] = /^([a-z]+)=([^:]+)(?::(.+))?$/.exec(text) ?? [];
  if (name === undefined || soft === undefined)
    throw new ValueError("write NAME=SOFT or NAME=SOFT:HARD, such as nofile=1024:2048");
  if (!limitNames.includes(name))
    throw new ValueError(`no limit is called ${name}: there are ${limitNames.join(", ")}`);
  const limit = { type: `RLIMIT_${name.toUpperCase()}`, soft: parseAmount(soft), hard: parseAmount(hard ?? soft) };
  if (reach(limit.soft) > reach(limit.hard))
    throw new ValueError(`the soft limit (${soft}) is above the hard one (${hard})`);
  return limit;
}

function parseAmount(text: string): number {
  if (text === "-1" || text === "unlimited") return -1;
  if (!/^\d{1,15}$/.test(text)) throw new ValueError(`${JSON.stringify(text)} is neither a whole number nor unlimited`);
  return Number(text);
}

const reach = (amount: number): number => (amount < 0 ? Number.POSITIVE_INFINITY : amount);
