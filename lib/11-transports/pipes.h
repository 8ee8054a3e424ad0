/*
 * pipes - transports over one end of a pipe, or over a terminal: one direction each. (asyncio's
 * connect_read_pipe and connect_write_pipe)
 *
 * The one for reading is told of data and of the end, and cannot be written to (-EBADF). The one for writing
 * notices that the last reader has gone, even while nothing is written: connection_lost, with -EPIPE if
 * something still waits. A terminal, another device, and a fifo that is open in both ways have no such end.
 *
 * The descriptor does not block from now on, and all that share it will notice. So never hand over a terminal
 * that others use; open it anew (/dev/tty). A regular file is -EPERM: it is always ready, and file.h reads it in
 * a thread.
 *
 * Errors, memory, threads: transport.h.
 */
#ifndef EDDY_PIPES_H
#define EDDY_PIPES_H

#include "transport.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Open one over `fd`, which is the transport's from now on; on an error it is still yours. As
 * eddy_transport_open(). */
int eddy_connect_read_pipe(struct eddy_transport *transport, struct eddy_loop *loop, int fd,
                           const struct eddy_protocol *protocol);
int eddy_connect_write_pipe(struct eddy_transport *transport, struct eddy_loop *loop, int fd,
                            const struct eddy_protocol *protocol);

#ifdef __cplusplus
}
#endif

#endif
