/* A queue between threads and tasks: nothing is lost, nothing comes twice, and nobody waits for ever. */
#include "pools.h"

#include "../06-tasks/tasks.h"

#include "thread_queue.h"

#include <math.h>
#include <stdatomic.h>

static struct eddy_thread_queue queue;

static void open_all(size_t maxsize)
{
    queue = (struct eddy_thread_queue){.open = false};
    eddy_report_to(on_report);
    CHECK_OK(eddy_loop_open(&loop, NULL)); /* threads do not know the virtual clock */
    CHECK_CODE(eddy_thread_queue_open(&queue, &loop, maxsize), 0);
}

static void close_all(void)
{
    eddy_thread_queue_close(&queue);
    CHECK_INT(loop.keeps, 0);
    tear_down();
}

static void *item_of(int number)
{
    static char items[1000];

    return &items[number];
}

static int number_of(void *item)
{
    return item ? (int)((char *)item - (char *)item_of(0)) : -1;
}

/* ---- Tasks ------------------------------------------------------------------------------------------- */

struct getter {
    struct eddy_co co;
    int name;
    struct eddy_thread_queue_get get;
    struct eddy_sleep sleep;
};

/* Gets until it is told that the queue is shut. */
static struct eddy_step getter(struct eddy_co *co)
{
    struct getter *self = CO_FRAME(co, getter);

    CO_BEGIN(co);
    for (;;) {
        CO_AWAIT(co, eddy_thread_queue_get_await(&self->get, &queue));
        note("%d:%d", self->name, number_of(self->get.item));
    }
    CO_FINALLY(co);
    note("%d.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

struct putter {
    struct eddy_co co;
    int from, to;
    struct eddy_thread_queue_put put;
};

static struct eddy_step putter(struct eddy_co *co)
{
    struct putter *self = CO_FRAME(co, putter);

    CO_BEGIN(co);
    for (; self->from < self->to; self->from++) {
        CO_AWAIT(co, eddy_thread_queue_put_await(&self->put, &queue, item_of(self->from)));
        note("+%d", self->from);
    }
    CO_FINALLY(co);
    note("+.%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static struct eddy_task tasks[4];
static struct getter getters[4];
static struct putter putters[4];

static void start_getter(int i)
{
    eddy_task_start(&tasks[i], &loop, getter, &getters[i], .name = i);
    turns(1);
}

static int put(int number)
{
    return eddy_thread_queue_put(&queue, item_of(number), 0);
}

static int get(void)
{
    void *item = NULL;
    int err = eddy_thread_queue_get(&queue, &item, 0);

    return err < 0 ? err : number_of(item);
}

/* ---- One thread, which plays both -------------------------------------------------------------------- */

static void at_once(void)
{
    CASE("first in, first out; full and empty are ETIMEDOUT to whoever does not wait") {
        open_all(2);
        CHECK_CODE(get(), -ETIMEDOUT);
        CHECK_CODE(put(1), 0);
        CHECK_CODE(put(2), 0);
        CHECK_CODE(put(3), -ETIMEDOUT);
        CHECK_INT(eddy_thread_queue_size(&queue), 2);
        CHECK_INT(get(), 1);
        CHECK_CODE(put(3), 0);
        CHECK_INT(get(), 2);
        CHECK_INT(get(), 3);
        close_all();
    }

    CASE("what a thread puts wakes the task that has waited longest; it keeps the loop") {
        open_all(4);
        start_getter(0);
        start_getter(1);
        CHECK_INT(loop.keeps, 2);
        CHECK_CODE(put(7), 0);
        CHECK_CODE(put(8), 0);
        CHECK_CODE(put(9), 0);
        turns(3);
        EXPECT("0:7 0:9 1:8"); /* 8 was handed to 1 before 0 came back for 9 */
        eddy_thread_queue_shutdown(&queue);
        turns(3);
        EXPECT("0.EDDY_ECLOSED 1.EDDY_ECLOSED");
        close_all();
    }

    CASE("a task waits for room, and what it puts comes after what was there") {
        open_all(1);
        CHECK_CODE(put(1), 0);
        eddy_task_start(&tasks[0], &loop, putter, &putters[0], .from = 2, .to = 4);
        turns(2);
        EXPECT("");
        CHECK_INT(get(), 1);
        turns(3);
        EXPECT("+2");
        CHECK_INT(get(), 2);
        turns(3);
        EXPECT("+3 +.OK");
        CHECK_INT(get(), 3);
        close_all();
    }

    CASE("a thread that gets makes room, and the task's item goes to the task that waits for one") {
        open_all(1);
        CHECK_CODE(put(1), 0);
        eddy_task_start(&tasks[0], &loop, putter, &putters[0], .from = 2, .to = 4);
        turns(1);
        start_getter(1);
        turns(4);
        CHECK_INT(eddy_thread_queue_size(&queue), 0);
        EXPECT("1:1 +2 +3 +.OK 1:2 1:3");
        eddy_thread_queue_shutdown(&queue);
        turns(3);
        EXPECT("1.EDDY_ECLOSED");
        close_all();
    }
}

static void cancels(void)
{
    CASE("a task that waits and is cancelled takes nothing, and keeps nothing") {
        open_all(2);
        start_getter(0);
        CHECK(eddy_task_cancel(&tasks[0]));
        CHECK_INT(loop.keeps, 0);
        CHECK_CODE(put(5), 0);
        turns(3);
        EXPECT("0.ECANCELED");
        CHECK_INT(get(), 5);
        close_all();
    }

    CASE("Y4: an item that was handed over is the task's own, also if it is cancelled then") {
        open_all(2);
        start_getter(0);
        CHECK_CODE(put(5), 0);
        queue.bell.fn(&queue.bell); /* the bell rings: the item is handed over */
        CHECK(eddy_task_cancel(&tasks[0]));
        CHECK_CODE(put(6), 0);
        turns(3);
        EXPECT("0:5 0.ECANCELED");
        CHECK_INT(get(), 6);
        close_all();
    }

    CASE("an item that lies there when its only getter is cancelled stays for a thread") {
        open_all(2);
        start_getter(0);
        CHECK_CODE(put(5), 0); /* the bell was rung, and has not been heard */
        CHECK(eddy_task_cancel(&tasks[0]));
        turns(3);
        EXPECT("0.ECANCELED");
        CHECK_INT(get(), 5);
        close_all();
    }

    CASE("a put that is cancelled puts nothing") {
        open_all(1);
        CHECK_CODE(put(1), 0);
        eddy_task_start(&tasks[0], &loop, putter, &putters[0], .from = 2, .to = 3);
        turns(2);
        CHECK(eddy_task_cancel(&tasks[0]));
        turns(2);
        EXPECT("+.ECANCELED");
        CHECK_INT(get(), 1);
        CHECK_CODE(get(), -ETIMEDOUT);
        close_all();
    }

    CASE("an abandoned task leaves the queue") {
        open_all(1);
        CHECK_CODE(eddy_spawn(&loop, getter, .name = 3), 0);
        turns(1);
        CHECK_INT(loop.keeps, 1);
        eddy_task_abandon(eddy_next_task(&loop, NULL));
        CHECK_INT(loop.keeps, 0);
        CHECK_CODE(put(4), 0);
        turns(2);
        EXPECT("");
        CHECK_INT(get(), 4);
        close_all();
    }
}

static void ends(void)
{
    CASE("shut down, it takes no more, hands out what is left, and says ECLOSED then") {
        open_all(4);
        CHECK_CODE(put(1), 0);
        CHECK_CODE(put(2), 0);
        eddy_thread_queue_shutdown(&queue);
        CHECK_CODE(put(3), EDDY_ECLOSED);
        CHECK_INT(get(), 1);
        start_getter(0);
        turns(2);
        EXPECT("0:2 0.EDDY_ECLOSED");
        CHECK_CODE(get(), EDDY_ECLOSED);
        close_all();
    }

    CASE("shut down, a task that waits for room is told, and puts nothing") {
        open_all(1);
        CHECK_CODE(put(1), 0);
        eddy_task_start(&tasks[0], &loop, putter, &putters[0], .from = 2, .to = 3);
        turns(2);
        eddy_thread_queue_shutdown(&queue);
        turns(3);
        EXPECT("+.EDDY_ECLOSED");
        CHECK_INT(get(), 1);
        CHECK_CODE(get(), EDDY_ECLOSED);
        close_all();
    }

    CASE("closed while tasks wait, they are told; twice is harmless, and it can be opened again") {
        open_all(1);
        start_getter(0);
        eddy_thread_queue_close(&queue);
        eddy_thread_queue_close(&queue);
        turns(2);
        EXPECT("0.EDDY_ECLOSED");
        CHECK_CODE(put(1), EDDY_ECLOSED);
        CHECK_INT(eddy_thread_queue_size(&queue), 0);
        CHECK_CODE(eddy_thread_queue_open(&queue, &loop, 1), 0);
        CHECK_CODE(put(1), 0);
        close_all();
    }

    CASE("no room is EINVAL; opened twice EQUEUED; never opened, or a closed loop, ECLOSED") {
        struct eddy_thread_queue none = {.open = false};
        struct eddy_thread_queue_get refused = {.item = NULL};
        void *item;
        open_all(1);
        CHECK_CODE(eddy_thread_queue_open(&none, &loop, 0), -EINVAL);
        CHECK_CODE(eddy_thread_queue_open(&queue, &loop, 1), EDDY_EQUEUED);
        CHECK_CODE(eddy_thread_queue_get(&none, &item, 0), EDDY_ECLOSED);
        CHECK_CODE(eddy_thread_queue_put(&none, NULL, EDDY_FOREVER), EDDY_ECLOSED);
        CHECK_CODE(eddy_future_error(eddy_thread_queue_get_await(&refused, &none)), EDDY_ECLOSED);
        CHECK_CODE(eddy_thread_queue_put(&queue, NULL, (double)NAN), -EINVAL);
        eddy_thread_queue_shutdown(&none);
        eddy_thread_queue_close(&none);
        close_all();
        CHECK_CODE(eddy_thread_queue_open(&none, &loop, 1), EDDY_ECLOSED);
    }

    CASE("a get that waits already is EQUEUED, and waits on") {
        struct eddy_thread_queue_get twice = {.item = NULL};
        struct eddy_future *first;
        open_all(1);
        first = eddy_thread_queue_get_await(&twice, &queue);
        CHECK_CODE(eddy_future_error(eddy_thread_queue_get_await(&twice, &queue)), EDDY_EQUEUED);
        CHECK_CODE(put(9), 0);
        turns(2);
        CHECK_CODE(eddy_future_error(first), 0);
        CHECK_INT(number_of(twice.item), 9);
        close_all();
    }
}

/* ---- Threads that wait --------------------------------------------------------------------------------- */

static void *get_for_ever(void *argument)
{
    void *item = NULL;
    int *got = argument, err = eddy_thread_queue_get(&queue, &item, EDDY_FOREVER);

    *got = err < 0 ? err : number_of(item);
    return NULL;
}

static void *put_for_ever(void *argument)
{
    int *number = argument;

    *number = eddy_thread_queue_put(&queue, item_of(*number), EDDY_FOREVER);
    return NULL;
}

static void waiting(void)
{
    CASE("a thread waits for a task's item, another for room, and shutdown wakes those who wait") {
        int got = 0, number = 2, late = 0;
        pthread_t getting, putting, closing;
        open_all(1);
        getting = start(get_for_ever, &got);
        eddy_task_start(&tasks[0], &loop, putter, &putters[0], .from = 1, .to = 2);
        turns(2);
        join(getting);
        CHECK_INT(got, 1);
        EXPECT("+1 +.OK");
        CHECK_CODE(put(9), 0);
        putting = start(put_for_ever, &number);
        CHECK_INT(get(), 9);
        join(putting);
        CHECK_CODE(number, 0);
        CHECK_INT(get(), 2);
        closing = start(get_for_ever, &late);
        eddy_thread_queue_shutdown(&queue);
        join(closing);
        CHECK_CODE(late, EDDY_ECLOSED);
        close_all();
    }

    CASE("a limit ends a wait, and nothing is taken") {
        void *item;
        open_all(1);
        CHECK_CODE(eddy_thread_queue_get(&queue, &item, 0.01), -ETIMEDOUT);
        CHECK_CODE(put(1), 0);
        CHECK_CODE(eddy_thread_queue_put(&queue, item_of(2), 0.01), -ETIMEDOUT);
        CHECK_INT(get(), 1);
        CHECK_CODE(get(), -ETIMEDOUT);
        close_all();
    }
}

/* ---- A crowd ------------------------------------------------------------------------------------------- */

enum { EACH = 200, CROWD = 4, ALL = 2 * CROWD * EACH };

static atomic_int seen[ALL];
static char goods[ALL];

static void *make_goods(void *argument)
{
    int first = *(int *)argument;

    for (int i = 0; i < EACH; i++)
        if (eddy_thread_queue_put(&queue, &goods[first + i], EDDY_FOREVER) < 0)
            return NULL;
    return NULL;
}

static void *use_goods(void *argument)
{
    void *item;

    while (eddy_thread_queue_get(&queue, &item, EDDY_FOREVER) == 0)
        seen[(char *)item - goods]++;
    return argument;
}

static int makers_left;

struct maker {
    struct eddy_co co;
    int first, i;
    struct eddy_thread_queue_put put;
};

/* A put that is cancelled is made again. */
static struct eddy_step maker(struct eddy_co *co)
{
    struct maker *self = CO_FRAME(co, maker);

    CO_BEGIN(co);
    for (self->i = 0; self->i < EACH;) {
        CO_TRY_AWAIT(
            co, eddy_thread_queue_put_await(&self->put, &queue, &goods[self->first + self->i]));
        self->i += eddy_co_error(co) == 0;
    }
    CO_FINALLY(co);
    makers_left--;
    CO_END(co);
}

struct user {
    struct eddy_co co;
    struct eddy_thread_queue_get get;
};

static struct eddy_step user(struct eddy_co *co)
{
    struct user *self = CO_FRAME(co, user);

    CO_BEGIN(co);
    for (;;) {
        CO_TRY_AWAIT(co, eddy_thread_queue_get_await(&self->get, &queue));
        if (eddy_co_error(co) == 0)
            seen[(char *)self->get.item - goods]++;
        else if (eddy_co_error(co) != -ECANCELED)
            break;
    }
    CO_END(co);
}

struct crowd {
    struct eddy_co co;
    int turn;
};

/* Cancels somebody in each turn; at the end of all makers the queue is shut. */
static struct eddy_step crowd(struct eddy_co *co)
{
    struct crowd *self = CO_FRAME(co, crowd);
    struct eddy_task *victim;

    CO_BEGIN(co);
    while (makers_left > 0) {
        victim = eddy_next_task(&loop, NULL);
        for (int i = 0; i < self->turn % 8 && victim; i++)
            victim = eddy_next_task(&loop, victim);
        if (victim && victim != eddy_current_task())
            eddy_task_cancel(victim);
        self->turn++;
        CO_AWAIT(co, eddy_next_turn());
    }
    CO_END(co);
}

static void conserved(void)
{
    CASE("Y4: four threads and four tasks on each side, with cancels: none is lost or doubled") {
        static int firsts[CROWD];
        static struct eddy_task crowd_task;
        static struct crowd crowd_frame;
        pthread_t making[CROWD], using[CROWD];
        check_limit(20);
        open_all(3);
        makers_left = CROWD;
        for (int i = 0; i < CROWD; i++) {
            firsts[i] = i * EACH;
            making[i] = start(make_goods, &firsts[i]);
            using[i] = start(use_goods, NULL);
            CHECK_CODE(eddy_spawn(&loop, maker, .first = (CROWD + i) * EACH), 0);
            CHECK_CODE(eddy_spawn(&loop, user, .get = {.item = NULL}), 0);
        }
        CHECK_CODE(eddy_loop_run_until_complete(
                       &loop, eddy_task_start(&crowd_task, &loop, crowd, &crowd_frame)),
                   0);
        for (int i = 0; i < CROWD; i++)
            join(making[i]);
        eddy_thread_queue_shutdown(&queue);
        run_out();
        for (int i = 0; i < CROWD; i++)
            join(using[i]);
        for (int i = 0; i < ALL; i++)
            CHECK_INT(seen[i], 1);
        close_all();
    }
}

TESTS
{
    at_once();
    cancels();
    ends();
    waiting();
    conserved();
}
