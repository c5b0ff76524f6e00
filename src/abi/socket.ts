// <linux/socket.h>, <linux/net.h>: sockets.

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
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
