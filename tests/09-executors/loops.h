/*
 * loops - what the tests of chapter 9's loop side begin with: a loop on the real clock, since threads and
 * processes have no other; and a task that awaits a job and leaves in the trace what comes of it.
 *
 * No test sleeps. The test's own thread says when the loop has its next turn, and when a job may go on.
 */
#ifndef LOOPS_H
#define LOOPS_H

#include "../06-tasks/tasks.h"
#include "pools.h"

#include "faults.h"
#include "offload.h"

static inline void open_loop(void)
{
    reports = 0;
    trace[0] = reported[0] = '\0';
    eddy_report_to(on_report);
    CHECK_OK(eddy_loop_open(&loop, NULL));
    loop.slow_callback_duration = 1000; /* however busy the machine is */
    eddy_loop_set_debug(&loop, false);
}

static inline void close_loop(void)
{
    CHECK_CODE(eddy_loop_close(&loop), 0);
}

/* Until the task has ended. Returns how. */
static inline int run_task(struct eddy_task *task)
{
    WAITING("the task %s to end", eddy_co_name(task->co));
    return eddy_loop_run_until_complete(&loop, &task->future);
}

/* Until the timers have been called that are due in `seconds` from now. */
static inline void pass_time(double seconds)
{
    struct eddy_sleep sleep;

    CHECK_CODE(eddy_loop_run_until_complete(&loop, eddy_sleep(&sleep, &loop, seconds)), 0);
}

/* Until the job is done; the loop is not told yet. */
static inline void await_job(struct eddy_job *job)
{
    WAITING("a job to end");
    (void)eddy_job_result(job, EDDY_FOREVER);
}

/* ---- A task that awaits a job -------------------------------------------------------------------- */

struct user {
    struct eddy_co co;
    const char *name;
    int (*fn)(struct eddy_work *work);
    const void *in;
    size_t in_size;
    int result;
    struct eddy_offload offload;
};

/* By the pool that is open; NULL: by the loop's own. Then it gives up a turn, where a cancel lands. */
static inline struct eddy_step user(struct eddy_co *co)
{
    struct user *self = CO_FRAME(co, user);

    CO_BEGIN(co);
    note("%s", self->name);
    CO_TRY_AWAIT(co,
                 eddy_run_in_executor(&self->offload, eddy_co_loop(co), executor, self->fn,
                                      self->in, self->in_size, &self->result, sizeof self->result));
    note("%s=%s", self->name, eddy_errname(eddy_co_error(co)));
    CO_AWAIT(co, eddy_next_turn());
    CO_FINALLY(co);
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* Starts one whose job says that it has begun, and waits at the gate. Its result is 7. */
static inline void start_user(struct eddy_task *task, struct user *frame, const char *name,
                              const struct gate *gate)
{
    eddy_task_start(task, &loop, user, frame, .name = name, .fn = hold, .in = gate,
                    .in_size = sizeof *gate);
}

/* And runs the loop until that is submitted, and the job begun. */
static inline void begin_user(struct eddy_task *task, struct user *frame, const char *name,
                              const struct gate *gate)
{
    start_user(task, frame, name, gate);
    turns(1);
    await_begun(gate);
}

#endif
