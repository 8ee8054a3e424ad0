/*
 * A loop in which nothing can happen any more says who waits for what, and does not hang. What
 * counts as something that can still happen: each is tried alone.
 */
#include "until_complete.h"

#include "futures.h"

#include "report.h"
#include "signals.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static char reported[4096];
static int reports;

static void on_report(const char *text)
{
    reports++;
    snprintf(reported, sizeof reported, "%s", text);
}

static int context_err;
static const char *context_who;

static void on_context(struct eddy_loop *reporting, const struct eddy_context *context)
{
    CHECK(reporting == &loop);
    context_err = context->err;
    context_who = context->who;
    on_report(context->message);
}

static void finish_future(struct step *step)
{
    (void)step;
    CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
}

static void set_up_caught(void)
{
    eddy_report_to(on_report);
    set_up();
}

static int made_at, waited_at; /* lines */

static void make_it(void)
{
    made_at = __LINE__ + 1;
    eddy_future_init(&future, &loop);
}

static int wait_for_it(void)
{
    WAITING("a run that nobody can end, and that must see it");
    waited_at = __LINE__ + 1;
    return eddy_loop_run_until_complete(&loop, &future);
}

/* The whole report, if `what` is waited for and `who` will be called. */
static const char *expected(const char *what, const char *who)
{
    static char text[2000];

    snprintf(text, sizeof text,
             "stuck: nobody can finish what wait_for_it (%s:%d) waits for\n"
             "    it waits for   %s\n"
             "    called then    %s\n"
             "    nothing else   no callback is in line, no timer is set, no "
             "descriptor is watched,\n"
             "                   nobody keeps the loop: no thread, no signal handler",
             __FILE__, waited_at, what, who);
    return text;
}

static const char *plain(void)
{
    static char text[400];

    snprintf(text, sizeof text, "future, made in make_it (%s:%d)", __FILE__, made_at);
    return text;
}

/* ---- What is said ------------------------------------------------------------------------------ */

static const char long_name[] = "a_function_whose_author_wanted_everybody_to_know_from_its_name_"
                                "alone_all_that_it_does_and_why_it_is_so";

static void greet(struct eddy_handle *handle)
{
    (void)handle;
}

static void say_goodbye(struct eddy_handle *handle)
{
    (void)handle;
}

static void reporting(void)
{
    CASE("a stuck loop says who waits, in which function and line, and where the future was made") {
        set_up_caught();
        make_it();
        DID("ran until a future was complete, with nothing that could finish it");
        CHECK_CODE(wait_for_it(), EDDY_ESTUCK);
        CHECK_INT(reports, 1);
        CHECK_TEXT(reported, expected(plain(), "nobody"));
        CHECK_INT(scripted_waits(), 0);
        CHECK(eddy_list_empty(&future.waiters));
        tear_down();
    }

    CASE("who would be called is named in debug mode, and counted without") {
        CHECK(unsetenv("EDDY_DEBUG") == 0);
        set_up_caught();
        make_it();
        await(&future, "ab");
        DID("two callbacks wait for the future, too");
        CHECK_CODE(wait_for_it(), EDDY_ESTUCK);
        CHECK_TEXT(reported, expected(plain(), "a callback, a callback"));
        tear_down();
    }

    CASE("EDDY_DEBUG=1 knows the names of who would be called, in their order") {
        struct eddy_handle handles[3];
        CHECK(setenv("EDDY_DEBUG", "1", 1) == 0);
        set_up_caught();
        make_it();
        DID("three callbacks wait, in debug mode");
        eddy_handle_init(&handles[0], greet);
        eddy_handle_init(&handles[1], greet);
        eddy_handle_init(&handles[2], say_goodbye);
        for (int i = 0; i < 3; i++)
            CHECK_CODE(eddy_future_add_done_callback(&future, &handles[i]), 0);
        CHECK_CODE(wait_for_it(), EDDY_ESTUCK);
        CHECK_TEXT(reported, expected(plain(), "greet, greet, say_goodbye"));
        tear_down();
    }

    CASE("an operation is called by its type's name, and its maker where the type knows it") {
        static const struct eddy_future_type nameless = {.name = "receive"};
        static const struct eddy_future_type known = {
            .name = "send", .function = "on_sent", .file = "echo.c", .line = 7};
        set_up_caught();
        DID("waited for a future of a type with a name alone, and of one with a place");
        eddy_future_init_type(&future, &loop, &nameless);
        CHECK_CODE(wait_for_it(), EDDY_ESTUCK);
        CHECK_TEXT(reported, expected("receive", "nobody"));
        eddy_future_init_type(&future, &loop, &known);
        CHECK_CODE(wait_for_it(), EDDY_ESTUCK);
        CHECK_TEXT(reported, expected("send, made in on_sent (echo.c:7)", "nobody"));
        tear_down();
    }

    CASE("the loop's exception handler is told, where there is one") {
        set_up_caught();
        eddy_report_to(NULL);
        eddy_loop_set_exception_handler(&loop, on_context);
        make_it();
        CHECK_CODE(wait_for_it(), EDDY_ESTUCK);
        CHECK_INT(reports, 1);
        CHECK_TEXT(reported, expected(plain(), "nobody"));
        CHECK_INT(context_err, 0);
        CHECK(context_who == NULL);
        tear_down();
    }

    CASE("a thousand waiters with a long name are cut, and the report is whole after them") {
        static struct eddy_handle many[1000];
        static const char last[] = "no thread, no signal handler";
        CHECK(setenv("EDDY_DEBUG", "1", 1) == 0);
        set_up_caught();
        make_it();
        DID("1000 callbacks wait whose function has a name of 100 letters");
        for (int i = 0; i < 1000; i++) {
            eddy_handle_init_named(&many[i], greet, long_name);
            CHECK_CODE(eddy_future_add_done_callback(&future, &many[i]), 0);
        }
        CHECK_CODE(wait_for_it(), EDDY_ESTUCK);
        CHECK(strstr(reported, long_name) != NULL);
        CHECK(strlen(reported) < 1000);
        CHECK_TEXT(reported + strlen(reported) - strlen(last), last);
        tear_down();
    }
}

/* ---- Afterwards -------------------------------------------------------------------------------- */

static void finish_on_report(struct eddy_loop *reporting, const struct eddy_context *context)
{
    on_context(reporting, context);
    CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
}

static void afterwards(void)
{
    CASE("a loop that was stuck can be run again, and the future is as it was") {
        set_up_caught();
        DID("a future is waited for in vain, then a timer is set, and it is waited for again");
        CHECK_CODE(wait_for_it(), EDDY_ESTUCK);
        expect_outcome(&future, EDDY_EPENDING, NULL);
        also('a', finish_future);
        CHECK_CODE(eddy_loop_call_later(&loop, &steps[0].timer, 1), 0);
        CHECK_CODE(wait_for_it(), 0);
        CHECK_INT(reports, 1);
        tear_down();
    }

    CASE("a loop that has done all there was to do, in vain, is stuck then") {
        set_up_caught();
        DID("a is in line and b a timer; neither finishes the future");
        CHECK_CODE(eddy_loop_call_soon(&loop, &steps[0].soon), 0);
        CHECK_CODE(eddy_loop_call_later(&loop, &steps[1].timer, 60), 0);
        CHECK_CODE(wait_for_it(), EDDY_ESTUCK);
        CHECK_TEXT(trace, "ab");
        CHECK_INT(reports, 1);
        tear_down();
    }

    CASE("a future that the exception handler finishes does not end a later run") {
        set_up_caught();
        eddy_loop_set_exception_handler(&loop, finish_on_report);
        DID("the handler that is told of the stuck loop sets the result");
        await(&future, "a");
        CHECK_CODE(wait_for_it(), EDDY_ESTUCK);
        expect_outcome(&future, 0, NULL);
        CAUSE("the run's own callback is in line now, and must be taken out of there, too");
        turn();
        CHECK_TEXT(trace, "a");
        CHECK(eddy_list_empty(&loop.ready));
        eddy_future_init(&future, &loop);
        tear_down();
    }
}

/* ---- What can still happen --------------------------------------------------------------------- */

/* The scripted selector ends a wait without a limit, in which nothing can come, with -EDEADLK: so
 * that is what a loop that would sleep returns. */
enum { WOULD_SLEEP = -EDEADLK };

static int fds[2];

static void read_and_finish(struct step *step)
{
    finish_future(step);
    CHECK(eddy_loop_remove_reader(&loop, fds[0]));
}

static void close_guest(struct eddy_loop *closing, struct eddy_guest *guest)
{
    (void)closing;
    (void)guest;
    traced_run(&steps[0]);
}

static void not_stuck(void)
{
    CASE("a callback in line, a timer, and a posted handle can still finish it") {
        set_up_caught();
        also('a', finish_future);
        DID("a is in line");
        CHECK_CODE(eddy_loop_call_soon(&loop, &steps[0].soon), 0);
        CHECK_CODE(wait_for_it(), 0);
        DID("a is a timer of a year");
        eddy_future_init(&future, &loop);
        CHECK_CODE(eddy_loop_call_later(&loop, &steps[0].timer, 31536000), 0);
        CHECK_CODE(wait_for_it(), 0);
        DID("a was posted, as a thread would");
        eddy_future_init(&future, &loop);
        CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &steps[0].soon), 0);
        CHECK_CODE(wait_for_it(), 0);
        CHECK_INT(reports, 0);
        tear_down();
    }

    CASE("a timer that was cancelled can not") {
        set_up_caught();
        DID("set a timer, and cancelled it");
        CHECK_CODE(eddy_loop_call_later(&loop, &steps[0].timer, 1), 0);
        CHECK(eddy_timer_cancel(&loop, &steps[0].timer));
        CHECK_CODE(wait_for_it(), EDDY_ESTUCK);
        tear_down();
    }

    CASE("a watched descriptor can still finish it, until nobody watches") {
        set_up_caught();
        CHECK(pipe(fds) == 0);
        also('a', read_and_finish);
        DID("a reads from a pipe in which there is nothing yet");
        CHECK_CODE(eddy_loop_add_reader(&loop, fds[0], &steps[0].watch), 0);
        CHECK_CODE(wait_for_it(), WOULD_SLEEP);
        DID("a byte has come");
        CHECK(write(fds[1], "x", 1) == 1);
        CHECK_CODE(wait_for_it(), 0);
        DID("a watches no more");
        eddy_future_init(&future, &loop);
        CHECK_CODE(wait_for_it(), EDDY_ESTUCK);
        close(fds[0]);
        close(fds[1]);
        tear_down();
    }

    CASE("a signal that is handled can still finish it, until its handler is removed") {
        set_up_caught();
        also('a', finish_future);
        DID("a handles SIGUSR1, which has not come");
        CHECK_CODE(eddy_loop_add_signal_handler(&loop, SIGUSR1, &steps[0].soon), 0);
        CHECK_CODE(wait_for_it(), WOULD_SLEEP);
        DID("SIGUSR1 has come");
        CHECK(raise(SIGUSR1) == 0);
        CHECK_CODE(wait_for_it(), 0);
        DID("a handles it no more");
        eddy_future_init(&future, &loop);
        CHECK(eddy_loop_remove_signal_handler(&loop, SIGUSR1));
        CHECK_CODE(wait_for_it(), EDDY_ESTUCK);
        tear_down();
    }

    CASE("who keeps the loop can still finish it, until the last has given up") {
        set_up_caught();
        DID("kept the loop twice");
        eddy_loop_keep(&loop);
        eddy_loop_keep(&loop);
        CHECK_CODE(wait_for_it(), WOULD_SLEEP);
        eddy_loop_unkeep(&loop);
        CHECK_CODE(wait_for_it(), WOULD_SLEEP);
        CHECK_INT(reports, 0);
        DID("gave both keeps back");
        eddy_loop_unkeep(&loop);
        CHECK_CODE(wait_for_it(), EDDY_ESTUCK);
        tear_down();
    }

    CASE("what waits for the end of the loop, and what waits for a future, can not") {
        static const struct eddy_guest_type type = {.name = "guest", .close = close_guest};
        struct eddy_guest guest = {.type = NULL};
        set_up_caught();
        DID("a guest waits for the loop's end, b and c wait for another future");
        CHECK_CODE(eddy_loop_add_guest(&loop, &guest, &type), 0);
        await(&other, "bc");
        CHECK_CODE(wait_for_it(), EDDY_ESTUCK);
        CHECK_TEXT(trace, "");
        tear_down();
        CHECK_TEXT(trace, "a");
    }
}

static void on_a_real_selector(void)
{
    EACH("the loop's own descriptors do not count")
    {
        eddy_report_to(on_report);
        set_up_on(&(struct eddy_loop_options){.selector = which});
        make_it();
        DID("ran a loop with a real selector, in which nothing can happen");
        CAUSE("what wakes the loop is registered, but nobody will write to it");
        CHECK_CODE(wait_for_it(), EDDY_ESTUCK);
        CHECK_TEXT(reported, expected(plain(), "nobody"));
        tear_down();
    }
}

TESTS
{
    reporting();
    afterwards();
    not_stuck();
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++)
        on_a_real_selector();
}
