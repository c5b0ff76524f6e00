// The stage: a process without opinions. It receives frames of system calls, executes them, and replies with what
// the kernel said. It decides nothing: no flag, no path and no order of calls stands in this file; all of
// that is sent by minidocker, in TypeScript. The layout of the frames is generated from src/stage/wire.ts.
//
//   minidocker ──frame──▶ receive ─▶ check ─▶ [relocate ─▶ resolve arguments ─▶ call] × n ──reply──▶ minidocker
//
// Three operations: SYSCALL; CLONE, a system call that returns twice, after which the child serves a channel of its
// own; SUPERVISE (supervise.c), a loop that keeps a running program company until it ends.

#include <linux/errno.h>
#include <linux/unistd.h>
#include <sys/socket.h>

#include "stage.h"

static uint8_t packet[FRAME_MAX] __attribute__((aligned(16)));
static uint8_t arena[ARENA_SIZE] __attribute__((aligned(4096)));

static union {
  struct reply head;
  uint8_t bytes[FRAME_MAX];
} answer __attribute__((aligned(16)));

static int descriptors[DESCRIPTORS_MAX];
static int descriptor_count;

static int inside_arena(uint64_t at, uint64_t size) { return at <= ARENA_SIZE && size <= ARENA_SIZE - at; }

void copy(void *to, const void *from, size_t size) {
  uint8_t *t = to;
  const uint8_t *f = from;
  while (size--) *t++ = *f++;
}

static long receive(void) {
  union {
    struct cmsghdr head;
    uint8_t bytes[CMSG_SPACE(sizeof descriptors)];
  } control;
  struct iovec piece = {packet, sizeof packet};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  long size;
  do size = sys(__NR_recvmsg, CHANNEL, (long)&message, MSG_CMSG_CLOEXEC, 0, 0, 0);
  while (size == -EINTR);
  descriptor_count = 0;
  if (size > 0 && message.msg_controllen >= sizeof control.head && control.head.cmsg_type == SCM_RIGHTS) {
    descriptor_count = (int)((control.head.cmsg_len - CMSG_LEN(0)) / sizeof(int));
    copy(descriptors, CMSG_DATA(&control.head), (size_t)descriptor_count * sizeof(int));
  }
  return size > 0 && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) ? -EMSGSIZE : size;
}

static void respond(uint32_t serial, uint32_t calls, uint32_t done, int error, uint32_t out, uint32_t out_size) {
  uint8_t *tail = answer.bytes + sizeof answer.head + calls * sizeof(int64_t);
  answer.head = (struct reply){.serial = serial, .done = done, .error = error, .outSize = out_size};
  copy(tail, arena + out, out_size);
  sys(__NR_sendto, CHANNEL, (long)&answer, tail + out_size - answer.bytes, MSG_NOSIGNAL, 0, 0);
}

// The value that `kind` and `value` stand for, or a negated errno in *error.
static uint64_t resolve(uint8_t kind, uint64_t value, const int64_t *results, uint32_t index, int *error) {
  switch (kind) {
    case KIND_VALUE:
      return value;
    case KIND_BUFFER:
      if (!inside_arena(value, 0)) break;
      return (uint64_t)(uintptr_t)(arena + value);
    case KIND_RESULT:
      if (value >= index) break;
      if (failed((long)results[value])) *error = -ECANCELED;
      return (uint64_t)results[value];
    case KIND_DESCRIPTOR:
      if (value >= (uint64_t)descriptor_count) break;
      return (uint64_t)descriptors[value];
  }
  *error = -EBADMSG;
  return 0;
}

static int relocate(const struct relocation *list, uint32_t count, const int64_t *results, uint32_t index) {
  int error = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (list[i].call != index) continue;
    if ((list[i].width != 4 && list[i].width != 8) || !inside_arena(list[i].at, list[i].width)) return -EBADMSG;
    uint64_t value = resolve(list[i].kind, list[i].value, results, index, &error);
    if (error) return error;
    copy(arena + list[i].at, &value, list[i].width);
  }
  return 0;
}

// Returns 1 in the child of a CLONE: it has a channel of its own and must drop the frame.
static int execute(const struct call *call, const int64_t *results, uint32_t index, int64_t *result) {
  int error = 0;
  long args[6];
  for (int i = 0; i < 6; i++) args[i] = (long)resolve(call->kinds[i], call->args[i], results, index, &error);
  if (error) {
    *result = error;
    return 0;
  }
  switch (call->op) {
    case OP_SYSCALL:
      *result = sys(call->number, args[0], args[1], args[2], args[3], args[4], args[5]);
      return 0;
    case OP_CLONE:  // args: two that are the call's own, then the child's channel
      *result = sys(call->number, args[0], args[1], 0, 0, 0, 0);
      if (*result != 0) return 0;
      // in the place of its parent's, so that every stage has its channel where a program would look for it;
      // the kernel sees to it that SOCK_CLOEXEC is what dup3(2) takes
      sys(__NR_dup3, args[2], CHANNEL, SOCK_CLOEXEC, 0, 0, 0);
      sys(__NR_close, args[2], 0, 0, 0, 0, 0);
      descriptor_count = 0;
      return 1;
    case OP_SUPERVISE:  // args: struct supervise
      if (call->kinds[0] == KIND_BUFFER && inside_arena(call->args[0], sizeof(struct supervise)))
        *result = supervise_until_end((void *)args[0]);
      else
        *result = -EBADMSG;
      return 0;
  }
  *result = -EBADMSG;
  return 0;
}

static int tolerated(const struct call *call, int64_t result) {
  if (!failed((long)result) || result == -ECANCELED) return 1;
  for (int i = 0; i < 3; i++)
    if (call->tolerate[i] == -result) return 1;
  return 0;
}

static void serve(long size) {
  const struct frame *frame = (void *)packet;
  uint32_t serial = size >= (long)sizeof *frame ? frame->serial : 0;
  uint64_t calls_size = size >= (long)sizeof *frame ? frame->calls * sizeof(struct call) : 0;
  uint64_t relocations_size = size >= (long)sizeof *frame ? frame->relocations * sizeof(struct relocation) : 0;
  if (size < (long)sizeof *frame || frame->calls > CALLS_MAX ||
      sizeof *frame + calls_size + relocations_size + frame->size != (uint64_t)size ||
      !inside_arena(frame->base, frame->size) || !inside_arena(frame->out, frame->outSize) ||
      !inside_arena(frame->blank, 0) ||
      frame->outSize > FRAME_MAX - sizeof answer.head - CALLS_MAX * sizeof(int64_t)) {
    respond(serial, 0, 0, EBADMSG, 0, 0);
    return;
  }
  const struct call *calls = (void *)(packet + sizeof *frame);
  const struct relocation *relocations = (void *)(packet + sizeof *frame + calls_size);
  int64_t *results = (void *)(answer.bytes + sizeof answer.head);
  uint32_t out = frame->out, out_size = frame->outSize, count = frame->calls, done = 0;
  copy(arena + frame->base, packet + sizeof *frame + calls_size + relocations_size, frame->size);
  for (uint32_t at = frame->blank; at < out + out_size; at++) arena[at] = 0;
  while (done < count) {
    int64_t *result = &results[done];
    int error = relocate(relocations, frame->relocations, results, done);
    if (error) *result = error;
    else if (execute(&calls[done], results, done, result)) return;
    if (!tolerated(&calls[done++], *result)) break;
  }
  for (uint32_t i = done; i < count; i++) results[i] = 0;
  int error = count == 0 ? relocate(relocations, frame->relocations, results, 0) : 0;
  respond(serial, count, done, -error, out, out_size);
}

__attribute__((used, noreturn)) void stage_main(void) {
  for (;;) {
    long size = receive();
    if (size == -EMSGSIZE) respond(0, 0, 0, EMSGSIZE, 0, 0);
    else if (size <= 0) break;  // minidocker has gone, and with it every reason to be here
    else serve(size);
    // descriptors last as long as their frame; what is to stay was duplicated by a call in it
    while (descriptor_count > 0) sys(__NR_close, descriptors[--descriptor_count], 0, 0, 0, 0, 0);
  }
  for (;;) sys(__NR_exit_group, 0, 0, 0, 0, 0, 0);
}

#ifdef HOSTED  // for the sanitizers, which bring a C library
int main(void) { stage_main(); }
#else
__asm__(".globl _start\n_start:\n" ENTRY);
void *memcpy(void *to, const void *from, size_t size) {
  copy(to, from, size);
  return to;
}
void *memset(void *to, int byte, size_t size) {
  for (volatile uint8_t *t = to; size--;) *t++ = (uint8_t)byte;
  return to;
}
#endif
