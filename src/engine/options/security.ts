// --security-opt.

import { ValueError } from "./value.ts";

export interface SecurityOptions {
  readonly noNewPrivileges?: boolean;
  /** A file with a profile, or `unconfined`. */
  readonly seccomp?: string;
}

/** `no-new-privileges[=BOOL]`, `seccomp=FILE|unconfined|builtin`; a colon may stand for the equals sign, as in Docker. */
export function parseSecurity(text: string): SecurityOptions {
  const [, name, value] = /^([a-z-]+)(?:[=:](.*))?$/.exec(text) ?? [];
  if (name === "no-new-privileges") {
    if (value === undefined || value === "true") return { noNewPrivileges: true };
    if (value === "false") return { noNewPrivileges: false };
    throw new ValueError("no-new-privileges is true or false");
  }
  if (name === "seccomp") {
    if (!value) throw new ValueError("name a file with a profile, or unconfined");
    return value === "builtin" ? {} : { seccomp: value };
  }
  // Asks for what is the case anyway: neither is used here.
  if (text === "apparmor=unconfined" || text === "label=disable") return {};
  if (name === "apparmor" || name === "label")
    throw new ValueError("minidocker applies no AppArmor profiles and no SELinux labels");
  throw new ValueError("there are no-new-privileges[=false] and seccomp=FILE or unconfined");
}
