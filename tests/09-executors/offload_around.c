/* Jobs that tasks await, over both pools: cut by limits, joined by groups, abandoned, and closed at any moment. */
#include "loops.h"

#include "group.h"
#include "shield.h"
#include "timeout.h"
#include "wait_for.h"

#include <stdatomic.h>

enum { TURNS = 100 };

static struct gate gate;
static struct eddy_task task;
static struct user frame;
static struct eddy_job job;

static void begin(int kind, int workers)
{
    gate_open(&gate);
    open_pool(kind, workers);
    open_loop();
}

static void end(int kind)
{
    close_loop();
    CHECK_CODE(close_pool(kind), 0);
    gate_close(&gate);
}

/* ---- A result ------------------------------------------------------------------------------------ */

static struct eddy_handle ticker;
static int ticks;

static void on_tick(struct eddy_handle *handle)
{
    ticks++;
    CHECK_CODE(eddy_loop_call_soon(&loop, handle), 0);
}

static pthread_t told_in;

/* Where the waiters of the job's future are called. */
static void note_thread(struct eddy_handle *handle)
{
    (void)handle;
    told_in = pthread_self();
}

static void try_result(int kind)
{
    struct eddy_handle told;

    ticks = 0;
    begin(kind, 1);
    eddy_handle_init(&ticker, on_tick);
    eddy_handle_init(&told, note_thread);
    begin_user(&task, &frame, "a", &gate);
    CHECK_CODE(eddy_future_add_done_callback(&frame.offload.wrapped.future, &told), 0);
    CAUSE("the loop waits for the job itself");
    CHECK_CODE(eddy_loop_call_soon(&loop, &ticker), 0);
    turns(TURNS);
    CHECK_INT(ticks, TURNS);
    CHECK(eddy_job_running(&frame.offload.job));
    EXPECT("a");
    eddy_handle_cancel(&ticker);
    let_go(&gate, 1);
    CHECK_CODE(run_task(&task), 0);
    CHECK_INT(frame.result, 7);
    CHECK(pthread_equal(told_in, pthread_self()));
    CHECK(frame.offload.wrapped.future.result == &frame.result);
    EXPECT("a=OK a.OK");
    end(kind);
}

static void results(void)
{
    CASE("the loop goes on while a job runs, and the result comes to the loop's thread")
        BOTH(kind) try_result(kind);
}

/* ---- Cancelling ---------------------------------------------------------------------------------- */

/* The pool has one worker, which is busy. */
static void try_cancel_in_line(int kind)
{
    begin(kind, 1);
    begin_hold(&job, &gate);
    start_user(&task, &frame, "a", &gate);
    turns(1);
    CHECK(cancel_task(&task));
    CHECK_CODE(run_task(&task), 0);
    EXPECT("a a=ECANCELED a.OK");
    CHECK(eddy_job_cancelled(&frame.offload.job));
    CHECK(eddy_job_running(&job));
    let_go(&gate, 1);
    end(kind); /* one that ran all the same would wait at the gate for ever */
}

static void try_cancel_running(int kind)
{
    begin(kind, 1);
    begin_user(&task, &frame, "a", &gate);
    CHECK(cancel_task(&task));
    CAUSE("an await that returns while a job works on the frame");
    turns(TURNS);
    EXPECT("a");
    CHECK(!eddy_future_done(&frame.offload.wrapped.future));
    let_go(&gate, 1);
    CHECK_CODE(run_task(&task), -ECANCELED);
    CHECK_INT(frame.result, 7);
    EXPECT("a=OK a.ECANCELED");
    end(kind);
}

/* The job is done, and the loop has not been told; and then it has, and the task has not run. */
static void try_cancel_done(int kind)
{
    begin(kind, 1);
    for (int told = 0; told < 2; told++) {
        begin_user(&task, &frame, "a", &gate);
        let_go(&gate, 1);
        await_job(&frame.offload.job);
        if (told)
            while (!eddy_future_done(&frame.offload.wrapped.future))
                turns(1);
        CHECK(cancel_task(&task));
        CHECK_CODE(run_task(&task), -ECANCELED);
        CHECK_INT(frame.result, 7);
        EXPECT("a a=OK a.ECANCELED");
    }
    end(kind);
}

static void cancels(void)
{
    CASE("a job in line is cancelled with its await, and never runs")
        BOTH(kind) try_cancel_in_line(kind);

    CASE("one that runs comes to its end, its result wins, and the cancel lands next")
        BOTH(kind) try_cancel_running(kind);

    CASE("a cancel that comes between a job's end and its await's return takes nothing away")
        BOTH(kind) try_cancel_done(kind);
}

/* ---- With what cuts and joins -------------------------------------------------------------------- */

static struct eddy_future *offload_hold(struct eddy_offload *offload)
{
    return eddy_run_in_executor(offload, &loop, executor, hold, &gate, sizeof gate, NULL, 0);
}

struct limited {
    struct eddy_co co;
    struct eddy_offload offload;
    struct eddy_wait_for limit;
};

static struct eddy_step limited(struct eddy_co *co)
{
    struct limited *self = CO_FRAME(co, limited);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_wait_for(&self->limit, &loop, offload_hold(&self->offload), 0.001));
    note("%s", eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

/* In line, and while it runs. */
static void try_wait_for(int kind)
{
    static struct limited limited_frame;

    begin(kind, 1);
    eddy_task_start(&task, &loop, limited, &limited_frame);
    turns(1);
    await_begun(&gate);
    pass_time(0.002);
    EXPECT("");
    let_go(&gate, 1);
    CHECK_CODE(run_task(&task), 0);
    EXPECT("OK");
    begin_hold(&job, &gate);
    eddy_task_start(&task, &loop, limited, &limited_frame);
    CHECK_CODE(run_task(&task), 0);
    EXPECT("ETIMEDOUT");
    CHECK(eddy_job_cancelled(&limited_frame.offload.job));
    let_go(&gate, 1);
    end(kind);
}

struct scoped {
    struct eddy_co co;
    double seconds;
    struct eddy_offload offload;
    struct eddy_timeout scope;
};

static struct eddy_step scoped(struct eddy_co *co)
{
    struct scoped *self = CO_FRAME(co, scoped);

    CO_BEGIN(co);
    CHECK_CODE(eddy_timeout_open(&self->scope, co, self->seconds), 0);
    CO_TRY_AWAIT(co, offload_hold(&self->offload));
    note("%s", eddy_errname(eddy_co_error(co)));
    CO_AWAIT(co, eddy_next_turn());
    CO_FINALLY(co);
    eddy_timeout_close(&self->scope, co);
    CO_END(co);
}

static void try_scope(int kind)
{
    static struct scoped scoped_frame;

    begin(kind, 1);
    eddy_task_start(&task, &loop, scoped, &scoped_frame, .seconds = 0.001);
    turns(1);
    await_begun(&gate);
    pass_time(0.002);
    EXPECT("");
    let_go(&gate, 1);
    CHECK_CODE(run_task(&task), -ETIMEDOUT);
    EXPECT("OK");
    eddy_task_start(&task, &loop, scoped, &scoped_frame, .seconds = 0);
    CHECK_CODE(run_task(&task), 0); /* it has refused the cancel */
    EXPECT("ECANCELED");
    CHECK(eddy_timeout_expired(&scoped_frame.scope));
    CHECK(!eddy_job_running(&scoped_frame.offload.job) && scoped_frame.offload.job.fn == NULL);
    end(kind);
}

struct shielded {
    struct eddy_co co;
    struct eddy_offload offload;
    struct eddy_shield shield;
};

static struct eddy_step shielded(struct eddy_co *co)
{
    struct shielded *self = CO_FRAME(co, shielded);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_shield(&self->shield, &loop, offload_hold(&self->offload)));
    CO_FINALLY(co);
    note("%s", eddy_errname(eddy_co_outcome(co)));
    CO_AWAIT(co, &self->offload.wrapped.future);
    note("%s", eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

static void try_shield(int kind)
{
    static struct shielded shielded_frame;

    begin(kind, 1);
    begin_hold(&job, &gate);
    eddy_task_start(&task, &loop, shielded, &shielded_frame);
    turns(1);
    CHECK(cancel_task(&task));
    turns(2);
    EXPECT("ECANCELED");
    CHECK_CODE(eddy_job_error(&shielded_frame.offload.job), EDDY_EPENDING);
    let_go(&gate, 2);
    CHECK_CODE(run_task(&task), -ECANCELED);
    EXPECT("OK");
    end(kind);
}

struct grouped {
    struct eddy_co co;
    struct eddy_group group;
    struct eddy_member member;
    struct eddy_offload offload;
    struct eddy_future held;
};

static struct eddy_step grouped(struct eddy_co *co)
{
    struct grouped *self = CO_FRAME(co, grouped);

    CO_BEGIN(co);
    CHECK_CODE(eddy_group_open(&self->group, co), 0);
    CHECK_CODE(eddy_group_add(&self->group, &self->member, offload_hold(&self->offload)), 0);
    eddy_future_init(&self->held, &loop);
    CO_AWAIT(co, &self->held);
    CO_FINALLY(co);
    note("%s", eddy_errname(eddy_co_outcome(co)));
    CO_AWAIT(co, eddy_group_close(&self->group));
    note("%s", eddy_errname(eddy_job_error(&self->offload.job)));
    CO_END(co);
}

/* The group's close cancels a job that runs, so it waits for that. */
static void try_group(int kind)
{
    static struct grouped grouped_frame;

    begin(kind, 1);
    eddy_task_start(&task, &loop, grouped, &grouped_frame);
    turns(1);
    await_begun(&gate);
    CHECK(cancel_task(&task));
    turns(TURNS);
    EXPECT("ECANCELED");
    let_go(&gate, 1);
    CHECK_CODE(run_task(&task), -ECANCELED);
    EXPECT("OK");
    end(kind);
}

static void limits(void)
{
    CASE("a wait_for around a job that runs has its result, and around one in line ETIMEDOUT")
        BOTH(kind) try_wait_for(kind);

    CASE("a scope's time-out lands after a job that runs; one of 0 submits none")
        BOTH(kind) try_scope(kind);

    CASE("a shield is cancelled at once, and its job stays in line, and runs")
        BOTH(kind) try_shield(kind);

    CASE("a group with a job that runs ends when the job has ended")
        BOTH(kind) try_group(kind);
}

/* ---- Abandoned, and closed ----------------------------------------------------------------------- */

/* The loop says that it waits for the job: then the job may go on. */
static void let_go_when_told(struct eddy_loop *told, const struct eddy_context *context)
{
    (void)told;
    if (strstr(context->message, "the loop waits for the job")) {
        note("waits");
        let_go(&gate, 1);
    }
}

/* In blocks of their own, so that a sanitizer sees who still uses them. */
static void try_abandon(int kind)
{
    struct eddy_task *own = malloc(sizeof *own);
    struct user *own_frame = malloc(sizeof *own_frame);

    begin(kind, 1);
    eddy_loop_set_exception_handler(&loop, let_go_when_told);
    begin_user(own, own_frame, "a", &gate);
    eddy_task_abandon(own);
    EXPECT("a waits");
    CHECK_CODE(outcome(own), EDDY_ETASKS);
    CHECK(eddy_job_done(&own_frame->offload.job));
    CHECK_INT(own_frame->result, 7);
    free(own_frame);
    free(own);
    CHECK_INT(loop.keeps, 0);
    turns(TURNS);
    end(kind);
}

static void try_abandon_in_line(int kind)
{
    struct eddy_task *own = malloc(sizeof *own);
    struct user *own_frame = malloc(sizeof *own_frame);

    begin(kind, 1);
    begin_hold(&job, &gate);
    eddy_loop_set_exception_handler(&loop, let_go_when_told);
    start_user(own, own_frame, "a", &gate);
    turns(1);
    eddy_task_abandon(own);
    EXPECT("a");
    CHECK(eddy_job_cancelled(&own_frame->offload.job));
    free(own_frame);
    free(own);
    CHECK_INT(loop.keeps, 0);
    turns(TURNS);
    let_go(&gate, 1);
    end(kind);
}

/* Spawned, so the frame goes with it. It is cancelled first, and has no time at all. */
static void try_shutdown(int kind)
{
    begin(kind, 1);
    eddy_loop_set_exception_handler(&loop, let_go_when_told);
    CHECK_OK(eddy_spawn(&loop, user, .name = "a", .fn = hold, .in = &gate, .in_size = sizeof gate));
    turns(1);
    await_begun(&gate);
    CHECK_CODE(eddy_loop_shutdown(&loop, 0), EDDY_ETASKS);
    EXPECT("a waits");
    end(kind);
}

/* Wrapped, and awaited by no task: one that runs, one in line. What wraps them goes with the loop. */
static void try_close(int kind)
{
    static struct eddy_job each[2];
    struct eddy_wrapped_job *wrapped = calloc(2, sizeof *wrapped);

    begin(kind, 1);
    begin_hold(&each[0], &gate);
    submit_hold(&each[1], &gate);
    for (int i = 0; i < 2; i++)
        CHECK(!eddy_future_done(eddy_wrap_job(&wrapped[i], &loop, &each[i])));
    close_loop();
    CHECK(eddy_job_cancelled(&each[1]));
    CHECK(eddy_job_running(&each[0]));
    CHECK_CODE(eddy_future_error(&wrapped[0].future), EDDY_EPENDING);
    free(wrapped);
    memset(&loop, 0x5a, sizeof loop);
    let_go(&gate, 1);
    CHECK_CODE(eddy_job_result(&each[0], EDDY_FOREVER), 0);
    CHECK_INT(reports, 0);
    CHECK_CODE(close_pool(kind), 0);
    gate_close(&gate);
}

/* The job ends in the moment in which the loop is closed, told or not. */
static void race_to_close(void)
{
    begin(THREADS, 1);
    close_loop();
    for (int i = 0; i < 200; i++) {
        struct eddy_wrapped_job *wrapped = calloc(1, sizeof *wrapped);
        open_loop();
        begin_hold(&job, &gate);
        eddy_wrap_job(wrapped, &loop, &job);
        let_go(&gate, 1);
        if (i % 2)
            turns(1);
        close_loop();
        free(wrapped);
        CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), 0);
    }
    end(THREADS);
}

/* In line behind another one, which its end lets go. */
struct lets_other_go {
    struct eddy_co co;
    struct eddy_offload offload;
};

static struct eddy_step lets_other_go(struct eddy_co *co)
{
    struct lets_other_go *self = CO_FRAME(co, lets_other_go);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_run_in_executor(&self->offload, eddy_co_loop(co), executor, hold, &gate,
                                      sizeof gate, NULL, 0));
    CO_FINALLY(co);
    note("b.%s", eddy_errname(eddy_co_outcome(co)));
    let_go(&gate, 1);
    CO_END(co);
}

struct main_task {
    struct eddy_co co;
};

static struct eddy_step main_task(struct eddy_co *co)
{
    CO_BEGIN(co);
    CHECK_OK(eddy_spawn(eddy_co_loop(co), user, .name = "a", .fn = hold, .in = &gate,
                        .in_size = sizeof gate));
    CHECK_OK(eddy_spawn(eddy_co_loop(co), lets_other_go));
    CO_AWAIT(co, eddy_next_turn());
    await_begun(&gate);
    note("main");
    CO_END(co);
}

static void try_run(int kind)
{
    begin(kind, 1);
    CHECK_CODE(eddy_run(main_task), 0);
    EXPECT("a main b.ECANCELED a=OK a.ECANCELED");
    end(kind);
}

static void ends(void)
{
    CASE("a task is abandoned while its job runs: the loop waits, and says so")
        BOTH(kind) try_abandon(kind);

    CASE("a task is abandoned while its job is in line: that never runs, and nothing waits")
        BOTH(kind) try_abandon_in_line(kind);

    CASE("a loop that is shut down in no time waits for the job that runs, and no other")
        BOTH(kind) try_shutdown(kind);

    CASE("cpython 96827: a job of either pool that ends after its loop was closed: silence")
        BOTH(kind) try_close(kind);

    CASE("a job ends as its loop is closed: nothing of the loop is touched any more")
        race_to_close();

    CASE("a run ends while jobs run and are in line: those are waited for, these cancelled")
        BOTH(kind) try_run(kind);
}

/* ---- Wrapping a job ------------------------------------------------------------------------------ */

static struct eddy_wrapped_job wrapped;

/* A loop of its own, in a thread of its own. */
struct second {
    struct eddy_co co;
    struct eddy_wrapped_job wrapped;
    atomic_int *waits;
};

static struct eddy_step second(struct eddy_co *co)
{
    struct second *self = CO_FRAME(co, second);

    CO_BEGIN(co);
    eddy_wrap_job(&self->wrapped, eddy_co_loop(co), &job);
    *self->waits = 1;
    CO_AWAIT(co, &self->wrapped.future);
    CO_END(co);
}

static atomic_int waits;
static int second_err;

static void *run_second(void *argument)
{
    second_err = eddy_run(second, .waits = &waits);
    return argument;
}

/* The first loop awaits it, too, and cancels it if that is wanted: when it is in line. */
static void try_two_loops(int kind, bool cancelled)
{
    struct eddy_job before;
    pthread_t thread;

    begin(kind, 1);
    begin_hold(&before, &gate);
    submit_hold(&job, &gate);
    waits = 0;
    thread = start(run_second, NULL);
    while (!waits)
        sched_yield();
    eddy_wrap_job(&wrapped, &loop, &job);
    if (cancelled)
        CHECK(eddy_future_cancel(&wrapped.future));
    let_go(&gate, cancelled ? 1 : 2);
    CHECK_CODE(eddy_loop_run_until_complete(&loop, &wrapped.future), cancelled ? -ECANCELED : 0);
    join(thread);
    CHECK_CODE(second_err, cancelled ? -ECANCELED : 0);
    end(kind);
}

static void wraps(void)
{
    CASE("two loops, in two threads, await one job: both have its result")
        BOTH(kind) try_two_loops(kind, false);

    CASE("one of two loops cancels their job: it is cancelled for both")
        BOTH(kind) try_two_loops(kind, true);
}

/* ---- Refused ------------------------------------------------------------------------------------- */

static void try_closed_pool(int kind)
{
    begin(kind, 1);
    CHECK_CODE(eddy_executor_shutdown(executor, 0), 0);
    start_user(&task, &frame, "a", &gate);
    CHECK_CODE(run_task(&task), 0);
    EXPECT("a a=EDDY_ECLOSED a.OK");
    CHECK_CODE(eddy_job_error(&frame.offload.job), EDDY_ECLOSED);
    CHECK_CODE(close_pool(kind), 0);
    start_user(&task, &frame, "a", &gate);
    CHECK_CODE(run_task(&task), 0);
    EXPECT("a a=EDDY_ECLOSED a.OK");
    end(kind);
}

static void refusals(void)
{
    CASE("a pool that is closed: the await is ECLOSED, and so is the job")
        BOTH(kind) try_closed_pool(kind);

    CASE("a pool of processes cannot be the loop's own: files need the program's memory") {
        begin(PROCESSES, 1);
        CHECK_CODE(eddy_loop_set_default_executor(&loop, executor), -EINVAL);
        CHECK(eddy_loop_default_executor(&loop) != executor);
        end(PROCESSES);
    }

    CASE("without memory for what the loop keeps it is ENOMEM, and later it works") {
        const int n = 3;
        static struct eddy_offload offload;
        open_loop();
        for (int i = 1; i <= 2; i++) { /* what it keeps, and its pool's threads */
            faults_plan(i == 1 ? "calloc@1=ENOMEM" : "calloc@2=ENOMEM");
            CHECK_CODE(eddy_run_in_executor(&offload, &loop, NULL, square, &n, sizeof n,
                                            &frame.result, sizeof frame.result)
                           ->err,
                       -ENOMEM);
            faults_plan("");
            if (i == 1)
                CHECK(eddy_list_empty(&loop.guests));
        }
        CHECK_CODE(eddy_loop_run_until_complete(
                       &loop, eddy_run_in_executor(&offload, &loop, NULL, square, &n, sizeof n,
                                                   &frame.result, sizeof frame.result)),
                   0);
        CHECK_INT(frame.result, 9);
        close_loop();
    }

    CASE("a thread that cannot be started: the await has its error, and later it works") {
        begin(THREADS, 1);
        faults_plan("pthread_create@1=EAGAIN");
        start_user(&task, &frame, "a", &gate);
        CHECK_CODE(run_task(&task), 0);
        EXPECT("a a=EAGAIN a.OK");
        begin_user(&task, &frame, "a", &gate);
        let_go(&gate, 1);
        CHECK_CODE(run_task(&task), 0);
        EXPECT("a a=OK a.OK");
        end(THREADS);
    }
}

/* ---- Many ---------------------------------------------------------------------------------------- */

static void try_many(int kind)
{
    enum { MANY = 64 };
    static struct eddy_task tasks[MANY];
    static struct user frames[MANY];
    static int n[MANY];

    begin(kind, 3);
    for (int i = 0; i < MANY; i++) {
        n[i] = i;
        eddy_task_start(&tasks[i], &loop, user, &frames[i], .name = "", .fn = square, .in = &n[i],
                        .in_size = sizeof n[i]);
    }
    for (int i = 0; i < MANY; i++) {
        CHECK_CODE(run_task(&tasks[i]), 0);
        CHECK_INT(frames[i].result, i * i);
    }
    CHECK_INT(loop.keeps, 0);
    end(kind);
}

TESTS
{
    results();
    cancels();
    limits();
    ends();
    wraps();
    refusals();

    CASE("many tasks await jobs of one pool: each has its own result")
        BOTH(kind) try_many(kind);
}
