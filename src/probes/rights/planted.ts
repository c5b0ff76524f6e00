// A program with rights of its own, which the attacker plants, then becomes an ordinary user, and starts it: what a user does who finds
// one with a bug.

import { AT_FDCWD, O_CLOEXEC, O_CREAT, O_EXCL, O_WRONLY } from "../../abi/fcntl.ts";
import type { Stage } from "../../stage/stage.ts";
import { ask, contained, stuck, succeeded } from "../attempt.ts";
import type { Observation } from "../probe.ts";
import { type MachineCode, program, runChild } from "../programs.ts";

export const NOBODY = 65534;
const PATH = "/tmp/.minidocker-rights";

/** `mark` gives the file its rights. The program exits with 100 where it has them. */
export async function runPlanted(
  stage: Stage,
  code: MachineCode,
  mark: (stage: Stage, path: string) => Promise<unknown>,
): Promise<Observation> {
  const bytes = program(code);
  const file = await ask(stage, (it) => it.openat(AT_FDCWD, PATH, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o755));
  if (!file.ok) return stuck(file.errno, `${file.errno}: there is no place for a program`);
  try {
    await stage.write(file.result, bytes, bytes.length);
    await stage.close(file.result);
    await mark(stage, PATH);
    const { code: exit } = await runChild(stage, async (child) => {
      await child.setresgid(NOBODY, NOBODY, NOBODY);
      await child.setresuid(NOBODY, NOBODY, NOBODY);
      await child.execve(PATH, ["probe"], []);
    });
    if (exit === 100) return succeeded("the ordinary user had the program's rights");
    if (exit === 101) return contained("the program ran with no more rights than its user");
    return stuck("ENOEXEC", "the program did not run");
  } finally {
    await stage.unlinkat(AT_FDCWD, PATH, 0);
    stage.flush();
  }
}
