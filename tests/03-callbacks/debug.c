/*
 * Debug mode: what it says aloud, and that nothing of it is there without it. A slow callback is one
 * in which the scripted clock is set forward.
 */
#include "check.h"

#include "errors.h"
#include "report.h"
#include "scripted.h"
#include "traced.h"
#include "turn.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct eddy_loop loop;
static struct step steps[4];
#define A (&steps[0])
#define B (&steps[1])
#define C (&steps[2])
#define D (&steps[3])

static char told[4096]; /* all reports, each with "; " behind it */

static void receive(const char *text)
{
    size_t n = strlen(told);

    snprintf(told + n, sizeof told - n, "%s; ", text);
}

static void set_up(bool debug)
{
    scripted_start();
    eddy_report_to(receive);
    CHECK_CODE(eddy_loop_open(&loop, &scripted), 0);
    eddy_loop_set_debug(&loop, debug);
    steps_init(steps);
    told[0] = '\0';
}

/* The same, as a user has it: EDDY_DEBUG=1 in the environment. */
static void set_up_by_environment(const char *value)
{
    setenv("EDDY_DEBUG", value, 1);
    scripted_start();
    eddy_report_to(receive);
    CHECK_CODE(eddy_loop_open(&loop, &scripted), 0);
    steps_init(steps);
}

static void tear_down(void)
{
    CHECK_CODE(eddy_loop_close(&loop), 0);
}

static void run_out(void)
{
    CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
}

static void check_told(const char *expected)
{
    CHECK_TEXT(told, expected);
    told[0] = '\0';
}

/* ---- Slow callbacks ---------------------------------------------------------------------------- */

static double takes; /* seconds that a slow callback takes */

static void dawdle(struct eddy_handle *handle)
{
    (void)handle;
    scripted_advance(takes);
}

static void dawdle_for(double seconds)
{
    struct eddy_handle handle;

    takes = seconds;
    eddy_handle_init(&handle, dawdle);
    CHECK_CODE(eddy_loop_call_soon(&loop, &handle), 0);
    run_out();
}

static void slowness(void)
{
    CASE("a callback that keeps all others waiting is reported, with its name and its time") {
        set_up_by_environment("1");
        DID("debug mode; a callback that takes 0.25 s");
        CAUSE("each callback is called through call_handle(), which takes its time in debug mode");
        dawdle_for(0.25);
        check_told("dawdle: took 0.250 seconds, and nothing else could run; ");
        DID("a callback that takes as long as slow_callback_duration allows, and one a bit longer");
        dawdle_for(0.0625);
        check_told("");
        loop.slow_callback_duration = 0.5;
        dawdle_for(0.5);
        check_told("");
        dawdle_for(0.75);
        check_told("dawdle: took 0.750 seconds, and nothing else could run; ");
        tear_down();
        check_told("");
    }

    CASE("debug mode can be switched on for one loop, whose callbacks then have no names") {
        set_up(true);
        dawdle_for(0.25);
        check_told("a callback: took 0.250 seconds, and nothing else could run; ");
        eddy_loop_set_debug(&loop, false);
        dawdle_for(3);
        check_told("");
        tear_down();
    }

    CASE("slow timers and slow watches are reported, too") {
        int fds[2];
        set_up(true);
        CHECK(pipe(fds) == 0);
        A->timer.handle.fn = dawdle;
        B->watch.handle.fn = dawdle;
        takes = 1;
        CHECK_CODE(eddy_loop_call_later(&loop, &A->timer, 1), 0);
        run_out();
        check_told("a callback: took 1.000 seconds, and nothing else could run; ");
        CHECK_CODE(eddy_loop_add_reader(&loop, fds[0], &B->watch), 0);
        scripted_event(fds[0], EDDY_READ);
        eddy_loop_stop(&loop);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        check_told("a callback: took 1.000 seconds, and nothing else could run; ");
        CHECK(eddy_loop_remove_reader(&loop, fds[0]));
        tear_down();
        close(fds[0]);
        close(fds[1]);
    }
}

/* ---- Threads ----------------------------------------------------------------------------------- */

static int codes[5];
static int watched[2];

static void *call_in(void *unused)
{
    (void)unused;
    codes[0] = eddy_loop_call_soon(&loop, &B->soon);
    codes[1] = eddy_loop_call_later(&loop, &B->timer, 1);
    codes[2] = eddy_loop_call_at(&loop, &B->timer, 1);
    codes[3] = eddy_loop_add_reader(&loop, watched[0], &B->watch);
    codes[4] = eddy_loop_add_writer(&loop, watched[1], &C->watch);
    CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &C->soon), 0);
    return NULL;
}

/* The loop waits in this callback meanwhile, so nobody races. */
static void let_a_thread_call(struct step *step)
{
    pthread_t thread;

    (void)step;
    CHECK(pthread_create(&thread, NULL, call_in, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

static const char *const calls[] = {"timer_cancel:",
                                    "remove_reader:",
                                    "remove_writer:",
                                    "close_fd:",
                                    "stop:",
                                    "unkeep:",
                                    "keep:",
                                    "add_guest:",
                                    "call_all_soon:",
                                    "set_debug:",
                                    "set_exception_handler:"};

static void close_nothing(struct eddy_loop *closing, struct eddy_guest *guest)
{
    (void)closing;
    (void)guest;
}

static void *meddle(void *unused)
{
    static const struct eddy_guest_type type = {.name = "guest", .close = close_nothing};
    static struct eddy_guest guest;
    struct eddy_list all;

    eddy_list_init(&all);
    eddy_list_append(&all, &B->soon.link);
    CHECK(!eddy_timer_cancel(&loop, &D->timer));
    CHECK(!eddy_loop_remove_reader(&loop, watched[0]));
    CHECK(!eddy_loop_remove_writer(&loop, watched[1]));
    CHECK_CODE(eddy_loop_close_fd(&loop, watched[0]), EDDY_ETHREAD);
    CHECK_CODE(eddy_loop_add_guest(&loop, &guest, &type), EDDY_ETHREAD);
    CHECK_CODE(eddy_loop_call_all_soon(&loop, &all), EDDY_ETHREAD);
    eddy_list_remove(&B->soon.link);
    eddy_loop_stop(&loop);
    eddy_loop_keep(&loop);
    eddy_loop_unkeep(&loop);
    eddy_loop_unkeep(&loop);
    eddy_loop_set_debug(&loop, false);
    eddy_loop_set_exception_handler(&loop, NULL);
    return unused;
}

static void let_a_thread_meddle(struct step *step)
{
    pthread_t thread;

    (void)step;
    CHECK(pthread_create(&thread, NULL, meddle, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

static void threads(void)
{
    CASE("calls from another thread are refused and reported, but for the threadsafe one") {
        set_up(true);
        CHECK(pipe(watched) == 0);
        A->then = let_a_thread_call;
        CHECK_CODE(eddy_loop_call_soon(&loop, &A->soon), 0);
        run_out();
        for (int i = 0; i < 5; i++)
            CHECK_CODE(codes[i], EDDY_ETHREAD);
        CHECK(strstr(told, "a callback: call_soon: called from another thread than the loop's; "));
        CHECK(strstr(told, "a callback: call_later: called from another thread than the loop's; "));
        CHECK(strstr(told, "a callback: call_at: called from another thread than the loop's; "));
        CHECK(strstr(told, "a callback: add_reader: called from another thread than the loop's; "));
        CHECK(strstr(told, "a callback: add_writer: called from another thread than the loop's; "));
        CHECK_TEXT(trace, "ac");
        tear_down();
        close(watched[0]);
        close(watched[1]);
    }

    CASE("every call that has a loop is refused so, and nothing has changed") {
        set_up(true);
        CHECK(pipe(watched) == 0);
        CHECK_CODE(eddy_loop_call_later(&loop, &D->timer, 1), 0);
        CHECK_CODE(eddy_loop_add_reader(&loop, watched[0], &D->watch), 0);
        CHECK_CODE(eddy_loop_add_writer(&loop, watched[1], &C->watch), 0);
        A->then = let_a_thread_meddle;
        CHECK_CODE(eddy_loop_call_soon(&loop, &A->soon), 0);
        eddy_loop_stop(&loop);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
            DID("%s from another thread", calls[i]);
            CHECK(strstr(told, calls[i]) != NULL);
        }
        CHECK(!eddy_handle_queued(&B->soon) && loop.keeps == 0 && loop.looks_closer);
        CHECK(eddy_timer_cancel(&loop, &D->timer));
        CHECK(eddy_loop_remove_reader(&loop, watched[0]));
        CHECK(eddy_loop_remove_writer(&loop, watched[1]));
        tear_down();
        close(watched[0]);
        close(watched[1]);
    }

    CASE("while the loop does not run, any thread may prepare it") {
        set_up(true);
        CHECK(pipe(watched) == 0);
        let_a_thread_call(NULL);
        CHECK_CODE(codes[0], 0);
        CHECK_CODE(codes[1], 0);
        CHECK_CODE(codes[2], EDDY_EQUEUED);
        CHECK_CODE(codes[3], 0);
        told[0] = '\0';
        CHECK(eddy_loop_remove_reader(&loop, watched[0]));
        CHECK(eddy_loop_remove_writer(&loop, watched[1]));
        run_out();
        CHECK_TEXT(trace, "bcb");
        check_told("");
        tear_down();
        close(watched[0]);
        close(watched[1]);
    }
}

/* ---- Handles in use, and what is left ---------------------------------------------------------- */

static void use_twice(void)
{
    CHECK_CODE(eddy_loop_call_soon(&loop, &A->soon), 0);
    CHECK_CODE(eddy_loop_call_soon(&loop, &A->soon), EDDY_EQUEUED);
    CHECK_CODE(eddy_loop_call_later(&loop, &B->timer, 1), 0);
    CHECK_CODE(eddy_loop_call_later(&loop, &B->timer, 1), EDDY_EQUEUED);
}

static void leave(int fds[2])
{
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    CHECK_CODE(eddy_loop_call_soon(&loop, &A->soon), 0);
    CHECK_CODE(eddy_loop_call_later(&loop, &B->timer, 1), 0);
    CHECK_CODE(eddy_loop_call_later(&loop, &C->timer, 1), 0);
    CHECK_CODE(eddy_loop_add_reader(&loop, fds[0], &C->watch), 0);
}

static void handler(struct eddy_loop *of, const struct eddy_context *context)
{
    CHECK(of == &loop);
    snprintf(told, sizeof told, "%s, %s, %s", context->message, eddy_errname(context->err),
             context->who ? context->who : "nobody");
}

static int errors_told;

static void err_again(struct eddy_loop *asking, const struct eddy_context *context)
{
    (void)context;
    errors_told++;
    CHECK_CODE(eddy_loop_call_soon(asking, &A->soon), EDDY_EQUEUED);
}

static void leftovers(void)
{
    CASE("a handle or a timer that is used twice is reported, with its name") {
        set_up_by_environment("1");
        use_twice();
        CHECK(strstr(told, "traced_soon: call_soon: "));
        CHECK(strstr(told, "traced_timer: call_later: "));
        told[0] = '\0';
        run_out();
        CHECK_TEXT(trace, "ab");
        tear_down();
        check_told("");
    }

    CASE("a handle that threads post, and that call_soon has put in line, is reported") {
        set_up_by_environment("1");
        CHECK_CODE(eddy_loop_call_soon(&loop, &A->soon), 0);
        CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &A->soon), EDDY_EQUEUED);
        check_told(
            "traced_soon: call_soon_threadsafe, and call_soon for the same handle: it is queued "
            "or set already; cancel it first; ");
        run_out();
        DID("posted it twice, as two threads do, and then called call_soon for it");
        CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &A->soon), 0);
        CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &A->soon), EDDY_EQUEUED);
        check_told("");
        CHECK_CODE(eddy_loop_call_soon(&loop, &A->soon), EDDY_EQUEUED);
        CHECK(strstr(told, "traced_soon: call_soon: "));
        told[0] = '\0';
        run_out();
        CHECK_TEXT(trace, "aa");
        tear_down();
    }

    CASE("closing reports what was posted and not called, too, and each once") {
        set_up(true);
        CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &A->soon), 0);
        CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &B->soon), 0);
        CHECK_CODE(eddy_loop_call_soon(&loop, &C->soon), 0);
        tear_down();
        check_told("closed with callbacks in line: 3, timers set: 0, watches: 0; ");
    }

    CASE("closing reports what was left in line, set and watched") {
        int fds[2];
        set_up(true);
        leave(fds);
        tear_down();
        check_told("closed with callbacks in line: 1, timers set: 2, watches: 1; ");
        close(fds[0]);
        close(fds[1]);
    }

    CASE("a handler that makes an error itself is not told of it again: that goes to the report") {
        set_up(true);
        eddy_loop_set_exception_handler(&loop, err_again);
        CHECK_CODE(eddy_loop_call_soon(&loop, &A->soon), 0);
        CHECK_CODE(eddy_loop_call_soon(&loop, &A->soon), EDDY_EQUEUED);
        CHECK_INT(errors_told, 1);
        CHECK(strstr(told, "call_soon: it is queued or set already"));
        CHECK_CODE(eddy_loop_call_soon(&loop, &A->soon), EDDY_EQUEUED);
        CHECK_INT(errors_told, 2);
        CHECK(eddy_handle_cancel(&A->soon));
        tear_down();
    }

    CASE("closing descriptor 0, 1 or 2 is reported, and done") {
        int kept = dup(0);
        set_up(true);
        CHECK_CODE(eddy_loop_close_fd(&loop, 0), 0);
        CHECK(strstr(told, "close_fd closes the program's own stdin, stdout or stderr"));
        CHECK(fcntl(0, F_GETFD) < 0);
        tear_down();
        CHECK(dup2(kept, 0) == 0 && close(kept) == 0);
    }

    CASE("what debug mode finds goes to the exception handler, if there is one") {
        set_up(true);
        eddy_loop_set_exception_handler(&loop, handler);
        CHECK_CODE(eddy_loop_call_soon(&loop, &A->soon), 0);
        CHECK_CODE(eddy_loop_call_soon(&loop, &A->soon), EDDY_EQUEUED);
        CHECK_TEXT(told, "call_soon, EDDY_EQUEUED, a callback");
        tear_down();
        CHECK_TEXT(told, "closed with callbacks in line: 1, timers set: 0, watches: 0, OK, nobody");
    }

    CASE("without debug mode nothing of all this is reported") {
        int fds[2];
        set_up_by_environment("0");
        use_twice();
        run_out();
        dawdle_for(10);
        leave(fds);
        tear_down();
        check_told("");
        close(fds[0]);
        close(fds[1]);
    }
}

TESTS
{
    slowness();
    threads();
    leftovers();
}
