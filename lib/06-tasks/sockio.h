/*
 * sockio - sockets to await: accept, connect, receive, send all, datagrams. Each is an operation
 * (io.h): a struct eddy_io in the frame that waits, and a start that returns its future.
 *
 *     CO_AWAIT(co, eddy_recv(&self->io, loop, self->fd, self->buf, sizeof self->buf));
 *     ... self->io.n bytes, 0 at the end
 *
 * An operation is tried at once and waits for the descriptor only if it must; while a task receives
 * in a loop, the kernel is not told again what it knows, so a message costs one system call and its
 * share of the waits. Where the last receive took all there was, it waits first.
 *
 * One task at a time may wait to read a descriptor, and one to write it; a second one gets
 * EDDY_EWATCHED. Cancelling takes nothing from the socket: what has not been received is still
 * there. Closing goes through the loop (eddy_loop_close_fd): a waiter gets EDDY_ECLOSED.
 *
 * Descriptors must be non-blocking (eddy_net_prepare); those that come from here are, and are known
 * to the loop. One that comes from elsewhere is introduced with eddy_adopt_fd() first, if an
 * earlier descriptor of its number may have been closed without eddy_loop_close_fd().
 *
 * Errors: the future's; codes of the system calls, EDDY_EWATCHED, EDDY_ECLOSED. Memory: buffers and
 * addresses stay until it is done. Threads: the loop's.
 */
#ifndef EDDY_SOCKIO_H
#define EDDY_SOCKIO_H

#include "io.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Take a connection: its descriptor is io->n, non-blocking, close-on-exec, with TCP_NODELAY if the
 * listener comes from eddy_net_listen() or eddy_socket(); it is yours. Errors as of
 * eddy_net_accept(); with -EMFILE the connection keeps waiting, so sleep a little before the
 * next. */
struct eddy_future *eddy_accept(struct eddy_io *io, struct eddy_loop *loop, int listener);

/* Receive what is there, at most `n` bytes, which is not 0: io->n, 0 at the end. */
struct eddy_future *eddy_recv(struct eddy_io *io, struct eddy_loop *loop, int fd, void *buf,
                              size_t n);

/* Send all `n` bytes, 64 KiB in a turn at most. After an error or a cancel, io->n have been
 * sent. */
struct eddy_future *eddy_sendall(struct eddy_io *io, struct eddy_loop *loop, int fd,
                                 const void *buf, size_t n);

/* Connect. -ECONNREFUSED and the like are the future's error. */
struct eddy_future *eddy_connect(struct eddy_io *io, struct eddy_loop *loop, int fd,
                                 const struct sockaddr *address, socklen_t size);

/* Receive one datagram: io->n bytes of it, which may be 0. io->truncated: it had more, and they are
 * lost. Its sender goes to *address, which has room for `size` bytes, and io->address_size tells how
 * many it takes. `address` may be NULL. */
struct eddy_future *eddy_recvfrom(struct eddy_io *io, struct eddy_loop *loop, int fd, void *buf,
                                  size_t n, struct sockaddr *address, socklen_t size);

/* Send one datagram. */
struct eddy_future *eddy_sendto(struct eddy_io *io, struct eddy_loop *loop, int fd, const void *buf,
                                size_t n, const struct sockaddr *address, socklen_t size);

/* A new socket, non-blocking, close-on-exec, known to the loop; a stream over a network has
 * TCP_NODELAY, and as a listener hands it on. Returns it, or an error. */
int eddy_socket(struct eddy_loop *loop, int family, int type);

/* `fd` comes from elsewhere, and is non-blocking: what the loop knew of its number is out of
 * date. */
void eddy_adopt_fd(struct eddy_loop *loop, int fd);

#ifdef __cplusplus
}
#endif

#endif
