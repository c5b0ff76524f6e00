// <linux/keyctl.h>: keyctl(2), add_key(2).

export const KEYCTL_GET_KEYRING_ID = 0;
export const KEYCTL_JOIN_SESSION_KEYRING = 1;

/** Operations. */
export const KEYCTL = { KEYCTL_GET_KEYRING_ID, KEYCTL_JOIN_SESSION_KEYRING } as const;

/** Keyrings that each process finds under these numbers. */
export const KEY_SPEC_PROCESS_KEYRING = -2;
export const KEY_SPEC_SESSION_KEYRING = -3;
export const KEY_SPEC = { KEY_SPEC_PROCESS_KEYRING, KEY_SPEC_SESSION_KEYRING } as const;
