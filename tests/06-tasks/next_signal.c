/* Awaiting a signal. raise() returns after the real handler has run, so nothing has to wait for it. */
#include "tasks.h"

#include "next_signal.h"
#include "signals.h"

#include <signal.h>

/* Awaits SIGUSR1 so many times, and notes each. */
struct hearer {
    struct eddy_co co;
    const char *name;
    struct eddy_signal *hup;
    int times, i;
};

static struct eddy_step hearer(struct eddy_co *co)
{
    struct hearer *self = CO_FRAME(co, hearer);

    CO_BEGIN(co);
    note("%s", self->name);
    for (self->i = 0; self->i < self->times; self->i++) {
        CO_AWAIT(co, eddy_signal_next(self->hup));
        note("%s%d", self->name, self->i + 1);
    }
    CO_FINALLY(co);
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

static struct eddy_signal hup;
static struct eddy_task task, second_task;
static struct hearer first, second;

static void start(int times)
{
    eddy_task_start(&task, &loop, hearer, &first, .name = "a", .hup = &hup, .times = times);
}

/* Some turns that do not sleep: enough for a byte to be read, a handle and a task to be called. */
static void run_turns(void)
{
    for (int i = 0; i < 5; i++) {
        eddy_loop_stop(&loop);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
    }
}

static bool is_default(int signo)
{
    struct sigaction action;

    return sigaction(signo, NULL, &action) == 0 && action.sa_handler == SIG_DFL;
}

static void opened(void)
{
    set_up();
    CHECK_CODE(eddy_signal_open(&hup, &loop, SIGUSR1), 0);
}

static void closed(void)
{
    eddy_signal_close(&hup);
    CHECK(is_default(SIGUSR1));
    run_turns();
    tear_down();
}

static void awaiting(void)
{
    CASE("a task awaits a signal, again and again, and goes on when it comes") {
        opened();
        start(3);
        run_turns();
        EXPECT("a");
        raise(SIGUSR1);
        run_turns();
        EXPECT("a1");
        raise(SIGUSR1);
        run_turns();
        raise(SIGUSR1);
        run_turns();
        EXPECT("a2 a3 a.OK");
        closed();
    }

    CASE("a signal that comes between two awaits is kept, and several of them are one") {
        opened();
        for (int i = 0; i < 3; i++)
            raise(SIGUSR1);
        run_turns();
        DID("raised SIGUSR1 three times before anybody awaited it");
        CAUSE("nobody counts signals: the kernel does not, either");
        start(2);
        run_turns();
        EXPECT("a a1");
        raise(SIGUSR1);
        run_turns();
        EXPECT("a2 a.OK");
        closed();
    }

    CASE("an await is cancelled like any other, and the next signal is kept for the next await") {
        opened();
        start(1);
        run_turns();
        CHECK(eddy_task_cancel(&task));
        run_turns();
        EXPECT("a a.ECANCELED");
        raise(SIGUSR1);
        run_turns();
        start(1);
        run_turns();
        EXPECT("a a1 a.OK");
        closed();
    }

    CASE("a signal that has come when the await is cancelled is not lost") {
        opened();
        start(1);
        run_turns();
        raise(SIGUSR1);
        CHECK(eddy_task_cancel(&task));
        DID("the signal came; before the loop looked, the task was cancelled");
        run_turns();
        EXPECT("a a.ECANCELED");
        start(1);
        run_turns();
        EXPECT("a a1 a.OK");
        closed();
    }

    CASE("a signal that is closed while a task awaits it is the task's error") {
        opened();
        start(1);
        run_turns();
        eddy_signal_close(&hup);
        run_turns();
        EXPECT("a a.EDDY_ECLOSED");
        CHECK(is_default(SIGUSR1));
        start(1);
        run_turns();
        EXPECT("a a.EDDY_ECLOSED");
        closed();
    }
}

static void refusing(void)
{
    CASE("one for each signal, one task for each: the second is refused, and the first hears it") {
        struct eddy_signal other;
        opened();
        CHECK_CODE(eddy_signal_open(&other, &loop, SIGUSR1), -EEXIST);
        eddy_signal_close(&other);
        CHECK_CODE(eddy_signal_open(&hup, &loop, SIGUSR1), -EEXIST);
        start(1);
        eddy_task_start(&second_task, &loop, hearer, &second, .name = "b", .hup = &hup, .times = 1);
        run_turns();
        EXPECT("a b b.EDDY_EWATCHED");
        raise(SIGUSR1);
        run_turns();
        EXPECT("a1 a.OK");
        closed();
    }

    CASE("what somebody handles already is refused, and stays his; what cannot be handled, too") {
        struct eddy_handle handle;
        eddy_handle_init(&handle, NULL);
        set_up();
        CHECK_OK(eddy_loop_add_signal_handler(&loop, SIGUSR1, &handle));
        CHECK_CODE(eddy_signal_open(&hup, &loop, SIGUSR1), -EEXIST);
        eddy_signal_close(&hup);
        CHECK(eddy_loop_signal_handler(&loop, SIGUSR1) == &handle);
        CHECK_CODE(eddy_signal_open(&hup, &loop, SIGKILL), -EINVAL);
        CHECK_CODE(eddy_future_error(eddy_signal_next(&hup)), EDDY_ECLOSED);
        CHECK(eddy_loop_remove_signal_handler(&loop, SIGUSR1));
        tear_down();
        CHECK_CODE(eddy_signal_open(&hup, &loop, SIGUSR1), EDDY_ECLOSED);
    }

    CASE("closing it after its loop, twice, or zeroed, is harmless, and takes nobody else's") {
        static struct eddy_signal zeroed;
        struct eddy_loop own;
        struct eddy_handle handle;
        eddy_handle_init(&handle, NULL);
        CHECK_OK(eddy_loop_open(&own, NULL));
        CHECK_CODE(eddy_signal_open(&hup, &own, SIGUSR1), 0);
        CHECK_CODE(eddy_loop_close(&own), 0);
        CHECK(is_default(SIGUSR1));
        CHECK_OK(eddy_loop_open(&own, NULL));
        CHECK_OK(eddy_loop_add_signal_handler(&own, SIGUSR1, &handle));
        eddy_signal_close(&hup);
        eddy_signal_close(&hup);
        eddy_signal_close(&zeroed);
        CHECK(eddy_loop_signal_handler(&own, SIGUSR1) == &handle);
        CHECK_CODE(eddy_loop_close(&own), 0);
    }
}

static void being_stuck(void)
{
    CASE("a loop that waits for a signal is not stuck, and is when it is closed") {
        opened();
        start(1);
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), -EDEADLK); /* the script's: it would sleep */
        eddy_signal_close(&hup);
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        EXPECT("a a.EDDY_ECLOSED");
        tear_down();
    }
}

TESTS
{
    awaiting();
    refusing();
    being_stuck();
}
