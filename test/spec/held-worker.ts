// Holds a container as the first argument says, with the options of `run` after it; for tests that need another user, a terminal,
// or somebody to kill.

import { command } from "../../src/cli/commands/run.ts";
import { parse } from "../../src/cli/parse.ts";
import type { RunValues } from "../../src/cli/run-options.ts";
import { readRunOptions, thisPlace } from "../../src/cli/run-read.ts";
import { View } from "../../src/core/view.ts";
import { Held } from "../../src/engine/held.ts";

const [what = "", ...words] = process.argv.slice(2);
const parsed = parse(command, words);
if (parsed === "help") throw new Error("no options of run");
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const held = await Held.make(readRunOptions(parsed.values as unknown as RunValues, parsed.operands, thisPlace()), {
  notice: say,
});

async function gone(): Promise<void> {
  await new Promise<void>((resolve) => held.gone.addEventListener("abort", () => resolve()));
  say(`${held.gone.reason.message}, ${held.state}; ${await held.advance("finished").catch((it) => it.message)}`);
}

const deeds: Readonly<Record<string, () => Promise<void>>> = {
  /** Stands still, or runs, until it is killed. */
  async pause() {
    await held.advance({ layer: "overlay", step: "pivot into the new root" });
    await held.runScript("inside", "sleep 1000 & sleep 1001 &");
    say(`standing ${held.pid}`);
    await Bun.sleep(60_000);
  },
  async finished() {
    await held.advance("finished");
    await held.runScript("container", "sleep 1000 & sleep 1001 &");
    say(`standing ${held.pid}`);
    await Bun.sleep(60_000);
  },
  /** Waits until somebody else removes it. */
  async removed() {
    await held.advance({ layer: "namespaces", step: "set the hostname" });
    say(`standing ${held.pid}`);
    await gone();
  },
  async removedFinished() {
    await held.advance("finished");
    await held.runScript("container", "sleep 1000 & sleep 1001 &");
    say(`standing ${held.pid}`);
    await gone();
  },
  /** Nothing of it runs yet. */
  async removedAtFirst() {
    await held.advance({ size: "call" });
    say(`standing ${held.pid}`);
    await gone();
  },
  async shell() {
    await held.advance("finished");
    say("here comes the shell");
    await held.shell();
    say("the shell has ended");
  },
  /** What is seen inside a half-built and a finished one, as JSON. */
  async look() {
    await held.advance({ layer: "capabilities" });
    const number = new View(held.pid ?? 0).status("NSpid")?.split(/\s+/).at(-1);
    const inside = await held.runScript("inside", "id -u; grep CapEff /proc/self/status");
    await held.back().catch(() => {});
    await held.advance("finished");
    const container = await held.runScript("container", "id -u; grep Seccomp: /proc/self/status; sleep 1000 &");
    const killed = await held.attack(async (stage) => stage.value(await stage.getpid()) > 0);
    await held.close();
    say(JSON.stringify({ number, inside, container, killed, state: held.state }));
  },
};
await deeds[what]?.();
await held.close();
process.exit(0);
