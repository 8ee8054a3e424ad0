/*
 * What a learner hears first: what a turn promises, one by one. The chapter's own tests come
 * after these. The clock is the test's own, and a loop that goes round in vain is stopped: nothing hangs.
 */
#include "check.h"

#include "errors.h"
#include "scripted.h"
#include "selector_backend.h"
#include "turn.h"

#include <errno.h>
#include <math.h>
#include <unistd.h>

enum { STEPS = 5, CALLS_MOST = 20, TURNS_MOST = 100 };

struct step {
    struct eddy_timer timer; /* to be put in line, its handle is enough */
    struct eddy_watch watch;
    void (*then)(void); /* what it does when it is called; NULL: nothing */
    long turn;          /* in which it was called the last time, counted from 1 */
    double time;        /* when that was, in seconds since the start */
};

static struct eddy_loop loop;
static struct step steps[STEPS]; /* a, b, c ... */
static char trace[CALLS_MOST + 1];

/* ---- A loop that says of itself when it goes round in vain ------------------------------------- */

static struct eddy_selector_ops watchful;

static int watchful_wait(struct eddy_selector *selector, int64_t ns)
{
    if (ns < 0)
        FAIL("a wait of 0 or more nanoseconds", "%lld", (long long)ns);
    if (scripted_waits() >= TURNS_MOST)
        FAIL("the loop to have done what there is to do",
             "it has gone round %d times; called in all: \"%s\"", TURNS_MOST, trace);
    return scripted.ops->wait(selector, ns);
}

static void called(struct step *step)
{
    size_t n = strlen(trace);

    if (n == CALLS_MOST)
        FAIL("the loop to have done what there is to do", "it went on calling: \"%s\"", trace);
    trace[n] = (char)('a' + (step - steps));
    step->turn = scripted_waits();
    step->time = scripted_time() - 1000;
    if (step->then)
        step->then();
}

static void on_handle(struct eddy_handle *handle)
{
    called(container_of(handle, struct step, timer.handle));
}

static void on_readable(struct eddy_handle *handle)
{
    called(container_of(handle, struct step, watch.handle));
}

static void set_up(void)
{
    struct eddy_loop_options options = scripted;

    scripted_start();
    watchful = *scripted.ops;
    watchful.wait = watchful_wait;
    options.ops = &watchful;
    CHECK_CODE(eddy_loop_open(&loop, &options), 0);
    memset(trace, 0, sizeof trace);
    for (int i = 0; i < STEPS; i++) {
        steps[i] = (struct step){.then = NULL};
        eddy_timer_init(&steps[i].timer, on_handle);
        eddy_watch_init(&steps[i].watch, on_readable);
    }
}

static struct step *step(char name)
{
    return &steps[name - 'a'];
}

static void in_line(char name)
{
    CHECK_CODE(eddy_loop_call_soon(&loop, &step(name)->timer.handle), 0);
}

static void set(char name, double delay)
{
    CHECK_CODE(eddy_loop_call_later(&loop, &step(name)->timer, delay), 0);
}

static void tear_down(void)
{
    CHECK_CODE(eddy_loop_close(&loop), 0);
}

/* ---- What steps do besides --------------------------------------------------------------------- */

static void stop(void)
{
    eddy_loop_stop(&loop);
}

static const char *const one_turn =
    "a turn calls what was in line at its start. Take that out of the line as a whole, before "
    "the first call: else one callback can keep all others waiting for ever";

static void queue_itself(void)
{
    if (strlen(trace) < 5) {
        CAUSE("take a handle out of the batch first, then call it: its callback may put it in line "
              "again");
        in_line('a');
        CAUSE("%s", one_turn);
    } else
        stop();
}

static void cancel_b(void)
{
    CHECK(eddy_handle_cancel(&step('b')->timer.handle));
}

static void cancel_b_queue_d(void)
{
    cancel_b();
    in_line('d');
}

static void stop_queue_d(void)
{
    stop();
    in_line('d');
}

static void take_10_s(void)
{
    scripted_advance(10);
}

/* ---- The batch --------------------------------------------------------------------------------- */

static void batches(void)
{
    CASE("what is in line is called, in its order, in one turn") {
        set_up();
        step('c')->then = stop;
        in_line('a');
        in_line('b');
        in_line('c');
        DID("put a, b and c in line; c stops the loop");
        IF_CRASH(
            "a list's head cannot be copied by value: its first and its last point to the old one. "
            "eddy_list_move() moves what is in it");
        CAUSE("what is in line must not wait (sleep_time() is 0 then), and run_batch() calls each "
              "of them through call_handle()");
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), 0);
        CHECK_TEXT(trace, "abc");
        CHECK_INT(scripted_waits(), 1);
        tear_down();
    }

    CASE("what a callback puts in line is called in the next turn") {
        set_up();
        step('a')->then = queue_itself;
        in_line('a');
        DID("put a in line, which puts itself in line again, four times");
        CAUSE("%s", one_turn);
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), 0);
        CHECK_TEXT(trace, "aaaaa");
        CHECK_INT(step('a')->turn, 5);
        tear_down();
    }

    CASE("with nothing in line and no timer it sleeps without a limit") {
        set_up();
        eddy_loop_keep(&loop);
        DID("nothing is in line, no timer is set, and the loop is kept");
        CAUSE("no limit is `forever`; 0 would go round and round");
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), -EDEADLK); /* a script has nothing to tell */
        CHECK_INT(scripted_waits(), 1);
        CHECK(isinf(scripted_last_wait()));
        eddy_loop_unkeep(&loop);
        tear_down();
    }
}

static void posted(void)
{
    CASE("what a thread has posted is called in its turn, and all of it in one") {
        set_up();
        CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &step('b')->timer.handle), 0);
        CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &step('c')->timer.handle), 0);
        in_line('a');
        DID("posted b and c, as a thread does, and put a in line");
        CAUSE("in the batch, the door stands for all handles that were posted. next_in_line() "
              "knows: it "
              "takes the first out of the batch, or one of them in the door's place");
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        CHECK_TEXT(trace, "abc");
        CHECK_INT(step('c')->turn, 1);
        tear_down();
    }
}

static void leaving(void)
{
    CASE("a handle that an earlier one of the same turn cancels is not called") {
        set_up();
        step('a')->then = cancel_b;
        for (char name = 'a'; name <= 'c'; name++)
            in_line(name);
        DID("put a, b and c in line; a cancels b, the next one: a pointer to b that "
            "was noted before leads out of the line");
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        CHECK_TEXT(trace, "ac");
        tear_down();
    }

    CASE("... and nobody else is called in its place") {
        set_up();
        step('a')->then = cancel_b_queue_d;
        for (char name = 'a'; name <= 'c'; name++)
            in_line(name);
        DID("put a, b and c in line; a cancels b and puts d in line");
        CAUSE("a count made before the first call is wrong when a callback takes a handle out of "
              "the line");
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        CHECK_TEXT(trace, "acd");
        CHECK_INT(step('d')->turn, 2);
        tear_down();
    }

    CASE("a stop lets the turn end") {
        set_up();
        step('a')->then = stop_queue_d;
        for (char name = 'a'; name <= 'c'; name++)
            in_line(name);
        DID("put a, b and c in line; a stops the loop, and puts d in line");
        CAUSE("the run looks at `stopping` between two turns: a turn that has begun calls all that "
              "was in line");
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        CHECK_TEXT(trace, "abc");
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        CHECK_TEXT(trace, "abcd");
        tear_down();
    }
}

/* ---- Timers ------------------------------------------------------------------------------------ */

static void timers(void)
{
    CASE("a timer is called when its time has come, and not before") {
        set_up();
        set('a', 5);
        in_line('b');
        DID("set timer a for 5 s; b is in line at once");
        CAUSE("due is a timer whose key is not above the clock's time (<=); then it leaves the "
              "heap, and joins the line");
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        CHECK_TEXT(trace, "ba");
        CHECK(step('b')->time == 0);
        CHECK(step('a')->time == 5);
        tear_down();
    }

    CASE("all timers that are due are called in the same turn") {
        set_up();
        set('a', 5);
        set('b', 5);
        set('c', 4);
        DID("set timers a and b for 5 s, c for 4 s");
        CAUSE("look at the heap's first as long as it is due, not once");
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        CHECK_TEXT(trace, "cab");
        CHECK_INT(step('c')->turn, 1);
        CHECK_INT(step('a')->turn, 2);
        CHECK_INT(step('b')->turn, 2);
        tear_down();
    }

    CASE("a due timer joins the line, after those in line and what is readable") {
        int fds[2];
        set_up();
        CHECK(pipe(fds) == 0);
        CHECK_CODE(eddy_loop_add_reader(&loop, fds[0], &step('b')->watch), 0);
        scripted_event(fds[0], EDDY_READ);
        set('c', 0);
        step('c')->then = stop;
        in_line('a');
        DID("a is in line, what b watches is readable, timer c is due");
        CAUSE("queue_timers() calls nobody: it appends to the line, and run_batch() calls");
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), 0);
        CHECK_TEXT(trace, "abc");
        tear_down();
        close(fds[0]);
        close(fds[1]);
    }

    CASE("a timer that is due can be cancelled by a callback before it") {
        set_up();
        step('a')->then = cancel_b;
        set('a', 5);
        set('b', 5);
        DID("set timers a and b for 5 s; a cancels b");
        CAUSE("a due timer leaves the heap and waits in line, where it can be cancelled");
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        CHECK_TEXT(trace, "a");
        tear_down();
    }
}

/* ---- Sleep ------------------------------------------------------------------------------------- */

static void sleeping(void)
{
    CASE("it sleeps until the next timer, and not longer") {
        set_up();
        set('a', 7);
        set('b', 3);
        DID("set timer a for 7 s, b for 3 s");
        CAUSE("the wait may last as long as it is to the first timer's time: when - now");
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        CHECK_TEXT(trace, "ba");
        CHECK_INT(scripted_waits(), 2);
        CHECK(scripted_last_wait() == 4);
        tear_down();
    }

    CASE("it does not sleep while somebody is in line") {
        set_up();
        set('b', 5);
        in_line('a');
        DID("a is in line, timer b is set for 5 s");
        CAUSE("what is in line must not wait for a timer: no sleep");
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        CHECK_TEXT(trace, "ab");
        CHECK(step('a')->time == 0);
        tear_down();
    }

    CASE("a timer that is overdue leaves no time to sleep, and not less than none") {
        set_up();
        step('a')->then = take_10_s;
        set('a', 1);
        set('b', 5);
        DID("set timer a for 1 s, b for 5 s; a takes 10 s");
        CAUSE("when - now is negative for what is overdue; a negative wait is an error");
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        CHECK_TEXT(trace, "ab");
        CHECK(step('b')->time == 11);
        tear_down();
    }

    CASE("a loop that shall stop does not sleep") {
        set_up();
        set('a', 5);
        DID("set timer a for 5 s, eddy_loop_stop(), then eddy_loop_run_forever()");
        CAUSE("`stopping` makes it a last turn: look at descriptors, but do not wait for any");
        eddy_loop_stop(&loop);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        CHECK_TEXT(trace, "");
        CHECK(scripted_time() == 1000);
        tear_down();
    }
}

TESTS
{
    check_limit(3);
    batches();
    leaving();
    posted();
    timers();
    sleeping();
}
