/*
 * job - a piece of work that is handed to others, and what will come of it. Any thread may ask how it
 * stands, wait for it, and cancel it as long as it has not begun. No loop is needed for that.
 * (concurrent.futures' Future, with the function and its bytes in the same struct)
 *
 *     int n = 7, result;
 *     struct eddy_job job;
 *
 *     eddy_job_init(&job, square, &n, sizeof n, &result, sizeof result);
 *     eddy_executor_submit(&pool.executor, &job);
 *     err = eddy_job_result(&job, EDDY_FOREVER);
 *
 * A job is new; in line; running; and then done, for good: with 0, an error, or cancelled. It can be
 * submitted again when it is done, and no other thread still asks how it went.
 *
 * Memory: the job and its bytes are the caller's, and stay until it is done. Submitting allocates
 * nothing for it. A thread's job can be embedded in what its function needs, and container_of leads
 * there from its work; a job for a process cannot: there, the bytes are copied, and nothing else.
 * Errors: negative codes. Threads: any, for all functions here; but a new job is one thread's, until it is
 * submitted.
 */
#ifndef EDDY_JOB_H
#define EDDY_JOB_H

#include "executor.h"
#include "list.h"
#include "selector.h"
#include "work.h"

#ifdef __cplusplus
extern "C" {
#define EDDY_ATOMIC_INT int /* C++ has no _Atomic; only the library's own C touches the field */
#else
#define EDDY_ATOMIC_INT _Atomic int
#endif

/* Read `work`, when the job is done; touch no other field. Valid when zeroed: new, without a function. */
struct eddy_job {
    struct eddy_work work;
    int (*fn)(struct eddy_work *work);
    struct eddy_list link;      /* in its executor's line */
    struct eddy_list callbacks; /* in the order in which they were added */
    struct eddy_list waiters;
    struct eddy_executor *executor; /* NULL: it was never submitted */
    int err;                        /* the outcome, when it is done */
    bool withdrawn;                 /* it was cancelled, and has not run */
    EDDY_ATOMIC_INT state;
};

/* `fn` will work on `in_size` bytes at `in`, and put its result into `out`, where is room for
 * `out_size`. Both may be NULL with 0. Not for a job that is in line or runs. */
void eddy_job_init(struct eddy_job *job, int (*fn)(struct eddy_work *work), const void *in,
                   size_t in_size, void *out, size_t out_size);

/*
 * Hand a job over. 0: it will run, when its turn comes. Any error but EDDY_EQUEUED is also the job's
 * outcome, so whoever waits for it is not forgotten: EDDY_ECLOSED, after shutdown; EDDY_EBROKEN, the
 * executor is broken; -EINVAL, the job has no function; EDDY_EFORK; or that no thread can be started
 * for it. EDDY_EQUEUED: the job is in line or runs already, and nothing has changed. O(1). Threads: any;
 * but do not submit one job to two executors at the same time.
 */
int eddy_executor_submit(struct eddy_executor *executor, struct eddy_job *job);

/* ---- How it stands ----------------------------------------------------------------------------- */

/* It has an outcome, and nobody but you touches it any more. In a done-callback of the job this is
 * true already. */
bool eddy_job_done(const struct eddy_job *job);
bool eddy_job_running(const struct eddy_job *job);
bool eddy_job_cancelled(const struct eddy_job *job);

/* The outcome: 0, its error, -ECANCELED; EDDY_EPENDING: it is not done yet. */
int eddy_job_error(const struct eddy_job *job);

/* What went wrong, in words: what the function has said (eddy_work_fail), or what the code means. */
const char *eddy_job_message(const struct eddy_job *job);

/*
 * Wait until it is done, for at most `seconds`, and return the outcome. 0 or less only looks;
 * EDDY_FOREVER: no limit. Meanwhile this thread does nothing else; a task uses offload.h.
 * -ETIMEDOUT, and the job is not done: the time is up, the job goes on. With a limit also errors of
 * pthread_cond_init(); without one it returns when the job is done. -EINVAL: it was never
 * submitted, or NaN. EDDY_EFORK: the executor is the parent's.
 * EDDY_EDEADLOCK: this thread belongs to the job's executor, and all others of it wait as this one
 * would: no thread is left that could run the job.
 */
int eddy_job_result(struct eddy_job *job, double seconds);

/* It will not run. True: it was in line, and is done now, with -ECANCELED; or it was cancelled
 * before. False: it runs, has run or was never submitted, and nothing has changed. All who cancel one
 * job are told the same. */
bool eddy_job_cancel(struct eddy_job *job);

/* ---- Being told -------------------------------------------------------------------------------- */

struct eddy_job_callback {
    struct eddy_list link;
    void (*fn)(struct eddy_job_callback *callback, struct eddy_job *job);
};

/*
 * Call callback->fn when the job is done: in the thread that ends it, in the order of adding, and
 * before those go on who wait for it. At once, in this thread, if it is done already. The memory is the
 * caller's, and may go when it has been called. The callback may submit and cancel other jobs; it must
 * not touch a loop, but for eddy_loop_call_soon_threadsafe(). Nor should it wait for another job: where a
 * line is cancelled, that may be the next that its own thread would end, and never does.
 * EDDY_EQUEUED: this callback waits already. -EINVAL: the job has no function, so no init. EDDY_EFORK:
 * the executor is the parent's, so here it never will be done.
 */
int eddy_job_add_done_callback(struct eddy_job *job, struct eddy_job_callback *callback);

/* ---- For what waits for jobs (jobs.c, job_map.c, offload.c) ------------------------------------ */

/* Wait until it is done, whatever that takes: its bytes are about to go, and a job that runs would still
 * write there. Never EDDY_EDEADLOCK; this thread counts among those that wait, so the next one is told. It
 * returns at once for a job that was never submitted, and for the parent's. */
void eddy_job_outlast(struct eddy_job *job);

/* Whoever waits is told under the executor's lock, when nobody touches the job any more. `wake` is
 * short, and calls no function of the job or its executor. */
struct eddy_job_waiter {
    struct eddy_list link;
    struct eddy_executor *executor;
    void (*wake)(struct eddy_job_waiter *waiter, int err);
};

/* EDDY_EFORK: the job is not done, and never will be, since its executor is the parent's. Else 0. */
int eddy_job_check(const struct eddy_job *job);

/* True: `waiter` will be woken, once. False: the job is done already, or was never submitted. */
bool eddy_job_add_waiter(struct eddy_job *job, struct eddy_job_waiter *waiter);

/* It waits no more. Returns whether it did: false, it has been woken before. Afterwards nobody is in
 * waiter->wake. */
bool eddy_job_remove_waiter(struct eddy_job_waiter *waiter);

/* ---- For executors ----------------------------------------------------------------------------- */

/* For these three, the executor's lock is held. The job, which is in line, begins to run; */
void eddy_job_begin(struct eddy_job *job);

/* and it has ended, with the outcome `err`. The lock is given back while callbacks are called. When
 * this returns, the job may be gone. */
void eddy_job_finish(struct eddy_job *job, int err);

/* and it ends without having run: it is in no line any more. -ECANCELED: it is cancelled. */
void eddy_job_withdraw(struct eddy_job *job, int err);

#ifdef __cplusplus
}
#endif

#endif
