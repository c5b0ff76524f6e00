// <linux/wait.h>, <sys/wait.h>: wait4(2), and the status that it fills.

/** Do not wait: 0 where nobody has ended. */
export const WNOHANG = 1;

/** The status is an int. */
export const STATUS_SIZE = 4;

export const readStatus = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset, STATUS_SIZE).getInt32(0, true);

/** WTERMSIG: the signal that has ended it; 0 where it has exited. */
export const terminatedBy = (status: number): number => status & 0x7f;

/** WEXITSTATUS: what it has exited with. */
export const exitedWith = (status: number): number => (status >> 8) & 0xff;
