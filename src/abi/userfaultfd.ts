// <linux/userfaultfd.h>: userfaultfd(2).

export const UFFD_USER_MODE_ONLY = 1;
export const UFFD = { UFFD_USER_MODE_ONLY } as const;
