/* Operations on descriptors, awaited together: on every selector, and how often the kernel is asked. */
#include "many.h"

#include "../06-tasks/sockets.h"

#include "completed.h"
#include "gather.h"
#include "waiting.h"

enum { MESSAGES = 50 };

/* ---- How many waits a message costs -------------------------------------------------------------- */

enum way { PLAIN, GATHERED, NESTED, WAITED, COMPLETED, WAYS };

static const char *const ways[WAYS] = {"as it is", "in a gather", "in a gather of a gather",
                                       "in a wait", "in an as_completed"};

/* Receives one message after the other; each is said a turn after it began to wait for it. */
struct hearer {
    struct eddy_co co;
    enum way way;
    int i;
    struct eddy_io io;
    struct eddy_gather gather, inner;
    struct eddy_awaited each[1], inner_each[1];
    struct eddy_wait wait;
    struct eddy_as_completed next;
    char text[8];
};

static void on_say(struct eddy_handle *handle)
{
    (void)handle;
    say(pair[1], "a");
}

static struct eddy_handle sayer = {.fn = on_say};

static struct eddy_future *receive(struct hearer *self)
{
    eddy_loop_call_soon(&loop, &sayer);
    return eddy_recv(&self->io, &loop, pair[0], self->text, sizeof self->text);
}

static struct eddy_future *start(struct hearer *self)
{
    struct eddy_future *future = receive(self);

    if (self->way == PLAIN)
        return future;
    if (self->way == NESTED)
        future = eddy_gather_of(&self->inner, &loop, self->inner_each, future);
    if (self->way == GATHERED || self->way == NESTED)
        return eddy_gather_of(&self->gather, &loop, self->each, future);
    self->each[0].future = future;
    if (self->way == WAITED)
        return eddy_wait(&self->wait, &loop, self->each, 1, EDDY_ALL_COMPLETED, EDDY_FOREVER);
    CHECK_CODE(eddy_as_completed_open(&self->next, &loop, self->each, 1, EDDY_FOREVER), 0);
    return eddy_as_completed_next(&self->next);
}

static struct eddy_step hearer(struct eddy_co *co)
{
    struct hearer *self = CO_FRAME(co, hearer);

    CO_BEGIN(co);
    for (; self->i < MESSAGES; self->i++) {
        CO_AWAIT(co, start(self));
        CHECK_INT(self->io.n, 1);
        eddy_as_completed_close(&self->next);
    }
    CO_END(co);
}

static long waits_of(enum way way)
{
    struct eddy_task task;
    struct hearer frame;
    long waits;

    DID("%d messages are received %s", MESSAGES, ways[way]);
    set_up();
    connected(pair);
    eddy_task_start(&task, &loop, hearer, &frame, .way = way);
    CHECK_CODE(eddy_loop_run_until_complete(&loop, &task.future), 0);
    waits = scripted_waits();
    close(pair[0]);
    close(pair[1]);
    tear_down();
    return waits;
}

static void waits(void)
{
    CASE("a receive costs no wait more in a gather, a wait or an as_completed than as it is") {
        long plain = waits_of(PLAIN);
        CHECK(plain >= 2 * MESSAGES && plain <= 2 * MESSAGES + 2);
        for (int way = GATHERED; way < WAYS; way++)
            CHECK_INT(waits_of((enum way)way), plain);
    }
}

/* ---- On each selector ------------------------------------------------------------------------------ */

static struct eddy_io ios[2];
static char texts[2][16];
static struct eddy_gather gather;
static struct eddy_awaited each[2];
static struct eddy_wait wait_;

static struct eddy_future *hear(int i)
{
    return eddy_recv(&ios[i], &loop, i == 0 ? pair[0] : pair2[0], texts[i], sizeof texts[i] - 1);
}

static void start_both(void)
{
    set_up_real();
    memset(each, 0, sizeof each);
    each[0].future = hear(0);
    each[1].future = hear(1);
}

static int run(struct eddy_future *future)
{
    WAITING("what is awaited together");
    return eddy_loop_run_until_complete(&loop, future);
}

static void selectors(void)
{
    EACH("gather receives from two at once")
    {
        start_both();
        eddy_gather(&gather, &loop, each, 2);
        say(pair2[1], "right");
        say(pair[1], "left");
        CHECK_CODE(run(&gather.future), 0);
        CHECK_BYTES(texts[0], (size_t)ios[0].n, "left", 4);
        CHECK_BYTES(texts[1], (size_t)ios[1].n, "right", 5);
        tear_down_real();
    }
    EACH("an error cancels the receive beside it, which takes nothing, and watches no more")
    {
        start_both();
        eddy_gather(&gather, &loop, each, 2);
        eddy_future_cancel(each[1].future);
        CHECK_CODE(run(&gather.future), -ECANCELED);
        CHECK_INT(loop.watches.count, 0);
        say(pair[1], "later");
        CHECK_CODE(run(hear(0)), 0);
        CHECK_BYTES(texts[0], (size_t)ios[0].n, "later", 5);
        tear_down_real();
    }
    EACH("wait for the first of two receives leaves the other one waiting, and it receives")
    {
        start_both();
        eddy_wait(&wait_, &loop, each, 2, EDDY_FIRST_COMPLETED, 3600);
        say(pair2[1], "first");
        CHECK_CODE(run(&wait_.future), 0);
        CHECK(!wait_.timed_out && !eddy_awaited_done(&each[0]));
        say(pair[1], "second");
        CHECK_CODE(run(each[0].future), 0);
        CHECK_BYTES(texts[0], (size_t)ios[0].n, "second", 6);
        tear_down_real();
    }
    EACH("a wait whose time is up leaves both receives waiting")
    {
        start_both();
        CHECK_CODE(run(eddy_wait(&wait_, &loop, each, 2, EDDY_ALL_COMPLETED, 0.01)), 0);
        CHECK(wait_.timed_out);
        CHECK_INT(loop.watches.count, 2);
        CHECK_CODE(run(eddy_gather_cancel(&gather, &loop, each, 2)), 0);
        tear_down_real();
    }
}

/* ---- In debug mode --------------------------------------------------------------------------------- */

/* Waits in each way for tasks in its frame, and closes. */
struct family {
    struct eddy_co co;
    struct eddy_gather gather;
    struct eddy_wait wait;
    struct eddy_as_completed next;
    struct eddy_awaited each[2];
    struct eddy_task tasks[2];
    struct sleeper sleepers[2];
};

static struct eddy_awaited *raise_two(struct family *self)
{
    for (int i = 0; i < 2; i++)
        self->each[i].future =
            eddy_task_start(&self->tasks[i], &loop, sleeper, &self->sleepers[i],
                            .name = i ? "b" : "a", .seconds = 1 + i, .outcome = i ? 0 : -EIO);
    return self->each;
}

static struct eddy_step family(struct eddy_co *co)
{
    struct family *self = CO_FRAME(co, family);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, eddy_gather(&self->gather, &loop, raise_two(self), 2));
    note("gather=%s", eddy_errname(eddy_co_error(co)));
    CO_TRY_AWAIT(co, eddy_gather_settled(&self->gather, &loop, raise_two(self), 2));
    note("settled=%s", eddy_errname(eddy_co_error(co)));
    CO_AWAIT(co, eddy_wait(&self->wait, &loop, raise_two(self), 2, EDDY_FIRST_COMPLETED, 5));
    CO_AWAIT(co, eddy_gather_cancel(&self->gather, &loop, self->each, 2));
    CHECK_CODE(eddy_as_completed_open(&self->next, &loop, raise_two(self), 2, 5), 0);
    while (self->next.left > 0)
        CO_AWAIT(co, eddy_as_completed_next(&self->next));
    CO_FINALLY(co);
    eddy_as_completed_close(&self->next);
    CO_AWAIT(co, eddy_gather_cancel(&self->gather, &loop, self->each, 2));
    CO_END(co);
}

static void debugging(void)
{
    CASE("in debug mode all happens in the same order, and there is nothing to report") {
        struct eddy_task task;
        struct family frame;
        for (int debug = 0; debug < 2; debug++) {
            set_up();
            eddy_loop_set_debug(&loop, debug);
            eddy_task_start(&task, &loop, family, &frame);
            CHECK_CODE(eddy_loop_run_until_complete(&loop, &task.future), 0);
            EXPECT("a b a.EIO b.ECANCELED gather=EIO a b a.EIO b.OK settled=OK a b a.EIO "
                   "b.ECANCELED a b a.EIO b.OK");
            CHECK_INT(reports, 0);
            tear_down();
        }
    }
}

TESTS
{
    waits();
    debugging();
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++)
        selectors();
}
