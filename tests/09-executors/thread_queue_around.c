/* A queue between threads and tasks, at its edges: limits, frames that go, a loop that closes, no memory, and
 * a shutdown at any moment. */
#include "loops.h"

#include "thread_queue.h"
#include "wait_for.h"

#include <stdatomic.h>
#include <stdint.h>

static struct eddy_thread_queue queue;

static void begin_queue(size_t maxsize)
{
    open_loop();
    queue = (struct eddy_thread_queue){.open = false};
    CHECK_CODE(eddy_thread_queue_open(&queue, &loop, maxsize), 0);
}

static void end_queue(void)
{
    eddy_thread_queue_close(&queue);
    CHECK_INT(loop.keeps, 0);
    close_loop();
}

static void *item(int number)
{
    return (void *)(intptr_t)number;
}

/* ---- One task, one item ---------------------------------------------------------------------------- */

struct getter {
    struct eddy_co co;
    double seconds;
    struct eddy_thread_queue_get get;
    struct eddy_wait_for limit;
};

/* Once, with a limit, and then a cancel may land. */
static struct eddy_step getter(struct eddy_co *co)
{
    struct getter *self = CO_FRAME(co, getter);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_wait_for(&self->limit, eddy_co_loop(co),
                                   eddy_thread_queue_get_await(&self->get, &queue), self->seconds));
    note("%s:%d", eddy_errname(eddy_co_error(co)), (int)(intptr_t)self->get.item);
    CO_AWAIT(co, eddy_next_turn());
    CO_END(co);
}

struct putter {
    struct eddy_co co;
    int number;
    struct eddy_thread_queue_put put;
};

static struct eddy_step putter(struct eddy_co *co)
{
    struct putter *self = CO_FRAME(co, putter);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_thread_queue_put_await(&self->put, &queue, item(self->number)));
    note("put %d=%s", self->number, eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

static struct eddy_task task;
static struct getter get_frame;
static struct putter put_frame;

static void expect_left(int number)
{
    void *got = NULL;

    CHECK_CODE(eddy_thread_queue_get(&queue, &got, 0), 0);
    CHECK(got == item(number));
}

static void limits(void)
{
    CASE("a get whose time is up takes nothing, and its item is the next one's") {
        begin_queue(1);
        eddy_task_start(&task, &loop, getter, &get_frame, .seconds = 0.001);
        CHECK_CODE(run_task(&task), 0);
        EXPECT("ETIMEDOUT:0");
        CHECK_CODE(eddy_thread_queue_put(&queue, item(1), 0), 0);
        turns(2);
        expect_left(1);
        end_queue();
    }

    CASE("the time ends in the turn in which the item is handed over: the item is the task's") {
        begin_queue(1);
        eddy_task_start(&task, &loop, getter, &get_frame, .seconds = EDDY_FOREVER);
        turns(1);
        CHECK_CODE(eddy_thread_queue_put(&queue, item(1), 0), 0);
        while (!eddy_future_done(&get_frame.get.waiter.future))
            turns(1);
        CHECK(cancel_task(&task));
        CHECK_CODE(run_task(&task), -ECANCELED);
        EXPECT("OK:1");
        CHECK_INT(eddy_thread_queue_size(&queue), 0);
        end_queue();
    }

    CASE("a task that comes when an item is there overtakes none that waits for it") {
        struct eddy_thread_queue_get late = {.item = NULL};
        begin_queue(2);
        eddy_task_start(&task, &loop, getter, &get_frame, .seconds = EDDY_FOREVER);
        turns(1);
        CHECK_CODE(eddy_thread_queue_put(&queue, item(1), 0), 0);
        CHECK_CODE(eddy_thread_queue_get_await(&late, &queue)->err, EDDY_EPENDING);
        CHECK_CODE(run_task(&task), 0);
        EXPECT("OK:1");
        CHECK(eddy_future_cancel(&late.waiter.future));
        end_queue();
    }

    CASE("items that come in one go are the tasks' in the order of both") {
        static struct eddy_task tasks[4];
        static struct getter frames[4];
        begin_queue(8);
        for (int i = 0; i < 4; i++)
            eddy_task_start(&tasks[i], &loop, getter, &frames[i], .seconds = EDDY_FOREVER);
        turns(1);
        for (int i = 1; i <= 6; i++)
            CHECK_CODE(eddy_thread_queue_put(&queue, item(i), 0), 0);
        for (int i = 0; i < 4; i++)
            CHECK_CODE(run_task(&tasks[i]), 0);
        EXPECT("OK:1 OK:2 OK:3 OK:4");
        expect_left(5);
        expect_left(6);
        end_queue();
    }
}

/* ---- What goes away -------------------------------------------------------------------------------- */

static void ends(void)
{
    CASE("a task that waits for room is abandoned: its item is not put, and nothing points there") {
        struct eddy_task *own = malloc(sizeof *own);
        struct putter *own_frame = malloc(sizeof *own_frame);
        begin_queue(1);
        CHECK_CODE(eddy_thread_queue_put(&queue, item(1), 0), 0);
        eddy_task_start(own, &loop, putter, own_frame, .number = 2);
        turns(1);
        eddy_task_abandon(own);
        free(own_frame);
        free(own);
        CHECK_INT(loop.keeps, 0);
        expect_left(1);
        turns(2);
        CHECK_INT(eddy_thread_queue_size(&queue), 0);
        end_queue();
    }

    CASE("a task that waits is abandoned when an item has come, and stays for the next one") {
        struct eddy_task *own = malloc(sizeof *own);
        struct getter *own_frame = malloc(sizeof *own_frame);
        begin_queue(1);
        eddy_task_start(own, &loop, getter, own_frame, .seconds = EDDY_FOREVER);
        turns(1);
        CHECK_CODE(eddy_thread_queue_put(&queue, item(1), 0), 0);
        eddy_task_abandon(own);
        free(own_frame);
        free(own);
        turns(2);
        expect_left(1);
        end_queue();
    }

    CASE("the loop is closed before the queue: threads go on, and its close is harmless") {
        begin_queue(2);
        CHECK_CODE(eddy_thread_queue_put(&queue, item(1), 0), 0);
        close_loop();
        CHECK_CODE(eddy_thread_queue_put(&queue, item(2), 0), 0);
        expect_left(1);
        CHECK_CODE(eddy_thread_queue_get_await(&get_frame.get, &queue)->err, EDDY_ECLOSED);
        CHECK_CODE(eddy_thread_queue_put_await(&put_frame.put, &queue, item(3))->err, EDDY_ECLOSED);
        CHECK_INT(eddy_thread_queue_size(&queue), 1);
        eddy_thread_queue_close(&queue);
        CHECK_CODE(eddy_thread_queue_put(&queue, item(3), 0), EDDY_ECLOSED);
    }

    CASE("as long as a task waits the loop is not stuck; shut down, it is told, and then it is") {
        begin_queue(1);
        run_out();
        eddy_task_start(&task, &loop, getter, &get_frame, .seconds = EDDY_FOREVER);
        turns(1);
        CHECK_INT(loop.keeps, 1);
        eddy_thread_queue_shutdown(&queue);
        run_out();
        EXPECT("EDDY_ECLOSED:0");
        end_queue();
    }
}

/* ---- Refused --------------------------------------------------------------------------------------- */

static int errs[3];

static void *await_in_thread(void *argument)
{
    struct eddy_thread_queue other = {.open = false};

    errs[0] = eddy_thread_queue_get_await(&get_frame.get, &queue)->err;
    errs[1] = eddy_thread_queue_put_await(&put_frame.put, &queue, item(1))->err;
    errs[2] = eddy_thread_queue_open(&other, &loop, 1);
    eddy_thread_queue_close(&queue);
    return argument;
}

static void on_await_in_thread(struct eddy_handle *handle)
{
    (void)handle;
    join(start(await_in_thread, NULL));
    eddy_loop_stop(&loop);
}

static void refusals(void)
{
    CASE("a queue that was never opened: a task that awaits it is told ECLOSED, and goes on") {
        open_loop();
        queue = (struct eddy_thread_queue){.open = false};
        eddy_task_start(&task, &loop, putter, &put_frame, .number = 1);
        CHECK_CODE(run_task(&task), 0);
        CHECK_CODE(eddy_thread_queue_get_await(&get_frame.get, &queue)->err, EDDY_ECLOSED);
        EXPECT("put 1=EDDY_ECLOSED");
        close_loop();
    }

    CASE("without memory, or with more room than there can be, it is ENOMEM and not open") {
        open_loop();
        queue = (struct eddy_thread_queue){.open = false};
        CHECK_CODE(eddy_thread_queue_open(&queue, &loop, SIZE_MAX), -ENOMEM);
        faults_plan("malloc@1=ENOMEM");
        CHECK_CODE(eddy_thread_queue_open(&queue, &loop, 4), -ENOMEM);
        faults_plan("pthread_cond_init@1=ENOMEM");
        CHECK_CODE(eddy_thread_queue_open(&queue, &loop, 4), -ENOMEM);
        faults_plan("pthread_mutex_init@1=ENOMEM");
        CHECK_CODE(eddy_thread_queue_open(&queue, &loop, 4), -ENOMEM);
        faults_plan("");
        CHECK_CODE(eddy_thread_queue_put(&queue, item(1), 0), EDDY_ECLOSED);
        queue = (struct eddy_thread_queue){.open = false}; /* nothing was left in it */
        CHECK_CODE(eddy_thread_queue_open(&queue, &loop, 4), 0);
        end_queue();
    }

    CASE("debug mode: another thread neither awaits it, nor opens or closes one") {
        struct eddy_handle handle;
        begin_queue(1);
        eddy_loop_set_debug(&loop, true);
        eddy_handle_init(&handle, on_await_in_thread);
        CHECK_CODE(eddy_loop_call_soon(&loop, &handle), 0);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        for (int i = 0; i < 3; i++)
            CHECK_CODE(errs[i], EDDY_ETHREAD);
        CHECK(queue.open);
        CHECK_INT(reports, 4);
        eddy_loop_set_debug(&loop, false);
        end_queue();
    }
}

/* ---- A shutdown at any moment ---------------------------------------------------------------------- */

enum { SIDES = 4, ITEMS = 400, SHUTDOWNS = 40 };

static atomic_int put_count, got_count;
static atomic_long put_sum, got_sum;
static atomic_int left; /* threads and tasks that have not ended */
static struct eddy_handle all_ended;

static void on_all_ended(struct eddy_handle *handle)
{
    (void)handle;
    eddy_loop_stop(&loop);
}

static void end_one(void)
{
    if (--left == 0)
        eddy_loop_call_soon_threadsafe(&loop, &all_ended);
}

static void count_put(int number)
{
    put_count++;
    put_sum += number;
}

static void count_got(void *got)
{
    got_count++;
    got_sum += (intptr_t)got;
}

static void *put_in_thread(void *argument)
{
    int number = (int)(intptr_t)argument;

    for (int i = 0; i < ITEMS; i++, number += SIDES) {
        if (eddy_thread_queue_put(&queue, item(number), EDDY_FOREVER) < 0)
            break;
        count_put(number);
    }
    end_one();
    return NULL;
}

static void *get_in_thread(void *argument)
{
    void *got;

    while (eddy_thread_queue_get(&queue, &got, EDDY_FOREVER) == 0)
        count_got(got);
    end_one();
    return argument;
}

struct put_all {
    struct eddy_co co;
    int number, i;
    struct eddy_thread_queue_put put;
};

static struct eddy_step put_all(struct eddy_co *co)
{
    struct put_all *self = CO_FRAME(co, put_all);

    CO_BEGIN(co);
    for (; self->i < ITEMS; self->i++, self->number += SIDES) {
        CO_AWAIT(co, eddy_thread_queue_put_await(&self->put, &queue, item(self->number)));
        count_put(self->number);
    }
    CO_FINALLY(co);
    eddy_co_handled(co);
    end_one();
    CO_END(co);
}

struct get_all {
    struct eddy_co co;
    struct eddy_thread_queue_get get;
};

static struct eddy_step get_all(struct eddy_co *co)
{
    struct get_all *self = CO_FRAME(co, get_all);

    CO_BEGIN(co);
    for (;;) {
        CO_AWAIT(co, eddy_thread_queue_get_await(&self->get, &queue));
        count_got(self->get.item);
    }
    CO_FINALLY(co);
    eddy_co_handled(co);
    end_one();
    CO_END(co);
}

static atomic_int shut_at;

/* When so many have been got. */
static void *shut_down(void *argument)
{
    while (got_count < shut_at)
        sched_yield();
    eddy_thread_queue_shutdown(&queue);
    return argument;
}

/* A side of two threads and two tasks puts, and one like it gets. */
static void shut_down_under_all(int at)
{
    pthread_t putters[2], getters[2], shutter;
    static struct eddy_task tasks[4];
    static struct put_all put_frames[2];
    static struct get_all get_frames[2];

    begin_queue(3);
    put_count = got_count = 0;
    put_sum = got_sum = 0;
    left = 8;
    shut_at = at;
    eddy_handle_init(&all_ended, on_all_ended);
    for (int i = 0; i < 2; i++) {
        putters[i] = start(put_in_thread, item(i));
        getters[i] = start(get_in_thread, NULL);
        eddy_task_start(&tasks[i], &loop, put_all, &put_frames[i], .number = i + 2);
        eddy_task_start(&tasks[i + 2], &loop, get_all, &get_frames[i]);
    }
    shutter = start(shut_down, NULL);
    WAITING("four threads and four tasks to be told of the shutdown");
    CHECK_CODE(eddy_loop_run_forever(&loop), 0);
    for (int i = 0; i < 2; i++) {
        join(putters[i]);
        join(getters[i]);
    }
    join(shutter);
    turns(2);
    CHECK_INT(eddy_thread_queue_size(&queue), 0);
    CHECK_INT(got_count, put_count);
    CHECK_INT(got_sum, put_sum);
    end_queue();
}

TESTS
{
    limits();
    ends();
    refusals();

    CASE("shut down at any moment: all are told, and what was put has been got, once")
        for (int i = 0; i < SHUTDOWNS; i++)
            shut_down_under_all(i * 3 % 200);
}
