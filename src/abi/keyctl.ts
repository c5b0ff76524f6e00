// <linux/keyctl.h>: keyctl(2).

export const KEYCTL_JOIN_SESSION_KEYRING = 1;

/** Operations. */
export const KEYCTL = { KEYCTL_JOIN_SESSION_KEYRING } as const;
