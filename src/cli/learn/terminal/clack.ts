// Lists to choose from, by @clack/prompts. It reads process.stdin, and leaves a read pending there that would take the first key of
// a shell; so it is given a stream of its own, which is filled only while it asks. It never ends the process, and does not have to
// be there when the terminal goes: the abort is ours.

import { PassThrough } from "node:stream";
import { autocomplete, isCancel, select } from "@clack/prompts";
import { Keyboard } from "../../keys.ts";
import { interrupt } from "./choose.ts";

export interface ListItem<T> {
  readonly value: T;
  readonly label: string;
  /** Shown beside the one that is selected. */
  readonly hint?: string | undefined;
  /** The same without columns, for who listens to it. */
  readonly spoken?: string;
}

/** What is typed, from list to list. */
export interface Search {
  text: string;
}

export interface ListOptions<T> {
  readonly title: string;
  readonly items: readonly ListItem<T>[];
  /** Where the list begins. */
  readonly first?: T | undefined;
  /** What is typed narrows the list. */
  readonly search?: Search | undefined;
  readonly signal: AbortSignal;
}

// not by the hint, which is seen for one item only
const isFound = (search: string, { label = "" }: { label?: string }): boolean =>
  label.toLowerCase().includes(search.toLowerCase());

class Keys extends PassThrough {
  readonly isTTY = true;
  // the keyboard is raw as long as it is open
  setRawMode(): this {
    return this;
  }
}

/** Undefined after Escape, after Ctrl-C (which is a signal then), and where nobody is there any more. */
export async function chooseFromList<T>({
  title,
  items,
  first,
  search,
  signal,
}: ListOptions<T>): Promise<T | undefined> {
  const keyboard = await Keyboard.open(true);
  const gone = new AbortController();
  const input = new Keys();
  const feeding = feed(keyboard, input, gone, signal);
  try {
    const options = items.map(({ value, label, hint }) => ({ value, label, ...(hint === undefined ? {} : { hint }) }));
    const common = {
      message: title,
      input: input as never,
      signal: AbortSignal.any([signal, gone.signal]),
      ...(first === undefined ? {} : { initialValue: first }),
    };
    for (;;) {
      const answer = (await (search === undefined
        ? select<T>({ ...common, options: options as never[] })
        : autocomplete<T>({ ...common, ...searching(search, options as never[]) }))) as T | symbol | undefined;
      if (answer !== undefined) return isCancel(answer) ? undefined : (answer as T);
      // Enter where the search has found nothing is no answer: it begins anew
      if (search !== undefined) search.text = "";
    }
  } finally {
    await keyboard.close();
    await feeding;
    input.destroy();
  }
}

/** The prompt asks for its options whenever it shows them: there is no other place to learn what was typed. */
function searching<O extends { label?: string }>(search: Search, options: O[]) {
  return {
    options(this: { readonly userInput: string }): O[] {
      search.text = this.userInput;
      return options;
    },
    filter: isFound,
    ...(search.text === "" ? {} : { initialUserInput: search.text }),
  };
}

async function feed(keyboard: Keyboard, input: Keys, gone: AbortController, signal: AbortSignal): Promise<void> {
  for (;;) {
    const text = await keyboard.read();
    if (text === "") break;
    if (text.includes("\x03")) {
      await interrupt(signal);
      break;
    }
    input.write(text);
  }
  gone.abort();
}
