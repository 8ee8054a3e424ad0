/*
 * The order of a turn, on the scripted loop: its clock is the test's, and nothing sleeps.
 */
#include "check.h"

#include "errors.h"
#include "faults.h"
#include "scripted.h"
#include "selector_backend.h"
#include "traced.h"
#include "turn.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct eddy_loop loop;
static struct step steps[4];
#define A (&steps[0])
#define B (&steps[1])
#define C (&steps[2])
#define D (&steps[3])

static void set_up(void)
{
    scripted_start();
    CHECK_CODE(eddy_loop_open(&loop, &scripted), 0);
    steps_init(steps);
}

static void tear_down(void)
{
    CHECK_CODE(eddy_loop_close(&loop), 0);
}

static void queue(struct step *step)
{
    CHECK_CODE(eddy_loop_call_soon(&loop, &step->soon), 0);
}

static void set(struct step *step, double delay)
{
    CHECK_CODE(eddy_loop_call_later(&loop, &step->timer, delay), 0);
}

static void run_out(void)
{
    CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
}

/* One turn that does not sleep. */
static void run_one_turn(void)
{
    eddy_loop_stop(&loop);
    CHECK_CODE(eddy_loop_run_forever(&loop), 0);
}

/* ---- What steps do besides --------------------------------------------------------------------- */

static void stop(struct step *step)
{
    (void)step;
    eddy_loop_stop(&loop);
}

static void queue_b(struct step *step)
{
    (void)step;
    queue(B);
}

static void queue_itself(struct step *step)
{
    queue(step);
}

static void cancel_b(struct step *step)
{
    (void)step;
    CHECK(eddy_handle_cancel(&B->soon));
    CHECK(!eddy_handle_cancel(&B->soon));
}

/* ---- In line ----------------------------------------------------------------------------------- */

static void lines(void)
{
    CASE("what is queued is called in its order, once, and not before the loop runs") {
        set_up();
        queue(A);
        queue(B);
        queue(C);
        CHECK_TEXT(trace, "");
        run_out();
        CHECK_TEXT(trace, "abc");
        run_out();
        CHECK_TEXT(trace, "abc");
        tear_down();
    }

    CASE("what a callback queues is called in the next turn, behind a look at the descriptors") {
        int fds[2];
        set_up();
        CHECK(pipe(fds) == 0);
        A->then = queue_b;
        D->then = stop;
        CHECK_CODE(eddy_loop_add_reader(&loop, fds[0], &C->watch), 0);
        queue(A);
        set(D, 0);
        DID("a callback queued b, while a descriptor became ready");
        CAUSE("run what was ready at the start of the batch, and no more");
        run_one_turn();
        CHECK_TEXT(trace, "ad");
        scripted_event(fds[0], EDDY_READ);
        run_one_turn();
        CHECK_TEXT(trace, "adbc");
        tear_down();
        close(fds[0]);
        close(fds[1]);
    }

    CASE("a callback that queues itself for ever starves neither descriptors nor timers") {
        int fds[2];
        set_up();
        CHECK(pipe(fds) == 0);
        A->then = queue_itself;
        C->then = stop;
        CHECK_CODE(eddy_loop_add_reader(&loop, fds[0], &C->watch), 0);
        queue(A);
        scripted_event(fds[0], EDDY_READ);
        WAITING("a descriptor that is ready, beside a callback that queues itself");
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        B->then = stop;
        set(B, 0);
        WAITING("a timer that is due, beside a callback that queues itself");
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        CHECK_TEXT(trace, "acab");
        tear_down();
        close(fds[0]);
        close(fds[1]);
    }

    CASE("a cancelled handle is not called, also when an earlier one of its batch cancels it") {
        set_up();
        A->then = cancel_b;
        queue(A);
        queue(B);
        queue(C);
        CHECK(eddy_handle_cancel(&C->soon));
        queue(D);
        run_out();
        CHECK_TEXT(trace, "ad");
        CHECK(!eddy_handle_cancel(&A->soon));
        tear_down();
    }

    CASE("a handle that was cancelled can be queued again, and stands behind the others") {
        set_up();
        queue(A);
        queue(B);
        CHECK(eddy_handle_cancel(&A->soon));
        queue(A);
        run_out();
        CHECK_TEXT(trace, "ba");
        tear_down();
    }
}

/* ---- Stopping ---------------------------------------------------------------------------------- */

static void stopping(void)
{
    CASE("a stop lets the batch end, and what the batch queues is called in the next run") {
        set_up();
        A->then = stop;
        B->then = queue_itself;
        queue(A);
        queue(B);
        queue(C);
        DID("a of the batch a, b, c stopped the loop, and b queued itself");
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        CHECK_TEXT(trace, "abc");
        B->then = NULL;
        run_out();
        CHECK_TEXT(trace, "abcb");
        tear_down();
    }

    CASE("a stop before the run makes it one turn that does not sleep") {
        set_up();
        set(A, 3600);
        queue(B);
        eddy_loop_stop(&loop);
        CAUSE("a run must not begin by forgetting that it was stopped");
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        CHECK_TEXT(trace, "b");
        CHECK_INT(scripted_waits(), 1);
        CHECK(scripted_last_wait() == 0);
        DID("stopped a loop with nothing in line, then ran it");
        run_one_turn();
        CHECK_INT(scripted_waits(), 2);
        CHECK(scripted_last_wait() == 0);
        CHECK(scripted_time() == 1000);
        tear_down();
    }

    CASE("a stop is spent by the run that it ends") {
        set_up();
        A->then = stop;
        queue(A);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        set(B, 1);
        run_out();
        CHECK_TEXT(trace, "ab");
        tear_down();
    }
}

/* ---- Sleeping ---------------------------------------------------------------------------------- */

static void sleeping(void)
{
    CASE("a turn sleeps until the next timer, without limit, or not at all if something waits") {
        set_up();
        set(A, 5);
        set(B, 3);
        queue(C);
        eddy_loop_stop(&loop);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        CHECK(scripted_last_wait() == 0);
        B->then = stop;
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        CHECK(scripted_last_wait() == 3);
        CHECK(scripted_time() == 1003);
        A->then = stop;
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        CHECK(scripted_last_wait() == 2);
        eddy_loop_keep(&loop);
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), -EDEADLK); /* as the script says of it */
        CHECK(isinf(scripted_last_wait()));
        eddy_loop_unkeep(&loop);
        tear_down();
    }

    CASE("a cancelled timer keeps no sleep short") {
        set_up();
        set(A, 1);
        set(B, 10);
        CHECK(eddy_timer_cancel(&loop, &A->timer));
        run_out();
        CHECK_TEXT(trace, "b");
        CHECK_INT(scripted_waits(), 1);
        CHECK(scripted_last_wait() == 10);
        tear_down();
    }

    CASE("a loop with nothing to do uses no CPU: it asks once for each thing that happens") {
        set_up();
        for (int i = 0; i < 4; i++)
            set(&steps[i], 3600 * (i + 1));
        run_out();
        CHECK_TEXT(trace, "abcd");
        CHECK_INT(scripted_waits(), 4);
        CHECK(scripted_time() == 1000 + 4 * 3600);
        tear_down();
    }

    CASE("a stuck loop says so, unless it is kept, watched or told") {
        int fds[2];
        set_up();
        CHECK(pipe(fds) == 0);
        run_out();
        CHECK_INT(scripted_waits(), 0);
        eddy_loop_keep(&loop);
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), -EDEADLK);
        eddy_loop_unkeep(&loop);
        CHECK_CODE(eddy_loop_add_reader(&loop, fds[0], &A->watch), 0);
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), -EDEADLK);
        CHECK(eddy_loop_remove_reader(&loop, fds[0]));
        CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &B->soon), 0);
        DID("posted from a thread, then ran until stuck");
        CAUSE("what was posted and not taken yet is something that can happen");
        run_out();
        CHECK_TEXT(trace, "b");
        tear_down();
        close(fds[0]);
        close(fds[1]);
    }

    CASE("a stuck loop that was stopped has been stopped, and is stuck afterwards") {
        set_up();
        eddy_loop_stop(&loop);
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), 0);
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        tear_down();
    }
}

/* ---- Where it runs ----------------------------------------------------------------------------- */

static struct eddy_loop second;
static int codes[4];

static void run_again(struct step *step)
{
    (void)step;
    CHECK(eddy_running_loop() == &loop);
    CHECK(eddy_loop_is_running(&loop));
    codes[0] = eddy_loop_run_forever(&loop);
    codes[1] = eddy_loop_run_until_stuck(&loop);
    codes[2] = eddy_loop_run_forever(&second);
    codes[3] = eddy_loop_close(&loop);
}

/* Returns what is wrong in the child of a callback, or 0. */
static int run_own_loop(void)
{
    struct eddy_loop own;

    if (eddy_loop_run_forever(&loop) != EDDY_EFORK || eddy_loop_open(&own, NULL) != 0)
        return 1;
    if (eddy_loop_call_soon(&own, &B->soon) != 0 ||
        eddy_loop_run_until_stuck(&own) != EDDY_ESTUCK || B->calls != 1)
        return 2;
    return eddy_loop_close(&own) == 0 ? 0 : 3;
}

static void fork_a_child(struct step *step)
{
    int status = 0;
    pid_t child = fork();

    (void)step;
    if (child == 0)
        _exit(run_own_loop());
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_INT(WEXITSTATUS(status), 0);
}

static void free_it(struct step *step)
{
    free(step);
}

static void places(void)
{
    CASE("a callback can neither run nor close its own loop, nor run another in this thread") {
        set_up();
        CHECK_CODE(eddy_loop_open(&second, NULL), 0);
        A->then = run_again;
        queue(A);
        queue(B);
        DID("a callback ran its own loop, then another one, then closed its own");
        WAITING("a run inside a run");
        run_out();
        CHECK_CODE(codes[0], EDDY_ERUNNING);
        CHECK_CODE(codes[1], EDDY_ERUNNING);
        CHECK_CODE(codes[2], EDDY_ERUNNING);
        CHECK_CODE(codes[3], EDDY_ERUNNING);
        CHECK_TEXT(trace, "ab");
        CHECK(!eddy_loop_is_running(&loop) && !eddy_loop_is_running(&second));
        CHECK(eddy_running_loop() == NULL);
        DID("ran both, one after the other");
        run_one_turn();
        eddy_loop_stop(&second);
        CHECK_CODE(eddy_loop_run_forever(&second), 0);
        CHECK_CODE(eddy_loop_close(&second), 0);
        tear_down();
    }

    CASE("a loop that is closed, or never was opened, does not run") {
        static struct eddy_loop zeroed;
        set_up();
        tear_down();
        CHECK_CODE(eddy_loop_run_forever(&loop), EDDY_ECLOSED);
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ECLOSED);
        CHECK_CODE(eddy_loop_run_forever(&zeroed), EDDY_ECLOSED);
        CHECK(eddy_running_loop() == NULL);
    }

    CASE("a child process cannot run its parent's loop") {
        int status = 0;
        pid_t child;
        set_up();
        queue(A);
        child = fork();
        if (child == 0)
            _exit(eddy_loop_run_forever(&loop) != EDDY_EFORK || A->calls != 0 ||
                  eddy_loop_close(&loop) != 0);
        CHECK(waitpid(child, &status, 0) == child);
        CHECK_INT(WEXITSTATUS(status), 0);
        run_out();
        CHECK_TEXT(trace, "a");
        tear_down();
    }

    CASE("a child process that a callback started can run a loop of its own") {
        set_up();
        A->then = fork_a_child;
        queue(A);
        DID("a callback forked; the child opened a loop, and ran it");
        CAUSE("no loop runs in the child: what the parent noted of its own is not true there");
        run_out();
        CHECK_TEXT(trace, "a");
        tear_down();
    }

    CASE("a selector that fails ends the run with its error, and the loop can be run again") {
        static const char *const calls[] = {"epoll_wait@1=EINVAL", "poll@1=EINVAL",
                                            "select@1=EINVAL"};
        static const char *const names[] = {"epoll", "poll", "select"};
        for (int i = 0; i < 3; i++) {
            struct eddy_loop_options options = {.selector = names[i]};
            int err = eddy_loop_open(&loop, &options);
            if (err == EDDY_ESELECTOR)
                continue;
            CHECK_CODE(err, 0);
            steps_init(steps);
            queue(A);
            DID("ran a loop whose selector fails: EDDY_FAULTS=%s", calls[i]);
            faults_plan(calls[i]);
            CHECK_CODE(eddy_loop_run_forever(&loop), -EINVAL);
            CHECK(!eddy_loop_is_running(&loop));
            CHECK(eddy_running_loop() == NULL);
            DID("what was in line is called all the same; then ran it again");
            CHECK_TEXT(trace, "a");
            queue(B);
            run_one_turn();
            CHECK_TEXT(trace, "ab");
            tear_down();
        }
    }

    CASE("in its own callback a handle may be queued again, or freed") {
        set_up();
        A->then = queue_itself;
        queue(A);
        run_one_turn();
        run_one_turn();
        CHECK_TEXT(trace, "aa");
        CHECK(eddy_handle_cancel(&A->soon));
        DID("a callback freed what its handle is in, with and without debug mode");
        CAUSE("the function has the handle to itself: what is needed of it is read before");
        for (int debug = 0; debug < 2; debug++) {
            struct step *step = malloc(sizeof *step);
            eddy_loop_set_debug(&loop, debug);
            step_init(step, 'f', free_it);
            queue(step);
            run_out();
        }
        CHECK_TEXT(trace, "aaff");
        tear_down();
    }
}

/* ---- A turn, in any order of events ------------------------------------------------------------ */

enum { PIPES = 12, ORDERS = 50, TURNS = 8 };

static struct eddy_watch watches[PIPES];
static int fds[PIPES][2], calls[PIPES];
static bool removed[PIPES], bad;

/* The first that is called removes its neighbour, which must not be called in this turn. */
static void on_ready(struct eddy_handle *handle)
{
    int i = (int)(container_of(handle, struct eddy_watch, handle) - watches),
        next = (i + 1) % PIPES;

    bad = bad || removed[i];
    calls[i]++;
    if (calls[next] > 0 || removed[next])
        return;
    CHECK(eddy_loop_remove_reader(&loop, fds[next][0]));
    removed[next] = true;
}

static void watch_all(void)
{
    for (int i = 0; i < PIPES; i++) {
        calls[i] = 0;
        removed[i] = false;
        CHECK_CODE(eddy_loop_add_reader(&loop, fds[i][0], &watches[i]), 0);
        scripted_event(fds[i][0], EDDY_READ);
    }
}

static void expect_once_or_removed(unsigned seed)
{
    DID("twelve descriptors ready at once; scripted_shuffle(%u)", seed);
    CAUSE("what leaves the line while the batch is called must not be called from it");
    CHECK(!bad);
    for (int i = 0; i < PIPES; i++)
        CHECK_INT(calls[i], removed[i] ? 0 : 1);
}

static void orders(void)
{
    CASE("in any order of events each is called once in a turn, and who is removed before is not") {
        bool differs = false;
        int first_calls = 0;
        set_up();
        for (int i = 0; i < PIPES; i++) {
            CHECK(pipe(fds[i]) == 0);
            eddy_watch_init(&watches[i], on_ready);
        }
        for (unsigned seed = 1; seed <= ORDERS; seed++) {
            scripted_shuffle(seed);
            for (int turn = 0; turn < TURNS; turn++) {
                watch_all();
                run_one_turn();
                expect_once_or_removed(seed);
                differs = differs || first_calls != calls[0];
                first_calls = calls[0];
            }
        }
        CHECK(differs); /* else the shuffle shuffles nothing */
        tear_down();
        for (int i = 0; i < PIPES; i++) {
            close(fds[i][0]);
            close(fds[i][1]);
        }
    }
}

TESTS
{
    lines();
    stopping();
    sleeping();
    places();
    orders();
}
