/* Calls and their ends: cancelled, closed and abandoned at any moment, and awaited by other calls. */
#include "loops.h"

#include "calls.h"

#include <stdatomic.h>

enum { CLIENTS = 4, ROUNDS = 300 };

static struct eddy_calls calls;
static struct eddy_call call;
static struct eddy_future held;

static void begin_calls(void)
{
    open_loop();
    calls = (struct eddy_calls){.open = false};
    CHECK_CODE(eddy_calls_open(&calls, &loop), 0);
    eddy_future_init(&held, &loop);
}

static void end_calls(void)
{
    eddy_calls_close(&calls);
    CHECK_INT(loop.keeps, 0);
    close_loop();
}

/* ---- Threads of the test --------------------------------------------------------------------------- */

/* What each of them does, while the loop runs. */
static void (*play)(int number);
static atomic_int playing;
static struct eddy_handle all_have;

static void on_all_have(struct eddy_handle *handle)
{
    (void)handle;
    eddy_loop_stop(&loop);
}

static void *play_in_thread(void *argument)
{
    play((int)(intptr_t)argument);
    if (--playing == 0)
        eddy_loop_call_soon_threadsafe(&loop, &all_have);
    return NULL;
}

static void run_clients(int n, void (*what)(int number))
{
    pthread_t each[CLIENTS];

    play = what;
    playing = n;
    eddy_handle_init(&all_have, on_all_have);
    for (int i = 0; i < n; i++)
        each[i] = start(play_in_thread, (void *)(intptr_t)i);
    WAITING("%d threads that call in", n);
    CHECK_CODE(eddy_loop_run_forever(&loop), 0);
    for (int i = 0; i < n; i++)
        join(each[i]);
}

/* ---- Order --------------------------------------------------------------------------------------- */

static void order(void)
{
    CASE("calls begin in the order in which they were made") {
        static struct eddy_call each[3];
        static struct waiter frames[3];
        static const char *const names[3] = {"a", "b", "c"};
        begin_calls();
        for (int i = 0; i < 3; i++)
            eddy_run_coroutine_threadsafe(&each[i], &calls, waiter, &frames[i], .name = names[i],
                                          .on = &held);
        turns(2);
        EXPECT("a b c");
        eddy_future_set_result(&held, NULL);
        turns(2);
        EXPECT("a=OK a.OK b=OK b.OK c=OK c.OK");
        turns(1);
        end_calls();
    }
}

/* ---- Cancelling ------------------------------------------------------------------------------------ */

static struct waiter frame;
static struct catcher refuser;
static struct stubborn stubborn_frame;

static void call_waiter(void)
{
    CHECK_CODE(
        eddy_run_coroutine_threadsafe(&call, &calls, waiter, &frame, .name = "a", .on = &held), 0);
}

static atomic_int began, ran, withdrawn;

struct counted {
    struct eddy_co co;
    struct eddy_sleep sleep;
};

static struct eddy_step counted(struct eddy_co *co)
{
    struct counted *self = CO_FRAME(co, counted);

    CO_BEGIN(co);
    began++;
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 0));
    ran++;
    CO_END(co);
}

/* Some are cancelled as jobs, some as calls, some not at all. */
static void call_and_cancel(int number)
{
    unsigned seed = (unsigned)number * 7919 + 1;
    struct eddy_call own;
    struct counted own_frame;

    for (int i = 0; i < ROUNDS; i++) {
        unsigned how = (seed = seed * 1103515245u + 12345u) >> 16 & 3;
        bool never = false;
        int err;
        eddy_run_coroutine_threadsafe(&own, &calls, counted, &own_frame);
        if (how & 1)
            sched_yield();
        if (how == 2 || how == 3)
            never = eddy_job_cancel(&own.job);
        else if (how == 1)
            eddy_call_cancel(&own);
        err = eddy_job_result(&own.job, EDDY_FOREVER);
        CHECK(err == 0 || err == -ECANCELED);
        CHECK(!never || err == -ECANCELED);
        CHECK(how == 1 || never || err == 0);
        withdrawn += never;
    }
}

static void cancels(void)
{
    CASE("a call whose task refuses the cancel has its result") {
        begin_calls();
        eddy_run_coroutine_threadsafe(&call, &calls, catcher, &refuser, .name = "a", .on = &held);
        turns(2);
        eddy_call_cancel(&call);
        turns(3);
        EXPECT("a a=ECANCELED a.OK");
        CHECK_CODE(eddy_job_error(&call.job), 0);
        end_calls();
    }

    CASE("several calls are cancelled at once: each task is asked, and only once") {
        static struct eddy_call each[3];
        static struct stubborn frames[3];
        begin_calls();
        for (int i = 0; i < 3; i++)
            eddy_run_coroutine_threadsafe(&each[i], &calls, stubborn, &frames[i], .name = "s",
                                          .rounds = 2);
        turns(2);
        for (int i = 0; i < 3; i++)
            eddy_call_cancel(&each[i]);
        turns(3);
        EXPECT("s s s s=ECANCELED s=ECANCELED s=ECANCELED");
        for (int i = 0; i < 3; i++)
            eddy_future_set_result(&frames[i].own, NULL);
        turns(3);
        for (int i = 0; i < 3; i++)
            CHECK_CODE(eddy_job_error(&each[i].job), 0);
        end_calls();
    }

    CASE("threads cancel their calls at any moment: what was withdrawn never began") {
        begin_calls();
        run_clients(CLIENTS, call_and_cancel);
        CHECK(began + withdrawn <= CLIENTS * ROUNDS);
        CHECK(ran <= began);
        end_calls();
    }
}

/* ---- A call that awaits a call --------------------------------------------------------------------- */

struct outer {
    struct eddy_co co;
    struct eddy_call inner;
    struct waiter frame;
    struct eddy_wrapped_job wrapped;
};

static struct eddy_step outer(struct eddy_co *co)
{
    struct outer *self = CO_FRAME(co, outer);

    CO_BEGIN(co);
    note("outer");
    CHECK_CODE(eddy_run_coroutine_threadsafe(&self->inner, &calls, waiter, &self->frame,
                                             .name = "inner", .on = &held),
               0);
    CO_TRY_AWAIT(co, eddy_wrap_job(&self->wrapped, eddy_co_loop(co), &self->inner.job));
    note("outer=%s", eddy_errname(eddy_co_error(co)));
    CO_AWAIT(co, eddy_next_turn());
    CO_FINALLY(co);
    note("outer.%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static struct outer outer_frame;

struct ring {
    struct eddy_co co;
    struct eddy_call *next;
    struct eddy_wrapped_job wrapped;
};

static struct eddy_step ring(struct eddy_co *co)
{
    struct ring *self = CO_FRAME(co, ring);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_wrap_job(&self->wrapped, eddy_co_loop(co), &self->next->job));
    CO_END(co);
}

/* Has calls open, and awaits a job that waits at a gate. */
struct busy_owner {
    struct eddy_co co;
    struct eddy_calls calls;
    const struct gate *gate;
    struct eddy_offload offload;
};

static struct eddy_step busy_owner(struct eddy_co *co)
{
    struct busy_owner *self = CO_FRAME(co, busy_owner);

    CO_BEGIN(co);
    CHECK_CODE(eddy_calls_open(&self->calls, eddy_co_loop(co)), 0);
    CO_AWAIT(co, eddy_run_in_executor(&self->offload, eddy_co_loop(co), NULL, hold, self->gate,
                                      sizeof *self->gate, NULL, 0));
    CO_END(co);
}

static const struct gate *told_gate;

/* The loop says that it waits for the job: then the job may go on. */
static void let_go_when_told(struct eddy_loop *told, const struct eddy_context *context)
{
    (void)told;
    if (strstr(context->message, "the loop waits for the job")) {
        note("waits");
        let_go(told_gate, 1);
    }
}

static void nested(void)
{
    CASE("a call that awaits a call has its result") {
        begin_calls();
        eddy_run_coroutine_threadsafe(&call, &calls, outer, &outer_frame);
        turns(4);
        EXPECT("outer inner");
        eddy_future_set_result(&held, NULL);
        turns(6);
        EXPECT("inner=OK inner.OK outer=OK outer.OK");
        CHECK_CODE(eddy_job_error(&call.job), 0);
        end_calls();
    }

    CASE("it is cancelled: the inner one that runs comes to its end, and then the cancel lands") {
        begin_calls();
        eddy_run_coroutine_threadsafe(&call, &calls, outer, &outer_frame);
        turns(4);
        eddy_call_cancel(&call);
        turns(4);
        EXPECT("outer inner");
        eddy_future_set_result(&held, NULL);
        turns(6);
        EXPECT("inner=OK inner.OK outer=OK outer.ECANCELED");
        CHECK_CODE(eddy_job_error(&call.job), -ECANCELED);
        end_calls();
    }

    CASE("both are abandoned: the loop does not wait for itself") {
        begin_calls();
        eddy_run_coroutine_threadsafe(&call, &calls, outer, &outer_frame);
        turns(4);
        IF_HANG("the loop waits for a job that is one of its own tasks");
        CHECK_CODE(eddy_loop_shutdown(&loop, 0), EDDY_ETASKS);
        close_loop();
        CHECK_CODE(eddy_job_error(&call.job), EDDY_ECLOSED);
        CHECK(eddy_job_done(&outer_frame.inner.job));
    }

    CASE("a task that awaits a call of its loop is abandoned: the call ends with it") {
        struct outer *own = malloc(sizeof *own);
        struct eddy_task *task = malloc(sizeof *task);
        begin_calls();
        eddy_task_start(task, &loop, outer, own);
        turns(4);
        IF_HANG("the loop waits for a job that is one of its own tasks");
        eddy_task_abandon(task);
        CHECK_CODE(eddy_job_error(&own->inner.job), EDDY_ETASKS);
        free(own);
        free(task);
        turns(3);
        EXPECT("outer inner");
        end_calls();
    }

    CASE("calls that await each other in a ring are abandoned, and each ends") {
        static struct ring frames[3];
        static struct eddy_call each[3];
        begin_calls();
        for (int i = 0; i < 3; i++)
            eddy_run_coroutine_threadsafe(&each[i], &calls, ring, &frames[i],
                                          .next = &each[(i + 1) % 3]);
        turns(4);
        CHECK_CODE(eddy_loop_shutdown(&loop, 0), EDDY_ETASKS);
        close_loop();
        for (int i = 0; i < 3; i++)
            CHECK(eddy_job_done(&each[i].job) && eddy_job_error(&each[i].job) != 0 &&
                  eddy_future_done(&frames[i].wrapped.future));
    }

    CASE("who has calls open, and awaits a job, is abandoned: the loop waits for the job") {
        struct gate gate;
        struct busy_owner *own = malloc(sizeof *own);
        struct eddy_task *task = malloc(sizeof *task);
        gate_open(&gate);
        open_loop();
        eddy_loop_set_exception_handler(&loop, let_go_when_told);
        eddy_task_start(task, &loop, busy_owner, own, .gate = &gate);
        turns(1);
        eddy_future_init(&held, &loop);
        CHECK_CODE(eddy_run_coroutine_threadsafe(&call, &own->calls, waiter, &frame, .name = "a",
                                                 .on = &held),
                   0);
        turns(2);
        await_begun(&gate);
        told_gate = &gate;
        CAUSE("abandoning the call's task hides that its owner is being abandoned, too");
        eddy_task_abandon(task);
        EXPECT("a waits");
        CHECK(eddy_job_done(&own->offload.job));
        CHECK_CODE(eddy_job_error(&call.job), EDDY_ECLOSED);
        free(own);
        free(task);
        CHECK_INT(loop.keeps, 0);
        turns(3);
        close_loop();
        gate_close(&gate);
    }
}

/* ---- Closed ---------------------------------------------------------------------------------------- */

/* When the job's end is told, its memory goes: whatever uses it after that finds no pointer in it. */
struct spoiler {
    struct eddy_job_waiter waiter;
    struct eddy_call *of;
    int err;
    bool rings; /* the bell of the calls is in a line */
};

static void spoil(struct eddy_job_waiter *waiter, int err)
{
    struct spoiler *self = container_of(waiter, struct spoiler, waiter);

    self->err = err;
    self->rings = calls.bell.link.next != NULL;
    memset(self->of, 0x5a, sizeof *self->of);
}

static struct spoiler spoiler;

static void spoil_when_done(struct eddy_call *of)
{
    spoiler = (struct spoiler){.waiter = {.wake = spoil}, .of = of, .err = EDDY_EPENDING};
    CHECK(eddy_job_add_waiter(&of->job, &spoiler.waiter));
}

static void call_stubborn(void)
{
    CHECK_CODE(eddy_run_coroutine_threadsafe(&call, &calls, stubborn, &stubborn_frame, .name = "s",
                                             .rounds = 100),
               0);
    spoil_when_done(&call);
    turns(2);
}

/* The calls lie in its frame. */
struct owner {
    struct eddy_co co;
    struct eddy_calls calls;
    struct eddy_future forever;
};

static struct eddy_step owner(struct eddy_co *co)
{
    struct owner *self = CO_FRAME(co, owner);

    CO_BEGIN(co);
    CHECK_CODE(eddy_calls_open(&self->calls, eddy_co_loop(co)), 0);
    eddy_future_init(&self->forever, eddy_co_loop(co));
    CO_AWAIT(co, &self->forever);
    CO_FINALLY(co);
    eddy_calls_close(&self->calls);
    note("owner.%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static void closing(void)
{
    CASE("closed, a call that runs can still be cancelled; at its end nothing holds the calls") {
        begin_calls();
        call_waiter();
        spoil_when_done(&call);
        turns(2);
        eddy_calls_close(&calls);
        eddy_future_set_result(&held, NULL);
        turns(1); /* the body has ended, its call not yet */
        eddy_call_cancel(&call);
        CHECK(calls.bell.link.next != NULL);
        turns(1);
        CHECK_CODE(spoiler.err, 0);
        CHECK(!spoiler.rings);
        memset(&calls, 0x5a, sizeof calls);
        turns(3);
        close_loop();
    }

    CASE("a call is cancelled, and in the same turn the calls are closed: it is cancelled") {
        begin_calls();
        call_waiter();
        turns(2);
        eddy_call_cancel(&call);
        eddy_calls_close(&calls);
        turns(3);
        EXPECT("a a.ECANCELED");
        CHECK_CODE(eddy_job_error(&call.job), -ECANCELED);
        end_calls();
    }

    CASE("calls that are closed while one runs can be opened again when that has ended") {
        begin_calls();
        call_waiter();
        turns(2);
        eddy_calls_close(&calls);
        CHECK_CODE(eddy_calls_open(&calls, &loop), EDDY_EQUEUED);
        CHECK_CODE(eddy_run_coroutine_threadsafe(&(struct eddy_call){.asked = false}, &calls,
                                                 waiter, &(struct waiter){.name = ""}, .on = &held),
                   EDDY_ECLOSED);
        eddy_future_set_result(&held, NULL);
        turns(3);
        CHECK_CODE(eddy_job_error(&call.job), 0);
        CHECK_CODE(eddy_calls_open(&calls, &loop), 0);
        end_calls();
    }

    CASE("calls that were never opened are ECLOSED, and so are those of a loop that is closed") {
        calls = (struct eddy_calls){.open = false};
        CHECK_CODE(eddy_run_coroutine_threadsafe(&call, &calls, waiter, &frame, .on = &held),
                   EDDY_ECLOSED);
        eddy_calls_close(&calls);
        open_loop();
        close_loop();
        CHECK_CODE(eddy_calls_open(&calls, &loop), EDDY_ECLOSED);
        CHECK(!calls.open);
    }

    CASE("as long as calls are open the loop is not stuck, and then it is") {
        open_loop();
        run_out();
        close_loop();
        begin_calls();
        CHECK_INT(loop.keeps, 1);
        eddy_calls_close(&calls);
        run_out();
        end_calls();
    }

    CASE("a call's task is abandoned, and the loop closed: ECLOSED, and no handle stays") {
        begin_calls();
        call_stubborn();
        CHECK_CODE(eddy_loop_shutdown(&loop, 0), EDDY_ETASKS);
        CAUSE("the job is done, and a handle of the call is still in the loop's line");
        close_loop();
        CHECK_CODE(spoiler.err, EDDY_ECLOSED);
    }

    CASE("a call's task is abandoned: its thread is told in the next turn, or at the close") {
        begin_calls();
        call_stubborn();
        eddy_task_abandon(&call.task);
        turns(2);
        CHECK_CODE(spoiler.err, EDDY_ETASKS);
        end_calls();
    }

    CASE("whose frame the calls lie in is abandoned: what runs ends with ECLOSED, at once") {
        struct owner *own = malloc(sizeof *own);
        struct eddy_task *task = malloc(sizeof *task);
        open_loop();
        eddy_task_start(task, &loop, owner, own);
        turns(1);
        CHECK_CODE(eddy_run_coroutine_threadsafe(&call, &own->calls, stubborn, &stubborn_frame,
                                                 .name = "s", .rounds = 100),
                   0);
        spoil_when_done(&call);
        turns(2);
        eddy_task_abandon(task);
        CHECK_CODE(spoiler.err, EDDY_ECLOSED);
        free(own);
        free(task);
        CHECK_INT(loop.keeps, 0);
        turns(3);
        close_loop();
        EXPECT("s");
    }
}

/* ---- A job of the loop's own pool calls in ----------------------------------------------------------- */

static struct eddy_call job_call;
static struct waiter job_frame;

/* Says that it has begun; is told that it may go on; and calls in, for ever if need be. */
static int call_in(struct eddy_work *work)
{
    int err = hold(work);

    if (err == 0)
        eddy_run_coroutine_threadsafe(&job_call, &calls, waiter, &job_frame, .name = "j",
                                      .on = &held);
    return err < 0 ? err : eddy_job_result(&job_call.job, EDDY_FOREVER);
}

static int count_line(void)
{
    int n = 0;

    pthread_mutex_lock(&calls.executor.lock);
    for (struct eddy_list *link = calls.line.next; link != &calls.line; link = link->next)
        n++;
    pthread_mutex_unlock(&calls.executor.lock);
    return n;
}

/* It calls in before the loop is closed, or at any moment meanwhile. The guests that a loop has are closed in
 * the order of their coming: the pool may come before the calls, or after them. */
static void close_under_call(bool pool_first, bool called)
{
    struct gate gate;
    struct eddy_job job;

    gate_open(&gate);
    open_loop();
    calls = (struct eddy_calls){.open = false};
    if (pool_first)
        CHECK(eddy_loop_default_executor(&loop) != NULL);
    CHECK_CODE(eddy_calls_open(&calls, &loop), 0);
    executor = eddy_loop_default_executor(&loop);
    eddy_job_init(&job, call_in, &gate, sizeof gate, NULL, 0);
    CHECK_CODE(eddy_executor_submit(executor, &job), 0);
    await_begun(&gate);
    let_go(&gate, 1);
    while (called && count_line() == 0)
        sched_yield();
    IF_HANG("the loop waits for its pool, whose job waits for the loop");
    close_loop();
    CHECK_CODE(eddy_job_error(&job), EDDY_ECLOSED);
    gate_close(&gate);
}

static void from_own_pool(void)
{
    CASE("a job of the loop's pool calls in before the close, or at any moment of it: ECLOSED")
        for (int i = 0; i < 100; i++)
            close_under_call(i % 2, i % 3 == 0);
}

/* ---- Refused ----------------------------------------------------------------------------------------- */

static int from_thread;

static void *open_in_thread(void *argument)
{
    struct eddy_calls others = {.open = false};

    from_thread = eddy_calls_open(&others, &loop);
    eddy_calls_close(&calls);
    return argument;
}

static void on_open_in_thread(struct eddy_handle *handle)
{
    (void)handle;
    join(start(open_in_thread, NULL));
    eddy_loop_stop(&loop);
}

static void refusals(void)
{
    CASE("debug mode: another thread neither opens calls nor closes them, and it is reported") {
        struct eddy_handle handle;
        begin_calls();
        eddy_loop_set_debug(&loop, true);
        eddy_handle_init(&handle, on_open_in_thread);
        CHECK_CODE(eddy_loop_call_soon(&loop, &handle), 0);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        CHECK_CODE(from_thread, EDDY_ETHREAD);
        CHECK(calls.open);
        CHECK_INT(reports, 2);
        eddy_loop_set_debug(&loop, false);
        end_calls();
    }

    CASE("without memory calls are not open; a task that cannot be started is the job's ENOMEM") {
        open_loop();
        calls = (struct eddy_calls){.open = false};
        faults_plan("calloc@1=ENOMEM");
        CHECK_CODE(eddy_calls_open(&calls, &loop), -ENOMEM);
        faults_plan("pthread_mutex_init@1=ENOMEM");
        CHECK_CODE(eddy_calls_open(&calls, &loop), -ENOMEM);
        faults_plan("");
        CHECK(!calls.open);
        CHECK_INT(loop.keeps, 0);
        CHECK_CODE(eddy_calls_open(&calls, &loop), 0);
        call_waiter();
        faults_plan("calloc@1=ENOMEM");
        turns(3);
        faults_plan("");
        CHECK_CODE(eddy_job_error(&call.job), -ENOMEM);
        EXPECT("");
        end_calls();
    }
}

TESTS
{
    order();
    cancels();
    nested();
    closing();
    from_own_pool();
    refusals();
}
