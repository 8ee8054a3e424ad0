/*
 * What can be asked of a loop, and what is refused. On the scripted loop where nothing else is said.
 */
#include "check.h"

#include "errors.h"
#include "faults.h"
#include "report.h"
#include "scripted.h"
#include "signals.h"
#include "traced.h"
#include "turn.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
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

static void run_out(void)
{
    CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
}

/* ---- Opening ----------------------------------------------------------------------------------- */

static void open_all(void)
{
    for (int i = 0; eddy_selector_nth(i); i++) {
        struct eddy_loop_options options = {.selector = eddy_selector_nth(i)};
        CHECK_CODE(eddy_loop_open(&loop, &options), 0);
        CHECK_TEXT(eddy_selector_name(&loop.watches.selector), eddy_selector_nth(i));
        CHECK_CODE(eddy_loop_close(&loop), 0);
    }
}

static void expect_refused(const char *plan, int code)
{
    DID("EDDY_FAULTS=%s, and opened a loop", plan);
    faults_plan(plan);
    CHECK_CODE(eddy_loop_open(&loop, NULL), code);
    CHECK(faults_injected() > 0);
    faults_plan("");
    CHECK(eddy_loop_is_closed(&loop));
    CHECK_CODE(eddy_loop_close(&loop), 0);
}

static char reported[2000];

static void keep_report(const char *text)
{
    snprintf(reported, sizeof reported, "%s", text);
}

/* The loop of another version's header may be smaller: not a byte behind it is touched. */
static void expect_refused_as(int version, size_t size)
{
    reported[0] = '\0';
    eddy_report_to(keep_report);
    memset(&loop, 0xee, sizeof loop);
    CHECK_CODE(eddy_loop_open_checked(&loop, NULL, version, size), EDDY_EVERSION);
    eddy_report_to(NULL);
    CHECK(reported[0] != '\0');
    for (size_t i = 0; i < sizeof loop; i++)
        CHECK_INT(((unsigned char *)&loop)[i], i < size ? 0 : 0xee);
    memset(&loop, 0, sizeof loop);
    CHECK_CODE(eddy_loop_close(&loop), 0);
}

static void opening(void)
{
    CASE("a loop opens with each selector, and with the one that EDDY_SELECTOR names") {
        open_all();
        setenv("EDDY_SELECTOR", "select", 1);
        CHECK_CODE(eddy_loop_open(&loop, NULL), 0);
        CHECK_TEXT(eddy_selector_name(&loop.watches.selector), "select");
        CHECK_CODE(eddy_loop_close(&loop), 0);
    }

    CASE("a loop that cannot be opened says why, and leaves nothing") {
        struct eddy_loop_options options = {.selector = "kqueue"};
        CHECK_CODE(eddy_loop_open(&loop, &options), EDDY_ESELECTOR);
        CHECK_CODE(eddy_loop_close(&loop), 0);
        expect_refused("pthread_mutex_init@1=EAGAIN", -EAGAIN);
        expect_refused("socketpair@1=EMFILE", -EMFILE);
        expect_refused("realloc@1=ENOMEM", -ENOMEM);
        open_all();
    }

    CASE("a header of another version than the library is refused, and both are named") {
        expect_refused_as(EDDY_VERSION_NUMBER + 1, sizeof loop);
        expect_refused_as(EDDY_VERSION_NUMBER - 1, sizeof loop);
        expect_refused_as(EDDY_VERSION_NUMBER, sizeof loop - 8);
        expect_refused_as(10203, sizeof loop - 8);
        CHECK(strstr(reported, "the headers of eddy 1.2.3, ") != NULL);
        CHECK(strstr(reported, "the library is " EDDY_VERSION ", ") != NULL);
    }
}

/* ---- Closing ----------------------------------------------------------------------------------- */

static struct eddy_guest guest;
static const struct eddy_guest_type guest_type = {.name = "guest"};

/* Everything that can be asked for. */
static void expect_all_closed(struct eddy_loop *closed)
{
    int fds[2];

    CHECK(pipe(fds) == 0);
    CHECK_CODE(eddy_loop_call_soon(closed, &A->soon), EDDY_ECLOSED);
    CHECK_CODE(eddy_loop_call_soon_threadsafe(closed, &A->soon), EDDY_ECLOSED);
    CHECK_CODE(eddy_loop_call_later(closed, &A->timer, 1), EDDY_ECLOSED);
    CHECK_CODE(eddy_loop_call_at(closed, &A->timer, 1), EDDY_ECLOSED);
    CHECK_CODE(eddy_loop_add_reader(closed, fds[0], &A->watch), EDDY_ECLOSED);
    CHECK_CODE(eddy_loop_add_writer(closed, fds[1], &A->watch), EDDY_ECLOSED);
    CHECK_CODE(eddy_loop_add_signal_handler(closed, SIGUSR1, &A->soon), EDDY_ECLOSED);
    CHECK_CODE(eddy_loop_add_guest(closed, &guest, &guest_type), EDDY_ECLOSED);
    CHECK(!eddy_loop_remove_reader(closed, fds[0]));
    CHECK(!eddy_loop_remove_writer(closed, fds[1]));
    CHECK(!eddy_loop_remove_signal_handler(closed, SIGUSR1));
    CHECK(!eddy_timer_cancel(closed, &A->timer));
    CHECK(isnan(eddy_timer_when(closed, &A->timer)));
    CHECK(!eddy_handle_queued(&A->soon) && !eddy_handle_queued(&A->watch.handle));
    CHECK(eddy_loop_is_closed(closed) && !eddy_loop_is_running(closed));
    CHECK_CODE(eddy_loop_close_fd(closed, fds[0]), 0);
    CHECK_CODE(eddy_loop_close_fd(closed, fds[1]), 0);
}

/* In line, set, watching, posted. Nobody else's: `fds` is watched for writing, too. */
static void ask_for_all(int fds[2])
{
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    CHECK_CODE(eddy_loop_call_soon(&loop, &A->soon), 0);
    CHECK_CODE(eddy_loop_call_later(&loop, &B->timer, 1), 0);
    CHECK_CODE(eddy_loop_add_reader(&loop, fds[0], &C->watch), 0);
    CHECK_CODE(eddy_loop_add_writer(&loop, fds[0], &D->watch), 0);
    CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &D->soon), 0);
}

static void run_in_other(struct eddy_loop *other)
{
    CHECK_CODE(eddy_loop_call_soon(other, &A->soon), 0);
    CHECK_CODE(eddy_loop_call_later(other, &B->timer, 0.001), 0);
    CHECK_CODE(eddy_loop_call_soon_threadsafe(other, &D->soon), 0);
    CHECK_CODE(eddy_loop_run_until_stuck(other), EDDY_ESTUCK);
}

static void close_the_loop(struct step *step)
{
    (void)step;
    CHECK_CODE(eddy_loop_close(&loop), EDDY_ERUNNING);
    CHECK_CODE(eddy_loop_call_soon(&loop, &B->soon), 0);
}

static void closing(void)
{
    CASE("closing calls nothing, forgets what is in line, and frees what was its own") {
        struct eddy_loop other;
        int fds[2];
        set_up();
        ask_for_all(fds);
        DID("closed a loop with handles in line and posted, a timer set and a descriptor watched");
        tear_down();
        CHECK_TEXT(trace, "");
        CHECK(!eddy_handle_queued(&A->soon) && !eddy_handle_queued(&D->soon));
        CHECK(!eddy_heap_linked(&B->timer.node));
        DID("used the same handles and timers with another loop");
        CHECK_CODE(eddy_loop_open(&other, NULL), 0);
        run_in_other(&other);
        CHECK_TEXT(trace, "adb");
        CHECK_CODE(eddy_loop_close(&other), 0);
        close(fds[0]);
        close(fds[1]);
    }

    CASE("a watch that is due and in line is forgotten, too") {
        struct eddy_loop_options options = {0};
        int fds[2];
        CHECK_CODE(eddy_loop_open(&loop, &options), 0);
        steps_init(steps);
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
        CHECK_CODE(eddy_loop_add_writer(&loop, fds[0], &A->watch), 0);
        CHECK_CODE(eddy_loop_close_fd(&loop, fds[0]), 0);
        CHECK(eddy_handle_queued(&A->watch.handle));
        tear_down();
        CHECK(!eddy_handle_queued(&A->watch.handle));
        CHECK_TEXT(trace, "");
        close(fds[1]);
    }

    CASE("closing twice is harmless, and so is closing what was never opened") {
        static struct eddy_loop zeroed;
        set_up();
        tear_down();
        tear_down();
        CHECK_CODE(eddy_loop_close(&zeroed), 0);
    }

    CASE("a closed loop refuses everything") {
        set_up();
        tear_down();
        expect_all_closed(&loop);
    }

    CASE("a loop that was never opened refuses everything") {
        static struct eddy_loop zeroed;
        steps_init(steps);
        expect_all_closed(&zeroed);
    }

    CASE("a loop that runs cannot be closed, and runs on") {
        set_up();
        A->then = close_the_loop;
        CHECK_CODE(eddy_loop_call_soon(&loop, &A->soon), 0);
        run_out();
        CHECK_TEXT(trace, "ab");
        tear_down();
    }
}

/* ---- In line already --------------------------------------------------------------------------- */

static void try_again(struct step *step)
{
    (void)step;
    CHECK_CODE(eddy_loop_call_soon(&loop, &B->soon), EDDY_EQUEUED);
    CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &B->soon), EDDY_EQUEUED);
}

static void refusing(void)
{
    CASE("a handle that is in line cannot be queued again, and is called once") {
        set_up();
        CHECK_CODE(eddy_loop_call_soon(&loop, &A->soon), 0);
        CHECK_CODE(eddy_loop_call_soon(&loop, &A->soon), EDDY_EQUEUED);
        CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &A->soon), EDDY_EQUEUED);
        A->then = try_again;
        CHECK_CODE(eddy_loop_call_soon(&loop, &B->soon), 0);
        DID("queued b again from a, while b is in the batch that is being called");
        run_out();
        CHECK_TEXT(trace, "ab");
        tear_down();
    }

    CASE("without memory for a timer it is refused, and the others are called") {
        struct eddy_timer many[64] = {{{{0}, 0}, {0}}};
        set_up();
        CHECK_CODE(eddy_loop_call_later(&loop, &A->timer, 1), 0);
        for (int i = 0; i < 63; i++) {
            eddy_timer_init(&many[i], traced_timer);
            CHECK_CODE(eddy_loop_call_later(&loop, &many[i], 3600), 0);
        }
        faults_plan("realloc@1=ENOMEM");
        CHECK_CODE(eddy_loop_call_later(&loop, &B->timer, 1), -ENOMEM);
        CHECK_CODE(eddy_loop_call_later(&loop, &B->timer, 1), 0);
        for (int i = 0; i < 63; i++)
            CHECK(eddy_timer_cancel(&loop, &many[i]));
        run_out();
        CHECK_TEXT(trace, "ab");
        tear_down();
    }
}

/* ---- What goes wrong with nobody to return it to ----------------------------------------------- */

static char told[256];

static void receive(const char *text)
{
    snprintf(told, sizeof told, "%s", text);
}

static void handler(struct eddy_loop *of, const struct eddy_context *context)
{
    CHECK(of == &loop);
    snprintf(told, sizeof told, "%s by %s: %s", context->message, context->who,
             eddy_errname(context->err));
}

static void fail(struct step *step)
{
    (void)step;
    eddy_loop_call_exception_handler(
        &loop, &(struct eddy_context){.message = "failed", .err = EDDY_EPORT, .who = "b"});
}

static void failing(void)
{
    CASE("what goes wrong is reported, in one line") {
        char expected[128];
        set_up();
        eddy_report_to(receive);
        fail(NULL);
        snprintf(expected, sizeof expected, "b: failed: %s", eddy_strerror(EDDY_EPORT));
        CHECK_TEXT(told, expected);
        eddy_loop_call_exception_handler(&loop, &(struct eddy_context){.message = "only this"});
        CHECK_TEXT(told, "only this");
        tear_down();
    }

    CASE("an error goes to the exception handler, and stops neither the others nor the loop") {
        set_up();
        eddy_report_to(receive);
        eddy_loop_set_exception_handler(&loop, handler);
        B->then = fail;
        for (int i = 0; i < 3; i++)
            CHECK_CODE(eddy_loop_call_soon(&loop, &steps[i].soon), 0);
        CHECK_CODE(eddy_loop_call_later(&loop, &D->timer, 1), 0);
        run_out();
        CHECK_TEXT(told, "failed by b: EDDY_EPORT");
        CHECK_TEXT(trace, "abcd");
        DID("took the handler back: set it to NULL");
        eddy_loop_set_exception_handler(&loop, NULL);
        eddy_loop_call_exception_handler(&loop, &(struct eddy_context){.message = "a report"});
        CHECK_TEXT(told, "a report");
        tear_down();
    }
}

/* ---- What it costs ----------------------------------------------------------------------------- */

static int fds[2], rounds;

static void put_byte(struct step *step)
{
    (void)step;
    CHECK(write(fds[1], "x", 1) == 1);
}

/* In each round each of them comes around: in line, as a timer, from a thread, as a reader. */
static void go_round(struct step *step)
{
    char byte;

    (void)step;
    rounds++;
    CHECK(read(fds[0], &byte, 1) == 1);
    CHECK_CODE(eddy_loop_call_soon(&loop, &A->soon), 0);
    CHECK_CODE(eddy_loop_call_later(&loop, &B->timer, 1), 0);
    CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &D->soon), 0);
    CHECK(eddy_loop_remove_reader(&loop, fds[0]));
    CHECK_CODE(eddy_loop_add_reader(&loop, fds[0], &C->watch), 0);
}

static void run_a_thousand_rounds(void)
{
    for (rounds = 0; rounds < 1000;) {
        eddy_loop_stop(&loop);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        scripted_advance(1);
    }
}

static void costs(void)
{
    CASE("a loop that is busy allocates nothing") {
        set_up();
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
        C->then = go_round;
        CHECK_CODE(eddy_loop_add_reader(&loop, fds[0], &C->watch), 0);
        B->then = put_byte;
        CHECK_CODE(eddy_loop_call_later(&loop, &B->timer, 0), 0);
        DID("a thousand rounds of handles, timers, posts and readers");
        CAUSE("only the heap and the table of descriptors allocate, and both have their room");
        faults_plan("");
        run_a_thousand_rounds();
        CHECK(faults_calls("recv") >= 999);
        CHECK_INT(faults_calls("malloc") + faults_calls("calloc") + faults_calls("realloc"), 0);
        CHECK(A->calls >= 999 && B->calls >= 999 && D->calls >= 999);
        tear_down();
        close(fds[0]);
        close(fds[1]);
    }
}

TESTS
{
    opening();
    closing();
    refusing();
    failing();
    costs();
}
