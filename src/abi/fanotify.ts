// <linux/fanotify.h>: fanotify_init(2).

export const FAN_CLASS_CONTENT = 4;
export const FAN = { FAN_CLASS_CONTENT } as const;
