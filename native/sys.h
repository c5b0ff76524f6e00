// The way into the kernel without a C library: one instruction per architecture. So the stage links statically
// everywhere, starts in no time, and there is no code in it that is not in this folder.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Results are the kernel's own: -4095 … -1 is a negated errno.
static inline int failed(long result) { return result < 0 && result >= -4095; }

#if defined(__x86_64__)
static inline long sys(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#define ENTRY "xor %ebp, %ebp\n and $-16, %rsp\n call stage_main\n"
#elif defined(__aarch64__)
static inline long sys(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}
#define ENTRY "mov x29, #0\n bl stage_main\n"
#else
#error "the stage knows x86_64 and aarch64"
#endif
