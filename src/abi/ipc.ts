// <linux/ipc.h>: shmget(2), shmctl(2).

export const IPC_PRIVATE = 0;
export const IPC_RMID = 0;
export const IPC_STAT = 2;
export const IPC = { IPC_RMID, IPC_STAT } as const;
