// Whether a text is the record of a container: the fields that it must and may have, and their types. Files that were cut
// short, emptied, or written by something else are told apart from sound ones here, so that nobody else has to.

import type { ProcessIdentity } from "./process.ts";
import type { ContainerRecord } from "./record.ts";

type Test = (value: unknown) => boolean;

const text: Test = (value) => typeof value === "string";
const number: Test = (value) => Number.isSafeInteger(value);
const boolean: Test = (value) => typeof value === "boolean";
const time: Test = (value) => text(value) && !Number.isNaN(Date.parse(value as string));
const texts: Test = (value) => Array.isArray(value) && value.every(text);
const labels: Test = (value) => isObject(value) && Object.values(value).every(text);
const status: Test = (value) => ["creating", "created", "running", "exited"].includes(value as string);

const identityFields: Readonly<Record<keyof ProcessIdentity, Test>> = { pid: number, startTime: number, bootId: text };
const identity: Test = (value) => isObject(value) && Object.entries(identityFields).every(([name, test]) => test(value[name]));

const required = { id: text, name: text, image: text, command: texts, status, creator: identity, created: time };

const optional: Readonly<Record<Exclude<keyof ContainerRecord, keyof typeof required>, Test>> = {
  started: time,
  finished: time,
  process: identity,
  supervisor: identity,
  exitCode: number,
  oomKilled: boolean,
  error: text,
  autoRemove: boolean,
  labels,
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
