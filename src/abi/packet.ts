// <linux/if_packet.h>: packet(7).

import { Struct } from "./struct.ts";

export const sockaddrLl = new Struct("sockaddr_ll", {
  sll_family: "u16",
  sll_protocol: "u16",
  sll_ifindex: "i32",
  sll_hatype: "u16",
  sll_pkttype: "u8",
  sll_halen: "u8",
  sll_addr: ["u8", 8],
});
