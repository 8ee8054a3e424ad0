/*
 * serve - the worker's side of worker.h: the process that answers, and what goes through the socket.
 */
#ifndef EDDY_SERVE_H
#define EDDY_SERVE_H

#include "work.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { EDDY_REQUEST = 0x65647278, EDDY_ANSWER = 0x65647261 };

/* A job on its way to the worker; `in_size` bytes follow. (Neither of the two has gaps: what goes through a
 * socket is what somebody has set.) */
struct eddy_request {
    size_t magic;
    int (*fn)(struct eddy_work *work);
    size_t in_size, out_room;
};

/* What came of it; `out_size` bytes follow. (No bool: a job may have sent anything in its place.) */
struct eddy_answer {
    size_t magic, out_size;
    int err;
    uint32_t unusable; /* 1: the initializer has failed: no job will ever run here */
    char message[EDDY_WORK_MESSAGE];
};

/* What each worker does first; an error is the answer to all jobs. */
struct eddy_worker_setup {
    int (*initializer)(void *argument); /* NULL: nothing */
    void *argument;
    bool keep_descriptors; /* those of the parent that are above 2 */
};

/* Answer all requests that come through `fd`, until the other side has gone; then this process ends. */
void eddy_serve(int fd, const struct eddy_worker_setup *setup) __attribute__((noreturn));

#ifdef __cplusplus
}
#endif

#endif
