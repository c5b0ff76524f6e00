// What containers are called: 64 hexadecimal digits that nobody else has, and a name that people can say.

import { words } from "../abi/words.ts";
import { Refusal } from "./refusal.ts";

const pattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$/;

/** Throws a Refusal for anything but 1–64 letters, digits, `_`, `.`, `-`, of which the first is a letter or a digit. */
export function checkName(name: string): void {
  if (pattern.test(name)) return;
  throw new Refusal(
    `Invalid container name (${JSON.stringify(name)}): 1 to 64 of a-z A-Z 0-9 _ . - are allowed, first a letter or digit`,
  );
}

/**
 * 64 hexadecimal digits. The first 12, which become the host name, are never all decimal: some software takes such for
 * an address.
 */
export function newId(): string {
  for (;;) {
    const id = crypto.getRandomValues(new Uint8Array(32)).toHex();
    if (/[a-f]/.test(shortId(id))) return id;
  }
}

/** What is shown: the first 12 digits. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}

const qualities = words(`
  agile amber brave breezy bright brisk calm candid cheerful clever cosmic cosy crisp curious dapper daring
  deft eager earnest fearless frosty gentle glad golden graceful hardy honest humble jolly keen kind lively loyal lucid lucky
  mellow merry mighty mild nimble noble patient placid plucky polite proud quick quiet rapid ready serene sharp silent silver
  snug solid spry steady sunny swift tidy trusty vivid warm witty zesty
`);

const things = words(`
  albatross anchor badger barge beacon beaver bobbin bollard bosun brig bunting buoy cabin canoe capstan cargo
  catamaran clipper compass coracle cormorant crane cutter dinghy dock dolphin ferry fjord frigate galley gannet harbour heron
  hull jetty kayak keel ketch lagoon lantern lighthouse locker lugger mast oar otter pelican pier pilot plover porpoise puffin
  quay raft reef rudder sail schooner seal sextant skipper sloop spar tiller trawler walrus wharf yawl
`);

/**
 * Two words, as in `quiet_harbour`; from the fourth attempt on with a number, for hosts with thousands of containers.
 */
export function generateName(attempt = 0): string {
  const pick = (list: readonly string[]): string => list[Math.floor(Math.random() * list.length)] as string;
  const number = Math.floor(Math.random() * 10 ** Math.min(attempt - 1, 9));
  return `${pick(qualities)}_${pick(things)}${attempt < 3 ? "" : number}`;
}
