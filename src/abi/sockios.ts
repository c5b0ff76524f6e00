// <linux/sockios.h>, <linux/if.h>: netdevice(7), a link by its name.

import { Struct } from "./struct.ts";

export const SIOCGIFFLAGS = 0x8913;
export const SIOCSIFFLAGS = 0x8914;
export const SIOCGIFHWADDR = 0x8927;
export const SIOCGIFINDEX = 0x8933;
export const SIOC = { SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCGIFHWADDR, SIOCGIFINDEX } as const;

/** struct ifreq: the link's name, then whatever the request is about. */
export const ifreq = new Struct("ifreq", { ifr_name: ["u8", 16], ifr_ifru: ["u8", 24] });
