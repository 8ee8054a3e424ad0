/*
 * offload - a job that a task awaits: while a thread or process works, the loop goes on.
 * (asyncio's run_in_executor and wrap_future)
 *
 *     CO_AWAIT(co, eddy_run_in_executor(&self->offload, loop, NULL, slow_checksum, &self->file,
 *                                       sizeof self->file, &self->sum, sizeof self->sum));
 *
 * Whoever runs the job tells the loop through its wake-up, and everything else happens in the loop's thread.
 * A pending one is a reason for the loop to go on.
 *
 * Cancelling: a job that has not begun is cancelled. One that runs cannot be stopped: its await returns
 * when it ends, with its result, and the cancel waits for the next await. So a wait_for of 0.02 s around a
 * job of 0.1 s returns its result after 0.1 s. When an await has returned, nobody touches the frame any
 * more. Should a task be abandoned (task.h) while its job runs, this waits for the job, and the loop
 * stands still: the job works on the frame. (But a job that is a task of the same loop, calls.h, is
 * abandoned with it.)
 *
 * Errors: the future's. Memory: the caller's, until it is done; nothing is allocated, but a loop's first
 * one makes what the loop keeps for all of them. Threads: the loop's.
 */
#ifndef EDDY_OFFLOAD_H
#define EDDY_OFFLOAD_H

#include "future.h"
#include "job.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_thread_pool;

/* Touch no field. */
struct eddy_wrapped_job {
    struct eddy_future future;
    struct eddy_future refused; /* of a start that cannot be */
    struct eddy_job *job;
    struct eddy_job_waiter waiter; /* of the job */
    struct eddy_handle told;       /* the loop's: it is done */
    struct eddy_list link;         /* among the loop's */
};

/*
 * The future of a job that was submitted: done when the job is, with its outcome, and what `out` of its work
 * points at as the result. Cancelling it cancels the job. -EINVAL: it was never submitted. EDDY_EQUEUED:
 * `wrapped` waits already. -ENOMEM, EDDY_ECLOSED.
 */
struct eddy_future *eddy_wrap_job(struct eddy_wrapped_job *wrapped, struct eddy_loop *loop,
                                  struct eddy_job *job);

/* Read job.work when it is done; touch no other field. */
struct eddy_offload {
    struct eddy_wrapped_job wrapped;
    struct eddy_job job;
};

/*
 * Submit a job with this function and these bytes (job.h) to `executor`, and await it. NULL is the
 * loop's own pool of threads. The future's errors are those of the submit, too.
 * eddy_job_message(&offload->job) has what went wrong in words.
 */
struct eddy_future *eddy_run_in_executor(struct eddy_offload *offload, struct eddy_loop *loop,
                                         struct eddy_executor *executor,
                                         int (*fn)(struct eddy_work *work), const void *in,
                                         size_t in_size, void *out, size_t out_size);

/* ---- The loop's own pools ------------------------------------------------------------------------ */

/*
 * The loop's own pool of threads, for jobs whose executor nobody names; it is opened when it is first
 * asked for, with eddy_thread_pool_usual() threads at most, and closed with the loop, which waits for what
 * runs. NULL: there is no memory, or the loop is closed.
 */
struct eddy_executor *eddy_loop_default_executor(struct eddy_loop *loop);

/* Another one instead, which stays the caller's, and stays until the loop is closed. NULL: the loop's own
 * again. -EINVAL: a pool of processes, since files (file.h) need the program's memory. -ENOMEM,
 * EDDY_ECLOSED. (asyncio's set_default_executor) */
int eddy_loop_set_default_executor(struct eddy_loop *loop, struct eddy_executor *executor);

/* What the loop keeps for all of this is made now: guests that it gets later are closed before. -ENOMEM,
 * EDDY_ECLOSED. For modules whose threads a job may wait for (calls.c). */
int eddy_loop_prepare_offload(struct eddy_loop *loop);

/* A pool of EDDY_RESOLVERS threads for asking name servers: a server that does not answer keeps its
 * thread for half a minute, and files need not wait for that. NULL as above. */
struct eddy_executor *eddy_loop_resolvers(struct eddy_loop *loop);

enum { EDDY_RESOLVERS = 4 };

#ifdef __cplusplus
}
#endif

#endif
