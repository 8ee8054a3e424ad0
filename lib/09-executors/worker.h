/*
 * worker - a process that runs jobs for its parent, one after the other: the function's address and the
 * bytes come through a socket, the result goes back. The process is a copy of its parent, made by fork(),
 * so functions have the same addresses there.
 *
 * A worker ends when its parent does, also while it computes. Of the parent's descriptors it keeps 0, 1 and
 * 2 alone: a connection that the parent closes must be closed. It ignores SIGINT, since Ctrl-C comes to all
 * processes of a terminal, and the parent says when to end.
 *
 * Used by process_pool.c alone. Errors: negative codes. Threads: one at a time for each worker.
 */
#ifndef EDDY_WORKER_H
#define EDDY_WORKER_H

#include "list.h"
#include "serve.h"

#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_worker {
    struct eddy_list link; /* among all workers of this process: their children close these ends */
    pid_t pid;             /* 0: it has ended, and was waited for */
    int fd;                /* the parent's end; -1: closed */
    bool broken;           /* nobody knows what would come through the socket next */
};

/* Start a worker. On an error there is none: of fork(), and for the socket. */
int eddy_worker_start(struct eddy_worker *worker, const struct eddy_worker_setup *setup);

/*
 * Let it run `fn` on `work`, and wait. Returns the function's outcome. When worker->broken is set then, it
 * is EDDY_EBROKEN: the worker is of no use any more. It has gone, and eddy_worker_fate() tells how; or the
 * message says what it is: its initializer has failed, or it has sent what is no answer.
 */
int eddy_worker_run(struct eddy_worker *worker, struct eddy_work *work,
                    int (*fn)(struct eddy_work *work));

/* It ends at once, whatever it does. Nothing happens to one that has been waited for. */
void eddy_worker_kill(struct eddy_worker *worker);

/* A worker that has closed its socket, so is about to end: how it has ended, in a sentence, such as "worker
 * 4711 was killed by signal 9". One that has not after a second is killed. It is not waited for. */
void eddy_worker_fate(struct eddy_worker *worker, char *how, size_t n);

/* Close the socket: an idle worker ends, and one that computes, too. Twice is harmless. */
void eddy_worker_close(struct eddy_worker *worker);

/* Close the socket and wait for its end, so that it is no zombie; one that has not ended after a second is
 * killed. Twice is harmless. */
void eddy_worker_end(struct eddy_worker *worker);

#ifdef __cplusplus
}
#endif

#endif
