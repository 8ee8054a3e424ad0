/*
 * parcel - bytes that go whole through a socket between two processes: the sender and the receiver block
 * until all of them have gone, or the other one has.
 *
 * Errors: negative codes. EDDY_ECLOSED: the other side has gone. Memory: nothing is copied, but a short
 * body, which goes with its head. Threads: one for each direction.
 */
#ifndef EDDY_PARCEL_H
#define EDDY_PARCEL_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Send the head, and then the body. -EPROTO: meanwhile there is something to read, although it is not the
 * other side's turn. `fd` does not block. */
int eddy_parcel_send(int fd, const void *head, size_t head_size, const void *body,
                     size_t body_size);

/* Receive exactly `n` bytes. */
int eddy_parcel_recv(int fd, void *to, size_t n);

/* Receive `n` bytes, and keep none. */
int eddy_parcel_skip(int fd, size_t n);

#ifdef __cplusplus
}
#endif

#endif
