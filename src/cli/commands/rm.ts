// rm: removes containers with all that they have written.

import { Refusal } from "../../core/refusal.ts";
import { defineCommand } from "../command.ts";
import { print, say } from "../output.ts";

export const command = defineCommand({
  name: "rm",
  summary: "remove containers that have ended",
  operands: [{ name: "CONTAINER", need: "some", complete: "container" }],
  options: [{ long: "force", short: "f", help: "kill those that run; what is not there is no failure" }],
  examples: [
    { command: "minidocker rm web db", text: "by name" },
    { command: "minidocker rm -f web", text: "whether it runs or not" },
  ],
  async run({ values: { force }, operands }) {
    const { removeContainer } = await import("../../engine/remove.ts");
    let code = 0;
    for (const reference of operands) {
      try {
        await removeContainer(reference, force, say);
        print(`${reference}\n`);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        say(error.message);
        if (!(force && error.message.startsWith("No such container"))) code = 1;
      }
    }
    return code;
  },
});
