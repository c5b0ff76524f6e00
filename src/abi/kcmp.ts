// <linux/kcmp.h>: kcmp(2).

export const KCMP_FILE = 0;
export const KCMP = { KCMP_FILE } as const;
