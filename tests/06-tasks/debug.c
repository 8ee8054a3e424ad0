/* Debug mode of tasks: each await returns, and no order changes; another thread is refused before
 * anything changes; freed blocks are kept for nobody. */
#include "tasks.h"

#include "ledger.h"
#include "net.h"
#include "sockio.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static struct eddy_task a, b;
static struct eddy_future done, pending;

static void set_up_debug(bool debug)
{
    set_up();
    eddy_loop_set_debug(&loop, debug);
    eddy_future_init_done(&done, &loop, 0);
    eddy_future_init(&pending, &loop);
}

/* ---- Each await returns ---------------------------------------------------------------------------- */

/* Awaits what is done, what failed, what cannot be awaited, and where a cancel lands. Counts how often its
 * body is entered. */
struct several {
    struct eddy_co co;
    const char *name;
    struct eddy_future failed;
    struct eddy_sleep sleep;
    struct eddy_task *self_task;
    int entered;
};

static struct eddy_step several(struct eddy_co *co)
{
    struct several *self = CO_FRAME(co, several);
    struct eddy_loop *on = eddy_co_loop(co);

    self->entered++;
    CO_BEGIN(co);
    CO_TRY_AWAIT(co, &done);
    note("%s:done=%s", self->name, eddy_errname(eddy_co_error(co)));
    CO_TRY_AWAIT(co, eddy_future_init_done(&self->failed, on, -EIO));
    note("%s:failed=%s", self->name, eddy_errname(eddy_co_error(co)));
    CO_TRY_AWAIT(co, &self->self_task->future);
    note("%s:self=%s", self->name, eddy_errname(eddy_co_error(co)));
    CO_TRY_AWAIT(co, eddy_next_turn());
    note("%s:turn=%s", self->name, eddy_errname(eddy_co_error(co)));
    CO_TRY_AWAIT(co, eddy_sleep(&self->sleep, on, 1));
    note("%s:sleep=%s", self->name, eddy_errname(eddy_co_error(co)));
    eddy_task_cancel(self->self_task);
    CO_TRY_AWAIT(co, &done);
    note("%s:cancel=%s", self->name, eddy_errname(eddy_co_error(co)));
    CO_TRY_AWAIT(co, &done);
    note("%s:after=%s", self->name, eddy_errname(eddy_co_error(co)));
    CO_FINALLY(co);
    CO_TRY_AWAIT(co, &done);
    note("%s:cleanup=%s", self->name, eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

static void run_two(struct several frames[2], bool debug)
{
    set_up_debug(debug);
    eddy_task_start(&a, &loop, several, &frames[0], .name = "a", .self_task = &a);
    eddy_task_start(&b, &loop, several, &frames[1], .name = "b", .self_task = &b);
    run_out();
}

static struct eddy_step in_a_switch(struct eddy_co *co);

struct in_a_switch {
    struct eddy_co co;
};

static struct eddy_step in_a_switch(struct eddy_co *co)
{
    CO_BEGIN(co);
    switch (eddy_co_error(co)) {
    case 0:
        CO_AWAIT(co, &done);
        note("went on");
    }
    CO_END(co);
}

static void returning(void)
{
    CASE("in debug mode a body returns at each await, and all happens in the same order") {
        struct several plain[2], debug[2];
        char expected[sizeof trace];
        run_two(plain, false);
        CHECK_CODE(eddy_loop_close(&loop), 0);
        memcpy(expected, trace, sizeof trace);
        trace[0] = '\0';
        run_two(debug, true);
        CHECK_TEXT(trace, expected);
        CHECK_INT(plain[0].entered, 3); /* from the start, and after two pauses */
        CHECK_INT(debug[0].entered, 9); /* from the start, and after eight awaits */
        trace[0] = '\0';
        tear_down();
    }

    CASE("an await in a switch shows in debug mode, also where there is nothing to wait for") {
        struct in_a_switch frame;
        set_up_debug(false);
        eddy_task_start(&a, &loop, in_a_switch, &frame);
        turns(1);
        EXPECT("went on");
        CHECK_CODE(outcome(&a), 0);
        eddy_loop_set_debug(&loop, true);
        eddy_task_start(&a, &loop, in_a_switch, &frame);
        turns(1);
        CHECK_CODE(outcome(&a), EDDY_ESTRAY);
        CHECK(strstr(reported, "in_a_switch (tests/06-tasks/debug.c:") != NULL);
        tear_down();
    }
}

/* ---- Other threads --------------------------------------------------------------------------------- */

static int codes[8];
static struct eddy_sleep nap;
static struct brief_frame {
    struct eddy_co co;
} brief_frame;

static struct eddy_step brief_frame_body(struct eddy_co *co)
{
    CO_BEGIN(co);
    CO_END(co);
}

static void *call_all(void *unused)
{
    static struct eddy_task strange;

    codes[0] = eddy_task_cancel(&a);
    codes[1] = eddy_future_cancel(&pending);
    codes[2] = (int)eddy_task_uncancel(&a);
    codes[3] = eddy_task_start_frame(&strange, &loop, &brief_frame.co, "brief", brief_frame_body,
                                     sizeof brief_frame)
                   ->err;
    codes[4] =
        eddy_spawn_frame(&loop, &brief_frame, sizeof brief_frame, 16, 0, "brief", brief_frame_body);
    codes[5] = eddy_loop_shutdown(&loop, 1);
    codes[6] = eddy_sleep(&nap, &loop, 1)->err;
    codes[7] = eddy_future_set_result(&pending, NULL);
    return unused;
}

static void in_a_thread(struct eddy_handle *handle)
{
    pthread_t thread;

    (void)handle;
    CHECK(pthread_create(&thread, NULL, call_all, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

static void threads(void)
{
    CASE("calls from another thread are refused and reported, and change nothing") {
        static const int wanted[8] = {
            0, 0, 1, EDDY_ETHREAD, EDDY_ETHREAD, EDDY_ETHREAD, EDDY_ETHREAD, EDDY_ETHREAD};
        struct waiter frame;
        struct eddy_handle handle;
        set_up_debug(true);
        eddy_task_start(&a, &loop, waiter, &frame, .name = "a", .on = &pending);
        turns(1);
        a.requests = 1; /* one that has landed long ago */
        eddy_handle_init(&handle, in_a_thread);
        CHECK_CODE(eddy_loop_call_soon(&loop, &handle), 0);
        turns(1);
        for (int i = 0; i < 8; i++) {
            DID("call %d of eight", i);
            CHECK_CODE(codes[i], wanted[i]);
        }
        CHECK_INT(reports, 8);
        CHECK(!eddy_future_done(&pending) && a.unlanded == 0);
        CHECK(eddy_next_task(&loop, NULL) == &a && eddy_next_task(&loop, &a) == NULL);
        CHECK_CODE(eddy_future_set_result(&pending, NULL), 0);
        run_out();
        EXPECT("a a=OK a.OK");
        tear_down();
    }
}

/* ---- Descriptors ------------------------------------------------------------------------------------ */

struct receiver {
    struct eddy_co co;
    struct eddy_io io;
    int fd;
    char byte;
};

static struct eddy_step receiver(struct eddy_co *co)
{
    struct receiver *self = CO_FRAME(co, receiver);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_recv(&self->io, eddy_co_loop(co), self->fd, &self->byte, 1));
    CO_END(co);
}

static void descriptors(void)
{
    CASE("an operation on a descriptor that blocks is reported in debug mode") {
        char want[128];
        int fds[2];
        struct receiver frame;
        set_up_debug(true);
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
        CHECK(write(fds[1], "xy", 2) == 2);
        snprintf(want, sizeof want,
                 "receiver: recv: descriptor %d blocks, and so may the loop (eddy_net_prepare)\n",
                 fds[0]);
        eddy_task_start(&a, &loop, receiver, &frame, .fd = fds[0]);
        turns(1);
        CHECK_TEXT(reported, want);
        DID("the same, prepared");
        reported[0] = '\0';
        CHECK_CODE(eddy_net_prepare(fds[0]), 0);
        eddy_task_start(&a, &loop, receiver, &frame, .fd = fds[0]);
        turns(1);
        CHECK_TEXT(reported, "");
        close(fds[0]);
        close(fds[1]);
        tear_down();
    }
}

/* ---- Blocks ----------------------------------------------------------------------------------------- */

static void blocks(void)
{
    CASE("in debug mode the block of a spawned task is freed when it ends, and kept for nobody") {
        long before;
        set_up_debug(true);
        CHECK_OK(eddy_spawn(&loop, sleeper, .name = "a", .seconds = 0));
        run_out();
        before = ledger_blocks;
        CHECK_OK(eddy_spawn(&loop, sleeper, .name = "b", .seconds = 0));
        CHECK_INT(ledger_blocks, before + 1);
        run_out();
        CHECK_INT(ledger_blocks, before);
        trace[0] = '\0';
        tear_down();
    }
}

TESTS
{
    returning();
    threads();
    descriptors();
    blocks();
}
