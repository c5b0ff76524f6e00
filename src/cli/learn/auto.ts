// Answers from the lesson itself, where nobody is asked: `--auto`, and wherever there is no terminal.

import type { Event, Frontend, Question } from "../../learn/event.ts";

/** A front end that tells, and asks nobody. */
export function unattended(tell: (event: Event) => void): Frontend {
  return { tell, ask: (question) => Promise.resolve(answerTo(question)) as Promise<never> };
}

function answerTo(question: Question): unknown {
  switch (question.kind) {
    case "predict":
      return question.part.choices.findIndex((it) => it.right);
    case "run":
      return "run";
    case "task":
      return "solve";
    case "pause":
      return "on";
    case "continue":
      return "next";
  }
}
