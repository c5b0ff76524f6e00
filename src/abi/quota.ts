// <linux/quota.h>: quotactl(2).

export const Q_GETFMT = 0x800004;
export const USRQUOTA = 0;

/** QCMD: a command and whose quota. */
export const quotaCommand = (command: number, type: number): number => ((command << 8) | (type & 0xff)) >>> 0;
