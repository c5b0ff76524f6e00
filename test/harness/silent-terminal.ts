// A pseudo-terminal that nobody reads, like one whose window hangs: after a few thousand bytes, whoever writes to it waits.

import { openPty } from "../../src/core/terminal.ts";
import { launch } from "../../src/stage/launch.ts";
import { Session } from "../../src/stage/stage.ts";
import { processLink } from "./processes.ts";

/** Hands `body` its name in /dev/pts. */
export async function onSilentTerminal(body: (path: string) => Promise<void>): Promise<void> {
  const holder = await launch(new Session());
  try {
    const { slave } = await openPty(holder.stage);
    await body(processLink(holder.pid, `fd/${holder.stage.value(slave)}`));
  } finally {
    holder.close();
    await holder.ended;
  }
}
