// help: what there is, or how one command is used.

import { defineCommand } from "../command.ts";
import { commandHelp, overview } from "../help.ts";
import { print } from "../output.ts";
import { UsageError } from "../parse.ts";

export const command = defineCommand({
  name: "help",
  summary: "show this overview, or how a command is used",
  operands: [{ name: "COMMAND", need: "optional", complete: "command" }],
  options: [],
  anywhere: true,
  examples: [{ command: "minidocker help run", text: "the same as: minidocker run --help" }],
  async run({ operands: [name], catalogue }) {
    if (name === undefined) {
      print(await overview(catalogue));
      return 0;
    }
    const wanted = await catalogue.load(name);
    if (wanted === undefined) throw new UsageError(undefined, `unknown command ${JSON.stringify(name)}`);
    print(commandHelp(wanted));
    return 0;
  },
});
