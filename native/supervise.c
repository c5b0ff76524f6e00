// SUPERVISE: what a stage does while the program runs. A single loop over poll(2):
//
//   user's stdin  ──▶ program's stdin          signals ──▶ the program
//   program's stdout, stderr ──▶ user's stdout, stderr
//                             ├▶ log           (a header with the time, then the bytes as they are)
//                             └▶ attached clients
//
// A stream holds at most one piece: it reads only when it is empty, writes only when poll says that something will fit.
// How much is never certain: a terminal takes a part of a piece, and a pipe may have other writers. So whoever sends the
// order sees to it that a write cannot wait (O_NONBLOCK); then a reader that has stopped never stops the loop, and
// nothing is ever lost. A reader that has gone is passed on: the program's end is closed as well, and it learns of it as
// it would without us, by EPIPE or SIGHUP. What the program thinks it has written by then, and a full disk does not
// take, is lost, and the result says so.

#include <linux/errno.h>
#include <linux/signal.h>
#include <linux/poll.h>
#include <linux/signalfd.h>
#include <linux/termios.h>
#include <linux/time.h>
#include <linux/unistd.h>
#include <linux/wait.h>
#include <sys/socket.h>

#include "stage.h"

#define PIECE 4096  // PIPE_BUF: a pipe to which nobody else writes takes as much when poll(2) calls it writable
enum { STDIN, STDOUT, STDERR, STREAMS, WINDOW = STREAMS };

static struct stream {
  int from, to;
  uint32_t start, end;
  uint8_t bytes[PIECE];
} streams[STREAMS];

static struct {
  struct log_header head;
  uint8_t bytes[PIECE];
} message;

static struct supervise order;
static const struct supervise *const with = &order;
static int clients[ATTACHED_MAX];
static int lost;  // the errno with which output was first refused, by anything but a reader that has gone

static long sys3(long number, long a, long b, long c) { return sys(number, a, b, c, 0, 0, 0); }

static void close_end(int *end) {
  if (*end >= 0) sys3(__NR_close, *end, 0, 0);
  *end = -1;
}

static uint64_t now(void) {
  struct __kernel_timespec time = {0};
  sys3(__NR_clock_gettime, CLOCK_REALTIME, (long)&time, 0);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

// Keeps a piece of output in the log and shows it to whoever is attached; one who does not read is let go.
static void publish(uint32_t stream, const uint8_t *bytes, uint32_t size) {
  message.head = (struct log_header){.nanoseconds = now(), .stream = stream, .size = size};
  copy(message.bytes, bytes, size);
  if (with->log >= 0) sys3(__NR_write, with->log, (long)&message, sizeof message.head + size);
  for (int i = 0; i < ATTACHED_MAX; i++)
    if (clients[i] >= 0 &&
        failed(sys(__NR_sendto, clients[i], (long)&message, sizeof message.head + size, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0)))
      close_end(&clients[i]);
}

// To the program, as if somebody had closed the window in which it runs.
static void hang_up(void) {
  streams[STDIN].to = streams[STDOUT].from = -1;
  close_end(&order.terminal);
}

static int full(const struct stream *stream) { return stream->start < stream->end; }

static void fill(uint32_t index) {
  struct stream *stream = &streams[index];
  if (full(stream)) return;  // in this turn, an attached client was faster
  long size = sys3(__NR_read, stream->from, (long)stream->bytes, PIECE);
  if (size == -EINTR || size == -EAGAIN) return;
  if (size <= 0) {  // end of file; EIO is how a terminal says it
    stream->from = -1;
    if (index != STDIN) return;
    if (stream->to == with->terminal) hang_up();
    else close_end(&stream->to);
    return;
  }
  if (index != STDIN) publish(index, stream->bytes, (uint32_t)size);
  stream->start = 0;
  stream->end = stream->to >= 0 ? (uint32_t)size : 0;
}

static void drain(uint32_t index) {
  struct stream *stream = &streams[index];
  long size = sys3(__NR_write, stream->to, (long)(stream->bytes + stream->start), stream->end - stream->start);
  if (size == -EINTR || size == -EAGAIN) return;
  if (size >= 0) {
    stream->start += (uint32_t)size;
    return;
  }
  if (index != STDIN && size != -EPIPE && size != -EIO && !lost) lost = (int)-size;
  stream->to = -1;
  stream->start = stream->end = 0;
  if (index == STDIN) {  // the caller's, which others may read from
    stream->from = -1;
    return;
  }
  if (stream->from == with->terminal) hang_up();
  else close_end(&stream->from);
}

static void accept_client(void) {
  long client = sys(__NR_accept4, with->listener, 0, 0, SOCK_CLOEXEC, 0, 0);
  if (failed(client) && client != -EINTR && client != -EAGAIN && client != -ECONNABORTED) order.listener = -1;
  for (int i = 0; i < ATTACHED_MAX && client >= 0; i++)
    if (clients[i] < 0) {
      clients[i] = (int)client;
      return;
    }
  if (client >= 0) sys3(__NR_close, client, 0, 0);
}

// A client sends what minidocker sends: input (an empty piece closes it), or the size of its window.
static void hear_client(int *client) {
  struct stream *in = &streams[STDIN];
  if (full(in)) return;  // in this turn, another client was faster
  long size = sys(__NR_recvfrom, *client, (long)&message, sizeof message, MSG_DONTWAIT, 0, 0);
  if (size == -EAGAIN) return;
  if (size < (long)sizeof message.head || message.head.size != size - (long)sizeof message.head) {
    close_end(client);
  } else if (message.head.stream == WINDOW && message.head.size == sizeof(struct winsize) && with->terminal >= 0) {
    sys3(__NR_ioctl, with->terminal, TIOCSWINSZ, (long)message.bytes);
  } else if (message.head.stream == STDIN && message.head.size == 0) {
    if (in->to != with->terminal) close_end(&in->to);
  } else if (message.head.stream == STDIN && in->to >= 0) {
    copy(in->bytes, message.bytes, message.head.size);
    in->start = 0;
    in->end = message.head.size;
  }
}

// Returns 1 when the program itself has ended; orphans that were handed to us are merely reaped.
static int reap(int *status) {
  for (;;) {
    int ended;
    long pid = sys(__NR_wait4, -1, (long)&ended, WNOHANG, 0, 0, 0);
    if (pid <= 0) return 0;
    if (pid == with->pid) {
      *status = ended;
      return 1;
    }
  }
}

// The program has ended, but somebody has stopped reading what it wrote, and now a signal says not to wait for them.
static void give_up_on_readers(void) {
  for (int i = 0; i < STREAMS; i++) {
    streams[i].to = -1;
    streams[i].start = streams[i].end = 0;
  }
}

static int take_signal(int ended, int *status) {
  struct signalfd_siginfo info;
  if (sys3(__NR_read, with->signals, (long)&info, sizeof info) != sizeof info) return 0;
  if (info.ssi_signo == SIGCHLD) return reap(status);
  if (info.ssi_signo == SIGWINCH && with->terminal >= 0) {
    struct winsize size;
    if (!failed(sys3(__NR_ioctl, with->window, TIOCGWINSZ, (long)&size)))
      sys3(__NR_ioctl, with->terminal, TIOCSWINSZ, (long)&size);
    return 0;
  }
  // by a key, to all of the terminal's foreground group: with an init, the program is in it, too
  if (with->leave && info.ssi_code == SI_KERNEL && info.ssi_signo != SIGHUP) return 0;
  if (ended) give_up_on_readers();
  else sys3(__NR_kill, with->pid, info.ssi_signo, 0);
  return 0;
}

// One turn of the loop. Returns 0 when it was the last: the program has ended and nothing is left to copy, or the
// owner has gone.
static int turn(int *ended, int *status) {
  enum { SIGNALS, LISTENER, OWNER, CLIENT, STREAM = CLIENT + ATTACHED_MAX, ALL = STREAM + STREAMS };
  struct pollfd polls[ALL];
  int pending = 0;
  polls[SIGNALS] = (struct pollfd){with->signals, POLLIN, 0};
  polls[LISTENER] = (struct pollfd){*ended ? -1 : with->listener, POLLIN, 0};
  polls[OWNER] = (struct pollfd){with->owner, 0, 0};  // a hang-up is told unasked
  for (int i = 0; i < ATTACHED_MAX; i++)
    polls[CLIENT + i] = (struct pollfd){*ended || full(&streams[STDIN]) ? -1 : clients[i], POLLIN, 0};
  for (int i = 0; i < STREAMS; i++) {
    struct stream *stream = &streams[i];
    if (i == STDIN && *ended) stream->from = stream->to = -1, stream->end = stream->start;
    polls[STREAM + i] = full(stream) ? (struct pollfd){stream->to, POLLOUT, 0} : (struct pollfd){stream->from, POLLIN, 0};
    pending |= full(stream);
  }
  static const struct __kernel_timespec at_once = {0};
  long ready = sys(__NR_ppoll, (long)polls, ALL, (long)(*ended && !pending ? &at_once : NULL), 0, 0, 0);
  if (ready <= 0) return ready == -EINTR || !*ended;
  if (polls[OWNER].revents) return 0;
  if (polls[SIGNALS].revents && take_signal(*ended, status)) *ended = 1;
  if (polls[LISTENER].revents) accept_client();
  for (int i = 0; i < ATTACHED_MAX; i++)
    if (polls[CLIENT + i].revents) hear_client(&clients[i]);
  for (int i = 0; i < STREAMS; i++) {
    if (!polls[STREAM + i].revents) continue;
    if (polls[STREAM + i].events == POLLOUT) drain((uint32_t)i);
    else fill((uint32_t)i);
  }
  return 1;
}

long supervise_until_end(const void *wanted) {
  int ended = 0, status = 0;
  lost = 0;
  copy(&order, wanted, sizeof order);  // an offset into the arena need not be aligned
  for (int i = 0; i < ATTACHED_MAX; i++) clients[i] = -1;
  for (int i = 0; i < STREAMS; i++) {
    streams[i].from = with->from[i];
    streams[i].to = with->to[i];
    streams[i].start = streams[i].end = 0;
  }
  if (reap(&status)) ended = 1;  // it may have ended before anybody listened for SIGCHLD
  while (turn(&ended, &status)) continue;
  if (!ended) return -EOWNERDEAD;
  struct exit_record record = {.nanoseconds = now(), .status = status};
  if (with->record >= 0) sys3(__NR_write, with->record, (long)&record, sizeof record);
  for (int i = 0; i < ATTACHED_MAX; i++) close_end(&clients[i]);
  int signal = status & 0x7f;  // wait4(2)
  if (with->leave) sys3(__NR_exit_group, signal ? 128 + signal : status >> 8, 0, 0);
  return status | (long)lost << STATUS_BITS;
}
