// A lesson on a terminal: it is told in portions, and the learner answers with keys.

import type { Event, Frontend, Question, Replies } from "../../../learn/event.ts";
import type { Predict, Run } from "../../../learn/lesson.ts";
import type { Call } from "../../../stage/call.ts";
import { print } from "../../output.ts";
import { palette } from "../../palette.ts";
import { proseWidth, wrap } from "../../style.ts";
import { type Choice, type Chooser, KeyChooser, NumberChooser } from "./choose.ts";
import type { Desk } from "./desk.ts";
import { ownShell } from "./own-shell.ts";
import { askAtPause } from "./pause.ts";
import { Screen } from "./screen.ts";
import type { Speaker } from "./speaker.ts";
import { type Told, tellers, tellPause } from "./tell.ts";

type Asked<K extends Question["kind"]> = Extract<Question, { kind: K }>;

export interface TerminalOptions {
  /** For who listens to the screen: `stream`. */
  readonly accessible: boolean;
  /** Nothing is drawn twice: lists are numbered. */
  readonly plain: boolean;
  /** For who shows it to others. */
  readonly speaker?: Speaker | undefined;
  /** Ends every question. */
  readonly signal: AbortSignal;
}

const tell = (event: Event): readonly Told[] => (tellers[event.kind] as (event: Event) => readonly Told[])(event);

export class TerminalFrontend implements Frontend {
  readonly #screen: Screen;
  readonly #chooser: Chooser;
  readonly #end: AbortSignal;
  /** Ends what is asked now. */
  #signal: AbortSignal;
  readonly #numbered: boolean;
  readonly #speaker: Speaker | undefined;
  #envFile = "";
  /** The calls that the last pause has told of. */
  #made: readonly Call[] = [];
  /** The layer and the step at which it stood still. */
  #place: string | undefined;

  constructor({ accessible, plain, speaker, signal }: TerminalOptions) {
    this.#screen = new Screen(accessible ? "stream" : speaker === undefined ? "flow" : "slides");
    this.#chooser = accessible ? new NumberChooser(this.#screen) : new KeyChooser(this.#screen, !plain);
    this.#end = this.#signal = signal;
    this.#numbered = plain || accessible;
    this.#speaker = speaker;
  }

  tell(event: Event): void {
    if (event.kind === "begin") this.#envFile = event.envFile;
    if (event.kind === "pause") this.#made = event.made;
    if (event.kind === "moved") this.#screen.drop();
    if (event.kind === "begin" && this.#speaker !== undefined) this.#screen.add(forSpeaker());
    const pieces = event.kind === "pause" ? this.#pause(event) : tell(event);
    const shown = (): void => this.#speaker?.follow(event);
    for (const { text, heading = false } of pieces) this.#screen.add(text, { heading });
    if (this.#speaker !== undefined) this.#screen.afterwards(shown);
    if (event.kind === "task") this.#screen.add(secondTerminal(this.#envFile));
    // nobody asks after it
    if (event.kind === "end" || event.kind === "blocked") void this.#screen.flush();
  }

  async ask<K extends Question["kind"]>(question: Asked<K>, over?: AbortSignal): Promise<Replies[K]> {
    this.#signal = over === undefined ? this.#end : AbortSignal.any([this.#end, over]);
    const elsewhere = await this.#flush();
    if (elsewhere !== undefined) return elsewhere as Replies[K];
    const answer = (this.#answers[question.kind] as (question: Asked<K>) => Promise<Replies[K] | undefined>)(question);
    // an answer that nobody waits for any more: the lesson is over, or the task is done, or the container gone
    return (await answer) ?? ("quit" as Replies[K]);
  }

  readonly #answers: { readonly [K in Question["kind"]]: (question: Asked<K>) => Promise<Replies[K] | undefined> } = {
    predict: (question) => this.#predict(question.part),
    run: (question) => this.#run(question.part),
    task: (question) => this.#task(question),
    pause: (question) => askAtPause(question, this.#desk),
    // the next text is looked at when it is here, and shown as far as it fits
    continue: () => Promise.resolve("next"),
  };

  #pause(event: Extract<Event, { kind: "pause" }>): readonly Told[] {
    const before = this.#place;
    this.#place = event.pause && `${event.pause.layer}: ${event.pause.step}`;
    return tellPause(event, before !== undefined && before === this.#place);
  }

  get #desk(): Desk {
    const [screen, chooser, signal] = [this.#screen, this.#chooser, this.#signal];
    return { screen, chooser, signal, numbered: this.#numbered, made: this.#made };
  }

  /** What was told, with stops between screens. A control where the learner wants to be elsewhere. */
  async #flush(): Promise<"quit" | "back" | undefined> {
    let elsewhere: "quit" | "back" | undefined;
    await this.#screen.flush(async () => {
      for (;;) {
        const answer = await this.#chooser.choose<"next" | "shell" | "back" | "quit">(
          [{ key: "enter", text: "read on", value: "next" }, ownShellKey, ...moving],
          { kind: "more", signal: this.#signal },
        );
        if (answer === "next") return true;
        if (answer !== "shell") {
          elsewhere = answer ?? "quit";
          return false;
        }
        await this.#lendShell();
      }
    });
    return elsewhere;
  }

  async #predict({ choices }: Predict) {
    return await this.#chooser.choose<number | "back" | "quit">(
      [...choices.map((_, i) => ({ key: String(i + 1), text: "", value: i })), ...moving],
      { kind: "predict", signal: this.#signal, listed: true },
    );
  }

  async #run({ where }: Run) {
    const shells = where === "host" ? [ownShellKey] : [];
    for (;;) {
      const answer = await this.#chooser.choose<"run" | "skip" | "shell" | "back" | "quit">(
        [
          { key: "enter", text: "run it", value: "run" },
          { key: "s", text: "skip", value: "skip" },
          ...shells,
          ...moving,
        ],
        { kind: "run", signal: this.#signal },
      );
      if (answer !== "shell") return answer;
      await this.#ownShell();
    }
  }

  async #task({ hintsLeft, done }: Asked<"task">): Promise<Replies["task"] | undefined> {
    const signal = AbortSignal.any([this.#signal, done]);
    const hints: Choice<"hint">[] = hintsLeft === 0 ? [] : [{ key: "h", text: `hint (${hintsLeft})`, value: "hint" }];
    for (;;) {
      const answer = await this.#chooser.choose<"shell" | Replies["task"]>(
        [
          ownShellKey,
          ...hints,
          { key: "c", text: "check", value: "check" },
          { key: "d", text: "solution", value: "solve" },
          { key: "s", text: "skip", value: "skip" },
          ...moving,
        ],
        { kind: "task", signal },
      );
      if (answer === undefined && done.aborted) return "check";
      if (answer !== "shell") return answer;
      await this.#ownShell(done);
      if (done.aborted) return "check";
    }
  }

  async #ownShell(done?: AbortSignal): Promise<void> {
    await this.#lendShell(done);
    // what was recognised meanwhile
    await this.#screen.flush();
  }

  async #lendShell(done?: AbortSignal): Promise<void> {
    this.#screen.say(palette().dim(wrap("A shell of your own, in the lesson's folder; exit comes back here.")));
    const tell = (): void => print("\r\n✓ That was it: exit goes on with the lesson.\r\n");
    done?.addEventListener("abort", tell);
    try {
      await ownShell(this.#envFile);
    } finally {
      done?.removeEventListener("abort", tell);
    }
  }
}

const forSpeaker = (): string => `${wrap("Your notes, and the time, in a second terminal of this machine:")}

    minidocker learn notes`;

const ownShellKey: Choice<"shell"> = { key: "t", text: "own shell", value: "shell" };

const moving: readonly Choice<"back" | "quit">[] = [
  { key: "b", text: "back", value: "back" },
  { key: "q", text: "quit", value: "quit" },
];

// the one line of another terminal that makes it a terminal of this lesson
function secondTerminal(envFile: string): string {
  const { cyan } = palette();
  const what =
    "Do it here (key t), or in a second terminal, with this line first. The kernel is watched: when it is so, the lesson goes on.";
  return `${wrap(what, proseWidth())}\n\n    ${cyan(`. ${envFile}`)}`;
}
