// <linux/ptrace.h>: ptrace(2).

export const PTRACE_SEIZE = 0x4206;
export const PTRACE = { PTRACE_SEIZE } as const;
