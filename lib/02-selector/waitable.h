/*
 * waitable - which descriptors can be waited for. A regular file is always ready; so are a
 * directory and /dev/null. epoll says that when it is asked to watch one (EPERM). poll() and
 * select() call it ready for ever, so their backends look here first, once, when a descriptor is
 * registered.
 *
 * Errors: negative codes. Memory: none. Threads: any.
 */
#ifndef EDDY_WAITABLE_H
#define EDDY_WAITABLE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct stat;

/*
 * 0 when `fd` can be waited for, -EPERM when not, -EBADF when it is closed. Fills `file` with a
 * number for what it leads to. Another number is another file, and so the descriptor was closed and
 * opened again; the same number says little, since all eventfds share one.
 */
int eddy_waitable(int fd, uint64_t *file);

/* For eddy_waitable(), in waitable_linux.c or waitable_posix.c: what `info` does not tell. */
int eddy_waitable_probe(int fd, const struct stat *info);

#ifdef __cplusplus
}
#endif

#endif
