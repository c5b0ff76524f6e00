// <linux/personality.h>: personality(2).

export const ADDR_NO_RANDOMIZE = 0x0040000;
export const PERSONALITY = { ADDR_NO_RANDOMIZE } as const;
