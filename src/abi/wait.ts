// <linux/wait.h>: wait4(2).

/** Do not wait: 0 where nobody has ended. */
export const WNOHANG = 1;
