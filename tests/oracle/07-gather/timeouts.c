/* timeouts: wait_for, shield, and a time limit for several awaits. */
#include "crowd.h"

#include "gather.h"
#include "shield.h"
#include "timeout.h"
#include "wait_for.h"

static struct eddy_wait_for waits[2];
static double limits[2];      /* theirs */
static struct role *inner[2]; /* and whom they wait for */

/* The role begins within the await, if it has not yet. */
static void wait_for_role(void *future)
{
    struct eddy_wait_for *wait = container_of(future, struct eddy_wait_for, future);
    size_t i = (size_t)(wait - waits);

    begin(inner[i]);
    eddy_wait_for(wait, &loop, ending(inner[i]), limits[i]);
}

static void waits_for(size_t i, double seconds, struct role *whom)
{
    limits[i] = seconds;
    inner[i] = whom;
}

/* Of one who waits for the first of these. */
#define AWAITS_INNER                                                                 \
    role("a", STARTS(wait_for_role, &waits[0].future), SAYS("a goes on"), CLEANS_UP, \
         SAYS("a cleans up"))

static void a_waits(double seconds, struct role *whom)
{
    waits_for(0, seconds, whom);
    begin(AWAITS_INNER);
    run();
}

static void wait_for_promised(void *future)
{
    eddy_wait_for(container_of(future, struct eddy_wait_for, future), &loop, &promised[0],
                  limits[0]);
}

static void say_result(void *future)
{
    void *result;

    CHECK_CODE(eddy_future_result(future, &result), 0);
    say("result %s", (char *)result);
}

/* The same for a future. */
static struct role *begin_waiting(double seconds)
{
    static const struct move moves[] = {STARTS(wait_for_promised, &waits[0].future),
                                        DOES(say_result, &waits[0].future),
                                        SLEEPS(9),
                                        SAYS("never"),
                                        CLEANS_UP,
                                        SAYS("a cleans up"),
                                        {.kind = ENDS}};
    struct role *a = keep_role("a", moves);

    limits[0] = seconds;
    promise(1);
    begin(a);
    return a;
}

static void does(const char *name, double when, void (*verb)(void *whom), void *whom)
{
    struct actor *who = actor(name);

    then(who, verb, whom);
    later(who, when);
}

/* `verb` is called in the next turn, after a has begun to wait. */
static void set_afterwards(void (*verb)(struct eddy_handle *handle))
{
    static struct eddy_handle handle;

    eddy_handle_init(&handle, verb);
    CHECK_OK(eddy_loop_call_soon(&loop, &handle));
}

static void fail_while_cleaning_up(void *nobody)
{
    (void)nobody;
    eddy_current_task()->inner->place.outcome = -EIO;
}

static void in_time(void)
{
    a_waits(9, SLEEPER("b", 1));
}

static void without_limit(void)
{
    a_waits(EDDY_FOREVER, SLEEPER("b", 1));
}

static void fails_in_time(void)
{
    a_waits(9, FAILER("b", 1));
}

static void late(void)
{
    a_waits(1, SLEEPER("b", 9));
}

static void late_with_cleanup(void)
{
    a_waits(1, role("b", SLEEPS(9), CLEANS_UP, SLEEPS(2), SAYS("b cleans up")));
}

static void late_and_fails(void)
{
    a_waits(1, role("b", SLEEPS(9), CLEANS_UP, SAYS("b cleans up"),
                    DOES(fail_while_cleaning_up, NULL)));
}

static void refuses_it(void)
{
    a_waits(1, REFUSER("b", 9));
}

static void cancelled(void)
{
    struct role *a = AWAITS_INNER;

    waits_for(0, 9, SLEEPER("b", 9));
    begin(a);
    asked_at(a, "timer", 1);
    run();
}

static void cancelled_and_refused(void)
{
    struct role *a = role("a", STARTS(wait_for_role, &waits[0].future), SAYS("a goes on"),
                          SLEEPS(9), CLEANS_UP, SAYS("a cleans up"));

    waits_for(0, 20, REFUSER("b", 9));
    begin(a);
    asked_at(a, "timer", 1);
    run();
}

/* ---- A future --------------------------------------------------------------------------------- */

static void future_cancelled(void)
{
    begin_waiting(9);
    does("timer", 1, cancel_future, &promised[0]);
    run();
}

/* Its timer is set before a's. */
static void result_then_time(void)
{
    struct role *a = begin_waiting(1);

    does("timer", 1, finish_with_name, &promised[0]);
    asked_at(a, "second timer", 2);
    run();
}

static void say_whether_done(void *future)
{
    say(eddy_future_done(future) ? "done" : "not done");
}

static void set_late(struct eddy_handle *handle)
{
    (void)handle;
    does("timer", 1, say_whether_done, &promised[0]);
}

static void time_then_result(void)
{
    begin_waiting(1);
    set_afterwards(set_late);
    run();
}

static void result_then_cancel(void)
{
    struct role *a = begin_waiting(9);
    struct actor *timer = actor("timer");

    then(timer, finish_with_name, &promised[0]);
    then(timer, cancel_future, ending(a));
    later(timer, 1);
    run();
}

static void done_and_0(void)
{
    struct role *a = begin_waiting(0);

    finish_with_name(&promised[0]);
    asked_at(a, "timer", 1);
    run();
}

static void pending_and_0(void)
{
    begin_waiting(0);
    soon(actor("soon"));
    run();
}

/* ---- Nested ----------------------------------------------------------------------------------- */

static void a_waits_for_b_for_c(double outer_limit, double inner_limit)
{
    struct role *b =
        role("b", STARTS(wait_for_role, &waits[1].future), CLEANS_UP, SAYS("b cleans up"));

    waits_for(1, inner_limit, SLEEPER("c", 9));
    a_waits(outer_limit, b);
}

static void nested_waits(void)
{
    a_waits_for_b_for_c(2, 1);
}

static void outer_wait_first(void)
{
    a_waits_for_b_for_c(1, 2);
}

/* ---- shield ----------------------------------------------------------------------------------- */

static struct eddy_shield shielding;

static void shield_inner(void *future)
{
    eddy_shield(container_of(future, struct eddy_shield, future), &loop, ending(inner[0]));
}

#define AWAITS_SHIELD                                                                \
    role("a", STARTS(shield_inner, &shielding.future), SAYS("a goes on"), CLEANS_UP, \
         SAYS("a cleans up"))

static void begin_inner(struct role *whom)
{
    inner[0] = whom;
    begin(whom);
}

static void shielded(void)
{
    struct role *a = AWAITS_SHIELD;

    begin_inner(SLEEPER("b", 2));
    begin(a);
    asked_at(a, "timer", 1);
    run();
}

static void shielded_ends(void)
{
    begin_inner(SLEEPER("b", 1));
    begin(AWAITS_SHIELD);
    run();
}

static void shielded_fails(void)
{
    begin_inner(FAILER("b", 1));
    begin(AWAITS_SHIELD);
    run();
}

static void shielded_cancelled(void)
{
    begin_inner(SLEEPER("b", 9));
    begin(AWAITS_SHIELD);
    asked_at(inner[0], "timer", 1);
    run();
}

static void wait_for_shield(void *future)
{
    eddy_wait_for(container_of(future, struct eddy_wait_for, future), &loop,
                  eddy_shield(&shielding, &loop, ending(inner[0])), 1);
}

static void shield_and_time(void)
{
    begin_inner(SLEEPER("b", 2));
    begin(role("a", STARTS(wait_for_shield, &waits[0].future), CLEANS_UP, SAYS("a cleans up")));
    run();
}

static void shield_promised(void *future)
{
    eddy_shield(container_of(future, struct eddy_shield, future), &loop, &promised[0]);
}

static void shield_done_and_cancelled(void)
{
    struct role *a = role("a", STARTS(shield_promised, &shielding.future), SAYS("a goes on"),
                          SLEEPS(9), SAYS("never"), CLEANS_UP, SAYS("a cleans up"));
    struct actor *timer = actor("timer");

    promise(1);
    begin(a);
    then(timer, finish_with_name, &promised[0]);
    then(timer, cancel_future, ending(a));
    later(timer, 1);
    run();
}

/* ---- A limit for several awaits --------------------------------------------------------------- */

static struct eddy_timeout scope;

/* In whose step they are called, opens and closes it. */
static void open_scope(void *seconds)
{
    CHECK_OK(eddy_timeout_open(&scope, eddy_current_task()->inner, *(double *)seconds));
}

static void close_scope(void *nobody)
{
    (void)nobody;
    eddy_timeout_close(&scope, eddy_current_task()->inner);
}

/* The end of one who has a limit. */
#define CLOSES CLEANS_UP, DOES(close_scope, NULL), SAYS("a cleans up")

static void limit_kept(void)
{
    limits[0] = 5;
    begin(role("a", DOES(open_scope, &limits[0]), SLEEPS(1), SAYS("a goes on"), SLEEPS(2),
               SAYS("a goes on"), CLOSES));
    run();
}

static void limit_expires(void)
{
    limits[0] = 5;
    begin(role("a", DOES(open_scope, &limits[0]), SLEEPS(3), SAYS("a goes on"), SLEEPS(9),
               SAYS("a goes on"), CLOSES));
    run();
}

#define LIMITED(time) \
    role("a", DOES(open_scope, &limits[0]), SLEEPS(time), SAYS("a goes on"), CLOSES)

static void limit_and_cancel(void)
{
    struct role *a = LIMITED(9);

    limits[0] = 5;
    begin(a);
    asked_at(a, "timer", 1);
    run();
}

static struct role *asked;

static void set_to_ask(struct eddy_handle *handle)
{
    (void)handle;
    asked_at(asked, "timer", 1);
}

static void limit_then_cancel(void)
{
    limits[0] = 1;
    asked = LIMITED(9);
    begin(asked);
    set_afterwards(set_to_ask);
    run();
}

static void cancel_then_limit(void)
{
    struct role *a = LIMITED(9);

    limits[0] = 1;
    begin(a);
    asked_at(a, "timer", 1);
    run();
}

static void limit_of_0(void)
{
    limits[0] = 0;
    begin(LIMITED(9));
    soon(actor("soon"));
    run();
}

static void limit_of_0_and_turn(void)
{
    limits[0] = 0;
    begin(LIMITED(0));
    soon(actor("soon"));
    run();
}

/* ---- Two limits ------------------------------------------------------------------------------- */

struct inside {
    struct eddy_co co;
    struct eddy_timeout limit;
    struct eddy_sleep sleep;
    double seconds;
};

static struct eddy_step inside(struct eddy_co *co)
{
    struct inside *self = CO_FRAME(co, inside);

    CO_BEGIN(co);
    CHECK_OK(eddy_timeout_open(&self->limit, co, self->seconds));
    CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, 9));
    CO_FINALLY(co);
    eddy_timeout_close(&self->limit, co);
    CO_END(co);
}

/* The outer limit, within which the inner one is called. */
struct outside {
    struct eddy_co co;
    struct eddy_timeout limit;
    struct eddy_sleep sleep;
    double seconds, inner_seconds;
    struct inside inside;
};

static struct eddy_step outside(struct eddy_co *co)
{
    struct outside *self = CO_FRAME(co, outside);

    CO_BEGIN(co);
    CHECK_OK(eddy_timeout_open(&self->limit, co, self->seconds));
    CO_TRY_CALL(co, inside, &self->inside, .seconds = self->inner_seconds);
    if (eddy_co_error(co) != -ETIMEDOUT)
        CO_FAIL(co, eddy_co_error(co));
    say("inner expired");
    CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, 9));
    CO_FINALLY(co);
    eddy_timeout_close(&self->limit, co);
    CO_END(co);
}

struct nesting {
    struct eddy_co co;
    double seconds, inner_seconds;
    struct outside outside;
    struct eddy_sleep sleep;
};

static struct eddy_step nesting(struct eddy_co *co)
{
    struct nesting *self = CO_FRAME(co, nesting);

    CO_BEGIN(co);
    CO_TRY_CALL(co, outside, &self->outside, .seconds = self->seconds,
                .inner_seconds = self->inner_seconds);
    if (eddy_co_error(co) != -ETIMEDOUT)
        CO_FAIL(co, eddy_co_error(co));
    say("outer expired");
    CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, 1));
    say("a goes on");
    CO_FINALLY(co);
    CO_END(co);
}

static void nest(double outer_limit, double inner_limit)
{
    static struct role a = {.name = "a"};
    static struct nesting frame;

    eddy_task_start(&a.task, &loop, nesting, &frame, .seconds = outer_limit,
                    .inner_seconds = inner_limit);
    eddy_handle_init(&a.ended, say_ending);
    CHECK_OK(eddy_future_add_done_callback(ending(&a), &a.ended));
    run();
}

static void inner_expires(void)
{
    nest(2, 1);
}

static void outer_expires(void)
{
    nest(1, 2);
}

static void both_expire(void)
{
    nest(1, 1);
}

/* ---- What the body does ----------------------------------------------------------------------- */

static void say_whether_expired(void *nobody)
{
    (void)nobody;
    say(eddy_timeout_expired(&scope) ? "expired" : "not expired");
}

static void limit_refused(void)
{
    struct role *a =
        role("a", DOES(open_scope, &limits[0]), SLEEPS(9), SLEEPS(1), SAYS("a goes on"), CLEANS_UP,
             DOES(close_scope, NULL), DOES(say_whether_expired, NULL));

    limits[0] = 1;
    a->refuses = 1;
    begin(a);
    run();
}

static void limit_body_fails(void)
{
    limits[0] = 5;
    begin(role("a", DOES(open_scope, &limits[0]), SLEEPS(1), FAILS, CLOSES));
    run();
}

static void limit_after_result(void)
{
    limits[0] = 1;
    promise(1);
    does("timer", 1, finish_with_name, &promised[0]);
    begin(role("a", DOES(open_scope, &limits[0]), AWAITS(&promised[0]),
               DOES(say_result, &promised[0]), DOES(close_scope, NULL), SAYS("a goes on"),
               SLEEPS(9), SAYS("a ends")));
    run();
}

static void begin_role(void *future)
{
    begin(container_of(future, struct role, task.future));
}

static void limit_around_task(void)
{
    struct role *b = SLEEPER("b", 9);

    limits[0] = 1;
    begin(role("a", DOES(open_scope, &limits[0]), STARTS(begin_role, ending(b)), CLOSES));
    run();
}

static struct eddy_gather gathering;

static void gather_each(void *future)
{
    begin_crowd();
    eddy_gather(container_of(future, struct eddy_gather, future), &loop, each, crowd_size);
}

static void limit_and_gather(void)
{
    in_crowd(SLEEPER("b", 9));
    in_crowd(SLEEPER("c", 9));
    limits[0] = 1;
    begin(role("a", DOES(open_scope, &limits[0]), STARTS(gather_each, &gathering.future), CLOSES));
    run();
}

static const struct scenario scenarios[] = {
    {in_time, "wait_for: it ends in time, and no timer is left"},
    {without_limit, "wait_for without a limit"},
    {fails_in_time, "wait_for: it fails in time, with its own error"},
    {late, "wait_for: it is late, is cancelled, and has ended when the time-out is told"},
    {late_with_cleanup,
     "wait_for: it is late, and its cleanup takes 2 seconds: the time-out is told after it"},
    {late_and_fails, "wait_for: it is late, and fails while it cleans up: with its error"},
    {refuses_it,
     "wait_for: it is late, refuses to be cancelled, and ends well: its result is told"},
    {cancelled, "wait_for: who waits is cancelled: the other one ends first"},
    {cancelled_and_refused,
     "wait_for: who waits is cancelled, and the other one refuses and ends well"},
    {future_cancelled, "wait_for: the future is cancelled by somebody else: that is no time-out"},
    {result_then_time,
     "wait_for: the result comes, and in the same turn the time is up: the result is told"},
    {time_then_result, "wait_for: in one turn the time is up, and then the result comes"},
    {result_then_cancel,
     "wait_for: the result comes, and in the same turn who waits is cancelled: both count"},
    {done_and_0, "wait_for of 0 seconds, for what is done: its result"},
    {pending_and_0, "wait_for of 0 seconds, for what is pending: it is cancelled"},
    {nested_waits, "wait_for within a task that is waited for: the inner time-out comes first"},
    {outer_wait_first, "wait_for within a task that is waited for: the outer time-out comes first"},
    {shielded, "shield: who awaits is cancelled, and what is shielded goes on"},
    {shielded_ends, "shield: it ends well"},
    {shielded_fails, "shield: it fails"},
    {shielded_cancelled, "shield: what is shielded is cancelled, and so comes back who awaits it"},
    {shield_and_time, "wait_for a shield: late, and what is shielded goes on"},
    {shield_done_and_cancelled,
     "shield: in one turn it is done, and then who awaits it is cancelled"},
    {limit_kept, "a limit: it is kept, and no timer is left"},
    {limit_expires, "a limit: it expires in the second await"},
    {limit_and_cancel, "a limit: the task is cancelled before it expires: that is no time-out"},
    {limit_then_cancel,
     "a limit: in one turn it expires, and then the task is cancelled: cancelled"},
    {cancel_then_limit,
     "a limit: in one turn the task is cancelled, and then it expires: cancelled"},
    {limit_of_0, "a limit of 0: it cuts the first await"},
    {limit_of_0_and_turn, "a limit of 0, and an await of one turn: it cuts it"},
    {inner_expires, "two limits: the inner one expires, then the outer one, and the task goes on"},
    {outer_expires, "two limits: the outer one expires first: the inner one says nothing"},
    {both_expire, "two limits: both expire in one turn: the outer one has its time-out"},
    {limit_refused,
     "a limit: the body refuses, and ends well: no time-out is told, but that it expired"},
    {limit_body_fails, "a limit: the body fails before it expires, and no timer is left"},
    {limit_after_result, "a limit: in one turn the result comes, and then it expires"},
    {limit_around_task, "a limit around a task that is awaited: that is cancelled, and cleans up"},
    {limit_and_gather, "a limit around a gather: its children are cancelled, and clean up"},
};

TESTS
{
    stage_tells_turns = false;
    oracle_play(scenarios, sizeof scenarios / sizeof *scenarios, __FILE__);
}
