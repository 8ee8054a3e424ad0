/*
 * Futures belong to the loop's thread. What another thread attempts here, it attempts while the loop
 * runs, and one of the loop's callbacks waits for it: so it comes at the same moment each time.
 */
#include "until_complete.h"

#include "futures.h"

#include <pthread.h>

static int answer = 42;
static int reports, refused[2], post_refused, run_refused;
static bool was_cancelled;

static void on_report(struct eddy_loop *reporting, const struct eddy_context *context)
{
    CHECK(reporting == &loop);
    CHECK_CODE(context->err, EDDY_ETHREAD);
    reports++;
}

static void *finish_from_outside(void *unused)
{
    refused[0] = eddy_future_set_result(&future, NULL);
    refused[1] = eddy_future_set_error(&future, -EIO);
    was_cancelled = eddy_future_cancel(&future);
    return unused;
}

static void *post_from_outside(void *unused)
{
    post_refused = eddy_loop_call_soon_threadsafe(&loop, &steps[2].soon);
    return unused;
}

static void *run_from_outside(void *unused)
{
    run_refused = eddy_loop_run_until_complete(&loop, &other);
    return unused;
}

/* While the loop runs: this is one of its callbacks. */
static void in_a_thread(void *(*function)(void *))
{
    pthread_t thread;

    CHECK_INT(pthread_create(&thread, NULL, function, NULL), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
}

static void stop_loop(struct step *step)
{
    (void)step;
    eddy_loop_stop(&loop);
}

static void let_a_thread_finish(struct step *step)
{
    (void)step;
    in_a_thread(finish_from_outside);
}

static void let_a_thread_post(struct step *step)
{
    (void)step;
    in_a_thread(post_from_outside);
}

static void let_a_thread_run(struct step *step)
{
    (void)step;
    in_a_thread(run_from_outside);
}

static void finish_future(struct step *step)
{
    (void)step;
    CHECK_CODE(eddy_future_set_result(&future, &answer), 0);
}

TESTS
{
    CASE("in debug mode another thread that finishes a future is refused and reported") {
        set_up();
        eddy_loop_set_debug(&loop, true);
        eddy_loop_set_exception_handler(&loop, on_report);
        DID("while the loop runs, another thread set the result, then an error, then cancelled");
        CAUSE("the loop's lists have no lock: let the loop refuse (EDDY_ETHREAD) before anything "
              "changes");
        await(&future, "b");
        also('a', let_a_thread_finish);
        CHECK_CODE(eddy_loop_call_soon(&loop, &steps[0].soon), 0);
        turn();
        CHECK_CODE(refused[0], EDDY_ETHREAD);
        CHECK_CODE(refused[1], EDDY_ETHREAD);
        CHECK(!was_cancelled);
        CHECK_INT(reports, 3);
        expect_outcome(&future, EDDY_EPENDING, NULL);
        CHECK_TEXT(trace, "a");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turn();
        CHECK_TEXT(trace, "ab");
        tear_down();
    }

    CASE("another thread posts a handle, and that one finishes the future") {
        set_up();
        eddy_loop_set_debug(&loop, true);
        eddy_loop_set_exception_handler(&loop, on_report);
        DID("while the loop runs, another thread posted c, who sets the result that b waits for");
        await(&future, "b");
        also('a', let_a_thread_post);
        also('c', finish_future);
        CHECK_CODE(eddy_loop_call_soon(&loop, &steps[0].soon), 0);
        also('b', stop_loop);
        WAITING("b to be called");
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        CHECK_CODE(post_refused, 0);
        CHECK_TEXT(trace, "acb");
        CHECK_INT(reports, 0);
        expect_outcome(&future, 0, &answer);
        tear_down();
    }

    CASE("another thread cannot run a loop that runs: EDDY_ERUNNING, and it touches nothing") {
        set_up();
        eddy_loop_set_debug(&loop, true);
        eddy_loop_set_exception_handler(&loop, on_report);
        DID("while the loop runs, another thread ran it until a future was complete that is done");
        CAUSE("to be refused is no reason to have put a callback in line before");
        CHECK_CODE(eddy_future_set_result(&other, NULL), 0);
        also('a', let_a_thread_run);
        CHECK_CODE(eddy_loop_call_soon(&loop, &steps[0].soon), 0);
        turn();
        CHECK_CODE(run_refused, EDDY_ERUNNING);
        CHECK_INT(reports, 0);
        tear_down();
    }
}
