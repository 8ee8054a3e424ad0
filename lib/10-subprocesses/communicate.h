/*
 * communicate - all of it at once: give a process its input, read its output up to the end, and wait for it.
 * (asyncio's process.communicate)
 *
 *     CO_AWAIT(co, eddy_communicate(&self->talk, &self->sort, text, length, 1 << 20));
 *     printf("%.*s", (int)self->sort.out.reader.size, self->sort.out.reader.data);
 *
 * Write first and read then is the classic dead lock: the process waits until you read, and you wait until it
 * reads. Here all three pipes go on together.
 *
 * Errors: the future's. Cancelling stops it, and the process goes on. Memory: the struct and the input are
 * the caller's, and stay until it is done; the output lies in the process's readers (reader.h), until they
 * are closed. Threads: the loop's.
 */
#ifndef EDDY_COMMUNICATE_H
#define EDDY_COMMUNICATE_H

#include "gather.h"
#include "process.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Touch no field. */
struct eddy_communicate {
    struct eddy_gather all;
    struct eddy_awaited each[4];
    struct eddy_io writing;
    struct eddy_future written; /* the writing, to which a process that does not read is no error */
    struct eddy_future refused;
    struct eddy_handle wrote;
    struct eddy_process_wait wait;
    struct eddy_process *process;
    pid_t pid; /* the process's, when this began */
};

/*
 * Write `n` bytes to the process's stdin and close it; read stdout and stderr, as far as they are pipes, up to
 * their ends; and wait for its end. A process that does not read its input is no error. EDDY_ELIMIT: it has
 * written more than `most` bytes to one of them. -EINVAL: there is input, and its stdin is no pipe.
 * EDDY_EWATCHED: somebody reads or writes one of its pipes already, and goes on. Else errors of readers, of
 * eddy_write() and eddy_process_wait().
 */
struct eddy_future *eddy_communicate(struct eddy_communicate *talk, struct eddy_process *process,
                                     const void *input, size_t n, size_t most);

#ifdef __cplusplus
}
#endif

#endif
