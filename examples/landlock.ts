// A layer of one's own, landlock: where the program may write.
//
//   minidocker run --rm --layer ./examples/landlock.ts base sh
//
// Before:  root in the container may change any file of its tree, the programs and the libraries among them.
// After:   it may read and execute what it could before, and write below /tmp and /dev. Its children neither, for ever.
// Not isolated by this: reading; descriptors that are open already, such as stdout; changing modes and owners of files, which
//          no version of Landlock judges so far.
//
// A read-only mount does something similar (`--read-only`), and whoever has CAP_SYS_ADMIN can take it back. Landlock holds a
// process to what it has itself given up, root or not. landlock(7), Documentation/userspace-api/landlock.rst

import { ENOENT, ENOSYS, ENOTDIR, EOPNOTSUPP, EPERM } from "../src/abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_PATH } from "../src/abi/fcntl.ts";
import * as landlock from "../src/abi/landlock.ts";
import type { Layer } from "../src/core/layer.ts";

/** The folders that stay writable, each with its reason. */
const writable = [
  "/tmp", // what is in here is not meant to last
  "/dev", // /dev/null, the terminal, /dev/shm; there is nothing else that the container could break
];

/** Kernels know more rights from version to version. One that a kernel does not know it does not judge. */
const writing: readonly (readonly [version: number, right: number])[] = [
  [1, landlock.LANDLOCK_ACCESS_FS_WRITE_FILE],
  [1, landlock.LANDLOCK_ACCESS_FS_REMOVE_DIR],
  [1, landlock.LANDLOCK_ACCESS_FS_REMOVE_FILE],
  [1, landlock.LANDLOCK_ACCESS_FS_MAKE_CHAR],
  [1, landlock.LANDLOCK_ACCESS_FS_MAKE_DIR],
  [1, landlock.LANDLOCK_ACCESS_FS_MAKE_REG],
  [1, landlock.LANDLOCK_ACCESS_FS_MAKE_SOCK],
  [1, landlock.LANDLOCK_ACCESS_FS_MAKE_FIFO],
  [1, landlock.LANDLOCK_ACCESS_FS_MAKE_BLOCK],
  [1, landlock.LANDLOCK_ACCESS_FS_MAKE_SYM],
  [2, landlock.LANDLOCK_ACCESS_FS_REFER],
  [3, landlock.LANDLOCK_ACCESS_FS_TRUNCATE],
];

const layer: Layer = {
  name: "landlock",
  summary: "the program may write below /tmp and /dev only",
  lesson: "layer-of-your-own",
  // After pivot_root, which Landlock forbids a process that it restricts; before the filter, which may forbid Landlock's calls.
  after: "no-new-privs",
  requires: [
    {
      name: "no-new-privs",
      otherwise:
        "the kernel takes Landlock's rules only from a process with CAP_SYS_ADMIN, so the container is not made unless it has that",
    },
  ],
  async apply(ctx) {
    const { stage } = ctx;
    ctx.step("ask which version of Landlock there is");
    const asked = await stage.landlock_create_ruleset_VERSION(null, 0, landlock.LANDLOCK_CREATE_RULESET_VERSION, {
      assume: 3,
      cause: missing,
    });
    const version = stage.value(asked);
    if (version < 3) ctx.notice("landlock: files that may not be written can still be truncated: that takes Linux 6.2");
    const rights = writing.reduce((sum, [since, right]) => (since <= version ? sum | right : sum), 0);

    ctx.step("name the rights that are taken away");
    const ruleset = await stage.landlock_create_ruleset(
      { handled_access_fs: rights },
      landlock.landlockRulesetAttr.size,
      0,
    );

    ctx.step("give them back for some folders");
    for (const path of writable) {
      // not through a link: an image whose /tmp leads to / would have everything
      const flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
      const folder = await stage.openat(AT_FDCWD, path, flags, 0, { tolerate: [ENOENT, ENOTDIR] });
      const rule = { allowed_access: rights, parent_fd: folder };
      await stage.landlock_add_rule(ruleset, landlock.LANDLOCK_RULE_PATH_BENEATH, rule, 0);
    }

    ctx.step("restrict the process");
    await stage.landlock_restrict_self(ruleset, 0, { cause: unprivileged });
    await stage.close(ruleset);
  },
  explain: () => ({ about, steps }),
  verify: () => [
    {
      id: "landlock.domain",
      title: "writing is restricted to some folders",
      verdict: "unknown",
      saw: "the kernel shows no process's Landlock rules to anybody: try a write inside",
    },
  ],
};

export default layer;

const missing = {
  [ENOSYS]: "this kernel has no Landlock (CONFIG_SECURITY_LANDLOCK)",
  [EOPNOTSUPP]: "Landlock is built into this kernel, but not in use: add it to lsm= on the kernel's command line",
};

const unprivileged = {
  [EPERM]: "the kernel takes this only from a process that has set no-new-privs: leave that layer on",
};

const about = `
The other layers are set up by somebody with power over the process. Landlock turns this round: a process hands rights over
*files* back to the kernel, and none of its children will have them again. No privilege is needed to do so, and none helps
against it.

A set of rules names the rights that it judges. Whatever it judges is forbidden, except below the folders for which there
is a rule.`;

const steps = {
  "ask which version of Landlock there is":
    "A kernel refuses a set of rules that names a right it does not know, so one asks first, and does without the newest.",
  "name the rights that are taken away":
    "Only what changes the file tree is judged here. Reading and executing are not named, so they stay as they are.",
  "give them back for some folders":
    "A rule is tied to the folder itself, through a descriptor, not to its name. Where the image has no such folder, there is nothing to give.",
  "restrict the process":
    "From here on it holds, also for the stage itself. So it comes after all that sets up the file tree: a restricted process may not mount, nor `pivot_root`.",
};
