/* Scopes: their own cancel, and no other, becomes a time-out; and a scope that is closed strikes
 * nobody any more. */
#include "limits.h"

#include "faults.h"
#include "timeout.h"
#include "wait_for.h"

static struct eddy_task a, b, inner;
static struct slow inner_frame;
static struct eddy_future future, next;

static const char *name_of(int err)
{
    return eddy_errname(err);
}

/* A scope around one await, which is closed in the body; then another await; both are told. */
struct scoped {
    struct eddy_co co;
    double seconds;
    struct eddy_future *on, *then;
    struct eddy_timeout limit;
};

static struct eddy_step scoped(struct eddy_co *co)
{
    struct scoped *self = CO_FRAME(co, scoped);

    CO_BEGIN(co);
    CHECK_CODE(eddy_timeout_open(&self->limit, co, self->seconds), 0);
    CO_TRY_AWAIT(co, self->on);
    note("on=%s@%g", name_of(eddy_co_error(co)), now());
    note("close=%s", name_of(eddy_timeout_close(&self->limit, co)));
    CHECK(eddy_timeout_close(&self->limit, co) == eddy_co_error(co));
    note("%s", eddy_timeout_expired(&self->limit) ? "expired" : "not expired");
    if (self->then) {
        CO_TRY_AWAIT(co, self->then);
        note("then=%s", name_of(eddy_co_error(co)));
    }
    CO_FINALLY(co);
    note("requests=%u", eddy_task_cancelling(co->task));
    CO_END(co);
}

/* A scope for the whole body, which is closed in the cleanup section. That takes `goodbye` seconds. */
struct bounded {
    struct eddy_co co;
    const char *name;
    double seconds, goodbye;
    struct eddy_future *on;
    struct eddy_timeout limit;
    struct eddy_sleep sleep;
};

static struct eddy_step bounded(struct eddy_co *co)
{
    struct bounded *self = CO_FRAME(co, bounded);
    int err;

    CO_BEGIN(co);
    err = eddy_timeout_open(&self->limit, co, self->seconds);
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, self->on);
    CO_FINALLY(co);
    if (self->goodbye > 0)
        CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->goodbye));
    CHECK(eddy_timeout_close(&self->limit, co) == eddy_co_outcome(co));
    CHECK(eddy_timeout_close(&self->limit, co) == eddy_co_outcome(co));
    note("%s.%s@%g", self->name, name_of(eddy_co_outcome(co)), now());
    CO_END(co);
}

/* Two scopes in one another, around one await. */
struct nested {
    struct eddy_co co;
    double outer_seconds, inner_seconds;
    struct eddy_future *on, *then;
    struct eddy_timeout outer, inner;
};

static struct eddy_step nested(struct eddy_co *co)
{
    struct nested *self = CO_FRAME(co, nested);

    CO_BEGIN(co);
    CHECK_CODE(eddy_timeout_open(&self->outer, co, self->outer_seconds), 0);
    CHECK_CODE(eddy_timeout_open(&self->inner, co, self->inner_seconds), 0);
    CO_TRY_AWAIT(co, self->on);
    note("on=%s@%g", name_of(eddy_co_error(co)), now());
    note("inner=%s", name_of(eddy_timeout_close(&self->inner, co)));
    note("outer=%s", name_of(eddy_timeout_close(&self->outer, co)));
    CO_TRY_AWAIT(co, self->then);
    note("then=%s", name_of(eddy_co_error(co)));
    CO_FINALLY(co);
    note("requests=%u", eddy_task_cancelling(co->task));
    CO_END(co);
}

static struct scoped a_frame;
static struct bounded b_frame;
static struct nested n_frame;

static void set_up_futures(int debug)
{
    set_up_in(debug);
    eddy_future_init(&future, &loop);
    eddy_future_init(&next, &loop);
}

static void scope_a(struct eddy_future *on, double seconds)
{
    eddy_task_start(&a, &loop, scoped, &a_frame, .on = on, .seconds = seconds,
                    .then = eddy_next_turn());
}

static void bound_b(struct eddy_future *on, double seconds, double goodbye)
{
    eddy_task_start(&b, &loop, bounded, &b_frame, .name = "b", .on = on, .seconds = seconds,
                    .goodbye = goodbye);
}

static void nest_a(double outer, double within)
{
    eddy_task_start(&a, &loop, nested, &n_frame, .outer_seconds = outer, .inner_seconds = within,
                    .on = &future, .then = eddy_next_turn());
}

static void start_inner(double seconds, double goodbye, int refusals)
{
    eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = seconds,
                    .goodbye = goodbye, .refusals = refusals);
}

static void set_result(void)
{
    note("set:%s", name_of(eddy_future_set_result(&future, NULL)));
}

static void cancel_future(void)
{
    eddy_future_cancel(&future);
}

static void cancel_a(void)
{
    cancel_task(&a);
}

static void cancel_b(void)
{
    cancel_task(&b);
}

static void cancel_inner(void)
{
    cancel_task(&inner);
}

/* ---- Its own cancel ------------------------------------------------------------------------------ */

static void its_own(void)
{
    CASE("when its time is up the await is cancelled, and the scope ends with a time-out") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            scope_a(&future, 1);
            run_out();
            EXPECT("on=ECANCELED@1 close=ETIMEDOUT expired then=OK requests=0");
            CHECK_CODE(future.err, -ECANCELED);
            CHECK_CODE(outcome(&a), 0);
            tear_down();
        }
    }

    CASE("closed in the cleanup section it makes the task's outcome a time-out") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            bound_b(&future, 1, 2);
            run_out();
            EXPECT("b.ETIMEDOUT@3");
            CHECK_CODE(outcome(&b), -ETIMEDOUT);
            tear_down();
        }
    }

    CASE("in time there is no time-out, no request, and no timer") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            scope_a(&future, 5);
            call_in(&later, 1, set_result);
            run_out();
            EXPECT("set:OK on=OK@1 close=OK not expired then=OK requests=0");
            CHECK(!eddy_list_linked(&a_frame.limit.opened.link));
            CHECK(now() == 1);
            CHECK_INT(timers(), 0);
            tear_down();
        }
    }

    CASE("an error in time is no time-out, nor is a cancel of what was awaited") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            eddy_future_init_done(&next, &loop, -EIO);
            scope_a(&next, 5);
            bound_b(&future, 5, 0);
            call_in(&later, 1, cancel_future);
            run_out();
            EXPECT("on=EIO@0 close=EIO not expired then=OK requests=0 b.ECANCELED@1");
            tear_down();
        }
    }

    CASE("the task that is awaited is cancelled, and has ended when the await comes back") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            start_inner(60, 2, 0);
            scope_a(&inner.future, 1);
            run_out();
            EXPECT("i.ECANCELED@3 on=ECANCELED@3 close=ETIMEDOUT expired then=OK requests=0");
            tear_down();
        }
    }

    CASE("who refuses the cancel, and ends well, has no time-out, but it has expired") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            start_inner(10, 0, 1);
            scope_a(&inner.future, 1);
            run_out();
            EXPECT("i.OK@11 on=OK@11 close=OK expired then=OK requests=0");
            tear_down();
        }
    }

    CASE("a scope cuts its own task alone") {
        set_up_futures(0);
        scope_a(&future, 1);
        bound_b(&next, 2, 0);
        run_out();
        EXPECT("on=ECANCELED@1 close=ETIMEDOUT expired then=OK requests=0 b.ETIMEDOUT@2");
        tear_down();
    }

    CASE("a limit of one await and a scope that end in one batch: the scope has its time-out") {
        for (int mode = 0; mode < 2; mode++) {
            struct eddy_wait_for limit;
            set_up_futures(mode);
            scope_a(eddy_wait_for(&limit, &loop, &future, 1), 1);
            run_out();
            EXPECT("on=ETIMEDOUT@1 close=ETIMEDOUT expired then=OK requests=0");
            tear_down();
        }
    }
}

/* ---- 0 and below --------------------------------------------------------------------------------- */

static int started;

static struct eddy_future *count_start(void)
{
    started++;
    return &future;
}

/* A scope with an await, or with none. */
struct hasty {
    struct eddy_co co;
    double seconds;
    bool awaits;
    struct eddy_timeout limit;
};

static struct eddy_step hasty(struct eddy_co *co)
{
    struct hasty *self = CO_FRAME(co, hasty);

    CO_BEGIN(co);
    CHECK_CODE(eddy_timeout_open(&self->limit, co, self->seconds), 0);
    CHECK(eddy_timeout_expired(&self->limit));
    if (self->awaits)
        CO_AWAIT(co, count_start());
    note("went on");
    CO_FINALLY(co);
    note("%s", name_of(eddy_timeout_close(&self->limit, co)));
    note("requests=%u", eddy_task_cancelling(co->task));
    CO_END(co);
}

static void zero_and_below(void)
{
    static const double limits[] = {0, -0.0, -1, -1e300, -INFINITY};

    CASE("95051: 0 and below cut the first await, and what that would start is not started") {
        for (int i = 0; i < 10; i++) {
            struct hasty frame;
            set_up_futures(i % 2);
            CAUSE("a loop with no time left works on, as long as each await has something at once");
            eddy_task_start(&a, &loop, hasty, &frame, .seconds = limits[i / 2], .awaits = true);
            turns(1);
            CHECK_INT(started, 0);
            EXPECT("ETIMEDOUT requests=0");
            CHECK_INT(timers(), 0);
            tear_down();
        }
    }

    CASE("anyio 114: a scope of 0 says that it timed out, however it is closed") {
        for (int i = 0; i < 10; i++) {
            set_up_futures(i % 2);
            scope_a(&future, limits[i / 2]);
            bound_b(&next, limits[i / 2], 0);
            run_out();
            EXPECT("on=ECANCELED@0 close=ETIMEDOUT expired b.ETIMEDOUT@0 then=OK requests=0");
            CHECK_CODE(outcome(&b), -ETIMEDOUT);
            CHECK_CODE(future.err, EDDY_EPENDING);
            tear_down();
        }
    }

    CASE("a scope of 0 without an await has nothing to cut; it has expired all the same") {
        for (int mode = 0; mode < 2; mode++) {
            struct hasty frame;
            set_up_futures(mode);
            eddy_task_start(&a, &loop, hasty, &frame, .seconds = 0);
            run_out();
            EXPECT("went on OK requests=0");
            CHECK(eddy_timeout_expired(&frame.limit));
            tear_down();
        }
    }
}

/* ---- In one batch -------------------------------------------------------------------------------- */

/* A scope that is closed in a cleanup section; its body has two awaits. */
struct two_awaits {
    struct eddy_co co;
    struct eddy_future *first, *second;
    struct eddy_timeout limit;
};

static struct eddy_step two_awaits(struct eddy_co *co)
{
    struct two_awaits *self = CO_FRAME(co, two_awaits);

    CO_BEGIN(co);
    CHECK_CODE(eddy_timeout_open(&self->limit, co, 1), 0);
    CO_AWAIT(co, self->first);
    note("first");
    CO_AWAIT(co, self->second);
    note("second");
    CO_FINALLY(co);
    note("%s", name_of(eddy_timeout_close(&self->limit, co)));
    note("requests=%u", eddy_task_cancelling(co->task));
    CO_END(co);
}

/* A scope in which a cancel is refused, and the next await has its result; then it is closed. */
struct refuser {
    struct eddy_co co;
    double seconds;
    struct eddy_future *first, *second;
    struct eddy_timeout limit;
};

static struct eddy_step refuser(struct eddy_co *co)
{
    struct refuser *self = CO_FRAME(co, refuser);

    CO_BEGIN(co);
    CHECK_CODE(eddy_timeout_open(&self->limit, co, self->seconds), 0);
    CO_TRY_AWAIT(co, self->first);
    note("first=%s", name_of(eddy_co_error(co)));
    CO_TRY_AWAIT(co, self->second);
    note("second=%s", name_of(eddy_co_error(co)));
    note("close=%s", name_of(eddy_timeout_close(&self->limit, co)));
    CO_TRY_AWAIT(co, eddy_next_turn());
    note("then=%s", name_of(eddy_co_error(co)));
    CO_FINALLY(co);
    note("requests=%u", eddy_task_cancelling(co->task));
    CO_END(co);
}

static void set_next(void)
{
    CHECK_CODE(eddy_future_set_result(&next, NULL), 0);
}

static void refusing(void)
{
    CASE("the scope's cancel is refused, and a stranger's comes late: that one is not lost") {
        for (int mode = 0; mode < 2; mode++) {
            struct refuser frame;
            struct later first, second;
            set_up_futures(mode);
            CAUSE("closing the scope has taken back the other one's request, not its own");
            eddy_task_start(&a, &loop, refuser, &frame, .first = &future, .second = &next,
                            .seconds = 1);
            call_in(&first, 2, set_next);
            call_in(&second, 2, cancel_a);
            run_out();
            EXPECT("first=ECANCELED second=OK close=OK then=ECANCELED requests=1");
            tear_down();
        }
    }
}

static void in_one_batch(void)
{
    CASE("a result and the end of the time in one batch: the late request strikes nobody") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            CAUSE("the request stays with the task, and cancels an await after the scope");
            call_in(&later, 1, set_result);
            scope_a(&future, 1);
            run_out();
            EXPECT("set:OK on=OK@1 close=OK expired then=OK requests=0");
            tear_down();
        }
    }

    CASE("a late request cuts an await that is still within the scope, and it is a time-out") {
        for (int mode = 0; mode < 2; mode++) {
            struct two_awaits frame;
            struct later later;
            set_up_futures(mode);
            call_in(&later, 1, set_result);
            eddy_task_start(&a, &loop, two_awaits, &frame, .first = &future, .second = &next);
            run_out();
            EXPECT("set:OK first ETIMEDOUT requests=0");
            CHECK(!has_waiters(&next));
            CHECK_CODE(next.err, EDDY_EPENDING);
            tear_down();
        }
    }

    CASE("the end of the time and then a result in one batch: it is a time-out") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            scope_a(&future, 1);
            turns(1);
            call_in(&later, 1, set_result);
            run_out();
            EXPECT("set:EDDY_EDONE on=ECANCELED@1 close=ETIMEDOUT expired then=OK requests=0");
            tear_down();
        }
    }

    CASE("a stranger cancels the future in the batch in which the time ends: no time-out") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            CAUSE("the await came back cancelled, but not because of the scope");
            call_in(&later, 1, cancel_future);
            scope_a(&future, 1);
            run_out();
            EXPECT("on=ECANCELED@1 close=ECANCELED expired then=OK requests=0");
            tear_down();
        }
    }
}

/* ---- Cancelled from outside ---------------------------------------------------------------------- */

/* Cancels itself, and then opens a scope. */
struct late_opener {
    struct eddy_co co;
    double seconds;
    struct eddy_timeout limit;
};

static struct eddy_step late_opener(struct eddy_co *co)
{
    struct late_opener *self = CO_FRAME(co, late_opener);

    CO_BEGIN(co);
    CHECK(eddy_task_cancel(co->task));
    CHECK_CODE(eddy_timeout_open(&self->limit, co, self->seconds), 0);
    CO_AWAIT(co, &future);
    CO_FINALLY(co);
    note("%s", name_of(eddy_timeout_close(&self->limit, co)));
    note("requests=%u", eddy_task_cancelling(co->task));
    CO_END(co);
}

static void from_outside(void)
{
    CASE("cancelled from outside before the time is up, it lets that through") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later, second;
            set_up_futures(mode);
            scope_a(&future, 5);
            bound_b(&next, 5, 0);
            call_in(&later, 1, cancel_a);
            call_in(&second, 2, cancel_b);
            run_out();
            EXPECT("on=ECANCELED@1 close=ECANCELED not expired then=OK requests=1 b.ECANCELED@2");
            CHECK_CODE(outcome(&b), -ECANCELED);
            tear_down();
        }
    }

    CASE("cancelled from outside in the batch in which the time ends: that is no time-out") {
        for (int mode = 0; mode < 4; mode++) {
            struct later later;
            set_up_futures(mode % 2);
            if (mode < 2)
                call_in(&later, 1, cancel_b);
            bound_b(&future, 1, 0);
            turns(1);
            if (mode >= 2)
                call_in(&later, 1, cancel_b);
            run_out();
            EXPECT("b.ECANCELED@1");
            CHECK_INT(eddy_task_cancelling(&b), 1);
            tear_down();
        }
    }

    CASE("cancelled from outside after the time was up, while it still ends: no time-out") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            start_inner(60, 5, 0);
            bound_b(&inner.future, 1, 0);
            call_in(&later, 3, cancel_b);
            run_out();
            EXPECT("i.ECANCELED@6 b.ECANCELED@6");
            CHECK_INT(eddy_task_cancelling(&b), 1);
            tear_down();
        }
    }

    CASE("cancelled from outside in its cleanup section, after the time-out: no time-out") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            bound_b(&future, 1, 5);
            call_in(&later, 3, cancel_b);
            run_out();
            EXPECT("b.ECANCELED@6");
            tear_down();
        }
    }

    CASE("cancelled by itself before the scope was opened: also a scope of 0 is no reason") {
        for (int mode = 0; mode < 4; mode++) {
            struct late_opener frame;
            set_up_futures(mode % 2);
            eddy_task_start(&a, &loop, late_opener, &frame, .seconds = mode < 2 ? 5 : 0);
            run_out();
            EXPECT("ECANCELED requests=1");
            tear_down();
        }
    }

    CASE("an outside cancel and the scope's own land as one, and one of them stays counted") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later, second;
            set_up_futures(mode);
            CAUSE("the second request would fire later, at an await after the scope");
            call_in(&later, 1, set_result);
            call_in(&second, 1, cancel_a);
            scope_a(&future, 1);
            run_out();
            EXPECT("set:OK on=OK@1 close=OK expired then=ECANCELED requests=1");
            tear_down();
        }
    }

    CASE("cancelled before its first step, its cleanup section closes a scope that never was") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            bound_b(&future, 1, 0);
            cancel_b();
            run_out();
            EXPECT("b.ECANCELED@0");
            CHECK(isnan(eddy_timeout_when(&b_frame.limit)));
            tear_down();
        }
    }

    CASE("what a stranger has cancelled stays so, though the time ends in the cleanup section") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            CAUSE("the scope's request came when the body had ended, and has cut nothing");
            bound_b(&future, 3, 9);
            call_in(&later, 1, cancel_future);
            run_out();
            EXPECT("b.ECANCELED@10");
            CHECK(eddy_timeout_expired(&b_frame.limit));
            CHECK_INT(eddy_task_cancelling(&b), 0);
            tear_down();
        }
    }

    CASE("a body that has ended well stays so, though the time ends in the cleanup section") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            bound_b(&future, 3, 9);
            call_in(&later, 1, set_result);
            run_out();
            EXPECT("set:OK b.OK@10");
            CHECK(eddy_timeout_expired(&b_frame.limit));
            CHECK_INT(eddy_task_cancelling(&b), 0);
            tear_down();
        }
    }

    CASE("the task that is awaited was cancelled by a stranger, and ends late: no time-out") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            start_inner(60, 5, 0);
            scope_a(&inner.future, 3);
            call_in(&later, 1, cancel_inner);
            run_out();
            EXPECT("i.ECANCELED@6 on=ECANCELED@6 close=ECANCELED expired then=OK requests=0");
            tear_down();
        }
    }
}

/* Opens a scope in its cleanup section. */
struct goodbye {
    struct eddy_co co;
    double seconds;
    struct eddy_timeout limit;
    struct eddy_sleep sleep;
};

static struct eddy_step goodbye(struct eddy_co *co)
{
    struct goodbye *self = CO_FRAME(co, goodbye);

    CO_BEGIN(co);
    CO_AWAIT(co, &future);
    CO_FINALLY(co);
    CHECK_CODE(eddy_timeout_open(&self->limit, co, self->seconds), 0);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 5));
    note("%s@%g", name_of(eddy_co_error(co)), now());
    note("%s", name_of(eddy_timeout_close(&self->limit, co)));
    note("%s requests=%u", eddy_timeout_expired(&self->limit) ? "expired" : "not expired",
         eddy_task_cancelling(co->task));
    CO_END(co);
}

static void in_cleanup(void)
{
    CASE("a scope in a cleanup section cuts nothing, and changes no outcome") {
        for (int mode = 0; mode < 4; mode++) {
            struct goodbye frame;
            struct later later;
            set_up_futures(mode % 2);
            eddy_task_start(&a, &loop, goodbye, &frame, .seconds = mode < 2 ? 1 : 0);
            call_in(&later, 1, cancel_a);
            run_out();
            EXPECT("OK@6 ECANCELED expired requests=1");
            CHECK_CODE(outcome(&a), -ECANCELED);
            tear_down();
        }
    }
}

/* ---- In one another ------------------------------------------------------------------------------ */

static void in_one_another(void)
{
    CASE("of nested scopes, the one whose time is up has its time-out, and the other none") {
        const struct {
            double outer, within;
            const char *want;
        } cases[] = {
            {5, 1, "on=ECANCELED@1 inner=ETIMEDOUT outer=ETIMEDOUT then=OK requests=0"},
            {1, 5, "on=ECANCELED@1 inner=ECANCELED outer=ETIMEDOUT then=OK requests=0"},
            {1, 1, "on=ECANCELED@1 inner=ECANCELED outer=ETIMEDOUT then=OK requests=0"},
            {0, 1, "on=ECANCELED@0 inner=ECANCELED outer=ETIMEDOUT then=OK requests=0"},
            {1, 0, "on=ECANCELED@0 inner=ETIMEDOUT outer=ETIMEDOUT then=OK requests=0"},
            {EDDY_FOREVER, 1, "on=ECANCELED@1 inner=ETIMEDOUT outer=ETIMEDOUT then=OK requests=0"},
        };
        for (int i = 0; i < 12; i++) {
            set_up_futures(i % 2);
            nest_a(cases[i / 2].outer, cases[i / 2].within);
            run_out();
            EXPECT(cases[i / 2].want);
            CHECK(eddy_timeout_expired(&n_frame.outer) ==
                  (cases[i / 2].outer <= cases[i / 2].within &&
                   !(cases[i / 2].within == 0 && cases[i / 2].outer > 0)));
            CHECK_INT(timers(), 0);
            tear_down();
        }
    }

    CASE("of two scopes of 0 the outer one has the time-out") {
        set_up_futures(0);
        nest_a(0, 0);
        run_out();
        EXPECT("on=ECANCELED@0 inner=ECANCELED outer=ETIMEDOUT then=OK requests=0");
        tear_down();
    }

    CASE("a cancel from outside goes through both, also when both have expired") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            nest_a(1, 1);
            turns(1);
            call_in(&later, 1, cancel_a);
            run_out();
            EXPECT("on=ECANCELED@1 inner=ECANCELED outer=ECANCELED then=OK requests=1");
            tear_down();
        }
    }

    CASE("a result in the batch in which both expire: no request is left of either") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            call_in(&later, 1, set_result);
            nest_a(1, 1);
            run_out();
            EXPECT("set:OK on=OK@1 inner=OK outer=OK then=OK requests=0");
            tear_down();
        }
    }
}

/* ---- In a called coroutine ----------------------------------------------------------------------- */

/* Calls one with a scope, within a scope of its own or not; and goes on. */
struct outermost {
    struct eddy_co co;
    double seconds, within, goodbye;
    struct eddy_future *on, *then;
    bool closes; /* the called one closes its scope */
    struct eddy_timeout limit;
    struct bounded bounded;
    struct waiter waiter;
};

static struct eddy_step outermost(struct eddy_co *co)
{
    struct outermost *self = CO_FRAME(co, outermost);

    CO_BEGIN(co);
    CHECK_CODE(eddy_timeout_open(&self->limit, co, self->seconds), 0);
    if (self->closes)
        CO_TRY_CALL(co, bounded, &self->bounded, .name = "in", .on = self->on,
                    .seconds = self->within, .goodbye = self->goodbye);
    else
        CO_TRY_CALL(co, waiter, &self->waiter, .name = "in", .on = self->on);
    note("call=%s@%g", name_of(eddy_co_error(co)), now());
    note("close=%s", name_of(eddy_timeout_close(&self->limit, co)));
    CO_TRY_AWAIT(co, self->then);
    note("then=%s", name_of(eddy_co_error(co)));
    CO_FINALLY(co);
    note("requests=%u", eddy_task_cancelling(co->task));
    CO_END(co);
}

static struct outermost o_frame;
static char want[200];

static void call_a(double seconds, bool closes, double within)
{
    eddy_task_start(&a, &loop, outermost, &o_frame, .seconds = seconds, .closes = closes,
                    .within = within, .on = &future, .then = eddy_next_turn());
}

static void in_calls(void)
{
    CASE("one expires while the other one's cancel is being cleaned up: who was first counts") {
        const double times[][2] = {{3, 1}, {1, 3}, {1, 1}, {3, 3}};
        for (int i = 0; i < 8; i++) {
            double first = times[i / 2][0] < times[i / 2][1] ? times[i / 2][0] : times[i / 2][1];
            set_up_futures(i % 2);
            CAUSE("a request that came during the cleanup lands after it, or is taken for another");
            call_a(times[i / 2][0], true, times[i / 2][1]);
            o_frame.goodbye = 5;
            run_out();
            snprintf(want, sizeof want,
                     "in.ECANCELED@%g call=ECANCELED@%g close=ETIMEDOUT "
                     "then=OK requests=0",
                     first + 5, first + 5);
            EXPECT(want);
            tear_down();
        }
    }

    CASE("a cancel from outside while a cut is cleaned up is no time-out, and strikes once") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            call_a(9, true, 1);
            o_frame.goodbye = 5;
            call_in(&later, 3, cancel_a);
            run_out();
            EXPECT("in.ECANCELED@6 call=ECANCELED@6 close=ECANCELED then=OK requests=1");
            tear_down();
        }
    }

    CASE("a scope around a call cuts however deep it awaits, and the caller goes on") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            call_a(1, false, 0);
            run_out();
            EXPECT("in in.ECANCELED call=ECANCELED@1 close=ETIMEDOUT then=OK requests=0");
            tear_down();
        }
    }

    CASE("a scope of a called coroutine ends with that: its caller sees the time-out") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_futures(mode);
            call_a(5, true, 1);
            run_out();
            EXPECT("in.ETIMEDOUT@1 call=ETIMEDOUT@1 close=ETIMEDOUT then=OK requests=0");
            CHECK(!eddy_timeout_expired(&o_frame.limit));
            tear_down();
        }
    }

    CASE("the caller's scope goes through the called one's; also both in one batch, and of 0") {
        const double times[][2] = {{1, 5}, {1, 1}, {0, 0}, {0, 5}};
        for (int i = 0; i < 8; i++) {
            set_up_futures(i % 2);
            call_a(times[i / 2][0], true, times[i / 2][1]);
            run_out();
            if (i < 4)
                EXPECT("in.ECANCELED@1 call=ECANCELED@1 close=ETIMEDOUT then=OK requests=0");
            else
                EXPECT("in.ECANCELED@0 call=ECANCELED@0 close=ETIMEDOUT then=OK requests=0");
            tear_down();
        }
    }

    CASE("a cancel from outside goes through both") {
        for (int mode = 0; mode < 2; mode++) {
            struct later later;
            set_up_futures(mode);
            call_a(5, true, 4);
            call_in(&later, 1, cancel_a);
            run_out();
            EXPECT("in.ECANCELED@1 call=ECANCELED@1 close=ECANCELED then=OK requests=1");
            tear_down();
        }
    }
}

/* ---- Rescheduling -------------------------------------------------------------------------------- */

static double again_seconds;

static void reschedule(void)
{
    note("%s", name_of(eddy_timeout_reschedule(&b_frame.limit, again_seconds)));
}

static void rescheduling(void)
{
    CASE("the limit can be moved: later, earlier, from none, to none, to now") {
        const struct {
            double first, then;
            const char *want;
        } cases[] = {{2, 5, "OK b.ETIMEDOUT@6"},
                     {9, 1, "OK b.ETIMEDOUT@2"},
                     {EDDY_FOREVER, 3, "OK b.ETIMEDOUT@4"},
                     {5, 0, "OK b.ETIMEDOUT@1"},
                     {5, -INFINITY, "OK b.ETIMEDOUT@1"},
                     {2, EDDY_FOREVER, "OK set:OK b.OK@7"}};
        for (int i = 0; i < 12; i++) {
            struct later later, end;
            set_up_futures(i % 2);
            bound_b(&future, cases[i / 2].first, 0);
            again_seconds = cases[i / 2].then;
            call_in(&later, 1, reschedule);
            if (i / 2 == 5)
                call_in(&end, 7, set_result);
            run_out();
            EXPECT(cases[i / 2].want);
            CHECK_INT(timers(), 0);
            tear_down();
        }
    }

    CASE("a bad time changes nothing: NaN, centuries, and no memory") {
        const double bad[] = {NAN, 1e300, 9.3e9, 1};
        for (int i = 0; i < 4; i++) {
            set_up_futures(0);
            bound_b(&future, 2, 0);
            turns(1);
            if (i == 3)
                faults_plan("realloc@1+=ENOMEM,malloc@1+=ENOMEM,calloc@1+=ENOMEM");
            CHECK_CODE(eddy_timeout_reschedule(&b_frame.limit, bad[i]), i == 0  ? -EINVAL
                                                                        : i < 3 ? -ERANGE
                                                                                : 0);
            faults_plan("");
            CHECK(eddy_timeout_when(&b_frame.limit) == (i < 3 ? 1002 : 1001));
            run_out();
            if (i < 3)
                EXPECT("b.ETIMEDOUT@2");
            else
                EXPECT("b.ETIMEDOUT@1"); /* its place in the heap is there */
            tear_down();
        }
    }

    CASE("a scope without a limit gets none when there is no memory, and goes on") {
        set_up_futures(0);
        bound_b(&future, EDDY_FOREVER, 0);
        turns(1);
        faults_plan("realloc@1+=ENOMEM");
        CHECK_CODE(eddy_timeout_reschedule(&b_frame.limit, 1), -ENOMEM);
        faults_plan("");
        CHECK(isnan(eddy_timeout_when(&b_frame.limit)));
        CHECK_CODE(eddy_timeout_reschedule(&b_frame.limit, 1), 0);
        run_out();
        EXPECT("b.ETIMEDOUT@1");
        tear_down();
    }

    CASE("too late: it has expired, or is closed, or never was open") {
        struct eddy_timeout zeroed = {.expired = false};
        set_up_futures(0);
        CHECK_CODE(eddy_timeout_reschedule(&zeroed, 1), EDDY_ECLOSED);
        CHECK(isnan(eddy_timeout_when(&zeroed)));
        bound_b(&future, 1, 5);
        scripted_advance(1);
        turns(1);
        CHECK(eddy_timeout_when(&b_frame.limit) == 1002);
        scripted_advance(1);
        turns(2);
        CHECK_CODE(eddy_timeout_reschedule(&b_frame.limit, 9), -ETIMEDOUT);
        CHECK(isnan(eddy_timeout_when(&b_frame.limit)));
        run_out();
        EXPECT("b.ETIMEDOUT@7");
        CHECK_CODE(eddy_timeout_reschedule(&b_frame.limit, 9), EDDY_ECLOSED);
        tear_down();
    }
}

/* ---- Bad input ----------------------------------------------------------------------------------- */

/* Opens a scope twice, and closes it, opens it again, and closes it twice. */
struct clumsy {
    struct eddy_co co;
    struct eddy_timeout limit;
};

static struct eddy_step clumsy(struct eddy_co *co)
{
    struct clumsy *self = CO_FRAME(co, clumsy);

    CO_BEGIN(co);
    CHECK_CODE(eddy_timeout_close(&self->limit, co), 0);
    CHECK_CODE(eddy_timeout_open(&self->limit, co, NAN), -EINVAL);
    CHECK_CODE(eddy_timeout_open(&self->limit, co, 5), 0);
    CHECK_CODE(eddy_timeout_open(&self->limit, co, 1), EDDY_EQUEUED);
    CHECK(eddy_timeout_when(&self->limit) == 1005);
    CHECK_CODE(eddy_timeout_close(&self->limit, co), 0);
    CHECK_CODE(eddy_timeout_close(&self->limit, co), 0);
    CHECK_CODE(eddy_timeout_open(&self->limit, co, 1), 0);
    CO_AWAIT(co, &future);
    CO_FINALLY(co);
    CHECK_CODE(eddy_timeout_close(&self->limit, co), -ETIMEDOUT);
    CHECK_CODE(eddy_timeout_close(&self->limit, co), -ETIMEDOUT);
    CO_END(co);
}

static void bad_input(void)
{
    CASE("NaN and a limit of centuries open no scope; infinity is none") {
        const struct {
            double seconds;
            const char *want;
        } cases[] = {{NAN, "b.EINVAL@0"}, {1e300, "b.ERANGE@0"}, {9.3e9, "b.ERANGE@0"}};
        for (int i = 0; i < 6; i++) {
            set_up_futures(i % 2);
            bound_b(&future, cases[i / 2].seconds, 0);
            run_out();
            EXPECT(cases[i / 2].want);
            CHECK(!eddy_timeout_expired(&b_frame.limit));
            CHECK_INT(timers(), 0);
            tear_down();
        }
    }

    CASE("without memory, for the loop's first scope or for a timer, it is not open") {
        const char *plans[] = {"calloc@1+=ENOMEM", "realloc@1+=ENOMEM"};
        for (int i = 0; i < 2; i++) {
            set_up_futures(0);
            bound_b(&future, 1, 0);
            faults_plan(plans[i]);
            turns(1);
            CHECK_INT(faults_injected(), 1);
            faults_plan("");
            EXPECT("b.ENOMEM@0");
            CAUSE("it must work later");
            bound_b(&future, 1, 0);
            run_out();
            EXPECT("b.ETIMEDOUT@1");
            tear_down();
        }
    }

    CASE("a scope that is open is not opened; one that is closed is, and closing is harmless") {
        for (int mode = 0; mode < 2; mode++) {
            struct clumsy frame;
            set_up_futures(mode);
            eddy_task_start(&a, &loop, clumsy, &frame);
            run_out();
            CHECK_CODE(outcome(&a), -ETIMEDOUT);
            CHECK_INT(eddy_task_cancelling(&a), 0);
            tear_down();
        }
    }

    CASE("a thousand scopes one after the other leave no request and no timer") {
        set_up_futures(0);
        for (int i = 0; i < 1000; i++) {
            eddy_future_init(&future, &loop);
            scope_a(&future, 1);
            run_out();
            CHECK_CODE(outcome(&a), 0);
            CHECK_INT(timers(), 0);
            trace[0] = '\0';
        }
        tear_down();
    }
}

TESTS
{
    its_own();
    zero_and_below();
    in_one_batch();
    refusing();
    from_outside();
    in_cleanup();
    in_one_another();
    in_calls();
    rescheduling();
    bad_input();
}
