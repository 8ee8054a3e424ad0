/* Threads call in: a task for each call, cancelled and waited for like any job, and no thread left waiting. */
#include "pools.h"

#include "../06-tasks/tasks.h"

#include "calls.h"
#include "jobs.h"
#include "offload.h"

#include <stdatomic.h>

static struct eddy_calls calls;

/* ---- What is called ------------------------------------------------------------------------------ */

/* Adds one after a while; fails if n is negative. */
struct add_one {
    struct eddy_co co;
    int n, result;
    double seconds;
    struct eddy_sleep sleep;
    bool cleaned;
};

static struct eddy_step add_one(struct eddy_co *co)
{
    struct add_one *self = CO_FRAME(co, add_one);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->seconds));
    if (self->n < 0)
        CO_FAIL(co, -EDOM);
    self->result = self->n + 1;
    CO_FINALLY(co);
    self->cleaned = true;
    CO_END(co);
}

/* ---- A thread, and the loop that waits for it ------------------------------------------------------ */

struct caller {
    void (*act)(struct caller *self);
    pthread_t thread;
    struct eddy_handle over;
    struct eddy_call call;
    struct add_one frame;
    int n, err, second;
};

static int callers_left;

static void on_over(struct eddy_handle *handle)
{
    (void)handle;
    if (--callers_left == 0)
        eddy_loop_stop(&loop);
}

static void *be_caller(void *argument)
{
    struct caller *self = argument;

    self->act(self);
    (void)eddy_loop_call_soon_threadsafe(&loop, &self->over);
    return NULL;
}

static void open_all(void)
{
    calls = (struct eddy_calls){.open = false};
    eddy_report_to(on_report);
    CHECK_OK(eddy_loop_open(&loop, NULL)); /* threads do not know the virtual clock */
    CHECK_CODE(eddy_calls_open(&calls, &loop), 0);
}

static void start_callers(struct caller callers[], int n, void (*act)(struct caller *self))
{
    callers_left = n;
    for (int i = 0; i < n; i++) {
        callers[i].act = act;
        callers[i].n = i;
        eddy_handle_init(&callers[i].over, on_over);
        callers[i].thread = start(be_caller, &callers[i]);
    }
}

static void run_callers(struct caller callers[], int n, void (*act)(struct caller *self))
{
    start_callers(callers, n, act);
    WAITING("threads that call in");
    CHECK_CODE(eddy_loop_run_forever(&loop), 0);
    for (int i = 0; i < n; i++)
        join(callers[i].thread);
}

/* ---- What threads do ------------------------------------------------------------------------------- */

static void call_and_wait(struct caller *self)
{
    for (int i = 0; i < 50 && self->err == 0; i++) {
        self->err = eddy_run_coroutine_threadsafe(&self->call, &calls, add_one, &self->frame,
                                                  .n = 100 * self->n + i);
        if (self->err == 0)
            self->err = eddy_job_result(&self->call.job, EDDY_FOREVER);
        if (self->frame.result != 100 * self->n + i + 1 || !self->frame.cleaned)
            self->err = -EIO;
    }
}

static void call_in_vain(struct caller *self)
{
    self->err = eddy_run_coroutine_threadsafe(&self->call, &calls, add_one, &self->frame, .n = -1);
    self->second = eddy_job_result(&self->call.job, EDDY_FOREVER);
}

static void wait_with_limit(struct caller *self)
{
    eddy_run_coroutine_threadsafe(&self->call, &calls, add_one, &self->frame, .seconds = 3600);
    self->err = eddy_job_result(&self->call.job, 0.01);
    while (!eddy_job_running(&self->call.job))
        sched_yield();
    self->second = eddy_job_cancel(&self->call.job);
    eddy_call_cancel(&self->call);
    eddy_call_cancel(&self->call); /* twice is once */
    self->n = eddy_job_result(&self->call.job, EDDY_FOREVER);
}

static atomic_int told;

static void tell(struct eddy_job_callback *callback, struct eddy_job *job)
{
    (void)callback;
    told += eddy_job_error(job) == 0;
}

/* Three calls at once, one of which is awaited by a callback as well. */
static void call_three(struct caller *self)
{
    struct eddy_call call[3];
    struct add_one frames[3];
    struct eddy_job_place places[3] = {{0}};
    struct eddy_job_callback callback = {.fn = tell};

    for (int i = 0; i < 3; i++) {
        eddy_run_coroutine_threadsafe(&call[i], &calls, add_one, &frames[i], .n = i);
        places[i].job = &call[i].job;
    }
    eddy_job_add_done_callback(&call[1].job, &callback);
    self->err = eddy_jobs_wait(places, 3, EDDY_ALL_COMPLETED, EDDY_FOREVER);
    for (int i = 0; i < 3; i++)
        self->n += frames[i].result;
}

static void wait_only(struct caller *self)
{
    self->err = eddy_job_result(&self->call.job, EDDY_FOREVER);
}

/* ---- Cases ----------------------------------------------------------------------------------------- */

static void ordinary(void)
{
    CASE("several threads call in, again and again, and each has its own results") {
        static struct caller callers[4];
        open_all();
        run_callers(callers, 4, call_and_wait);
        for (int i = 0; i < 4; i++)
            CHECK_CODE(callers[i].err, 0);
        eddy_calls_close(&calls);
        eddy_calls_close(&calls);
        CHECK_INT(loop.keeps, 0);
        tear_down();
    }

    CASE("a task that fails is an error of the call") {
        static struct caller caller;
        open_all();
        run_callers(&caller, 1, call_in_vain);
        CHECK_CODE(caller.err, 0);
        CHECK_CODE(caller.second, -EDOM);
        eddy_calls_close(&calls);
        tear_down();
    }

    CASE("a limit, a cancel that is refused, and one that reaches the task that runs") {
        static struct caller caller;
        open_all();
        run_callers(&caller, 1, wait_with_limit);
        CHECK_CODE(caller.err, -ETIMEDOUT);
        CHECK(!caller.second);
        CHECK_CODE(caller.n, -ECANCELED);
        CHECK(caller.frame.cleaned);
        eddy_calls_close(&calls);
        tear_down();
    }

    CASE("calls are jobs: a thread waits for several, and a callback is told") {
        static struct caller caller;
        open_all();
        run_callers(&caller, 1, call_three);
        CHECK_CODE(caller.err, 0);
        CHECK_INT(caller.n, 1 + 2 + 3);
        CHECK_INT(told, 1);
        eddy_calls_close(&calls);
        tear_down();
    }
}

static void in_line(void)
{
    CASE("a call that has not begun is cancelled in line, and its task is never started") {
        struct eddy_call call;
        struct add_one frame;
        open_all();
        CHECK_CODE(eddy_run_coroutine_threadsafe(&call, &calls, add_one, &frame, .n = 1), 0);
        CHECK(eddy_job_cancel(&call.job));
        CHECK_CODE(eddy_job_error(&call.job), -ECANCELED);
        CHECK_CODE(eddy_run_coroutine_threadsafe(&call, &calls, add_one, &frame, .n = 1), 0);
        eddy_call_cancel(&call);
        CHECK_CODE(eddy_job_error(&call.job), -ECANCELED);
        turns(2);
        CHECK(!frame.cleaned);
        eddy_calls_close(&calls);
        tear_down();
    }

    CASE("closed while a thread waits: a call in line ends with ECLOSED, a later one as well") {
        static struct caller caller;
        open_all();
        CHECK_CODE(
            eddy_run_coroutine_threadsafe(&caller.call, &calls, add_one, &caller.frame, .n = 1), 0);
        start_callers(&caller, 1, wait_only);
        eddy_calls_close(&calls);
        join(caller.thread);
        CHECK_CODE(caller.err, EDDY_ECLOSED);
        CHECK_CODE(
            eddy_run_coroutine_threadsafe(&caller.call, &calls, add_one, &caller.frame, .n = 1),
            EDDY_ECLOSED);
        CHECK_CODE(eddy_job_error(&caller.call.job), EDDY_ECLOSED);
        tear_down();
    }

    CASE("a loop that is closed ends calls in line, so no thread waits for ever") {
        static struct caller caller;
        open_all();
        CHECK_CODE(
            eddy_run_coroutine_threadsafe(&caller.call, &calls, add_one, &caller.frame, .n = 1), 0);
        start_callers(&caller, 1, wait_only);
        tear_down();
        join(caller.thread);
        CHECK_CODE(caller.err, EDDY_ECLOSED);
    }

    CASE("a call whose task runs when they are closed goes on, and its thread is told") {
        static struct caller caller;
        open_all();
        CHECK_CODE(
            eddy_run_coroutine_threadsafe(&caller.call, &calls, add_one, &caller.frame, .n = 1), 0);
        turns(1);
        CHECK(eddy_job_running(&caller.call.job));
        eddy_calls_close(&calls);
        run_callers(&caller, 1, wait_only);
        CHECK_CODE(caller.err, 0);
        CHECK_INT(caller.frame.result, 2);
        tear_down();
    }

    CASE("a loop that is shut down cancels the tasks of calls, and their threads are told") {
        static struct caller caller;
        open_all();
        CHECK_CODE(eddy_run_coroutine_threadsafe(&caller.call, &calls, add_one, &caller.frame,
                                                 .n = 1, .seconds = 3600),
                   0);
        turns(1);
        start_callers(&caller, 1, wait_only);
        CHECK_CODE(eddy_loop_shutdown(&loop, 10), 0);
        join(caller.thread);
        CHECK_CODE(caller.err, -ECANCELED);
        tear_down();
    }
}

/* ---- Owners ---------------------------------------------------------------------------------------- */

/* It refuses all cancels, and has the calls in its frame. */
struct mule {
    struct eddy_co co;
    struct eddy_calls calls;
    struct eddy_sleep sleep;
};

static struct eddy_calls *held;

static struct eddy_step mule(struct eddy_co *co)
{
    struct mule *self = CO_FRAME(co, mule);

    CO_BEGIN(co);
    eddy_calls_open(&self->calls, &loop);
    held = &self->calls;
    for (;;)
        CO_TRY_AWAIT(co, eddy_sleep(&self->sleep, &loop, 3600));
    CO_END(co);
}

static int call_from_job(struct eddy_work *work)
{
    struct eddy_call call;
    struct add_one frame;

    (void)work;
    eddy_run_coroutine_threadsafe(&call, &calls, add_one, &frame, .n = 1, .seconds = 3600);
    return eddy_job_result(&call.job, EDDY_FOREVER);
}

static void owners(void)
{
    CASE("abandoned with the frame that they lie in, calls end, begun and in line") {
        static struct caller begun, waiting;
        eddy_report_to(on_report);
        CHECK_OK(eddy_loop_open(&loop, NULL));
        CHECK_CODE(eddy_spawn(&loop, mule, .sleep = {.timer = {.node = {.slot = 0}}}), 0);
        turns(1);
        CHECK_CODE(eddy_run_coroutine_threadsafe(&begun.call, held, add_one, &begun.frame,
                                                 .seconds = 3600),
                   0);
        turns(2);
        CHECK(eddy_job_running(&begun.call.job));
        CHECK_CODE(
            eddy_run_coroutine_threadsafe(&waiting.call, held, add_one, &waiting.frame, .n = 1), 0);
        eddy_task_abandon(eddy_next_task(&loop, NULL));
        CHECK_CODE(eddy_job_error(&begun.call.job), EDDY_ECLOSED);
        CHECK_CODE(eddy_job_error(&waiting.call.job), EDDY_ECLOSED);
        CHECK(!eddy_next_task(&loop, NULL));
        CHECK_INT(loop.keeps, 0);
        tear_down();
    }

    CASE("a job of the loop's own pool that waits for a call does not keep the loop from closing") {
        struct eddy_offload offload = {.job = {.fn = NULL}};
        struct eddy_future *future;
        open_all();
        future = eddy_run_in_executor(&offload, &loop, NULL, call_from_job, NULL, 0, NULL, 0);
        while (!eddy_next_task(&loop, NULL))
            turns(1);
        CHECK_CODE(eddy_future_error(future), EDDY_EPENDING);
        CHECK_CODE(eddy_loop_shutdown(&loop, 10), 0);
        tear_down();
        CHECK_CODE(eddy_job_error(&offload.job), -ECANCELED);
    }

    CASE("opened twice it is EQUEUED; closed, it can be opened again, in another loop") {
        struct eddy_loop other;
        open_all();
        CHECK_CODE(eddy_calls_open(&calls, &loop), EDDY_EQUEUED);
        eddy_calls_close(&calls);
        tear_down();
        CHECK_CODE(eddy_calls_open(&calls, &loop), EDDY_ECLOSED);
        CHECK_OK(eddy_loop_open(&other, NULL));
        CHECK_CODE(eddy_calls_open(&calls, &other), 0);
        eddy_calls_close(&calls);
        CHECK_CODE(eddy_loop_close(&other), 0);
    }
}

TESTS
{
    ordinary();
    in_line();
    owners();
}
