/*
 * What a run until complete returns, and that it leaves nothing of itself behind. On a virtual
 * clock; what a kernel has a part in, on each selector. Loops that are stuck are in stuck.c.
 */
#include "until_complete.h"

#include "futures.h"

#include "net.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int answer = 42;

static void finish_future(struct step *step)
{
    (void)step;
    CHECK_CODE(eddy_future_set_result(&future, &answer), 0);
}

static void fail_future(struct step *step)
{
    (void)step;
    CHECK_CODE(eddy_future_set_error(&future, -EIO), 0);
}

static void cancel_future(struct step *step)
{
    (void)step;
    CHECK(eddy_future_cancel(&future));
}

static void stop_loop(struct step *step)
{
    (void)step;
    eddy_loop_stop(&loop);
}

static void stop_and_finish(struct step *step)
{
    stop_loop(step);
    finish_future(step);
}

static void queue_b(struct step *step)
{
    (void)step;
    CHECK_CODE(eddy_loop_call_soon(&loop, &steps[1].soon), 0);
}

static void add_two_and_finish(struct step *step)
{
    await(&future, "cd");
    finish_future(step);
}

static int run(struct eddy_future *awaited)
{
    WAITING("eddy_loop_run_until_complete() to return");
    return eddy_loop_run_until_complete(&loop, awaited);
}

static void call_later(char letter, double seconds)
{
    CHECK_CODE(eddy_loop_call_later(&loop, &steps[letter - 'a'].timer, seconds), 0);
}

static void call_soon(char letter)
{
    CHECK_CODE(eddy_loop_call_soon(&loop, &steps[letter - 'a'].soon), 0);
}

/* Nobody waits for `seen`: if a run had left its callback there, it would stop a later one. */
static void expect_forgotten(const struct eddy_future *seen)
{
    CAUSE("whatever the run returns, its own callback must be taken out of the future before: it "
          "lies in a stack frame that ends");
    CHECK(eddy_list_empty(&seen->waiters));
}

/* ---- What it returns --------------------------------------------------------------------------- */

static void outcomes(void)
{
    static void (*const ways[])(struct step *) = {finish_future, fail_future, cancel_future};
    static const int errs[] = {0, -EIO, -ECANCELED};

    CASE("a run until complete returns the outcome: 0, the error, or -ECANCELED") {
        set_up();
        for (int i = 0; i < 3; i++) {
            double began = scripted_time();
            DID("a timer finishes the future after 5 seconds: %s", eddy_errname(errs[i]));
            eddy_future_init(&future, &loop);
            also('a', ways[i]);
            call_later('a', 5);
            CHECK_CODE(run(&future), errs[i]);
            CHECK(scripted_time() == began + 5);
            expect_outcome(&future, errs[i], i == 0 ? &answer : NULL);
        }
        CHECK(!eddy_loop_is_running(&loop));
        tear_down();
    }

    CASE("a future that is done already makes it one turn, which does not sleep") {
        set_up();
        DID("ran until a future was complete that had failed before; a was in line, b a timer");
        CHECK_CODE(eddy_future_set_error(&future, -EIO), 0);
        call_soon('a');
        call_later('b', 5);
        CHECK_CODE(run(&future), -EIO);
        CHECK_TEXT(trace, "a");
        CHECK_INT(scripted_waits(), 1);
        CHECK(scripted_last_wait() == 0);
        tear_down();
    }

    CASE("stopped before: EDDY_ESTOPPED, and the future finished later does not end another run") {
        set_up();
        DID("a stops the loop; then a run until another future, in which b finishes the first one");
        also('a', stop_loop);
        call_later('a', 1);
        CHECK_CODE(run(&future), EDDY_ESTOPPED);
        expect_outcome(&future, EDDY_EPENDING, NULL);
        expect_forgotten(&future);
        also('b', finish_future);
        call_later('b', 1);
        call_later('c', 2);
        also('d', stop_loop);
        call_later('d', 3);
        CHECK_CODE(run(&other), EDDY_ESTOPPED);
        CHECK_TEXT(trace, "abcd");
        expect_outcome(&future, 0, &answer);
        tear_down();
    }

    CASE("stopped in the turn in which it is done: it is done") {
        set_up();
        DID("a stops the loop and sets the result; then a run of another future");
        also('a', stop_and_finish);
        call_soon('a');
        CHECK_CODE(run(&future), 0);
        expect_outcome(&future, 0, &answer);
        DID("ran until another future is done, after that");
        also('b', stop_loop);
        call_later('b', 1);
        CHECK_CODE(run(&other), EDDY_ESTOPPED);
        CHECK_TEXT(trace, "ab");
        tear_down();
    }

    CASE("stopped before it runs: one turn, and EDDY_ESTOPPED") {
        set_up();
        DID("eddy_loop_stop(), then a run; a is in line, and queues b");
        also('a', queue_b);
        call_soon('a');
        eddy_loop_stop(&loop);
        CHECK_CODE(run(&future), EDDY_ESTOPPED);
        CHECK_TEXT(trace, "a");
        expect_forgotten(&future);
        tear_down();
    }
}

/* ---- What is left over ------------------------------------------------------------------------- */

static void leftovers(void)
{
    CASE("the loop can be run again, and what was left in line is called then") {
        set_up();
        DID("a finishes the future; c waits for it, and queues b when it is called");
        also('a', finish_future);
        call_later('a', 1);
        also('c', queue_b);
        await(&future, "c");
        CHECK_CODE(run(&future), 0);
        CHECK_TEXT(trace, "ac");
        CHECK(eddy_handle_queued(&steps[1].soon));
        DID("ran the loop again, until a timer of an hour has finished another future");
        eddy_future_init(&future, &loop);
        call_later('a', 3600);
        CHECK_CODE(run(&future), 0);
        CHECK_TEXT(trace, "acba");
        tear_down();
    }

    CASE("all who wait for the same future are called, whether added before or during the run") {
        set_up();
        DID("a waits; the run waits; b, who is in line, lets c and d wait, and finishes it");
        await(&future, "a");
        also('b', add_two_and_finish);
        call_soon('b');
        CHECK_CODE(run(&future), 0);
        CHECK_TEXT(trace, "bacd");
        tear_down();
    }

    CASE("a thousand runs, one after the other, on one loop") {
        set_up();
        also('a', finish_future);
        for (int i = 0; i < 1000; i++) {
            eddy_future_init(&future, &loop);
            call_later('a', 0.001);
            CHECK_CODE(run(&future), 0);
        }
        CHECK_INT(steps[0].calls, 1000);
        tear_down();
    }
}

/* ---- What is refused --------------------------------------------------------------------------- */

static struct eddy_loop second;
static int inner, inner_second;

static void run_inside(struct step *step)
{
    (void)step;
    inner = run(&other);
}

static void run_second_inside(struct step *step)
{
    struct eddy_future its;

    (void)step;
    eddy_future_init(&its, &second);
    inner = eddy_loop_run_until_complete(&second, &its);
    CHECK(eddy_list_empty(&its.waiters));
    CHECK_CODE(eddy_future_set_result(&its, NULL), 0);
    inner_second = eddy_loop_run_until_complete(&second, &its);
}

static void refusals(void)
{
    CASE("a future of another loop is refused: EDDY_EOTHER, and neither loop runs") {
        set_up();
        CHECK_CODE(eddy_loop_open(&second, NULL), 0);
        DID("ran one loop until a future of the other was complete: pending, then done");
        call_soon('a');
        CHECK_CODE(eddy_loop_run_until_complete(&second, &future), EDDY_EOTHER);
        expect_forgotten(&future);
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        CHECK_CODE(eddy_loop_run_until_complete(&second, &future), EDDY_EOTHER);
        CHECK_TEXT(trace, "");
        CHECK_CODE(eddy_loop_close(&second), 0);
        tear_down();
    }

    CASE("a run inside a run is refused: EDDY_ERUNNING, and the outer one goes on") {
        set_up();
        DID("a runs the loop that calls it, until another future is complete");
        also('a', run_inside);
        call_soon('a');
        also('b', finish_future);
        call_later('b', 1);
        CHECK_CODE(run(&future), 0);
        CHECK_CODE(inner, EDDY_ERUNNING);
        expect_forgotten(&other);
        tear_down();
    }

    CASE("a second loop is not run inside the first: EDDY_ERUNNING, and it forgets the attempt") {
        set_up();
        CHECK_CODE(eddy_loop_open(&second, NULL), 0);
        DID("a, called by one loop, runs another: until a pending future is complete, then a done "
            "one");
        also('a', run_second_inside);
        call_soon('a');
        also('b', finish_future);
        call_later('b', 1);
        CHECK_CODE(run(&future), 0);
        CHECK_CODE(inner, EDDY_ERUNNING);
        CHECK_CODE(inner_second, EDDY_ERUNNING);
        CHECK(eddy_list_empty(&second.ready));
        CHECK_CODE(eddy_loop_close(&second), 0);
        tear_down();
    }

    CASE("a closed loop, and one that was never opened, are refused: EDDY_ECLOSED") {
        set_up();
        CHECK_CODE(eddy_future_set_result(&other, NULL), 0);
        DID("closed the loop, and ran it until a pending future was complete, then a done one");
        CHECK_CODE(eddy_loop_close(&loop), 0);
        CHECK_CODE(run(&future), EDDY_ECLOSED);
        CHECK_CODE(run(&other), EDDY_ECLOSED);
        expect_forgotten(&future);
        DID("ran a zeroed loop");
        second = (struct eddy_loop){0};
        eddy_future_init(&other, &second);
        CHECK_CODE(eddy_loop_run_until_complete(&second, &other), EDDY_ECLOSED);
        expect_forgotten(&other);
    }

    CASE("an error of the selector is returned, nothing is left, and it can be run again") {
        set_up();
        DID("ran a loop that is kept and has nothing to do: the scripted selector fails");
        eddy_loop_keep(&loop);
        CHECK_CODE(run(&future), -EDEADLK);
        expect_outcome(&future, EDDY_EPENDING, NULL);
        expect_forgotten(&future);
        also('a', finish_future);
        call_later('a', 1);
        CHECK_CODE(run(&future), 0);
        eddy_loop_unkeep(&loop);
        tear_down();
    }
}

/* ---- With a kernel ----------------------------------------------------------------------------- */

static int pair[2];
static char received[8];

static void receive(struct step *step)
{
    (void)step;
    CHECK_INT(eddy_net_recv(pair[0], received, sizeof received), 5);
    CHECK(eddy_loop_remove_reader(&loop, pair[0]));
    CHECK_CODE(eddy_future_set_result(&future, received), 0);
}

static void *post(void *unused)
{
    CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &steps[0].soon), 0);
    return unused;
}

/* Ends the child; 0 if it was refused and nothing is left. */
_Noreturn static void be_child(void)
{
    _exit(eddy_loop_run_until_complete(&loop, &future) != EDDY_EFORK ||
          !eddy_list_empty(&future.waiters) || steps[0].calls != 0);
}

static void with_a_kernel(void)
{
    EACH("a timer, a socket and a thread finish futures, in turn")
    {
        pthread_t thread;
        set_up_on(&(struct eddy_loop_options){.selector = which});
        DID("a timer of 2 milliseconds finishes the future");
        also('a', finish_future);
        call_later('a', 0.002);
        CHECK_CODE(run(&future), 0);
        DID("a socket's reader receives 5 bytes and finishes it");
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
        eddy_future_init(&future, &loop);
        also('b', receive);
        CHECK_CODE(eddy_loop_add_reader(&loop, pair[0], &steps[1].watch), 0);
        CHECK_INT(eddy_net_send(pair[1], "hello", 5), 5);
        CHECK_CODE(run(&future), 0);
        CHECK_BYTES(received, 5, "hello", 5);
        DID("a thread posts a handle that finishes it; meanwhile the loop is kept");
        eddy_future_init(&future, &loop);
        eddy_loop_keep(&loop);
        CHECK_INT(pthread_create(&thread, NULL, post, NULL), 0);
        CHECK_CODE(run(&future), 0);
        CHECK_INT(pthread_join(thread, NULL), 0);
        eddy_loop_unkeep(&loop);
        CHECK_TEXT(trace, "aba");
        close(pair[0]);
        close(pair[1]);
        tear_down();
    }

    EACH("in a child process the parent's loop is refused: EDDY_EFORK")
    {
        int status = 1;
        pid_t child;
        set_up_on(&(struct eddy_loop_options){.selector = which});
        DID("fork(); the child ran the parent's loop until a future was complete");
        also('a', finish_future);
        call_soon('a');
        fflush(NULL);
        child = fork();
        if (child == 0)
            be_child();
        CHECK(waitpid(child, &status, 0) == child);
        CHECK_INT(status, 0);
        CHECK_CODE(run(&future), 0);
        tear_down();
    }
}

TESTS
{
    outcomes();
    leftovers();
    refusals();
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++)
        with_a_kernel();
}
