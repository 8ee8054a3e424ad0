/* Customers come to the bakery, in debug mode, and what is said of each of them is compared, line by line. */
#include "answer.h"

#include <stdarg.h>
#include <stdlib.h>

/* ---- What came of it ----------------------------------------------------------------------------- */

static void expect_end(int status)
{
    if (status == -1)
        CAUSE(
            "the loop stands still: does its thread wait for the baker, with eddy_job_result() or "
            "at a lock? The oven is opened by a task, and in that thread a task awaits");
    expect_whole(status, "a day that comes to its end", "it goes on and on");
    CHECK_INT(WEXITSTATUS(status), 0);
}

#define ALLOWED "A job may call eddy_loop_call_soon_threadsafe(), and that is all"
#define REFUSED                                                                           \
    "the loop's calls are for the loop's thread, and the baker is another one: both "     \
    "eddy_loop_call_soon() and eddy_future_set_result() queue callbacks, in a list that " \
    "has no lock, and wake no loop that sleeps. " ALLOWED
#define STUCK                                                                              \
    "the loop has heard of no thread that works for it. A job that is awaited keeps it: "  \
    "eddy_run_in_executor(), eddy_wrap_job(). A future of your own does not, nor can the " \
    "baker set it. " ALLOWED

static void expect_not_said(const char *words, const char *expected, const char *cause)
{
    char line[256];

    rewind(errors);
    while (fgets(line, sizeof line, errors)) {
        line[strcspn(line, "\n")] = '\0';
        if (strstr(line, words)) {
            CAUSE("%s", cause);
            FAIL(expected, "%s", line);
        }
    }
}

/* Names and what is expected of them; NULL at the end. */
static void play(const char *customers, const char *cause, ...)
{
    const char *name;
    va_list args;
    int status;

    DID("%s %s", path, customers);
    CAUSE("%s", cause);
    status = run(customers);
    check_replay(text, errors);
    if (status == -1 || has_crashed(status))
        expect_end(status);
    expect_not_said("called from another thread", "calls of the loop from its own thread", REFUSED);
    expect_not_said("eddy: stuck", "a loop that waits for the baker", STUCK);
    va_start(args, cause);
    while ((name = va_arg(args, const char *)) != NULL)
        expect_lines(name, va_arg(args, const char *), "no further line about this customer");
    va_end(args);
    expect_end(status);
    expect_nothing_left(NULL);
}

static void served(void)
{
    CASE("a customer, and one loaf") {
        play("ann=1", REFUSED, "ann", "ann: loaf 1 of 1\nann: goes home with 1\n", "the end",
             "the end: 1 loaves\n", NULL);
    }

    CASE("a loaf is told while the second one is in the oven") {
        play("ann=2,s",
             "each loaf is news at once, and not when the job is done: ring for each, and let the "
             "loop's thread call on_news()",
             "ann",
             "ann: loaf 1 of 2\nann: the second is in the oven\nann: loaf 2 of 2\nann: goes home "
             "with 2\n",
             NULL);
    }

    CASE("the shop is on the phone while three loaves are baked") {
        play("ann=3,p",
             "the baker rings three times while the loop does something else, and rings that come "
             "before the call has begun are one call: on_news() must look how many loaves there "
             "are, and not say one for each call",
             "ann", "ann: loaf 1 of 3\nann: loaf 2 of 3\nann: loaf 3 of 3\nann: goes home with 3\n",
             "the end", "the end: 3 loaves\n", NULL);
    }
}

static void called_home(void)
{
    CASE("called home while the loaf is in the oven") {
        play(
            "ann=1,h",
            "the customer was cancelled, its await returned, and its frame is over; but a job that "
            "runs cannot be stopped, and the baker goes on writing into that frame. Await the job "
            "itself: that await returns when nobody touches the frame any more",
            "ann", "ann: loaf 1 of 1\nann: goes home with 1\n", "the end", "the end: 1 loaves\n",
            NULL);
    }

    CASE("called home from the line") {
        play(
            "ann=1,h bob=1,w cat=1",
            "bob has gone before the baker began, so nothing is baked for bob: when the await of a "
            "job in line is cancelled, the job must be cancelled, too",
            "bob", "bob: goes home with 0\n", "cat", "cat: loaf 1 of 1\ncat: goes home with 1\n",
            "the end", "the end: 2 loaves\n", NULL);
    }
}

static void quick(void)
{
    CASE("a quick baker, who is done before the order is out") {
        play("ann=2,q",
             "a job can be done before its await has begun: then the await returns at once, while "
             "the bell has rung, and its call is still to come, in a frame that has gone. In the "
             "cleanup section, take the post back with eddy_loop_cancel_threadsafe(), and look "
             "once more",
             "ann", "ann: loaf 1 of 2\nann: loaf 2 of 2\nann: goes home with 2\n", "the end",
             "the end: 2 loaves\n", NULL);
    }

    CASE("two customers, one after the other") {
        play("ann=2 bob=1",
             "each loaf is told to its own customer, who goes home when its job is done", "ann",
             "ann: loaf 1 of 2\nann: loaf 2 of 2\nann: goes home with 2\n", "bob",
             "bob: loaf 1 of 1\nbob: goes home with 1\n", "the end", "the end: 3 loaves\n", NULL);
    }
}

TESTS
{
    check_limit(20);
    setenv("EDDY_DEBUG", "1", 1); /* the loop looks which thread is calling */
    served();
    called_home();
    quick();
}
