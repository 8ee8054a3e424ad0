/* Waiting for a future: who is called, in which order, how often, and at what cost. */
#include "futures.h"

#include "faults.h"
#include "selector_backend.h"

#include <stdint.h>
#include <stdlib.h>

/* The letters of a to d that are not in `set`, whose bits are letters. */
static const char *without(int set)
{
    static char left[5];
    size_t n = 0;

    for (int i = 0; i < 4; i++)
        if (!(set & 1 << i))
            left[n++] = (char)('a' + i);
    left[n] = '\0';
    return left;
}

/* Takes out those in `set`, from the front or from behind. */
static void take_out(int set, bool from_behind)
{
    for (int k = 0; k < 4; k++) {
        int i = from_behind ? 3 - k : k;
        if (!(set & 1 << i))
            continue;
        CHECK(eddy_future_remove_done_callback(&future, &steps[i].soon));
        CHECK(!eddy_handle_queued(&steps[i].soon));
        CHECK(!eddy_future_remove_done_callback(&future, &steps[i].soon));
    }
}

static void cancel_c(struct step *step)
{
    (void)step;
    CHECK(!eddy_future_remove_done_callback(&future, &steps[2].soon));
    CHECK(eddy_handle_cancel(&steps[2].soon));
}

static void await_other(struct step *step)
{
    (void)step;
    await(&other, "b");
}

static void await_again(struct step *step)
{
    if (step->calls == 1)
        CHECK_CODE(eddy_future_add_done_callback(&future, &step->soon), 0);
}

static void waiting(void)
{
    CASE("a waiter of a future that is done already is called in the next turn") {
        set_up();
        DID("finished a future, then added a");
        CAUSE("added to a done future, it must neither be called at once nor be lost: the loop "
              "calls it soon");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        await(&future, "a");
        CHECK_TEXT(trace, "");
        turn();
        CHECK_TEXT(trace, "a");
        DID("in one turn a is called, who adds b to a done future, and then c, who was in line");
        CHECK_CODE(eddy_future_set_error(&other, -EIO), 0);
        also('a', await_other);
        await(&future, "ac");
        turn();
        CHECK_TEXT(trace, "aac");
        turn();
        CHECK_TEXT(trace, "aacb");
        tear_down();
    }

    CASE("a waiter may wait again in its own callback") {
        set_up();
        DID("a is called, and adds itself to the same future, which is done");
        also('a', await_again);
        await(&future, "a");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turn();
        CHECK_TEXT(trace, "a");
        turn();
        turn();
        CHECK_TEXT(trace, "aa");
        tear_down();
    }

    CASE("two handles with the same function both wait, and each is called with its own") {
        set_up();
        CHECK(steps[0].soon.fn == steps[1].soon.fn);
        await(&future, "ab");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turn();
        CHECK_INT(steps[0].calls, 1);
        CHECK_INT(steps[1].calls, 1);
        tear_down();
    }

    CASE("a handle waits for one thing at a time: EDDY_EQUEUED") {
        set_up();
        await(&future, "a");
        CHECK_CODE(eddy_loop_call_soon(&loop, &steps[1].soon), 0);
        DID("a waits for a future; added it to the same one, to another, and called it soon");
        CAUSE("its one link is in a list already: into a second one, it would tear the first");
        CHECK_CODE(eddy_future_add_done_callback(&future, &steps[0].soon), EDDY_EQUEUED);
        CHECK_CODE(eddy_future_add_done_callback(&other, &steps[0].soon), EDDY_EQUEUED);
        CHECK_CODE(eddy_loop_call_soon(&loop, &steps[0].soon), EDDY_EQUEUED);
        DID("b is in line; added it to a pending future");
        CHECK_CODE(eddy_future_add_done_callback(&future, &steps[1].soon), EDDY_EQUEUED);
        CHECK_CODE(eddy_future_set_result(&other, NULL), 0);
        DID("b is in line; added it to a future that is done");
        CHECK_CODE(eddy_future_add_done_callback(&other, &steps[1].soon), EDDY_EQUEUED);
        turn();
        CHECK_TEXT(trace, "b");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turn();
        turn();
        CHECK_TEXT(trace, "ba");
        tear_down();
    }

    CASE("whichever waiters are removed, exactly the others are called, in order") {
        set_up();
        for (int set = 0; set < 16; set++)
            for (int from_behind = 0; from_behind < 2; from_behind++) {
                DID("a, b, c and d wait; removed all but \"%s\", %s first; set the result",
                    without(set), from_behind ? "the last" : "the first");
                CAUSE(
                    "a handle does not know in which list it is: go through the waiters until you "
                    "are at it, or back at the head of the list");
                eddy_future_init(&future, &loop);
                trace[0] = '\0';
                await(&future, "abcd");
                take_out(set, from_behind);
                CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
                turn();
                CHECK_TEXT(trace, without(set));
            }
        tear_down();
    }

    CASE("removing one that does not wait here says so, and does nothing") {
        set_up();
        await(&future, "a");
        await(&other, "b");
        CHECK_CODE(eddy_loop_call_soon(&loop, &steps[2].soon), 0);
        DID("a waits for the future; removed from it d, who waits for nothing, b, who waits for "
            "another, and c, who is in line");
        CAUSE("a handle does not know in which list it is: look for it among the waiters of this "
              "future");
        for (int i = 1; i < 4; i++)
            CHECK(!eddy_future_remove_done_callback(&future, &steps[i].soon));
        turn();
        CHECK_TEXT(trace, "c");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        CHECK_CODE(eddy_future_set_result(&other, NULL), 0);
        DID("removed a, when the future was done and a in line");
        CHECK(!eddy_future_remove_done_callback(&future, &steps[0].soon));
        turn();
        CHECK_TEXT(trace, "cab");
        tear_down();
    }

    CASE("eddy_handle_cancel() takes a waiter out, before the future is done and after") {
        set_up();
        DID("a to d wait; cancelled b's handle, set the result, cancelled d's, who is in line; a "
            "cancels c's when it is called");
        also('a', cancel_c);
        await(&future, "abcd");
        CHECK(eddy_handle_cancel(&steps[1].soon));
        CHECK(!eddy_future_remove_done_callback(&future, &steps[1].soon));
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        CHECK(eddy_handle_cancel(&steps[3].soon));
        turn();
        turn();
        CHECK_TEXT(trace, "a");
        tear_down();
    }
}

/* ---- What it costs ----------------------------------------------------------------------------- */

enum { LINKS = 1000000, ROOMY = 65536 };

struct chained {
    struct eddy_future future;
    struct eddy_handle handle;
};

static struct chained *chain;
static size_t called;
static uintptr_t first_frame; /* where on the stack the first callback stood */

/* A selector that asks nobody: a million turns are a matter of milliseconds. */
static int open_none(struct eddy_selector *selector)
{
    (void)selector;
    return 0;
}

static void close_none(struct eddy_selector *selector)
{
    (void)selector;
}

static int set_none(struct eddy_selector *selector, int fd, uint32_t id, int before, int events)
{
    (void)selector, (void)fd, (void)id, (void)before, (void)events;
    return 0;
}

static int wait_none(struct eddy_selector *selector, int64_t ns)
{
    (void)selector;
    return ns == INT64_MAX ? -EDEADLK : 0;
}

static const struct eddy_selector_ops none = {
    .name = "none", .open = open_none, .close = close_none, .set = set_none, .wait = wait_none};

static void open_fast(void)
{
    CHECK_OK(eddy_loop_open(&loop, &(struct eddy_loop_options){.ops = &none}));
    chain = calloc(LINKS, sizeof *chain);
    CHECK(chain != NULL);
}

static void close_fast(void)
{
    CHECK_CODE(eddy_loop_close(&loop), 0);
    free(chain);
}

static void note_depth(void)
{
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);

    if (called == 0)
        first_frame = frame;
    if (first_frame > frame + ROOMY)
        FAIL("no more of the stack than for the first one", "callback %zu stands %zu bytes deeper",
             called + 1, (size_t)(first_frame - frame));
}

static void finish_next(struct eddy_handle *handle)
{
    struct chained *self = container_of(handle, struct chained, handle);

    note_depth();
    CHECK(self == &chain[called]);
    if (++called < LINKS)
        CHECK_CODE(eddy_future_set_result(&self[1].future, NULL), 0);
    else
        eddy_loop_stop(&loop);
}

static void count(struct eddy_handle *handle)
{
    CHECK(container_of(handle, struct chained, handle) == &chain[called]);
    called++;
}

static void try_all_without_memory(void)
{
    await(&future, "abc");
    await(&other, "d");
    CHECK(eddy_future_remove_done_callback(&future, &steps[1].soon));
    CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
    CHECK(eddy_future_cancel(&other));
    CHECK_CODE(eddy_future_add_done_callback(&future, &steps[1].soon), 0);
    turn();
    CHECK_TEXT(trace, "acdb");
    eddy_future_init(&future, &loop);
    await(&future, "a");
    CHECK_CODE(eddy_future_set_error(&future, -EIO), 0);
    turn();
    CHECK_TEXT(trace, "acdba");
}

static void costing(void)
{
    CASE("a chain of a million futures, each finished by the one before, needs no stack") {
        DID("each callback finished the next future, %d times", LINKS);
        CAUSE(
            "a waiter that is called by the one who finishes, and finishes another, goes one level "
            "deeper each time");
        open_fast();
        for (size_t i = 0; i < LINKS; i++) {
            eddy_future_init(&chain[i].future, &loop);
            eddy_handle_init(&chain[i].handle, finish_next);
            CHECK_CODE(eddy_future_add_done_callback(&chain[i].future, &chain[i].handle), 0);
        }
        CHECK_CODE(eddy_future_set_result(&chain[0].future, NULL), 0);
        CHECK_INT(called, 0);
        WAITING("the last callback of the chain");
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        CHECK_INT(called, LINKS);
        close_fast();
    }

    CASE("a million who wait for one future are called in order, in one turn") {
        DID("added %d waiters to one future, and finished it", LINKS);
        open_fast();
        eddy_future_init(&future, &loop);
        WAITING("the adding of a million waiters");
        for (size_t i = 0; i < LINKS; i++) {
            eddy_handle_init(&chain[i].handle, count);
            CHECK_CODE(eddy_future_add_done_callback(&future, &chain[i].handle), 0);
        }
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        CHECK_INT(called, 0);
        turn();
        CHECK_INT(called, LINKS);
        close_fast();
    }

    CASE("waiting, finishing and cancelling allocate nothing, and cannot fail for that") {
        set_up();
        DID("did everything that there is to do with futures while each allocation failed");
        faults_plan("malloc@1+=ENOMEM,calloc@1+=ENOMEM,realloc@1+=ENOMEM");
        try_all_without_memory();
        CHECK_INT(faults_calls("malloc") + faults_calls("calloc") + faults_calls("realloc"), 0);
        faults_plan("");
        tear_down();
    }
}

TESTS
{
    waiting();
    costing();
}
