/*
 * Jobs that tasks await: told in the loop's thread, cancelled in line, and not cut short when they run. Most
 * cases work the executor by hand, on a virtual clock, so that each moment is the test's own.
 */
#include "pools.h"

#include "../06-tasks/tasks.h"

#include "gather.h"
#include "offload.h"
#include "thread.h"
#include "timeout.h"
#include "wait_for.h"

static struct by_hand hand;
static struct gate gate;

static void open_all(void)
{
    set_up();
    open_hand(&hand);
}

/* ---- A task that awaits a job -------------------------------------------------------------------- */

struct boss {
    struct eddy_co co;
    int n, result;
    struct eddy_offload offload;
    struct eddy_sleep sleep;
    struct eddy_wait_for limit;
    double seconds;    /* of the limit; 0: none */
    struct gate *gate; /* NULL: a square */
};

static struct eddy_future *begin_job(struct boss *self)
{
    if (self->gate)
        return eddy_run_in_executor(&self->offload, &loop, executor, hold, self->gate,
                                    sizeof *self->gate, &self->result, sizeof self->result);
    return eddy_run_in_executor(&self->offload, &loop, executor, square, &self->n, sizeof self->n,
                                &self->result, sizeof self->result);
}

static struct eddy_step boss(struct eddy_co *co)
{
    struct boss *self = CO_FRAME(co, boss);

    CO_BEGIN(co);
    if (self->seconds > 0)
        CO_TRY_AWAIT(co, eddy_wait_for(&self->limit, &loop, begin_job(self), self->seconds));
    else
        CO_TRY_AWAIT(co, begin_job(self));
    note("%s:%d", eddy_errname(eddy_co_error(co)), self->result);
    CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, 1));
    note("slept");
    CO_FINALLY(co);
    note(".%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static struct boss frame;
static struct eddy_task task;

static void start_boss(int n, double seconds, struct gate *at)
{
    eddy_task_start(&task, &loop, boss, &frame, .n = n, .seconds = seconds, .gate = at);
    turns(2);
    EXPECT("");
}

static void in_the_loop(void)
{
    CASE("a task awaits a job, which keeps the loop, and is told through the wake-up") {
        open_all();
        start_boss(7, 0, NULL);
        CHECK_INT(loop.keeps, 1);
        run_by_hand(&hand);
        EXPECT("");
        turns(3);
        EXPECT("OK:49");
        CHECK_INT(loop.keeps, 0);
        run_out();
        EXPECT("slept .OK");
        tear_down();
    }

    CASE("an error is the await's, with its words") {
        open_all();
        start_boss(46341, 0, NULL);
        run_by_hand(&hand);
        turns(3);
        EXPECT("ERANGE:0");
        CHECK_TEXT(eddy_job_message(&frame.offload.job), "46341 is too large to be squared");
        run_out();
        EXPECT("slept .OK");
        tear_down();
    }

    CASE("cancelled in line, a job never runs, and the await ends at once") {
        open_all();
        start_boss(7, 0, NULL);
        CHECK(eddy_task_cancel(&task));
        CHECK(eddy_list_empty(&hand.line));
        CHECK(eddy_job_cancelled(&frame.offload.job));
        CHECK_INT(loop.keeps, 0);
        turns(2);
        run_by_hand(&hand);
        run_out();
        EXPECT("ECANCELED:0 slept .OK");
        tear_down();
    }

    CASE("a job that runs is not cut short, and the cancel lands at the next await") {
        struct eddy_job *job;
        open_all();
        start_boss(7, 0, NULL);
        job = begin_by_hand(&hand);
        CHECK(eddy_task_cancel(&task));
        turns(5);
        EXPECT("");
        finish_by_hand(&hand, job, eddy_work_run(&job->work, job->fn));
        run_out();
        EXPECT("OK:49 .ECANCELED");
        tear_down();
    }

    CASE("a result that is on its way when the cancel comes is not lost") {
        open_all();
        start_boss(7, 0, NULL);
        run_by_hand(&hand);
        CHECK(eddy_task_cancel(&task));
        run_out();
        EXPECT("OK:49 .ECANCELED");
        tear_down();
    }

    CASE("a wait_for around a job that runs returns its result, when it ends") {
        struct eddy_job *job;
        open_all();
        start_boss(7, 0.02, NULL);
        job = begin_by_hand(&hand);
        scripted_advance(1);
        turns(3);
        EXPECT("");
        finish_by_hand(&hand, job, eddy_work_run(&job->work, job->fn));
        run_out();
        EXPECT("OK:49 slept .OK");
        tear_down();
    }

    CASE("a wait_for around a job in line cancels it") {
        open_all();
        start_boss(7, 0.02, NULL);
        scripted_advance(1);
        turns(3);
        CHECK(eddy_list_empty(&hand.line));
        run_out();
        EXPECT("ETIMEDOUT:0 slept .OK");
        tear_down();
    }

    CASE("a job that somebody else cancels is a cancelled await, and no cancelled task") {
        open_all();
        start_boss(7, 0, NULL);
        CHECK(eddy_job_cancel(&frame.offload.job));
        run_out();
        EXPECT("ECANCELED:0 slept .OK");
        tear_down();
    }

    CASE("an executor that is closed is an error of the await, at once") {
        open_all();
        CHECK_CODE(eddy_executor_shutdown(&hand.executor, 0), 0);
        eddy_task_start(&task, &loop, boss, &frame, .n = 7);
        turns(1);
        EXPECT("EDDY_ECLOSED:0");
        run_out();
        EXPECT("slept .OK");
        tear_down();
    }
}

/* ---- Several ------------------------------------------------------------------------------------- */

struct family {
    struct eddy_co co;
    struct eddy_gather all;
    struct eddy_awaited each[3];
    struct eddy_offload offloads[3];
    int numbers[3], results[3];
};

static struct eddy_future *begin_family(struct family *self)
{
    for (int i = 0; i < 3; i++)
        self->each[i].future =
            eddy_run_in_executor(&self->offloads[i], &loop, executor, square, &self->numbers[i],
                                 sizeof(int), &self->results[i], sizeof(int));
    return eddy_gather(&self->all, &loop, self->each, 3);
}

static struct eddy_step family(struct eddy_co *co)
{
    struct family *self = CO_FRAME(co, family);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, begin_family(self));
    note("%s:%d,%d,%d", eddy_errname(eddy_co_error(co)), self->results[0], self->results[1],
         self->results[2]);
    CO_END(co);
}

static struct family kin;

static void several(void)
{
    CASE("a gather of jobs over both pools") {
        BOTH(kind)
        {
            open_pool(kind, 2);
            eddy_report_to(on_report);
            CHECK_OK(eddy_loop_open(&loop, NULL)); /* threads do not know the virtual clock */
            eddy_task_start(&task, &loop, family, &kin, .numbers = {2, 3, 4});
            CHECK_CODE(eddy_loop_run_until_complete(&loop, &task.future), 0);
            EXPECT("OK:4,9,16");
            tear_down();
            CHECK_CODE(close_pool(kind), 0);
        }
    }

    CASE("the first error cancels those in line, and waits for those that run") {
        struct eddy_job *first, *second;
        open_all();
        eddy_task_start(&task, &loop, family, &kin, .numbers = {2, 46341, 4});
        turns(2);
        first = begin_by_hand(&hand);
        second = begin_by_hand(&hand);
        finish_by_hand(&hand, second, eddy_work_run(&second->work, second->fn));
        turns(5);
        CHECK(eddy_list_empty(&hand.line));
        EXPECT("");
        finish_by_hand(&hand, first, eddy_work_run(&first->work, first->fn));
        run_out();
        EXPECT("ERANGE:4,0,0");
        tear_down();
    }
}

/* ---- Abandoned ----------------------------------------------------------------------------------- */

/* While the loop waits for the job, somebody lets it go. */
static void let_go_when_told(const char *text)
{
    on_report(text);
    if (strstr(text, "a job works on its frame"))
        let_go(&gate, 1);
}

/* It refuses all cancels, and has its frame on the heap. */
struct mule {
    struct eddy_co co;
    struct eddy_offload offload;
    int (*fn)(struct eddy_work *work);
    int result;
};

static struct eddy_step mule(struct eddy_co *co)
{
    struct mule *self = CO_FRAME(co, mule);

    CO_BEGIN(co);
    for (;;)
        CO_TRY_AWAIT(co, eddy_run_in_executor(&self->offload, &loop, executor, self->fn, &gate,
                                              sizeof gate, &self->result, sizeof self->result));
    CO_END(co);
}

/* The same, where the loop runs in a thread of the job's own pool, and the job waits for another of that
 * pool: no thread is left, and the loop waits all the same. */
static struct eddy_job blocker;
static _Atomic bool job_ended, ended_before_frame;

static int hold_for_blocker(struct eddy_work *work)
{
    if (hold(work) == 0)
        eddy_job_result(&blocker, EDDY_FOREVER);
    job_ended = true;
    return 0;
}

static void block_when_told(const char *text)
{
    let_go_when_told(text);
    if (strstr(text, "a job works on its frame"))
        await_blocked(executor, 1, &blocker);
}

static int abandon_in_pool(struct eddy_work *work)
{
    (void)work;
    set_up();
    eddy_report_to(block_when_told);
    CHECK_CODE(eddy_spawn(&loop, mule, .fn = hold_for_blocker), 0);
    turns(1);
    await_begun(&gate);
    eddy_job_init(&blocker, nothing, NULL, 0, NULL, 0);
    CHECK_CODE(eddy_executor_submit(executor, &blocker), 0);
    CHECK_CODE(eddy_loop_shutdown(&loop, 0.5), EDDY_ETASKS);
    ended_before_frame = job_ended;
    tear_down();
    return 0;
}

static void abandoned(void)
{
    CASE("a task is abandoned while its job runs: the loop waits, and says so") {
        BOTH(kind)
        {
            gate_open(&gate);
            open_pool(kind, 1);
            set_up();
            eddy_report_to(let_go_when_told);
            CHECK_CODE(eddy_spawn(&loop, mule, .fn = hold), 0);
            turns(1);
            await_begun(&gate);
            CHECK_CODE(eddy_loop_shutdown(&loop, 0.5), EDDY_ETASKS);
            CHECK(strstr(reported, "a job works on its frame"));
            tear_down();
            CHECK_CODE(close_pool(kind), 0);
            gate_close(&gate);
            reported[0] = '\0';
        }
    }

    CASE("a loop in a thread of the job's own pool waits for the job, too") {
        struct eddy_job outer;
        gate_open(&gate);
        open_pool(THREADS, 2);
        eddy_job_init(&outer, abandon_in_pool, NULL, 0, NULL, 0);
        CHECK_CODE(eddy_executor_submit(executor, &outer), 0);
        await_blocked(executor, 2, &outer);
        CHECK(eddy_job_cancel(&blocker));
        CHECK_CODE(eddy_job_result(&outer, EDDY_FOREVER), 0);
        CHECK(ended_before_frame);
        CHECK_CODE(close_pool(THREADS), 0);
        gate_close(&gate);
        reported[0] = '\0';
    }

    CASE("a task that is abandoned while its job is in line: it is cancelled") {
        open_all();
        CHECK_CODE(eddy_spawn(&loop, mule, .fn = hold), 0);
        turns(1);
        eddy_task_abandon(eddy_next_task(&loop, NULL));
        CHECK(eddy_list_empty(&hand.line));
        CHECK_INT(loop.keeps, 0);
        tear_down();
    }
}

/* ---- A loop that is closed ------------------------------------------------------------------------ */

static struct eddy_wrapped_job wrapped;

static void closed(void)
{
    CASE("cpython 96827: a job that ends after its loop was closed is refused in silence") {
        struct eddy_job job, *running;
        struct eddy_future *future;
        int n = 5, result = 0;
        open_all();
        init_square(&job, &n, &result);
        CHECK_CODE(eddy_executor_submit(executor, &job), 0);
        running = begin_by_hand(&hand);
        future = eddy_wrap_job(&wrapped, &loop, &job);
        CHECK_CODE(eddy_future_error(future), EDDY_EPENDING);
        CHECK_CODE(eddy_loop_close(&loop), 0);
        memset(&wrapped, 0xee, sizeof wrapped); /* nobody touches it any more */
        finish_by_hand(&hand, running, eddy_work_run(&job.work, job.fn));
        CHECK_CODE(eddy_job_error(&job), 0);
        CHECK(result == 25 && ((unsigned char *)&wrapped)[0] == 0xee);
        CHECK_INT(reports, 0);
    }

    CASE("a job that is in line when its loop is closed is cancelled") {
        struct eddy_job job;
        int n = 5, result = 0;
        open_all();
        wrapped = (struct eddy_wrapped_job){.job = NULL};
        init_square(&job, &n, &result);
        CHECK_CODE(eddy_executor_submit(executor, &job), 0);
        eddy_wrap_job(&wrapped, &loop, &job);
        CHECK_CODE(eddy_loop_close(&loop), 0);
        CHECK(eddy_job_cancelled(&job));
    }

    CASE("cpython 78218: the loop's own pool is closed with it, and waits for what runs") {
        struct eddy_offload offload = {.job = {.fn = NULL}};
        int n = 9, result = 0;
        set_up();
        CHECK_INT(eddy_thread_count(), 0);
        eddy_run_in_executor(&offload, &loop, NULL, square, &n, sizeof n, &result, sizeof result);
        CHECK_INT(eddy_thread_count(), 1);
        tear_down();
        CHECK_INT(eddy_thread_count(), 0);
        CHECK(eddy_job_cancelled(&offload.job) || result == 81);
    }
}

/* ---- Starts that cannot be ------------------------------------------------------------------------ */

static void *start_from_here(void *argument)
{
    struct eddy_offload *offload = argument;
    static int n = 3, result;

    (void)eddy_run_in_executor(offload, &loop, executor, square, &n, sizeof n, &result,
                               sizeof result);
    return NULL;
}

static void refusals(void)
{
    CASE("a job that is done is awaited at once; one that was never submitted is EINVAL") {
        struct eddy_job job;
        struct eddy_future *future;
        void *outcome;
        int n = 5, result = 0;
        open_all();
        init_square(&job, &n, &result);
        CHECK_CODE(eddy_future_error(eddy_wrap_job(&wrapped, &loop, &job)), -EINVAL);
        CHECK_CODE(eddy_executor_submit(executor, &job), 0);
        run_by_hand(&hand);
        future = eddy_wrap_job(&wrapped, &loop, &job);
        CHECK_CODE(eddy_future_result(future, &outcome), 0);
        CHECK(outcome == &result && result == 25 && loop.keeps == 0);
        tear_down();
    }

    CASE("one job may be awaited by two; a struct that is in use is EQUEUED") {
        struct eddy_wrapped_job other = {.job = NULL};
        struct eddy_job job;
        struct eddy_future *first, *second;
        int n = 5, result = 0;
        open_all();
        init_square(&job, &n, &result);
        CHECK_CODE(eddy_executor_submit(executor, &job), 0);
        first = eddy_wrap_job(&wrapped, &loop, &job);
        second = eddy_wrap_job(&other, &loop, &job);
        CHECK_CODE(eddy_future_error(eddy_wrap_job(&wrapped, &loop, &job)), EDDY_EQUEUED);
        CHECK_CODE(eddy_future_error(first), EDDY_EPENDING);
        run_by_hand(&hand);
        turns(2);
        CHECK_CODE(eddy_future_error(first), 0);
        CHECK_CODE(eddy_future_error(second), 0);
        tear_down();
    }

    CASE("an offload in use is EQUEUED, and goes on; a closed loop is ECLOSED") {
        struct eddy_offload offload = {.job = {.fn = NULL}};
        struct eddy_future *future;
        int n = 5, result = 0;
        open_all();
        future = eddy_run_in_executor(&offload, &loop, executor, square, &n, sizeof n, &result,
                                      sizeof result);
        CHECK_CODE(eddy_future_error(eddy_run_in_executor(&offload, &loop, executor, square, &n,
                                                          sizeof n, &result, sizeof result)),
                   EDDY_EQUEUED);
        run_by_hand(&hand);
        turns(2);
        CHECK_CODE(eddy_future_error(future), 0);
        CHECK_INT(result, 25);
        tear_down();
        CHECK_CODE(eddy_future_error(eddy_run_in_executor(&offload, &loop, executor, square, &n,
                                                          sizeof n, &result, sizeof result)),
                   EDDY_ECLOSED);
        CHECK(!eddy_loop_default_executor(&loop));
        CHECK_CODE(eddy_loop_prepare_offload(&loop), EDDY_ECLOSED);
    }

    CASE("the default executor is made on demand, and can be another one") {
        struct eddy_offload offload = {.job = {.fn = NULL}};
        int n = 5, result = 0;
        open_all();
        CHECK_CODE(eddy_loop_set_default_executor(&loop, &hand.executor), 0);
        CHECK(eddy_loop_default_executor(&loop) == &hand.executor);
        eddy_run_in_executor(&offload, &loop, NULL, square, &n, sizeof n, &result, sizeof result);
        CHECK(!eddy_list_empty(&hand.line));
        run_by_hand(&hand);
        turns(2);
        CHECK_INT(result, 25);
        CHECK_CODE(eddy_loop_set_default_executor(&loop, NULL), 0);
        CHECK(eddy_loop_default_executor(&loop) != &hand.executor);
        CHECK(eddy_loop_default_executor(&loop) == eddy_loop_default_executor(&loop));
        CHECK(eddy_loop_resolvers(&loop) != eddy_loop_default_executor(&loop));
        tear_down();
    }

    CASE("in debug mode a start from another thread is ETHREAD, while the loop runs") {
        struct eddy_offload offload = {.job = {.fn = NULL}};
        struct eddy_timer late;
        open_all();
        eddy_loop_set_debug(&loop, true);
        eddy_timer_init(&late, NULL);
        loop.running = true; /* as turn.c says it */
        loop.thread = pthread_self();
        join(start(start_from_here, &offload));
        loop.running = false;
        CHECK_CODE(eddy_future_error(&offload.wrapped.refused), EDDY_ETHREAD);
        CHECK(eddy_list_empty(&hand.line));
        eddy_loop_set_debug(&loop, false);
        tear_down();
    }
}

/* ---- All threads block ----------------------------------------------------------------------------- */

static int ticks;
static struct eddy_timer ticker;

static void on_tick(struct eddy_handle *handle)
{
    (void)handle;
    if (++ticks < 100)
        eddy_loop_call_later(&loop, &ticker, 0.001);
    else
        let_go(&gate, 3);
}

static void blocked(void)
{
    CASE("while all threads of a pool block, the loop's turns go on and its timers fire") {
        struct eddy_job jobs[3];
        struct eddy_offload offload = {.job = {.fn = NULL}};
        struct eddy_future *future;
        int n = 5, result = 0;
        gate_open(&gate);
        open_pool(THREADS, 3);
        CHECK_OK(eddy_loop_open(&loop, NULL));
        for (int i = 0; i < 3; i++)
            begin_hold(&jobs[i], &gate);
        future = eddy_run_in_executor(&offload, &loop, executor, square, &n, sizeof n, &result,
                                      sizeof result);
        ticks = 0;
        eddy_timer_init(&ticker, on_tick);
        eddy_loop_call_later(&loop, &ticker, 0.001);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, future), 0);
        CHECK_INT(ticks, 100);
        CHECK_INT(result, 25);
        tear_down();
        CHECK_CODE(close_pool(THREADS), 0);
        gate_close(&gate);
    }
}

TESTS
{
    in_the_loop();
    several();
    abandoned();
    closed();
    refusals();
    blocked();
}
