// run: makes a container from an image or a folder, and runs a program in it.

import { defineCommand } from "../command.ts";
import { say } from "../output.ts";
import { refusedOptions, runOptions } from "../run-options.ts";
import { readRunOptions, thisPlace } from "../run-read.ts";
import { isTerminal } from "../style.ts";
import { traceTo } from "../trace.ts";

const STDIN = 0;

export const command = defineCommand({
  name: "run",
  summary: "make a container and run a program in it",
  operands: [
    { name: "IMAGE|ROOTFS", need: "one", complete: "image" },
    { name: "COMMAND", need: "optional" },
    { name: "ARG", need: "any" },
  ],
  options: runOptions,
  optionsFirst: true,
  refused: refusedOptions,
  failure: 125,
  about: `The image is \`base\`, which is always there, or a folder with a root file system. Options end at the image: everything
after it is the program and its arguments.

A container is made of seven layers, in this order: namespaces, cgroups, overlay, network, capabilities, no-new-privs, seccomp.
All of them are on unless \`--layers\` says otherwise. \`minidocker explain LAYER\` says what each of them does.

The exit code is the program's. 125: minidocker failed. 126: the program cannot be executed. 127: it cannot be found. 128 and more:
a signal ended it (137 is SIGKILL, 143 SIGTERM).`,
  examples: [
    { command: "minidocker run --rm -it base sh", text: "a shell in a new container, gone when the shell ends" },
    { command: "minidocker run --rm ./rootfs ls -la /", text: "a program in a folder of your own" },
    { command: "minidocker run --rm -it -m 64m --cpus 0.5 --pids-limit 100 base sh", text: "with limits" },
    {
      command: "minidocker run --rm -v ./src:/src:ro -p 8080:80 base httpd -f -h /src",
      text: "with a folder of the host, and a port",
    },
    { command: "minidocker run --rm -it --step base sh", text: "watch the container being made, step by step" },
    { command: "minidocker run --rm --layers=-seccomp base sh", text: "with all layers but one" },
    { command: "minidocker run --dry-run base true", text: "list the system calls without making them" },
  ],
  async run({ values, operands }) {
    const options = readRunOptions(values, operands, thisPlace());
    if (options.terminal && !options.dryRun) {
      const { checkTerminal } = await import("../../core/terminal.ts");
      checkTerminal(options.interactive, isTerminal(STDIN));
    }
    const trace =
      options.trace === undefined && !options.dryRun
        ? undefined
        : traceTo(options.trace ?? (options.dryRun ? "-" : ""));
    const ask = options.step === undefined ? undefined : (await import("../step.ts")).askOnTerminal();
    const console = {
      notice: say,
      ...(trace === undefined ? {} : { trace }),
      ...(ask === undefined ? {} : { ask }),
    };
    if (options.dryRun) return (await import("../../engine/plan.ts")).plan(options, console);
    return (await import("../../engine/run.ts")).run(options, console);
  },
});
