import { fstatSync } from "node:fs";

// console_ioctl(4), pts(4): the first consoles, /dev/tty and /dev/console, the far ends of pseudo-terminals. node:tty, which
// knows the others, costs more time than a container takes to start; /dev/null, major 1, is a character device, too.
export function isTerminal(fd: number): boolean {
  try {
    const status = fstatSync(fd);
    if (!status.isCharacterDevice()) return false;
    const major = (status.rdev >> 8) & 0xfff;
    if (major === 1) return false;
    if (major === 4 || major === 5 || (major >= 136 && major <= 143)) return true;
    return (require("node:tty") as typeof import("node:tty")).isatty(fd);
  } catch {
    return false;
  }
}
