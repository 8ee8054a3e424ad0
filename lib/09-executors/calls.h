/*
 * calls - threads call in: a thread starts a coroutine in a loop, as a task, and waits for it as for any
 * job. (asyncio.run_coroutine_threadsafe)
 *
 *     eddy_calls_open(&self->calls, loop);                              the loop's task, before the threads
 *
 *     struct eddy_call call;                                            in a thread
 *     struct add_one add;
 *
 *     err = eddy_run_coroutine_threadsafe(&call, &self->calls, add_one, &add, .n = 41);
 *     err = eddy_job_result(&call.job, EDDY_FOREVER);
 *
 * A call is a job, whose executor is the loop: all that job.h and jobs.h say holds. eddy_job_cancel()
 * cancels a call whose task has not been started; eddy_call_cancel() also one that has.
 *
 * While it is open, the loop is not stuck: a thread may call in. The loop's own thread must not wait for a
 * call, nor for a thread that does: the call would wait for the loop. So the main task's cleanup section
 * closes it first, which ends what has not begun, with EDDY_ECLOSED; then it awaits a job that joins the
 * thread (eddy_run_in_executor), and what has begun comes to its end meanwhile. When the loop is closed, all
 * calls end, so no thread waits for ever.
 *
 * Errors: negative codes. Memory: calls and frames are the caller's, and stay until the job is done;
 * nothing is allocated for one. Threads: open and close the loop's; the rest any.
 */
#ifndef EDDY_CALLS_H
#define EDDY_CALLS_H

#include "job.h"
#include "opened.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Touch no field. Valid when zeroed: closed. */
struct eddy_calls {
    struct eddy_executor executor;
    struct eddy_loop *loop;
    struct eddy_list line;   /* calls that have not begun */
    struct eddy_list begun;  /* and those whose tasks run */
    struct eddy_handle bell; /* which threads ring: look at the line */
    struct eddy_guest guest;
    struct eddy_opened opened;
    bool open;
};

/* Use `job`; touch no other field. */
struct eddy_call {
    struct eddy_job job;
    struct eddy_list link; /* among those that have begun */
    struct eddy_task task;
    struct eddy_handle ended;
    struct eddy_co *co;
    const char *name;
    struct eddy_step (*body)(struct eddy_co *co);
    size_t co_size;
    bool asked; /* eddy_call_cancel() */
};

/* From now on threads may call in. -ENOMEM, EDDY_ECLOSED. EDDY_EQUEUED: it is open, or it was, and tasks
 * that have begun then have not ended. */
int eddy_calls_open(struct eddy_calls *calls, struct eddy_loop *loop);

/* And from now on none may. Tasks that have begun go on. Twice is harmless. */
void eddy_calls_close(struct eddy_calls *calls);

/*
 * Fill `frame`, a struct `name`, and run name() as a task of the loop. Returns 0, or EDDY_ECLOSED; that is
 * the job's outcome, too. The task's outcome becomes the job's.
 */
#define eddy_run_coroutine_threadsafe(call, calls, ...) \
    EDDY_RUN_COROUTINE_(call, calls, __VA_ARGS__, .co = {.body = NULL})

#define EDDY_RUN_COROUTINE_(call, calls, name, frame, ...)    \
    (*(frame) = (struct name){__VA_ARGS__},                   \
     eddy_call_submit(call, calls, &(frame)->co, #name, name, \
                      (size_t)((char *)((frame) + 1) - (char *)&(frame)->co)))

int eddy_call_submit(struct eddy_call *call, struct eddy_calls *calls, struct eddy_co *co,
                     const char *name, struct eddy_step (*body)(struct eddy_co *co),
                     size_t co_size);

/* Nobody wants the result any more: what has not begun does not begin, and a task that runs is cancelled,
 * as eddy_task_cancel() does. The job is done when the task has ended. */
void eddy_call_cancel(struct eddy_call *call);

#ifdef __cplusplus
}
#endif

#endif
