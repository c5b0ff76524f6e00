// What a record says about a container, and whether a text is one: files that were cut short, emptied, or written by
// something else are told apart from sound ones here, so that nobody else has to.

import type { ProcessIdentity } from "./process.ts";

const statuses = ["creating", "running", "exited"] as const;

export interface ContainerRecord {
  readonly id: string;
  readonly name: string;
  /** As the user wrote it. */
  readonly image: string;
  /** What runs: the image's entry point, then the command. */
  readonly command: readonly string[];
  readonly status: (typeof statuses)[number];
  /** The minidocker that made it. While `creating`: if it is not alive, nobody finishes this container. */
  readonly creator: ProcessIdentity;
  /** Times as in 2026-01-31T12:00:00.000Z. */
  readonly created: string;
  readonly started?: string;
  readonly finished?: string;
  /** The container's PID 1, as the host sees it. */
  readonly process?: ProcessIdentity;
  /** The process that waits for it and keeps its log. */
  readonly supervisor?: ProcessIdentity;
  readonly exitCode?: number;
  readonly oomKilled?: boolean;
  /** To be removed as soon as it has ended (`--rm`). */
  readonly autoRemove?: boolean;
}

/** A container whose `state.json` says nothing usable. */
export interface DamagedRecord {
  readonly status: "damaged";
  readonly id: string;
  /** From the reserved names; empty where none leads to it. */
  readonly name: string;
  /** What is wrong with which file. */
  readonly problem: string;
}

export type Listed = ContainerRecord | DamagedRecord;

type Test = (value: unknown) => boolean;

const text: Test = (value) => typeof value === "string";
const number: Test = (value) => Number.isSafeInteger(value);
const boolean: Test = (value) => typeof value === "boolean";
const time: Test = (value) => text(value) && !Number.isNaN(Date.parse(value as string));
const texts: Test = (value) => Array.isArray(value) && value.every(text);
const status: Test = (value) => (statuses as readonly unknown[]).includes(value);

const identityFields: Readonly<Record<keyof ProcessIdentity, Test>> = { pid: number, startTime: number, bootId: text };
const identity: Test = (value) =>
  isObject(value) && Object.entries(identityFields).every(([name, test]) => test(value[name]));

const required = { id: text, name: text, image: text, command: texts, status, creator: identity, created: time };

const optional: Readonly<Record<Exclude<keyof ContainerRecord, keyof typeof required>, Test>> = {
  started: time,
  finished: time,
  process: identity,
  supervisor: identity,
  exitCode: number,
  oomKilled: boolean,
  autoRemove: boolean,
};

/** The record, or what is wrong with the text, as the end of a sentence: `is empty`. */
export function parseRecord(json: string, id: string): ContainerRecord | string {
  if (json === "") return "is empty";
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return json.startsWith("{") ? "is cut short or overwritten: it is not JSON" : "is not JSON";
  }
  if (!isObject(value)) return "is not a JSON object";
  for (const [name, test] of Object.entries({ ...optional, ...required })) {
    if (name in required && !(name in value)) return `has no ${name}`;
    if (name in value && !test(value[name])) return `has an unusable ${name}: ${JSON.stringify(value[name])}`;
  }
  if (value["id"] !== id) return `belongs to another container: ${String(value["id"])}`;
  return value as unknown as ContainerRecord;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
