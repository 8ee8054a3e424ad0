/*
 * fdio - to await any descriptor: a pipe, a terminal, an eventfd or timerfd, a device, and one that
 * belongs to another library. (A socket is better served by sockio.h.)
 *
 *     CO_AWAIT(co, eddy_read(&self->io, loop, STDIN_FILENO, self->line, sizeof self->line));
 *     ... self->io.n bytes, 0 at the end
 *
 *     CO_AWAIT(co, eddy_readable(&self->io, loop, PQsocket(self->connection)));
 *     ... PQconsumeInput(self->connection) has something to take
 *
 * A descriptor may block. A terminal's should: the shell shares it, and with O_NONBLOCK on it,
 * other programs break. So these wait until the descriptor is ready, and only then read or write,
 * and only as much as does not block then. If another process takes the bytes in between, the call
 * waits, and the loop with it: one reader for a pipe, or O_NONBLOCK (eddy_net_prepare).
 *
 * What is always ready, a regular file, a directory, /dev/null, cannot be waited for, and is read
 * and written at once: a program that awaits its input also takes it from a file. A slow disk stops
 * the loop for as long as it takes.
 *
 * One task at a time may wait to read a descriptor, and one to write it; a second one gets
 * EDDY_EWATCHED. Cancelling takes nothing from it. Close through the loop (eddy_loop_close_fd): a
 * waiter gets EDDY_ECLOSED.
 *
 * Errors: the future's; codes of the system calls, EDDY_EWATCHED, EDDY_ECLOSED. Memory: buffers
 * stay until it is done. Threads: the loop's.
 */
#ifndef EDDY_FDIO_H
#define EDDY_FDIO_H

#include "io.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Wait until `fd` is ready for reading, or writing; an error and the end count as ready. It is a
 * hint, as any readiness: what was there may be gone when you look. */
struct eddy_future *eddy_readable(struct eddy_io *io, struct eddy_loop *loop, int fd);
struct eddy_future *eddy_writable(struct eddy_io *io, struct eddy_loop *loop, int fd);

/* Read what is there, at most `n` bytes, which is not 0: io->n, 0 at the end. */
struct eddy_future *eddy_read(struct eddy_io *io, struct eddy_loop *loop, int fd, void *buf,
                              size_t n);

/* Write all `n` bytes, 64 KiB in a turn at most; to a descriptor that blocks, PIPE_BUF bytes in a
 * turn (4096 on Linux), for which a pipe that is ready has room. After an error or a cancel, io->n
 * have been written. -EPIPE: nobody reads any more; never SIGPIPE. */
struct eddy_future *eddy_write(struct eddy_io *io, struct eddy_loop *loop, int fd, const void *buf,
                               size_t n);

/* write(2), but the pipe that nobody reads is -EPIPE and not SIGPIPE, whatever this thread does with
 * that signal; and EINTR is no failure. Returns the count, or a negative code. Any thread. */
ssize_t eddy_write_some(int fd, const void *buf, size_t n);

#ifdef __cplusplus
}
#endif

#endif
