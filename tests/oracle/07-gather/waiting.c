/* waiting: wait and as_completed: when they end, in which order, and that they cancel nothing. */
#include "crowd.h"

#include "completed.h"
#include "waiting.h"

static struct eddy_wait waiting;
static int what = EDDY_ALL_COMPLETED;
static double limit; /* 0: none is meant, and -1 says 0 */

static double seconds(void)
{
    if (limit < 0)
        return 0;
    return limit > 0 ? limit : EDDY_FOREVER;
}

static void wait_for_each(void *future)
{
    begin_crowd();
    eddy_wait(container_of(future, struct eddy_wait, future), &loop, each, crowd_size, what,
              seconds());
}

/* A task that waits for `n` futures, and says how each stands then. */
static void begin_waiting(size_t n, int return_when, double time)
{
    static const struct move moves[] = {STARTS(wait_for_each, &waiting.future),
                                        DOES(say_each, NULL),
                                        CLEANS_UP,
                                        SAYS("a cleans up"),
                                        {.kind = ENDS}};

    what = return_when;
    limit = time;
    promise(n);
    begin(keep_role("a", moves));
}

static void does(const char *name, double when, void (*verb)(void *whom), void *whom)
{
    struct actor *who = actor(name);

    then(who, verb, whom);
    later(who, when);
}

static void for_all(void)
{
    begin_waiting(3, EDDY_ALL_COMPLETED, 0);
    finishes(3, 0);
    finishes(1, 1);
    finishes(2, 2);
    run();
}

static void all_and_error(void)
{
    begin_waiting(2, EDDY_ALL_COMPLETED, 0);
    does("fails", 1, fail, &promised[0]);
    finishes(2, 1);
    run();
}

static void first_completed(void)
{
    begin_waiting(3, EDDY_FIRST_COMPLETED, 0);
    finishes(3, 0);
    finishes(1, 1);
    finishes(2, 2);
    run();
}

static void two_at_once(void)
{
    struct actor *timer = actor("timer");

    begin_waiting(3, EDDY_FIRST_COMPLETED, 0);
    then(timer, finish_with_name, &promised[2]);
    then(timer, finish_with_name, &promised[0]);
    later(timer, 1);
    run();
}

static void first_is_error(void)
{
    begin_waiting(2, EDDY_FIRST_COMPLETED, 0);
    does("fails", 1, fail, &promised[0]);
    run();
}

static void first_exception(void)
{
    begin_waiting(3, EDDY_FIRST_EXCEPTION, 0);
    finishes(1, 0);
    does("fails", 2, fail, &promised[1]);
    run();
}

static void cancelled_is_no_exception(void)
{
    begin_waiting(2, EDDY_FIRST_EXCEPTION, 0);
    does("is cancelled", 1, cancel_future, &promised[0]);
    finishes(2, 1);
    run();
}

static void no_exception(void)
{
    begin_waiting(2, EDDY_FIRST_EXCEPTION, 0);
    finishes(1, 0);
    finishes(2, 1);
    run();
}

/* ---- Time-outs -------------------------------------------------------------------------------- */

static void time_out(void)
{
    begin_waiting(2, EDDY_ALL_COMPLETED, 2);
    finishes(1, 0);
    finishes(3, 1);
    run();
}

/* Its timer is set after the wait's. */
static void set_to_finish(struct eddy_handle *handle)
{
    (void)handle;
    finishes(1, 0);
}

static void done_and_time_out(void)
{
    struct eddy_handle soon_set;

    begin_waiting(1, EDDY_ALL_COMPLETED, 1);
    eddy_handle_init(&soon_set, set_to_finish);
    CHECK_OK(eddy_loop_call_soon(&loop, &soon_set));
    run();
}

static void time_out_of_0(void)
{
    begin_waiting(1, EDDY_ALL_COMPLETED, -1);
    soon(actor("soon"));
    run();
}

static void unused_time_out(void)
{
    begin_waiting(1, EDDY_ALL_COMPLETED, 9);
    finishes(1, 0);
    run();
}

/* ---- Done before ------------------------------------------------------------------------------ */

static void done_before(void)
{
    begin_waiting(2, EDDY_ALL_COMPLETED, 0);
    finish_with_name(&promised[0]);
    fail(&promised[1]);
    soon(actor("soon"));
    run();
}

static void one_done_before(void)
{
    begin_waiting(2, EDDY_FIRST_COMPLETED, 0);
    finish_with_name(&promised[1]);
    soon(actor("soon"));
    run();
}

static void failed_before(void)
{
    begin_waiting(2, EDDY_FIRST_EXCEPTION, 0);
    fail(&promised[1]);
    soon(actor("soon"));
    run();
}

static void cancelled(void)
{
    struct role *a =
        role("a", STARTS(wait_for_each, &waiting.future), CLEANS_UP, SAYS("a cleans up"));

    in_crowd(SLEEPER("b", 2));
    in_crowd(SLEEPER("c", 3));
    begin(a);
    asked_at(a, "timer", 1);
    run();
}

/* ---- as_completed ----------------------------------------------------------------------------- */

struct collector {
    struct eddy_co co;
    struct eddy_as_completed done;
};

static void say_next(const struct eddy_co *co, const struct eddy_as_completed *done)
{
    if (done->awaited)
        say_outcome("", eddy_awaited_error(done->awaited), done->awaited->future->result);
    else
        say("error %s", eddy_errname(eddy_co_error(co)));
}

static struct eddy_step collector(struct eddy_co *co)
{
    struct collector *self = CO_FRAME(co, collector);

    CO_BEGIN(co);
    CHECK_OK(eddy_as_completed_open(&self->done, &loop, each, crowd_size, seconds()));
    while (self->done.left > 0) {
        CO_TRY_AWAIT(co, eddy_as_completed_next(&self->done));
        if (eddy_co_error(co) == -ECANCELED)
            CO_FAIL(co, -ECANCELED);
        say_next(co, &self->done);
    }
    CO_FINALLY(co);
    eddy_as_completed_close(&self->done);
    CO_END(co);
}

static struct role *begin_collecting(size_t n, double time)
{
    static struct role a = {.name = "a"};
    static struct collector frame;

    limit = time;
    promise(n);
    eddy_task_start(&a.task, &loop, collector, &frame);
    eddy_handle_init(&a.ended, say_ending);
    CHECK_OK(eddy_future_add_done_callback(ending(&a), &a.ended));
    return &a;
}

static void as_completed(void)
{
    begin_collecting(3, 0);
    finishes(3, 0);
    finishes(1, 1);
    finishes(2, 2);
    run();
}

static void as_completed_errors(void)
{
    begin_collecting(2, 0);
    does("fails", 1, fail, &promised[1]);
    finishes(2, 0);
    run();
}

static void as_completed_same_turn(void)
{
    struct actor *timer = actor("timer");

    begin_collecting(3, 0);
    then(timer, finish_with_name, &promised[2]);
    then(timer, fail, &promised[0]);
    then(timer, finish_with_name, &promised[1]);
    later(timer, 1);
    run();
}

static void as_completed_done_before(void)
{
    begin_collecting(2, 0);
    finish_with_name(&promised[1]);
    finishes(1, 0);
    soon(actor("soon"));
    run();
}

static void say_whether_done(void *future)
{
    say(eddy_future_done(future) ? "done" : "pending");
}

static void as_completed_time_out(void)
{
    begin_collecting(3, 2);
    finishes(1, 1);
    does("f", 3, say_whether_done, &promised[0]);
    run();
}

static void as_completed_unused_time_out(void)
{
    begin_collecting(1, 9);
    finishes(1, 0);
    run();
}

static void as_completed_cancelled(void)
{
    struct role *a = begin_collecting(2, 0);

    finishes(1, 0);
    asked_at(a, "timer", 2);
    finishes(3, 1);
    run();
}

static const struct scenario scenarios[] = {
    {for_all, "wait for all of three"},
    {all_and_error, "wait for all, and one fails: the others are waited for"},
    {first_completed, "wait for the first of three: the others are left pending"},
    {two_at_once, "wait for the first of three, and two are done in the same turn: it tells both"},
    {first_is_error, "wait for the first of two, and it is one that fails"},
    {first_exception, "wait for the first error of three: a result does not end it"},
    {cancelled_is_no_exception, "wait for the first error, and one is cancelled: that is none"},
    {no_exception, "wait for the first error, and there is none: all are waited for"},
    {time_out, "wait with a time-out: nothing is cancelled"},
    {done_and_time_out, "wait, and the last one is done in the turn of the time-out"},
    {time_out_of_0, "wait with a time-out of 0 for what is pending"},
    {unused_time_out, "wait with a time-out that is not needed: no timer is left"},
    {done_before, "wait for all, and all are done before: it goes on at once"},
    {one_done_before, "wait for the first, and one is done before: it goes on at once"},
    {failed_before, "wait for the first error, and it is there before: it goes on at once"},
    {cancelled, "who waits for two tasks is cancelled: they go on"},
    {as_completed, "as_completed: three, in the order in which they are done"},
    {as_completed_errors, "as_completed: one fails, and the next is told all the same"},
    {as_completed_same_turn,
     "as_completed: three are done in one turn, in another order than they stand"},
    {as_completed_done_before, "as_completed: one of two is done before"},
    {as_completed_time_out,
     "as_completed with a time-out: each that is left says so, and none is cancelled"},
    {as_completed_unused_time_out,
     "as_completed with a time-out that is not needed: no timer is left"},
    {as_completed_cancelled, "who takes them as they complete is cancelled: the futures are not"},
};

TESTS
{
    stage_tells_turns = false;
    oracle_play(scenarios, sizeof scenarios / sizeof *scenarios, __FILE__);
}
