// A resident that is no longer what it was: a program of its container traces it, and answers in its place.

import { expect, test } from "bun:test";
import { Parent } from "../../src/core/parent.ts";
import type { Executor } from "../../src/stage/executor.ts";
import { Session, Stage } from "../../src/stage/stage.ts";

test("one that tells of ended children without end is not listened to for ever", async () => {
  let answers = 0;
  const puppet: Executor = {
    limit: () => {},
    late: false,
    begin: ({ calls }) => {
      for (const { result } of calls) result.settle(1000 + ++answers, new Uint8Array(4));
      return () => undefined;
    },
  };
  expect(await new Parent(new Stage("puppet", puppet, new Session())).collect(7)).toBeUndefined();
  expect(answers).toBeLessThan(1000);
});
