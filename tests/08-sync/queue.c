/* A queue: each item that is put comes out once, and who waits is served in the order of coming. */
#include "shared.h"

#include "queue.h"

#include <limits.h>

static struct eddy_queue queue;
static int items[10];

static int number_of(const void *item)
{
    return item ? (int)((const int *)item - items) : -1;
}

/* Puts items `first` and following, or gets some. */
struct maker {
    struct eddy_co co;
    const char *name;
    int first, count;
    double limit;
    int64_t priority;
    struct eddy_queue_put put;
    struct eddy_wait_for wait_for;
};

static struct eddy_step maker(struct eddy_co *co)
{
    struct maker *self = CO_FRAME(co, maker);

    CO_BEGIN(co);
    for (; self->count > 0; self->count--, self->first++) {
        CO_TRY_AWAIT(co, within(self->limit, &self->wait_for,
                                eddy_queue_put_priority(&self->put, &queue, &items[self->first],
                                                        self->priority)));
        note("%s+%d=%s", self->name, self->first, eddy_errname(eddy_co_error(co)));
        if (eddy_co_error(co) < 0)
            CO_FAIL(co, eddy_co_error(co));
    }
    CO_AWAIT(co, eddy_next_turn());
    CO_FINALLY(co);
    if (eddy_co_outcome(co) < 0)
        note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

struct user {
    struct eddy_co co;
    const char *name;
    int count;
    double limit;
    void (*acts)(void);
    struct eddy_queue_get get;
    struct eddy_wait_for wait_for;
};

static struct eddy_step user(struct eddy_co *co)
{
    struct user *self = CO_FRAME(co, user);

    CO_BEGIN(co);
    for (; self->count > 0; self->count--) {
        CO_TRY_AWAIT(co, within(self->limit, &self->wait_for, eddy_queue_get(&self->get, &queue)));
        if (eddy_co_error(co) == 0)
            note("%s-%d", self->name, number_of(self->get.item));
        else
            note("%s-%s", self->name, eddy_errname(eddy_co_error(co)));
        if (eddy_co_error(co) < 0)
            CO_FAIL(co, eddy_co_error(co));
        CHECK(self->get.waiter.future.result == self->get.item);
        if (self->acts)
            self->acts();
    }
    CO_AWAIT(co, eddy_next_turn());
    CO_FINALLY(co);
    if (eddy_co_outcome(co) < 0)
        note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

struct joiner {
    struct eddy_co co;
    double limit;
    struct eddy_queue_join join;
    struct eddy_wait_for wait_for;
};

static struct eddy_step joiner(struct eddy_co *co)
{
    struct joiner *self = CO_FRAME(co, joiner);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, within(self->limit, &self->wait_for, eddy_queue_join(&self->join, &queue)));
    note("joined=%s", eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

enum { A, B, C, PEOPLE };

static struct eddy_task make[PEOPLE], use[PEOPLE], join;
static struct maker makers[PEOPLE];
static struct user users[PEOPLE];
static struct joiner join_frame;

#define MAKE(i, ...) eddy_task_start(&make[i], &loop, maker, &makers[i], __VA_ARGS__)
#define USE(i, ...) eddy_task_start(&use[i], &loop, user, &users[i], __VA_ARGS__)
#define JOIN(...) eddy_task_start(&join, &loop, joiner, &join_frame, __VA_ARGS__)

static void set_up_queue(int mode, int kind, long maxsize)
{
    set_up_in(mode);
    CHECK_CODE(eddy_queue_open(&queue, &loop, kind, maxsize), 0);
}

static void tear_down_queue(void)
{
    CHECK(eddy_list_empty(&queue.getters) && eddy_list_empty(&queue.putters) &&
          eddy_list_empty(&queue.joiners));
    CHECK_INT((int)loop.timers.count, 0);
    eddy_queue_close(&queue);
    tear_down();
}

static void put_now(int i)
{
    CHECK_CODE(eddy_queue_put_nowait(&queue, &items[i], 0), 0);
}

static int get_now(void)
{
    void *item = NULL;

    CHECK_CODE(eddy_queue_get_nowait(&queue, &item), 0);
    return number_of(item);
}

static void cancel_maker_a(void)
{
    cancel_task(&make[A]);
}

static void cancel_user_a(void)
{
    cancel_task(&use[A]);
}

/* With the one call, or with the other one: there is room. */
static int put_in(bool might_wait, int i, int64_t priority)
{
    struct eddy_queue_put putting = {.item = NULL};

    return might_wait ? eddy_queue_put_priority(&putting, &queue, &items[i], priority)->err
                      : eddy_queue_put_nowait(&queue, &items[i], priority);
}

/* ---- In order ---------------------------------------------------------------------------------- */

static void in_order(void)
{
    CASE("out comes the oldest, the newest, or the smallest, equal ones in the order of coming") {
        static const int64_t priorities[5] = {2, 1, 2, 1, -1};
        static const int order[3][5] = {{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}, {4, 1, 3, 0, 2}};
        for (int kind = EDDY_FIFO; kind <= EDDY_PRIORITY; kind++)
            for (long maxsize = 0; maxsize <= 5; maxsize += 5) {
                set_up_queue(0, kind, maxsize);
                for (int i = 0; i < 5; i++)
                    CHECK_CODE(put_in(maxsize > 0, i, priorities[i]), 0);
                CHECK_INT((int)eddy_queue_size(&queue), 5);
                CHECK_INT(eddy_queue_full(&queue), maxsize == 5);
                for (int i = 0; i < 5; i++)
                    CHECK_INT(get_now(), order[kind][i]);
                CHECK(eddy_queue_empty(&queue));
                tear_down_queue();
            }
    }

    CASE("a get of an empty queue waits, who waits is served in the order of coming") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_queue(mode, EDDY_FIFO, 0);
            USE(A, .name = "a", .count = 2);
            USE(B, .name = "b", .count = 1);
            turns(2);
            CHECK_INT(length_of(&queue.getters), 2);
            MAKE(A, .name = "m", .first = 1, .count = 3);
            run_out();
            EXPECT("m+1=OK m+2=OK m+3=OK a-1 a-3 b-2");
            tear_down_queue();
        }
    }

    CASE("a put in a full queue waits, who waits is let in in the order of coming") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_queue(mode, EDDY_FIFO, 1);
            MAKE(A, .name = "m", .first = 1, .count = 2);
            MAKE(B, .name = "n", .first = 5, .count = 1);
            turns(2);
            EXPECT("m+1=OK");
            CHECK_INT(length_of(&queue.putters), 2);
            CHECK(eddy_queue_full(&queue));
            USE(A, .name = "a", .count = 3);
            run_out();
            EXPECT("a-1 a-2 a-5 m+2=OK n+5=OK");
            tear_down_queue();
        }
    }

    CASE("no newcomer takes what was handed to one who waits, nor the place") {
        void *item;
        set_up_queue(0, EDDY_FIFO, 1);
        USE(A, .name = "a", .count = 1);
        turns(2);
        put_now(1);
        CHECK_CODE(eddy_queue_get_nowait(&queue, &item), -EAGAIN);
        run_out();
        EXPECT("a-1");
        put_now(2);
        MAKE(A, .name = "m", .first = 3, .count = 1);
        turns(2);
        CHECK_INT(get_now(), 2);
        CHECK_CODE(eddy_queue_put_nowait(&queue, &items[4], 0), -EAGAIN);
        CHECK_INT(get_now(), 3);
        run_out();
        EXPECT("m+3=OK");
        tear_down_queue();
    }

    CASE("a priority that waits to be put keeps its priority") {
        set_up_queue(0, EDDY_PRIORITY, 2);
        CHECK_CODE(eddy_queue_put_nowait(&queue, &items[1], 5), 0);
        CHECK_CODE(eddy_queue_put_nowait(&queue, &items[2], 6), 0);
        MAKE(A, .name = "m", .first = 3, .count = 1, .priority = -7);
        MAKE(B, .name = "n", .first = 4, .count = 1, .priority = 9);
        turns(2);
        CHECK_INT(get_now(), 1);
        CHECK_INT(get_now(), 3);
        CHECK_INT(get_now(), 2);
        CHECK_INT(get_now(), 4);
        run_out();
        EXPECT("m+3=OK n+4=OK");
        tear_down_queue();
    }

    CASE("NULL is an item like any other") {
        void *item = &item;
        set_up_queue(0, EDDY_FIFO, 1);
        CHECK_CODE(eddy_queue_put_nowait(&queue, NULL, 0), 0);
        CHECK_CODE(eddy_queue_get_nowait(&queue, &item), 0);
        CHECK(item == NULL);
        tear_down_queue();
    }
}

/* ---- What is refused --------------------------------------------------------------------------- */

static struct eddy_queue_put put;
static struct eddy_queue_get get;
static struct eddy_queue_join joining;

static void touch_from_a_thread(void)
{
    void *item;

    CHECK_CODE(eddy_queue_put(&put, &queue, items)->err, EDDY_ETHREAD);
    CHECK_CODE(eddy_queue_put_nowait(&queue, items, 0), EDDY_ETHREAD);
    CHECK_CODE(eddy_queue_get(&get, &queue)->err, EDDY_ETHREAD);
    CHECK_CODE(eddy_queue_get_nowait(&queue, &item), EDDY_ETHREAD);
    CHECK_CODE(eddy_queue_task_done(&queue), EDDY_ETHREAD);
    CHECK_CODE(eddy_queue_join(&joining, &queue)->err, EDDY_ETHREAD);
    eddy_queue_shutdown(&queue);
    eddy_queue_shutdown_now(&queue, NULL);
    eddy_queue_close(&queue);
    CHECK(queue.loop && !queue.shut);
    CHECK_INT((int)queue.unfinished, 2);
}

static void touch_in_a_thread(void)
{
    call_in_thread(touch_from_a_thread);
}

static void expect_closed(void)
{
    void *item;

    CHECK_CODE(eddy_queue_put(&put, &queue, items)->err, EDDY_ECLOSED);
    CHECK_CODE(eddy_queue_put_nowait(&queue, items, 0), EDDY_ECLOSED);
    CHECK_CODE(eddy_queue_get(&get, &queue)->err, EDDY_ECLOSED);
    CHECK_CODE(eddy_queue_get_nowait(&queue, &item), EDDY_ECLOSED);
    CHECK_CODE(eddy_queue_task_done(&queue), EDDY_ECLOSED);
    CHECK_CODE(eddy_queue_join(&joining, &queue)->err, EDDY_ECLOSED);
    CHECK(eddy_queue_empty(&queue) && !eddy_queue_full(&queue));
    eddy_queue_shutdown(&queue);
    eddy_queue_shutdown_now(&queue, NULL);
    eddy_queue_close(&queue);
}

static void is_refused(void)
{
    CASE("what would wait is EAGAIN without waiting, and a maxsize of 0 or less is no bound") {
        void *item;
        set_up_queue(0, EDDY_FIFO, 1);
        CHECK_CODE(eddy_queue_get_nowait(&queue, &item), -EAGAIN);
        put_now(1);
        CHECK_CODE(eddy_queue_put_nowait(&queue, &items[2], 0), -EAGAIN);
        CHECK_INT(get_now(), 1);
        tear_down_queue();
        for (long maxsize = -1; maxsize <= 0; maxsize++) {
            set_up_queue(0, EDDY_LIFO, maxsize == -1 ? LONG_MIN : 0);
            for (int i = 0; i < 1000; i++)
                put_now(i % 10);
            CHECK(!eddy_queue_full(&queue));
            tear_down_queue();
        }
    }

    CASE("another kind is refused, and so is more room than there is") {
        set_up();
        CHECK_CODE(eddy_queue_open(&queue, &loop, EDDY_PRIORITY + 1, 0), -EINVAL);
        expect_closed();
        CHECK_CODE(eddy_queue_open(&queue, &loop, -1, 0), -EINVAL);
        CHECK_CODE(eddy_queue_open(&queue, &loop, EDDY_FIFO, LONG_MAX), -ENOMEM);
        expect_closed();
        faults_plan("malloc@1=ENOMEM");
        CHECK_CODE(eddy_queue_open(&queue, &loop, EDDY_FIFO, 1), -ENOMEM);
        faults_plan("");
        expect_closed();
        tear_down();
    }

    CASE("a zeroed queue is closed, and a closed one says so, twice or not") {
        set_up();
        queue = (struct eddy_queue){.shut = false};
        expect_closed();
        CHECK_CODE(eddy_queue_open(&queue, &loop, EDDY_FIFO, 1), 0);
        put_now(1);
        eddy_queue_close(&queue);
        expect_closed();
        tear_down();
    }

    CASE("one put, get or join waits once, and can be used again") {
        set_up_queue(0, EDDY_FIFO, 1);
        CHECK_CODE(eddy_queue_get(&get, &queue)->err, EDDY_EPENDING);
        CHECK_CODE(eddy_queue_get(&get, &queue)->err, EDDY_EQUEUED);
        put_now(1);
        CHECK(get.item == &items[1]);
        put_now(2);
        CHECK_CODE(eddy_queue_get(&get, &queue)->err, 0);
        CHECK(get.item == &items[2]);
        put_now(3);
        CHECK_CODE(eddy_queue_put(&put, &queue, &items[4])->err, EDDY_EPENDING);
        CHECK_CODE(eddy_queue_put(&put, &queue, &items[5])->err, EDDY_EQUEUED);
        CHECK(put.item == &items[4]);
        CHECK_CODE(eddy_queue_join(&joining, &queue)->err, EDDY_EPENDING);
        CHECK_CODE(eddy_queue_join(&joining, &queue)->err, EDDY_EQUEUED);
        CHECK_INT(get_now(), 3);
        CHECK_INT(get_now(), 4);
        CHECK(eddy_future_cancel(&joining.waiter.future));
        tear_down_queue();
    }

    CASE("without memory to grow, the item is still the maker's, and nobody has it") {
        set_up_queue(0, EDDY_FIFO, 0);
        faults_plan("malloc@1=ENOMEM");
        CHECK_CODE(eddy_queue_put(&put, &queue, items)->err, -ENOMEM);
        faults_plan("");
        CHECK_CODE(eddy_queue_join(&joining, &queue)->err, 0); /* it does not count */
        CHECK(eddy_queue_empty(&queue));
        put_now(1);
        CHECK_INT(get_now(), 1);
        tear_down_queue();
    }

    CASE("in debug mode, another thread gets nothing, puts nothing, ends nothing") {
        struct later later;
        set_up_queue(1, EDDY_FIFO, 2);
        put_now(1);
        put_now(2);
        MAKE(A, .name = "m", .first = 3, .count = 1);
        turns(2);
        queue.unfinished = 2;
        call_in(&later, 1, touch_in_a_thread);
        run_out();
        CHECK_INT(reports, 9);
        CHECK_INT(length_of(&queue.putters), 1);
        CHECK_INT(get_now(), 1);
        run_out();
        EXPECT("m+3=OK");
        tear_down_queue();
    }

    CASE("when its loop is closed nobody waits, what is there can be taken") {
        void *item;
        set_up_queue(0, EDDY_FIFO, 1);
        put_now(1);
        tear_down();
        CHECK_CODE(eddy_queue_put(&put, &queue, &items[2])->err, EDDY_ECLOSED);
        CHECK_CODE(eddy_queue_join(&joining, &queue)->err, EDDY_ECLOSED);
        CHECK_CODE(eddy_queue_get_nowait(&queue, &item), 0);
        CHECK_INT(number_of(item), 1);
        CHECK_CODE(eddy_queue_get(&get, &queue)->err, EDDY_ECLOSED);
        eddy_queue_close(&queue);
    }

    CASE("who still waits when the loop is closed is given no item, so none is lost") {
        struct eddy_queue_get waiting = {.item = NULL};
        set_up_queue(0, EDDY_FIFO, 1);
        CHECK_CODE(eddy_queue_get(&waiting, &queue)->err, EDDY_EPENDING);
        tear_down();
        put_now(1);
        CHECK(waiting.item == NULL);
        CHECK_INT(get_now(), 1);
        eddy_queue_close(&queue);
    }
}

/* ---- Cancels and limits ------------------------------------------------------------------------ */

static void let_time_pass(void)
{
    scripted_advance(1);
}

static void put_one(void)
{
    put_now(1);
}

static void put_and_cancel(void)
{
    put_now(1);
    cancel_user_a();
}

static void cancels(void)
{
    CASE("a put that is cancelled puts nothing, and the next one proceeds") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_queue(mode, EDDY_FIFO, 1);
            put_now(0);
            MAKE(A, .name = "m", .first = 1, .count = 1);
            MAKE(B, .name = "n", .first = 2, .count = 1);
            turns(2);
            cancel_maker_a();
            CHECK_INT(length_of(&queue.putters), 1);
            CHECK_INT(get_now(), 0);
            CHECK_INT(get_now(), 2);
            run_out();
            EXPECT("m+1=ECANCELED m.ECANCELED n+2=OK");
            tear_down_queue();
        }
    }

    CASE("a put that was let in, and is cancelled before it runs, has put its item, once") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_queue(mode, EDDY_FIFO, 1);
            put_now(0);
            MAKE(A, .name = "m", .first = 1, .count = 1);
            turns(2);
            CHECK_INT(get_now(), 0);
            cancel_maker_a();
            run_out();
            EXPECT("m+1=OK m.ECANCELED");
            CHECK_INT(get_now(), 1);
            CHECK(eddy_queue_empty(&queue));
            tear_down_queue();
        }
    }

    CASE("a get that is cancelled takes nothing, and the next one is served") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_queue(mode, EDDY_FIFO, 1);
            USE(A, .name = "a", .count = 1);
            USE(B, .name = "b", .count = 1);
            turns(2);
            cancel_user_a();
            put_now(1);
            run_out();
            EXPECT("a-ECANCELED a.ECANCELED b-1");
            tear_down_queue();
        }
    }

    CASE("a get that was served, and is cancelled before it runs, has its item") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_queue(mode, EDDY_FIFO, 1);
            USE(A, .name = "a", .count = 1);
            USE(B, .name = "b", .count = 1);
            turns(2);
            put_and_cancel();
            run_out();
            EXPECT("a-1 a.ECANCELED");
            CHECK_INT(length_of(&queue.getters), 1);
            put_now(2);
            run_out();
            EXPECT("b-2");
            tear_down_queue();
        }
    }

    CASE("cpython 86296: an item that comes as the limit of a get ends is had, not lost") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later, second;
            set_up_queue(mode, EDDY_FIFO, 0);
            loop.slow_callback_duration = 10;
            USE(A, .name = "a", .count = 1, .limit = 1);
            call_in(&later, 0.5, let_time_pass); /* both are due in one turn */
            call_in(&second, 0.9, put_one);
            run_out();
            EXPECT("a-1");
            tear_down_queue();
        }
    }

    CASE("the same with the limit before the item: a time-out, and the item stays") {
        struct later later, second;
        set_up_queue(0, EDDY_FIFO, 0);
        loop.slow_callback_duration = 10;
        USE(A, .name = "a", .count = 1, .limit = 1);
        call_in(&later, 0.5, let_time_pass);
        call_in(&second, 1.1, put_one);
        run_out();
        EXPECT("a-ETIMEDOUT a.ETIMEDOUT");
        CHECK_INT(get_now(), 1);
        tear_down_queue();
    }

    CASE("asyncio 343: a get under a limit, served and cancelled at once, has its item") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_queue(mode, EDDY_FIFO, 0);
            USE(A, .name = "a", .count = 1, .limit = 5);
            call_in(&later, 1, put_and_cancel);
            run_out();
            EXPECT("a-1 a.ECANCELED");
            CHECK(users[A].wait_for.future.result == &items[1]);
            tear_down_queue();
        }
    }

    CASE("limits in a row leave nobody in a line, and lose nothing") {
        set_up_queue(0, EDDY_FIFO, 1);
        put_now(0);
        for (int i = 1; i < 4; i++) {
            MAKE(A, .name = "m", .first = i, .count = 1, .limit = 1);
            JOIN(.limit = 1);
            run_out();
        }
        EXPECT("m+1=ETIMEDOUT m.ETIMEDOUT joined=ETIMEDOUT m+2=ETIMEDOUT m.ETIMEDOUT "
               "joined=ETIMEDOUT m+3=ETIMEDOUT m.ETIMEDOUT joined=ETIMEDOUT");
        CHECK_INT(get_now(), 0);
        CHECK(eddy_queue_empty(&queue));
        USE(A, .name = "a", .count = 1, .limit = 1);
        run_out();
        EXPECT("a-ETIMEDOUT a.ETIMEDOUT");
        tear_down_queue();
    }
}

/* ---- Until all is done ------------------------------------------------------------------------- */

static void joins(void)
{
    CASE("join waits until task_done was said once for each item, and not when they are taken") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_queue(mode, EDDY_FIFO, 0);
            put_now(1);
            put_now(2);
            JOIN(.limit = 0);
            CHECK_INT(get_now(), 1);
            CHECK_INT(get_now(), 2);
            CHECK_CODE(eddy_queue_task_done(&queue), 0);
            run_out();
            EXPECT("");
            CHECK_CODE(eddy_queue_task_done(&queue), 0);
            run_out();
            EXPECT("joined=OK");
            CHECK_CODE(eddy_queue_task_done(&queue), -EINVAL); /* more than were put */
            tear_down_queue();
        }
    }

    CASE("with nothing to wait for a join is done at once, items handed over count, too") {
        set_up_queue(0, EDDY_FIFO, 0);
        JOIN(.limit = 0);
        turns(1);
        EXPECT("joined=OK");
        USE(A, .name = "a", .count = 1);
        turns(2);
        put_now(1);
        JOIN(.limit = 0);
        run_out();
        EXPECT("a-1");
        CHECK_CODE(eddy_queue_task_done(&queue), 0);
        run_out();
        EXPECT("joined=OK");
        tear_down_queue();
    }
}

/* ---- The end of it ----------------------------------------------------------------------------- */

static int dropped;

static void drop(void *item)
{
    note("drop%d", number_of(item));
    dropped++;
}

static void take_the_rest(void *item)
{
    void *other;

    note("drop%d", number_of(item));
    while (eddy_queue_get_nowait(&queue, &other) == 0) {
        note("take%d", number_of(other));
        CHECK_CODE(eddy_queue_task_done(&queue), 0);
    }
    CHECK_CODE(eddy_queue_put_nowait(&queue, item, 0), EDDY_ECLOSED);
}

static void drop_and_say_done(void *item)
{
    drop(item);
    note("%s", eddy_errname(eddy_queue_task_done(&queue))); /* a mistake: it was finished before */
}

static void drop_in_a_drop(void *item)
{
    drop(item);
    eddy_queue_shutdown_now(&queue, drop_in_a_drop);
}

static void close_in_a_drop(void *item)
{
    drop(item);
    eddy_queue_close(&queue);
}

static void put_three_and_join(int kind)
{
    set_up_queue(0, kind, 3);
    for (int i = 0; i < 3; i++)
        put_now(i);
    JOIN(.limit = 0);
    turns(1);
    CHECK_INT(length_of(&queue.joiners), 1);
}

static void ends(void)
{
    CASE("shutdown: who waits to put is told, what is there can be taken, then all are told") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_queue(mode, EDDY_FIFO, 1);
            put_now(0);
            MAKE(A, .name = "m", .first = 1, .count = 1);
            turns(2);
            eddy_queue_shutdown(&queue);
            eddy_queue_shutdown(&queue);
            MAKE(B, .name = "n", .first = 2, .count = 1);
            USE(A, .name = "a", .count = 2);
            run_out();
            EXPECT("m+1=EDDY_ECLOSED m.EDDY_ECLOSED n+2=EDDY_ECLOSED n.EDDY_ECLOSED a-0 "
                   "a-EDDY_ECLOSED a.EDDY_ECLOSED");
            tear_down_queue();
        }
    }

    CASE("shutdown of an empty one: who waits to get is told, and a join is for what was taken") {
        set_up_queue(0, EDDY_FIFO, 1);
        put_now(0);
        CHECK_INT(get_now(), 0);
        USE(A, .name = "a", .count = 1);
        JOIN(.limit = 0);
        turns(2);
        eddy_queue_shutdown(&queue);
        run_out();
        EXPECT("a-EDDY_ECLOSED a.EDDY_ECLOSED");
        CHECK_CODE(eddy_queue_task_done(&queue), 0);
        run_out();
        EXPECT("joined=OK");
        tear_down_queue();
    }

    CASE("shutdown_now drops what is there, in order, and wakes a join when nothing is taken") {
        for (int kind = EDDY_FIFO; kind <= EDDY_LIFO; kind++) {
            put_three_and_join(kind);
            MAKE(A, .name = "m", .first = 5, .count = 1);
            turns(2);
            eddy_queue_shutdown_now(&queue, drop);
            run_out();
            if (kind == EDDY_FIFO)
                EXPECT("drop0 drop1 drop2 m+5=EDDY_ECLOSED m.EDDY_ECLOSED joined=OK");
            else
                EXPECT("drop2 drop1 drop0 m+5=EDDY_ECLOSED m.EDDY_ECLOSED joined=OK");
            eddy_queue_shutdown_now(&queue, drop); /* there is nothing left */
            EXPECT("");
            CHECK_CODE(eddy_queue_task_done(&queue), -EINVAL);
            tear_down_queue();
        }
    }

    CASE("between shutdown and shutdown_now a join waits, and what is there is dropped then") {
        set_up_queue(0, EDDY_FIFO, 0);
        put_now(0);
        put_now(1);
        eddy_queue_shutdown(&queue);
        JOIN(.limit = 0);
        turns(2);
        CHECK_INT(length_of(&queue.joiners), 1);
        eddy_queue_shutdown_now(&queue, drop);
        run_out();
        EXPECT("drop0 drop1 joined=OK");
        tear_down_queue();
    }

    CASE("shutdown_now with an item in somebody's hand: the join waits for that") {
        put_three_and_join(EDDY_FIFO);
        CHECK_INT(get_now(), 0);
        eddy_queue_shutdown_now(&queue, NULL);
        run_out();
        EXPECT("");
        CHECK_CODE(eddy_queue_task_done(&queue), 0);
        run_out();
        EXPECT("joined=OK");
        tear_down_queue();
    }

    CASE("task_done that was said too early does not make the count go round") {
        put_three_and_join(EDDY_FIFO);
        for (int i = 0; i < 3; i++)
            CHECK_CODE(eddy_queue_task_done(&queue), 0); /* of items that nobody has taken */
        eddy_queue_shutdown_now(&queue, drop);
        CHECK_CODE(eddy_queue_task_done(&queue), -EINVAL);
        CHECK_CODE(eddy_queue_join(&joining, &queue)->err, 0);
        run_out();
        EXPECT("drop0 drop1 drop2 joined=OK");
        tear_down_queue();
    }

    CASE("a drop may take the rest, say task_done, shut down again, or close: each item once") {
        put_three_and_join(EDDY_FIFO);
        eddy_queue_shutdown_now(&queue, take_the_rest);
        run_out();
        EXPECT("drop0 take1 take2 joined=OK");
        tear_down_queue();
        put_three_and_join(EDDY_FIFO);
        eddy_queue_shutdown_now(&queue, drop_and_say_done);
        CHECK_CODE(eddy_queue_task_done(&queue), -EINVAL);
        run_out();
        EXPECT("drop0 OK drop1 EINVAL drop2 EINVAL joined=OK");
        tear_down_queue();
        put_three_and_join(EDDY_FIFO);
        eddy_queue_shutdown_now(&queue, drop_in_a_drop);
        run_out();
        EXPECT("drop0 drop1 drop2 joined=OK");
        tear_down_queue();
        put_three_and_join(EDDY_FIFO);
        eddy_queue_shutdown_now(&queue, close_in_a_drop);
        run_out();
        EXPECT("drop0 joined=EDDY_ECLOSED");
        expect_closed();
        tear_down();
    }

    CASE("close: who waits, on either side, or for a join, is told, and so is who comes later") {
        for (int side = 0; side < 2; side++) {
            set_up_queue(0, EDDY_FIFO, 1);
            put_now(0);
            if (side == 1)
                CHECK_INT(get_now(), 0);
            JOIN(.limit = 0);
            for (int i = 0; i < PEOPLE; i++)
                if (side == 0)
                    MAKE(i, .name = "m", .first = i, .count = 1, .limit = i);
                else
                    USE(i, .name = "a", .count = 1, .limit = i);
            turns(2);
            eddy_queue_close(&queue);
            memset(&queue, 0, sizeof queue); /* it needs not stay */
            run_out();
            if (side == 0)
                EXPECT("m+0=EDDY_ECLOSED m.EDDY_ECLOSED joined=EDDY_ECLOSED m+1=EDDY_ECLOSED "
                       "m.EDDY_ECLOSED m+2=EDDY_ECLOSED m.EDDY_ECLOSED");
            else
                EXPECT("a-EDDY_ECLOSED a.EDDY_ECLOSED joined=EDDY_ECLOSED a-EDDY_ECLOSED "
                       "a.EDDY_ECLOSED a-EDDY_ECLOSED a.EDDY_ECLOSED");
            CHECK_INT((int)loop.timers.count, 0);
            tear_down();
        }
    }

    CASE("a get that was served before the close has its item") {
        set_up_queue(0, EDDY_FIFO, 1);
        USE(A, .name = "a", .count = 1);
        turns(2);
        put_now(1);
        eddy_queue_close(&queue);
        run_out();
        EXPECT("a-1");
        tear_down();
    }
}

/* ---- Who goes without a word ------------------------------------------------------------------- */

/* Refuses every cancel, and wants something of the queue. */
struct refuser {
    struct eddy_co co;
    double limit;
    int what;
    struct eddy_queue_put put;
    struct eddy_queue_get get;
    struct eddy_queue_join join;
    struct eddy_wait_for wait_for;
};

static struct eddy_future *want(struct refuser *self)
{
    if (self->what == 0)
        return eddy_queue_put(&self->put, &queue, items);
    return self->what == 1 ? eddy_queue_join(&self->join, &queue)
                           : eddy_queue_get(&self->get, &queue);
}

static struct eddy_step refuser(struct eddy_co *co)
{
    struct refuser *self = CO_FRAME(co, refuser);

    CO_BEGIN(co);
    do
        CO_TRY_AWAIT(co, within(self->limit, &self->wait_for, want(self)));
    while (eddy_co_error(co) < 0);
    CO_END(co);
}

static void goes(void)
{
    CASE("an abandoned one leaves its line, and takes and puts nothing") {
        for (int limit = 0; limit < 2; limit++) {
            set_up_queue(0, EDDY_FIFO, 1);
            USE(A, .name = "a", .count = 1, .limit = limit * 5);
            USE(B, .name = "b", .count = 1, .limit = limit * 5);
            turns(2);
            eddy_task_abandon(&use[A]);
            memset(&users[A], 0x5A, sizeof users[A]);
            put_now(1);
            run_out();
            EXPECT("b-1");
            put_now(2);
            MAKE(A, .name = "m", .first = 3, .count = 1, .limit = limit * 5);
            turns(2);
            eddy_task_abandon(&make[A]);
            memset(&makers[A], 0x5A, sizeof makers[A]);
            CHECK_INT(get_now(), 2);
            CHECK(eddy_queue_empty(&queue));
            run_out();
            tear_down_queue();
        }
    }

    CASE("spawned ones that refuse to end are abandoned, and nobody is left in a line") {
        for (int mode = 0; mode < 2; mode++)
            for (int full = 0; full < 2; full++) {
                set_up_queue(mode, EDDY_FIFO, 1);
                put_now(1);
                if (!full)
                    CHECK_INT(get_now(), 1);
                for (int i = 0; i < 4; i++)
                    CHECK_OK(eddy_spawn(&loop, refuser, .limit = i % 2 * 1e5,
                                        .what = i < 2  ? 1
                                                : full ? 0
                                                       : 2));
                turns(2);
                CHECK_INT(length_of(&queue.joiners), 2);
                CHECK_INT(length_of(full ? &queue.putters : &queue.getters), 2);
                CHECK_CODE(eddy_loop_shutdown(&loop, 5), EDDY_ETASKS);
                tear_down_queue();
            }
    }
}

/* ---- The cost ---------------------------------------------------------------------------------- */

static int entered;

struct quick {
    struct eddy_co co;
    int i;
    struct eddy_queue_put put;
    struct eddy_queue_get get;
    struct eddy_queue_join join;
};

static struct eddy_step quick(struct eddy_co *co)
{
    struct quick *self = CO_FRAME(co, quick);

    entered++;
    CO_BEGIN(co);
    for (self->i = 0; self->i < 30; self->i++) {
        CO_AWAIT(co, eddy_queue_put_priority(&self->put, &queue, items, self->i % 3));
        CO_AWAIT(co, eddy_queue_get(&self->get, &queue));
        CHECK_CODE(eddy_queue_task_done(&queue), 0);
        CO_AWAIT(co, eddy_queue_join(&self->join, &queue));
    }
    CO_END(co);
}

TESTS
{
    in_order();
    is_refused();
    cancels();
    joins();
    ends();
    goes();

    CASE("what need not wait is done without a pause, and none allocates, in room that there is") {
        static struct eddy_task task;
        static struct quick frame;
        for (int kind = EDDY_FIFO; kind <= EDDY_PRIORITY; kind++)
            for (long maxsize = 0; maxsize < 2; maxsize++) {
                long before;
                set_up_queue(0, kind, maxsize);
                MAKE(A, .name = "m", .first = 1, .count = 1);
                USE(A, .name = "a", .count = 1);
                run_out();
                EXPECT("m+1=OK a-1");
                CHECK_CODE(eddy_queue_task_done(&queue), 0);
                before = allocations();
                entered = 0;
                eddy_task_start(&task, &loop, quick, &frame);
                turns(1);
                CHECK(eddy_task_done(&task));
                CHECK_INT(entered, 1);
                MAKE(A, .name = "m", .first = 1, .count = 5);
                USE(A, .name = "a", .count = 5);
                run_out();
                CHECK_INT(allocations(), before);
                trace[0] = '\0';
                tear_down_queue();
            }
    }
}
