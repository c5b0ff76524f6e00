// <linux/socket.h>, <linux/net.h>: sockets.

import { Struct } from "./struct.ts";

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const AF_ALG = 38;
export const AF_NFC = 39;
export const AF_VSOCK = 40;
export const AF_KCM = 41;
export const AF_QIPCRTR = 42;
export const AF_SMC = 43;
export const AF_XDP = 44;
export const AF_MCTP = 45;
export const AF = {
  AF_UNIX,
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  AF_ALG,
  AF_NFC,
  AF_VSOCK,
  AF_KCM,
  AF_QIPCRTR,
  AF_SMC,
  AF_XDP,
  AF_MCTP,
} as const;

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_SEQPACKET = 5;
export const SOCK_CLOEXEC = 0o2000000;
export const SOCK = { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET } as const;

export const msghdr = new Struct("msghdr", {
  name: "u64",
  namelen: "u32",
  iov: "u64",
  iovlen: "u64",
  control: "u64",
  controllen: "u64",
  flags: "i32",
});

export const iovec = new Struct("iovec", { base: "u64", len: "u64" });

export const SOL_SOCKET = 1;
/** <asm-generic/socket.h> */
export const SO_REUSEADDR = 2;
export const SO_RCVTIMEO = 20;
export const SO_SNDTIMEO = 21;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
export const MSG = { MSG_DONTWAIT, MSG_NOSIGNAL } as const;
export const SCM_RIGHTS = 1;

const CMSG_HEADER = 16;

/** A control message that carries descriptors: struct cmsghdr, then the numbers from byte 16 on. cmsg(3) */
export function controlMessage(descriptors: readonly number[] = [0]): Uint8Array {
  const length = CMSG_HEADER + 4 * descriptors.length;
  const view = new DataView(new ArrayBuffer(Math.ceil(length / 8) * 8));
  view.setBigUint64(0, BigInt(length), true);
  view.setInt32(8, SOL_SOCKET, true);
  view.setInt32(12, SCM_RIGHTS, true);
  for (const [i, fd] of descriptors.entries()) view.setInt32(CMSG_HEADER + 4 * i, fd, true);
  return new Uint8Array(view.buffer);
}

/** The first descriptor in a control message that came. */
export const receivedDescriptor = {
  /** Throws where the message brought none: what is read then would be descriptor 0. */
  in: (bytes: Uint8Array): number => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view.getBigUint64(0, true) < CMSG_HEADER + 4) throw new Error("a message came without the descriptor in it");
    return view.getInt32(CMSG_HEADER, true);
  },
  get example(): Uint8Array {
    return controlMessage([7]);
  },
};
