/* Each scenario shares something among tasks, on each selector that this build has. Queues allocate, and
 * limits need a timer; the rest must not notice that there is no memory. */
#include "sweep.h"

#include "barrier.h"
#include "condition.h"
#include "delay.h"
#include "errors.h"
#include "flag.h"
#include "gather.h"
#include "permit.h"
#include "plausible.h"
#include "queue.h"
#include "report.h"
#include "run.h"
#include "selector.h"
#include "until_complete.h"
#include "wait_for.h"

#include <errno.h>

enum { TASKS = 3, ROUNDS = 4, ITEMS = 40, SEATS = 2 };

static const char *which; /* the selector that is swept */
static struct eddy_loop loop;
static struct eddy_lock lock;
static struct eddy_condition condition;
static struct eddy_semaphore seats;
static struct eddy_barrier barrier;
static struct eddy_flag flag;
static struct eddy_queue queue;
static int in, out, changes;

/* What counts is the outcome. */
static void on_report(const char *text)
{
    (void)text;
}

static int set_up(void)
{
    eddy_report_to(on_report);
    in = out = changes = 0;
    eddy_lock_init(&lock, &loop);
    eddy_condition_init(&condition, &lock);
    eddy_semaphore_init_bounded(&seats, &loop, SEATS);
    eddy_barrier_init(&barrier, &loop, TASKS);
    eddy_flag_init(&flag, &loop);
    return eddy_loop_open(&loop, &(struct eddy_loop_options){.selector = which});
}

static bool somebody_waits(void)
{
    return !eddy_list_empty(&lock.line) || !eddy_list_empty(&condition.line) ||
           !eddy_list_empty(&seats.line) || !eddy_list_empty(&barrier.line) ||
           !eddy_list_empty(&flag.line);
}

static int tear_down(int err)
{
    if (loop.open && err < 0 && eddy_next_task(&loop, NULL))
        eddy_loop_shutdown(&loop, 0.01);
    if (loop.open && loop.timers.count > 0)
        err = sweep_wrong("it is over, and a timer is set");
    if (loop.open && somebody_waits())
        err = sweep_wrong("it is over, and somebody stands in a line");
    eddy_queue_close(&queue);
    if (loop.open && eddy_loop_close(&loop) < 0)
        err = sweep_wrong("the loop cannot be closed: a task is left");
    loop = (struct eddy_loop){0};
    return err;
}

/* ---- Tasks ------------------------------------------------------------------------------------- */

/* All that a task of a scenario needs. */
struct member {
    struct eddy_co co;
    int i, id;
    struct eddy_locking locking;
    struct eddy_condition_wait wait;
    struct eddy_permit permit;
    struct eddy_barrier_wait barrier;
    struct eddy_flag_wait flag;
    struct eddy_queue_put put;
    struct eddy_queue_get get;
    struct eddy_queue_join join;
    struct eddy_wait_for wait_for;
    struct eddy_sleep sleep;
};

/* Some of the same, gathered. */
struct all {
    struct eddy_co co;
    struct eddy_step (*body)(struct eddy_co *co);
    struct eddy_gather gather;
    struct eddy_awaited each[TASKS];
    struct eddy_task tasks[TASKS];
    struct member members[TASKS];
};

static struct eddy_awaited *start_members(struct all *self)
{
    for (int i = 0; i < TASKS; i++) {
        self->members[i] = (struct member){.id = i};
        self->each[i].future = eddy_task_start_frame(&self->tasks[i], &loop, &self->members[i].co,
                                                     "member", self->body, sizeof self->members[i]);
    }
    return self->each;
}

static struct eddy_step all(struct eddy_co *co)
{
    struct all *self = CO_FRAME(co, all);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_gather(&self->gather, &loop, start_members(self), TASKS));
    CO_END(co);
}

static int run(struct eddy_step (*body)(struct eddy_co *co))
{
    static struct eddy_task task;
    static struct all frame;

    return eddy_loop_run_until_complete(&loop,
                                        eddy_task_start(&task, &loop, all, &frame, .body = body));
}

/* ---- The scenarios ------------------------------------------------------------------------------- */

/* A number that is read, and written after a sleep, under the lock. */
static struct eddy_step locks_body(struct eddy_co *co)
{
    struct member *self = CO_FRAME(co, member);

    CO_BEGIN(co);
    CO_AWAIT(co,
             eddy_wait_for(&self->wait_for, &loop, eddy_lock_acquire(&self->locking, &lock), 3600));
    self->i = changes;
    CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, 0.001));
    changes = self->i + 1;
    CO_FINALLY(co);
    eddy_lock_release(&lock);
    CO_END(co);
}

static int locks(void)
{
    int err = set_up();

    err = err ? err : run(locks_body);
    if (err == 0 && changes != TASKS)
        err = sweep_wrong("a change is lost: two had the lock at once");
    if (err == 0 && eddy_lock_locked(&lock))
        err = sweep_wrong("it is over, and the lock is not free");
    return tear_down(err);
}

static bool has_begun(void *number)
{
    return *(int *)number > 0;
}

/* The last one begins, and the others wait for that. */
static struct eddy_step conditions_body(struct eddy_co *co)
{
    struct member *self = CO_FRAME(co, member);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_lock_acquire(&self->locking, &lock));
    if (self->id < TASKS - 1) {
        CO_AWAIT(co, eddy_wait_for(
                         &self->wait_for, &loop,
                         eddy_condition_wait_until(&self->wait, &condition, has_begun, &changes),
                         3600));
    } else {
        changes = 1;
        eddy_condition_notify_all(&condition);
    }
    CO_FINALLY(co);
    if (eddy_co_outcome(co) == 0 && !eddy_lock_mine(&lock))
        co->place.outcome = sweep_wrong("it has waited, and does not have the lock");
    eddy_lock_release(&lock);
    CO_END(co);
}

static int conditions(void)
{
    int err = set_up();

    return tear_down(err ? err : run(conditions_body));
}

static struct eddy_step permits_body(struct eddy_co *co)
{
    struct member *self = CO_FRAME(co, member);

    CO_BEGIN(co);
    for (; self->i < ROUNDS; self->i++) {
        CO_AWAIT(co, eddy_wait_for(&self->wait_for, &loop,
                                   eddy_semaphore_acquire(&self->permit, &seats), 3600));
        CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, 0));
        eddy_permit_release(&self->permit);
    }
    CO_FINALLY(co);
    eddy_permit_release(&self->permit);
    CO_END(co);
}

static int permits(void)
{
    int err = set_up();

    err = err ? err : run(permits_body);
    if (loop.open && !eddy_next_task(&loop, NULL) && seats.value != SEATS)
        err = sweep_wrong("it is over, and a permit is missing");
    return tear_down(err);
}

/* In rounds; then a flag that the first one sets, who then comes to the barrier alone, and in vain. */
static struct eddy_step meets_body(struct eddy_co *co)
{
    struct member *self = CO_FRAME(co, member);

    CO_BEGIN(co);
    for (; self->i < ROUNDS; self->i++)
        CO_AWAIT(co, eddy_barrier_wait(&self->barrier, &barrier));
    if (self->id > 0) {
        CO_AWAIT(co, eddy_flag_wait(&self->flag, &flag));
        CO_RETURN(co);
    }
    eddy_flag_set(&flag);
    CO_TRY_AWAIT(co, eddy_wait_for(&self->wait_for, &loop,
                                   eddy_barrier_wait(&self->barrier, &barrier), 0.001));
    if (eddy_co_error(co) != -ETIMEDOUT)
        CO_FAIL(co, eddy_co_error(co) ? eddy_co_error(co) : sweep_wrong("a round of one"));
    CO_END(co);
}

static int meets(void)
{
    int err = set_up();

    return tear_down(err ? err : run(meets_body));
}

/* The first one makes, the others use, and say so. What cannot be put is still the maker's. */
static struct eddy_step queues_body(struct eddy_co *co)
{
    struct member *self = CO_FRAME(co, member);

    CO_BEGIN(co);
    while (self->id == 0 && self->i < ITEMS) {
        CO_AWAIT(co, eddy_queue_put_priority(&self->put, &queue, self, -self->i));
        self->i++;
        in++;
    }
    if (self->id == 0) {
        CO_AWAIT(co, eddy_queue_join(&self->join, &queue));
        eddy_queue_shutdown(&queue);
        CO_RETURN(co);
    }
    for (;;) {
        CO_TRY_AWAIT(
            co, eddy_wait_for(&self->wait_for, &loop, eddy_queue_get(&self->get, &queue), 3600));
        if (eddy_co_error(co) == EDDY_ECLOSED)
            CO_RETURN(co);
        if (eddy_co_error(co) < 0)
            CO_FAIL(co, eddy_co_error(co));
        out++;
        eddy_queue_task_done(&queue);
    }
    CO_END(co);
}

static int queues_of(int kind, long maxsize)
{
    int err = set_up();

    err = err ? err : eddy_queue_open(&queue, &loop, kind, maxsize);
    err = err ? err : run(queues_body);
    if (loop.open && !eddy_next_task(&loop, NULL) && in != out + (int)eddy_queue_size(&queue))
        err = sweep_wrong("an item is lost");
    return tear_down(err);
}

static int bounded(void)
{
    return queues_of(EDDY_FIFO, 2);
}

static int unlimited(void)
{
    return queues_of(EDDY_FIFO, 0);
}

static int by_priority(void)
{
    return queues_of(EDDY_PRIORITY, 0);
}

SWEEP
{
    sweep_ignored("close"); /* eddy_loop_close() can do nothing about it */
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        SCENARIO_ON(which, "takes turns with a lock", locks);
        SCENARIO_ON(which, "waits for a condition", conditions);
        SCENARIO_ON(which, "shares permits", permits);
        SCENARIO_ON(which, "meets at a barrier, and waits for a flag", meets);
        SCENARIO_ON(which, "hands items through a bounded queue", bounded);
        SCENARIO_ON(which, "hands items through one without a bound", unlimited);
        SCENARIO_ON(which, "hands items through one of priorities", by_priority);
    }
}
