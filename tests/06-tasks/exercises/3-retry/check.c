/* Time is the test's own here: what takes a minute takes none. Dialling, asking and hanging up take a
 * second each. The trace says what was begun, and when. */
#include "../../tasks.h"

#include "3-retry.h"

#include <math.h>

/* An operation that takes a second. */
struct job {
    struct eddy_future future;
    struct eddy_timer timer;
    struct phone *phone;
    int outcome, lines; /* when it is done: an error or 0; so many lines more */
};

struct phone {
    struct job dial, ask, hang_up;
    const char *fails; /* what goes wrong in each try: d or a; behind the last, nothing */
    char now;          /* in this one */
    int lines;
};

static struct phone phone, other_phone;
static struct eddy_task a, b;
static struct retry frame, other;
static int stop_after; /* so many things have begun; 0: never */

static void on_second(struct eddy_handle *handle)
{
    struct job *job = container_of(handle, struct job, timer.handle);

    if (job->outcome == 0)
        job->phone->lines += job->lines;
    eddy_future_finish(&job->future, job->outcome, NULL);
}

static void cancel_job(struct eddy_future *cancelled)
{
    eddy_timer_cancel(&loop, &container_of(cancelled, struct job, future)->timer);
    eddy_future_set_error(cancelled, -ECANCELED);
}

static struct eddy_future *begin(struct job *job, struct phone *of, const char *what, int outcome)
{
    static const struct eddy_future_type type = {.name = "call", .cancel = cancel_job};

    note("%s@%.1f", what, scripted_time() - 1000);
    if (stop_after > 0 && --stop_after == 0)
        eddy_loop_stop(&loop);
    job->phone = of;
    job->outcome = outcome;
    eddy_future_init_type(&job->future, &loop, &type);
    eddy_timer_init(&job->timer, on_second);
    CHECK_OK(eddy_loop_call_later(&loop, &job->timer, 1));
    return &job->future;
}

struct eddy_future *phone_dial(struct phone *of)
{
    if (of->lines > 0)
        FAIL("to hang up before dialling again", "the last line is still there");
    of->now = *of->fails;
    of->fails += of->now != '\0';
    of->dial.lines = 1;
    return begin(&of->dial, of, "dial", of->now == 'd' ? -ECONNREFUSED : 0);
}

struct eddy_future *phone_ask(struct phone *of)
{
    return begin(&of->ask, of, "ask", of->now == 'a' ? -EIO : 0);
}

struct eddy_future *phone_hang_up(struct phone *of)
{
    if (of->lines == 0) {
        CAUSE(
            "the cleanup section runs after an error, too: it has to know whether there is a line. "
            "Note that when phone_dial() is done, and in a field");
        FAIL("to hang up a line that there is", "there is none: nobody has answered the phone");
    }
    of->hang_up.lines = -1;
    return begin(&of->hang_up, of, "hang", 0);
}

/* ---- What the cases do -------------------------------------------------------------------------- */

static void start(const char *fails, int tries, double pause, double longest)
{
    set_up();
    eddy_loop_set_exception_handler(&loop, NULL);
    phone = (struct phone){.fails = fails};
    eddy_task_start(&a, &loop, retry, &frame, .phone = &phone, .tries = tries, .pause = pause,
                    .longest = longest);
}

/* Runs until `count` things have begun. */
static void run_until(int count)
{
    stop_after = count;
    CHECK_CODE(eddy_loop_run_forever(&loop), 0);
}

static void run(void)
{
    WAITING("retry() to come to its end");
    stop_after = 0;
    eddy_loop_run_until_complete(&loop, &a.future);
    if (strstr(reported, "it cannot go on here")) {
        CAUSE("a switch of your own has taken the case label of an await; use if, or another "
              "function");
        FAIL("nothing that eddy has to report", "the report below");
    }
}

static void expect_end(double time, int err)
{
    double off = scripted_time() - 1000 - time;

    if (!eddy_task_done(&a))
        FAIL("retry() to come to its end", "it goes on");
    CHECK_CODE(outcome(&a), err);
    if (off < -0.01 || off > 0.01)
        FAIL("its end, in time", "it ends %.1f s too %s", off < 0 ? -off : off,
             off < 0 ? "early" : "late");
    if (phone.lines > 0)
        FAIL("no line at its end", "there is one that nobody has hung up");
    tear_down();
}

/* ---- Trying -------------------------------------------------------------------------------------- */

static void trying(void)
{
    CASE("what succeeds is tried once: dial, ask, hang up") {
        DID("a call that goes well");
        CAUSE("one_try() awaits phone_dial(), then phone_ask(); hanging up is its cleanup section, "
              "where it is awaited, too. retry() calls it (CO_TRY_CALL), and success ends it");
        start("", 3, 1, 10);
        run();
        EXPECT("dial@0.0 ask@1.0 hang@2.0");
        expect_end(3, 0);
    }

    CASE("what fails is tried again") {
        DID("the first time nobody answers the phone; no pause");
        CAUSE("the error of a try is retry()'s to look at (CO_TRY_CALL, eddy_co_error), and what "
              "follows is a pause, of `pause` seconds to begin with, here 0, and another try");
        start("d", 3, 0, 10);
        run();
        EXPECT("dial@0.0 dial@1.0 ask@2.0 hang@3.0");
        expect_end(4, 0);
    }

    CASE("each pause is twice as long as the one before") {
        DID("four calls fail, with 0.5 s to begin with");
        CAUSE("the pause must live across an await: it is a field, a local variable begins anew. "
              "Double it behind each sleep");
        start("dddd", 5, 0.5, 60);
        run();
        EXPECT("dial@0.0 dial@1.5 dial@3.5 dial@6.5 dial@11.5 ask@12.5 hang@13.5");
        expect_end(14.5, 0);
    }

    CASE("but never longer than it may be") {
        DID("four calls fail, with 2 s to begin with and 5 at most; then one with 9 and 5");
        CAUSE("what is slept is the smaller of `pause` and `longest`, the first time too");
        start("dddd", 5, 2, 5);
        run();
        EXPECT("dial@0.0 dial@3.0 dial@8.0 dial@14.0 dial@20.0 ask@21.0 hang@22.0");
        expect_end(23, 0);
        start("d", 2, 9, 5);
        run();
        EXPECT("dial@0.0 dial@6.0 ask@7.0 hang@8.0");
        expect_end(9, 0);
    }

    CASE("a line that there is is hung up, also after an error; and only such a line") {
        DID("the first time nobody answers the phone, the second time the question fails; no "
            "pause");
        CAUSE("the cleanup section runs after an error, too: it has to know whether there is a "
              "line. Note that when phone_dial() is done, and in a field");
        start("da", 3, 0, 10);
        run();
        EXPECT("dial@0.0 dial@1.0 ask@2.0 hang@3.0 dial@4.0 ask@5.0 hang@6.0");
        expect_end(7, 0);
    }
}

static void giving_up(void)
{
    CASE("when no try is left it ends, with the last one's error and without another pause") {
        DID("three tries: the question fails twice, then nobody answers the phone");
        CAUSE(
            "look whether a try is left before you sleep: then there is nothing to sleep for. And "
            "its error is that of the last CO_TRY_CALL (CO_FAIL)");
        start("aadddd", 3, 1, 10);
        run();
        EXPECT("dial@0.0 ask@1.0 hang@2.0 dial@4.0 ask@5.0 hang@6.0 dial@9.0");
        expect_end(10, -ECONNREFUSED);
        DID("one try, which fails");
        start("addd", 1, 1, 10);
        run();
        EXPECT("dial@0.0 ask@1.0 hang@2.0");
        expect_end(3, -EIO);
    }
}

/* ---- Cancelling ---------------------------------------------------------------------------------- */

static void cancel_after(const char *fails, int begun)
{
    start(fails, 5, 4, 10);
    run_until(begun);
    CHECK(cancel_task(&a));
    run();
}

static void cancelling(void)
{
    CASE("cancelled while it dials, it ends at once: no line, and no other try") {
        DID("cancelled it in its first second");
        CAUSE("-ECANCELED as the outcome of a try is no failure to be made good, but a request to "
              "end: do not sleep, do not try again. And an interrupted dialling gives no line");
        cancel_after("", 1);
        EXPECT("dial@0.0");
        expect_end(0, -ECANCELED);
    }

    CASE("cancelled while it asks, it hangs up and ends") {
        DID("cancelled it in its second second");
        CAUSE("the cleanup section of one_try() runs after a cancel, too, and is not cut short; "
              "then its outcome, -ECANCELED, ends retry()");
        cancel_after("", 2);
        EXPECT("dial@0.0 ask@1.0 hang@1.0");
        expect_end(2, -ECANCELED);
    }

    CASE("cancelled between two tries, it ends at once") {
        DID("nobody answered the phone; cancelled it while it sleeps");
        CAUSE("the sleep comes back with -ECANCELED: CO_AWAIT ends the body with that");
        start("dd", 5, 4, 10);
        run_until(1);
        scripted_advance(1);
        turns(3);
        CHECK(!isnan(eddy_timer_when(&loop, &frame.sleep.timer)));
        CHECK(cancel_task(&a));
        run();
        EXPECT("dial@0.0");
        expect_end(1, -ECANCELED);
    }
}

static void cancelling_at_the_end(void)
{
    CASE("cancelled while it hangs up, the line is hung up; and then it ends") {
        DID("the question failed; cancelled it while it hangs up");
        CAUSE("the request lands at the next await, which is the sleep's; and to hang up is to "
              "await phone_hang_up(), or retry() goes on before that is done");
        cancel_after("aa", 3);
        EXPECT("dial@0.0 ask@1.0 hang@2.0");
        expect_end(3, -ECANCELED);
    }

    CASE("an answer that has come is not lost to a cancel") {
        DID("the question was answered; cancelled it while it hangs up");
        CAUSE("one_try() has succeeded, and that is retry()'s outcome: look at the error, and not "
              "whether somebody has cancelled");
        cancel_after("", 3);
        EXPECT("dial@0.0 ask@1.0 hang@2.0");
        expect_end(3, 0);
    }

    CASE("cancelled before its first step, a try hangs up nothing") {
        struct one_try once;
        DID("started one_try() as a task of its own, and cancelled it before the loop ran");
        CAUSE("only its cleanup section runs: what is 0 in its frame must mean \"no line\"");
        set_up();
        phone = (struct phone){.fails = ""};
        eddy_task_start(&a, &loop, one_try, &once, .phone = &phone);
        CHECK(cancel_task(&a));
        run();
        EXPECT("");
        expect_end(0, -ECANCELED);
    }
}

static void two_of_them(void)
{
    CASE("two of them know nothing of each other") {
        DID("two calls that fail once, one of them with a pause of 1 s, the other of 4 s");
        CAUSE("all that belongs to one is in its frame: no static variable");
        start("d", 2, 1, 10);
        other_phone = (struct phone){.fails = "d"};
        eddy_task_start(&b, &loop, retry, &other, .phone = &other_phone, .tries = 3, .pause = 4,
                        .longest = 10);
        run_out();
        EXPECT("dial@0.0 dial@0.0 dial@2.0 ask@3.0 hang@4.0 dial@5.0 ask@6.0 hang@7.0");
        CHECK_CODE(outcome(&b), 0);
        expect_end(8, 0);
    }
}

TESTS
{
    check_limit(3);
    trying();
    giving_up();
    cancelling();
    cancelling_at_the_end();
    two_of_them();
}
