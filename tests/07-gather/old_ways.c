/* The famous faults of asyncio's wait_for, each as a rule. An old wait_for, written as asyncio's was,
 * breaks the rule; eddy's keeps it, and what was there before does not come back. */
#include "old_wait_for.h"

#include "limits.h"

static struct eddy_task a, inner;
static struct slow inner_frame;
static struct eddy_future future, next;
static struct later later;

/* ---- Who waits --------------------------------------------------------------------------------- */

/* Waits with a limit, keeps what comes of it, and awaits `next`. */
struct patient {
    struct eddy_co co;
    wait_for_fn *wait_for;
    struct eddy_future *on;
    struct old_wait_for limit;
    int told; /* what the await came back with; EDDY_EPENDING: it did not */
    void *result;
    bool on_had_ended;
};

static struct eddy_step patient(struct eddy_co *co)
{
    struct patient *self = CO_FRAME(co, patient);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, self->wait_for(&self->limit.wait, eddy_co_loop(co), self->on, 1));
    self->told = eddy_co_error(co);
    CHECK_CODE(eddy_future_result(&self->limit.wait.future, &self->result), self->told);
    self->on_had_ended = eddy_future_done(self->on);
    if (self->told == -ECANCELED)
        CO_FAIL(co, -ECANCELED);
    CO_AWAIT(co, &next);
    CO_FINALLY(co);
    CO_END(co);
}

static struct patient patient_frame;

static void begin_patient(wait_for_fn *wait_for, struct eddy_future *on)
{
    eddy_task_start(&a, &loop, patient, &patient_frame, .wait_for = wait_for, .on = on,
                    .told = EDDY_EPENDING);
}

static void begin(int debug)
{
    set_up_in(debug);
    eddy_future_init(&future, &loop);
    eddy_future_init(&next, &loop);
}

/* The rule has been judged by now: what goes on is ended. */
static void end(void)
{
    cancel_task(&a);
    cancel_task(&inner);
    run_out();
    CHECK_INT(timers(), 0);
    CHECK_INT(reports, 0);
    tear_down();
}

/* ---- The rules --------------------------------------------------------------------------------- */

/* Whether `wait_for` keeps the rule. */
typedef bool rule(wait_for_fn *wait_for, int debug);

/* A shop with one customer, who waits for the next item in `future`. */
static int in_shop;

struct customer {
    struct eddy_co co;
    int items;
};

static struct customer customer_frame;

static struct eddy_step customer(struct eddy_co *co)
{
    struct customer *self = CO_FRAME(co, customer);

    CO_BEGIN(co);
    CO_AWAIT(co, &future);
    self->items++;
    CO_FINALLY(co);
    CO_END(co);
}

static void put_item(void)
{
    if (eddy_future_set_result(&future, NULL) < 0)
        in_shop++; /* nobody waits for it */
}

static bool no_item_lost_if(wait_for_fn *wait_for, int debug, bool item_first, int turns_later)
{
    bool had;

    begin(debug);
    in_shop = 0;
    if (item_first)
        call_in_turns(&later, 1, turns_later, put_item);
    eddy_task_start(&inner, &loop, customer, &customer_frame, .items = 0);
    begin_patient(wait_for, &inner.future);
    turns(1);
    if (!item_first)
        call_in_turns(&later, 1, turns_later, put_item);
    run_out();
    had = patient_frame.told == 0 && customer_frame.items == 1;
    end();
    return had != (in_shop == 1);
}

/* An item that comes as the time is up is had by whoever waits for it, or still in the shop. */
static bool no_item_lost(wait_for_fn *wait_for, int debug)
{
    bool kept = true;

    for (int n = 0; n < 4; n++) {
        kept &= no_item_lost_if(wait_for, debug, false, n);
        kept &= no_item_lost_if(wait_for, debug, true, n);
    }
    return kept;
}

/* When the time-out is told, what was waited for has ended: nothing goes on for nobody. */
static bool has_ended(wait_for_fn *wait_for, int debug)
{
    bool ended;

    begin(debug);
    eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 60, .goodbye = 2);
    begin_patient(wait_for, &inner.future);
    run_out();
    CHECK_CODE(patient_frame.told, -ETIMEDOUT);
    ended = patient_frame.on_had_ended;
    end();
    return ended;
}

/* ... and it was cut short: it did not take the minute that it would have taken. */
static bool is_cut_short(wait_for_fn *wait_for, int debug)
{
    bool cut;

    begin(debug);
    eddy_task_start(&inner, &loop, slow, &inner_frame, .name = "i", .seconds = 60);
    begin_patient(wait_for, &inner.future);
    run_out();
    CHECK_CODE(patient_frame.told, -ETIMEDOUT);
    cut = now() < 60 && inner.future.err == -ECANCELED;
    end();
    return cut;
}

static void connect_and_cancel(void)
{
    CHECK_CODE(eddy_future_set_result(&future, &future), 0);
    cancel_task(&a);
}

static void run_connect_and_cancel(wait_for_fn *wait_for, int debug)
{
    begin(debug);
    begin_patient(wait_for, &future);
    call_in(&later, 0.5, connect_and_cancel);
    run_out();
    CHECK(patient_frame.told != EDDY_EPENDING);
}

/* A result that was there before the cancel comes to whoever waits: else nobody closes it. */
static bool result_is_delivered(wait_for_fn *wait_for, int debug)
{
    bool delivered;

    run_connect_and_cancel(wait_for, debug);
    delivered = patient_frame.told == 0 && patient_frame.result == &future;
    end();
    return delivered;
}

/* A task that was cancelled ends so: at this await, or at the next. */
static bool cancel_lands(wait_for_fn *wait_for, int debug)
{
    bool landed;

    run_connect_and_cancel(wait_for, debug);
    landed = outcome(&a) == -ECANCELED;
    end();
    return landed;
}

/* ---- Old and new ------------------------------------------------------------------------------- */

static void keeps(wait_for_fn *wait_for, rule *holds)
{
    for (int debug = 0; debug < 2; debug++)
        CHECK(holds(wait_for, debug));
}

static void breaks(wait_for_fn *wait_for, rule *holds)
{
    for (int debug = 0; debug < 2; debug++)
        CHECK(!holds(wait_for, debug));
}

/* The wait_for that was mended next breaks the rule, and the one with the mend keeps it. */
TESTS
{
    CASE("asyncio 107: what is out of time goes on with the wait_for of 2014, not with this one") {
        breaks(old_wait_for_2014, is_cut_short);
        keeps(old_wait_for_2016, is_cut_short);
        keeps(eddy_wait_for, is_cut_short);
    }

    CASE("asyncio 343: an item that comes as the time is up is lost by the old, not by this one") {
        breaks(old_wait_for_2014, no_item_lost);
        breaks(old_wait_for_2016, no_item_lost);
        breaks(old_wait_for_2019, no_item_lost);
        keeps(old_wait_for_2020, no_item_lost);
        CAUSE("a time-out was told, though what was waited for had ended with a result");
        keeps(eddy_wait_for, no_item_lost);
    }

    CASE("cpython 76932: the old one is back before what it has cut has ended, not this one") {
        breaks(old_wait_for_2016, has_ended);
        keeps(old_wait_for_2019, has_ended);
        keeps(eddy_wait_for, has_ended);
    }

    CASE("cpython 81839: a cancel loses a result that was there with the old, not with this one") {
        breaks(old_wait_for_2016, result_is_delivered);
        breaks(old_wait_for_2019, result_is_delivered);
        keeps(old_wait_for_2020, result_is_delivered);
        CAUSE("the cancel ended wait_for, and what was delivered to it already was dropped");
        keeps(eddy_wait_for, result_is_delivered);
    }

    CASE("cpython 86296: a cancel is swallowed by the wait_for of 2020, not by this one") {
        keeps(old_wait_for_2019, cancel_lands);
        breaks(old_wait_for_2020, cancel_lands);
        CAUSE("the request was taken back together with the result that came first");
        keeps(eddy_wait_for, cancel_lands);
    }
}
