// Layer 6, no-new-privs: what an execve can add.
//
// Before:  a setuid program or one with file capabilities runs with more privileges than its caller has.
// After:   execve never adds any; such programs run as if the bit were not there. It is inherited and cannot be undone.
// Not isolated by this: what the process may do already. It takes nothing away.
//
// prctl(2), PR_SET_NO_NEW_PRIVS; Documentation/userspace-api/no_new_privs.rst. Docker leaves it off
// by default; we turn it on.

import { PR_SET_NO_NEW_PRIVS } from "../abi/prctl.ts";
import type { Layer } from "../core/layer.ts";

export const noNewPrivs: Layer = {
  name: "no-new-privs",
  summary: "execve can no longer add privileges (setuid programs, file capabilities)",
  lesson: "no-new-privs",
  otherwise: "setuid programs and file capabilities add privileges, as with Docker",
  requires: [],
  async apply(ctx) {
    if (!ctx.spec.process.noNewPrivileges) return;
    ctx.step("refuse new privileges");
    // before seccomp: without CAP_SYS_ADMIN the kernel takes a filter only from a process that has given this up
    await ctx.stage.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  },
  explain: () => ({
    about: `
A setuid program runs with its *owner's* privileges, whoever starts it: that is how \`su\` and \`sudo\` work, and how a mistake
in one of them makes anybody root. This one bit switches the mechanism off for a process and for all its descendants.

It surprises where an image relies on \`sudo\` or \`su\`: they start, and fail. \`--security-opt no-new-privileges=false\`
leaves the layer out.`,
    steps: {
      "refuse new privileges":
        "Set it after the capabilities are settled and before the filter is loaded: `seccomp(2)` asks an unprivileged process for exactly this promise, since a filter could otherwise confuse a setuid program.",
    },
  }),
  verify(view) {
    const value = view.status("NoNewPrivs");
    return [
      {
        id: "no-new-privs.bit",
        title: "execve cannot add privileges",
        verdict: value === undefined ? "unknown" : value === "1" ? "yes" : "no",
        saw: value === undefined ? "no NoNewPrivs line in /proc/PID/status" : `NoNewPrivs: ${value}`,
      },
    ];
  },
};
