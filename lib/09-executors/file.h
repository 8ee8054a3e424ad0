/*
 * file - files to await: a disk can keep a call for long, and no selector says when it is ready, so
 * each call is a job of the loop's default executor. (What libuv does, and aiofiles for asyncio.)
 *
 *     CO_AWAIT(co, eddy_file_open(&self->log, loop, "log", O_WRONLY | O_CREAT | O_APPEND, 0644));
 *     CO_AWAIT(co, eddy_file_write(&self->log, loop, line, length));
 *     CO_FINALLY(co);
 *     CO_AWAIT(co, eddy_file_close(&self->log, loop));
 *
 * One call at a time for each file; EDDY_EQUEUED for a second. Read and write move the file's own position.
 *
 * Errors: the future's: negative errno values of the system call, -EBADF for a file that is not open, those
 * of offload.h. Cancelling: as offload.h says; a call that has begun comes to its end, and its result wins.
 * Memory: struct, path and buffers are the caller's, and stay until it is done. Threads: the loop's.
 */
#ifndef EDDY_FILE_H
#define EDDY_FILE_H

#include "offload.h"

#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Read `n` and `open`; touch no other field. Valid when zeroed: closed. */
struct eddy_file {
    struct eddy_offload offload;
    struct eddy_file_call {
        const char *path;
        int flags;
        mode_t mode;
        void *to;
        const void *from;
        size_t size;
    } call;
    struct eddy_job_callback unclosed;
    ssize_t n; /* bytes that the last call has moved */
    int fd;    /* when it is open; it is close-on-exec */
    bool open;
};

/* open(path, flags, mode). EDDY_EQUEUED: it is open already, or being opened. */
struct eddy_future *eddy_file_open(struct eddy_file *file, struct eddy_loop *loop, const char *path,
                                   int flags, mode_t mode);

/* At most `size` bytes to `to`: file->n, and 0 is the end. */
struct eddy_future *eddy_file_read(struct eddy_file *file, struct eddy_loop *loop, void *to,
                                   size_t size);

/* All of `size` bytes; after an error, file->n is how many were written. */
struct eddy_future *eddy_file_write(struct eddy_file *file, struct eddy_loop *loop,
                                    const void *from, size_t size);

/* Wait until what was written is on the disk (fsync). */
struct eddy_future *eddy_file_sync(struct eddy_file *file, struct eddy_loop *loop);

/* Close it; also the last place to hear of a write that has failed. It is closed whatever comes: where no
 * thread does it, or this is cancelled before one does, by the loop itself. One that is not open: done at
 * once, with 0. */
struct eddy_future *eddy_file_close(struct eddy_file *file, struct eddy_loop *loop);

#ifdef __cplusplus
}
#endif

#endif
