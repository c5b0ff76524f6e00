// <linux/mman.h>: mmap(2).

export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT = { PROT_READ, PROT_WRITE } as const;

export const MAP_PRIVATE = 2;
export const MAP_ANONYMOUS = 0x20;
export const MAP_POPULATE = 0x8000;
export const MAP = { MAP_PRIVATE, MAP_ANONYMOUS, MAP_POPULATE } as const;
