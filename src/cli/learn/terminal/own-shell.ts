// The learner's own shell, in the lesson's folder: what is done there counts as if done in a second terminal.

import { withTerminalLent } from "../../../engine/interrupts.ts";

/** `envFile` is what a second terminal would read. Resolves when the shell has ended. */
export async function ownShell(envFile: string): Promise<void> {
  await withTerminalLent(async () => {
    const script = '. "$1"; exec "$2" -i';
    const shell = Bun.spawn(["/bin/sh", "-c", script, "sh", envFile, process.env["SHELL"] || "/bin/sh"], {
      env: { ...process.env, PS1: "(lesson) \\$ " },
      stdio: ["inherit", "inherit", "inherit"],
    });
    await shell.exited;
  });
}
