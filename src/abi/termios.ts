// <asm-generic/termbits.h>, <asm-generic/ioctls.h>: terminals.

import { Struct } from "./struct.ts";

export const TCGETS = 0x5401;
export const TCSETS = 0x5402;
export const TIOCSCTTY = 0x540e;
export const TIOCGWINSZ = 0x5413;
export const TIOCSWINSZ = 0x5414;
export const TIOCGPTN = 0x80045430;
export const TIOCSPTLCK = 0x40045431;
export const TIOCGPTPEER = 0x5441;
export const IOCTL = {
  TCGETS,
  TCSETS,
  TIOCSCTTY,
  TIOCGWINSZ,
  TIOCSWINSZ,
  TIOCGPTN,
  TIOCSPTLCK,
  TIOCGPTPEER,
} as const;

export const termios = new Struct("termios", {
  iflag: "u32",
  oflag: "u32",
  cflag: "u32",
  lflag: "u32",
  line: "u8",
  cc: ["u8", 19],
});

export const winsize = new Struct("winsize", { rows: "u16", columns: "u16", xpixel: "u16", ypixel: "u16" });

const IGNBRK = 0o1;
const BRKINT = 0o2;
const PARMRK = 0o10;
const ISTRIP = 0o40;
const INLCR = 0o100;
const IGNCR = 0o200;
const ICRNL = 0o400;
const IXON = 0o2000;
export const IFLAG = {
  IGNBRK,
  BRKINT,
  PARMRK,
  ISTRIP,
  INLCR,
  IGNCR,
  ICRNL,
  IXON,
  IXOFF: 0o10000,
  IMAXBEL: 0o20000,
  IUTF8: 0o40000,
} as const;

const OPOST = 0o1;
export const OFLAG = { OPOST, ONLCR: 0o4 } as const;

const CSIZE = 0o60;
const CS8 = 0o60;
const PARENB = 0o400;
/** B38400 is what a pseudo-terminal says that its speed is. */
export const CFLAG = { B38400: 0o17, CS8, CREAD: 0o200, PARENB, HUPCL: 0o2000, CLOCAL: 0o4000 } as const;

const ISIG = 0o1;
const ICANON = 0o2;
const ECHO = 0o10;
const ECHONL = 0o100;
const IEXTEN = 0o100000;
export const LFLAG = {
  ISIG,
  ICANON,
  ECHO,
  ECHOE: 0o20,
  ECHOK: 0o40,
  ECHONL,
  ECHOCTL: 0o1000,
  ECHOKE: 0o4000,
  IEXTEN,
} as const;

/** The settings of `bytes` (a struct termios) made raw, as cfmakeraw(3) does. */
export function makeRaw(bytes: Uint8Array): Uint8Array {
  const now = termios.decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return termios.encode({
    ...now,
    iflag: now.iflag & ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON),
    oflag: now.oflag & ~OPOST,
    lflag: now.lflag & ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN),
    cflag: (now.cflag & ~(CSIZE | PARENB)) | CS8,
  });
}
