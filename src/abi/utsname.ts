// <linux/utsname.h>: uname(2).

import { Struct } from "./struct.ts";

export const utsname = new Struct("new_utsname", {
  sysname: ["u8", 65],
  nodename: ["u8", 65],
  release: ["u8", 65],
  version: ["u8", 65],
  machine: ["u8", 65],
  domainname: ["u8", 65],
});

/** The hostname in what uname(2) has written. */
export function nodeName(bytes: Uint8Array): string {
  const field = bytes.subarray(utsname.offsetOf("nodename"), utsname.offsetOf("release"));
  return new TextDecoder().decode(field.subarray(0, field.indexOf(0)));
}
