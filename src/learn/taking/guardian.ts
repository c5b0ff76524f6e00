// Ends a lesson, however minidocker ends: a shell in a session of its own that waits for the end of a pipe. The other end of the
// pipe is minidocker's alone, and the kernel closes it, also after SIGKILL. There is one way of cleaning up, so each lesson tries it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** The variable by which a lesson's processes are known. */
export const TOKEN = "MINIDOCKER_LESSON";
/** The file in a lesson's folder that holds its token, which nobody else may know: who has it is ended with the lesson. */
export const TOKEN_FILE = "token";

/** What the guardian watches over. */
export interface Ward {
  /** The lesson's folder: everything that it has written is in there. */
  readonly root: string;
}

export class Guardian {
  readonly #ward: Ward;
  readonly #child: Bun.Subprocess<"pipe", "ignore", "ignore">;

  private constructor(ward: Ward, child: Bun.Subprocess<"pipe", "ignore", "ignore">) {
    this.#ward = ward;
    this.#child = child;
  }

  static start(ward: Ward): Guardian {
    write(ward);
    return new Guardian(ward, spawn(ward, "pipe", "vigil"));
  }

  /** Cleans up after a lesson whose guardian has been killed as well. */
  static async sweep(ward: Ward): Promise<void> {
    write(ward);
    await spawn(ward, "ignore", "vigil").exited;
  }

  /** Ends all processes that have `variable=TOKEN-name` in their environment, with their children. */
  async endProcesses(variable: string, name: string): Promise<void> {
    await spawn(this.#ward, "ignore", "end_named", variable, name).exited;
  }

  /** Ends all that the lesson's scripts have started, and empties their folder. */
  async clear(): Promise<void> {
    await spawn(this.#ward, "ignore", "clear").exited;
  }

  async finish(): Promise<void> {
    this.#child.stdin.end();
    await this.#child.exited;
  }
}

type Action = "vigil" | "clear" | "end_named";

const scriptOf = ({ root }: Ward): string => join(root, "guardian");

/** A file, so that a list of processes stays readable. */
const write = (ward: Ward): void => writeFileSync(scriptOf(ward), guardian, { mode: 0o600 });

// Without the token in its own environment, or it would find itself; nor in its arguments, which every user can read.
function spawn<In extends "pipe" | "ignore">(ward: Ward, stdin: In, action: Action, ...more: string[]) {
  const argv = ["sh", scriptOf(ward), ward.root, `${process.pid}`, action, ...more];
  return Bun.spawn<In, "ignore", "ignore">(argv, { cwd: "/", stdio: [stdin, "ignore", "ignore"], detached: true });
}

// A child need not have the variable (`env -i`), and its parent may have ended. A round that finds nothing is the last: what is
// killed in the middle of a call takes a moment to die.
const guardian = `root=$1 minidocker=$2
# a lesson that was killed before it had one has started nothing
read -r token <"$root/token" || token=none

# all of the variable has to be that, and it is in no list of arguments
find_processes() {
  printf '%s\\n' "$1" | grep -lszxF -f - /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3
}

# those that write where a script of the lesson wrote: minidocker itself only reads there
find_writers() {
  find /proc/[0-9]*/fd -lname "$root/pipe-*" 2>/dev/null | while read -r fd; do
    case $(readlink "$fd") in "$root/pipe-$token-"*) echo "$fd" ;; esac
  done | cut -d/ -f3 | grep -vx "$minidocker" | sort -u
}

with_children() {
  for pid in "$@"; do
    echo "$pid"
    for children in /proc/$pid/task/*/children; do
      [ ! -r "$children" ] || with_children $(cat "$children" 2>/dev/null)
    done
  done
}

end_processes() {
  for round in 1 2 3 4 5 6 7 8 9 10; do
    found=$(find_processes "$1"; [ $# -eq 1 ] || find_writers)
    [ -n "$found" ] || return 0
    kill -KILL $(with_children $found | sort -u) 2>/dev/null
    sleep 0.02
  done
}

containers() {
  ls "$root/state/containers" 2>/dev/null
}

# Fails where one is left: its record must not be removed then, because nobody else knows what is still there of it.
remove_containers() {
  export MINIDOCKER_STATE="$root/state" MINIDOCKER_DATA="$root/data"
  for round in 1 2 3; do
    [ -n "$(containers)" ] || return 0
    # ps puts in order what was abandoned half made
    "$root/bin/minidocker" ps -aq --no-trunc >/dev/null 2>&1
    set -- $(containers)
    [ $# -eq 0 ] || "$root/bin/minidocker" rm -f "$@" >/dev/null 2>&1
  done
  [ -z "$(containers)" ]
}

end_named() {
  end_processes "$1=$token-$2"
}

clear() {
  end_processes "${TOKEN}=$token" and writers
  rm -f "$root/kept"
  remove_mounts && { open_folders; find "$root/work" -xdev -mindepth 1 -delete; }
}

# overlayfs leaves a folder that its owner may not enter; find runs chmod before it enters
open_folders() {
  find "$root" -xdev -type d ! -perm -700 -exec chmod u+rwx {} ';'
}

# as the kernel writes them, with blanks and the like as \\040
mounts() {
  cut -d' ' -f5 /proc/self/mountinfo | sort -r | while read -r point; do
    case $(printf '%b' "$point") in "$root"/*) printf '%s\\n' "$point" ;; esac
  done
}

# Fails where one is left: nothing may be removed then, because what lies behind it is somebody else's.
remove_mounts() {
  mounts | while read -r point; do
    point=$(printf '%b.' "$point")
    umount -l "\${point%.}" 2>/dev/null
  done
  [ -z "$(mounts)" ]
}

# nothing but the end of the pipe ends it
vigil() {
  trap '' HUP INT QUIT TERM
  while read -r line; do :; done
  end_processes "${TOKEN}=$token" and writers
  remove_containers
  end_processes "${TOKEN}=$token" and writers
  remove_containers && remove_mounts && { open_folders; rm -rf --one-file-system "$root"; }
  rmdir "$(dirname "$root")" 2>/dev/null
}

shift 2
"$@"
`;
