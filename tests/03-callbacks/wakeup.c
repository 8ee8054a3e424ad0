/*
 * Calls from other threads: the wake-up alone first, then through loops that sleep, stop and close.
 */
#include "check.h"

#include "errors.h"
#include "faults.h"
#include "scripted.h"
#include "traced.h"
#include "turn.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static struct eddy_wakeup wakeup;
static struct eddy_list ready;
static struct eddy_loop loop;
static struct step steps[4];
#define A (&steps[0])
#define B (&steps[1])
#define C (&steps[2])

static void set_up(void)
{
    CHECK_CODE(eddy_wakeup_open(&wakeup), 0);
    eddy_list_init(&ready);
    steps_init(steps);
}

static void post(struct step *step)
{
    CHECK_CODE(eddy_wakeup_post(&wakeup, &step->soon), 0);
}

/* Takes what was posted, and calls it. */
static void take(void)
{
    CHECK_CODE(eddy_wakeup_take(&wakeup, &ready), 0);
    while (!eddy_list_empty(&ready)) {
        struct eddy_handle *handle = container_of(eddy_list_pop(&ready), struct eddy_handle, link);
        handle->fn(handle);
    }
}

/* How many bytes lie in the pipe; it is empty afterwards. */
static int bytes_told(void)
{
    char bytes[64];
    ssize_t n = read(wakeup.fds[0], bytes, sizeof bytes);

    return n < 0 ? 0 : (int)n;
}

/* ---- Alone ------------------------------------------------------------------------------------- */

static void alone(void)
{
    CASE("what is posted is taken in its order, behind what is in line") {
        set_up();
        eddy_list_append(&ready, &C->soon.link);
        CHECK(!eddy_wakeup_waiting(&wakeup));
        post(A);
        post(B);
        CHECK(eddy_wakeup_waiting(&wakeup));
        take();
        CHECK_TEXT(trace, "cab");
        CHECK(!eddy_wakeup_waiting(&wakeup));
        take();
        CHECK_TEXT(trace, "cab");
        eddy_wakeup_close(&wakeup);
    }

    CASE("a thousand posts are one byte, and after the list was taken it is one again") {
        static struct step many[1000];
        set_up();
        for (int i = 0; i < 1000; i++) {
            step_init(&many[i], 'x', NULL);
            post(&many[i]);
        }
        CHECK_INT(bytes_told(), 1);
        take();
        CHECK_INT(many[999].calls, 1);
        post(A);
        CHECK_INT(bytes_told(), 1);
        eddy_wakeup_close(&wakeup);
    }

    CASE("what is posted already, or in line, is refused, and taken once") {
        set_up();
        post(A);
        CHECK_CODE(eddy_wakeup_post(&wakeup, &A->soon), EDDY_EQUEUED);
        post(B);
        DID("posted the first of two, and the last of two, once more");
        CAUSE("the last one has nobody behind it, and must be known as posted all the same");
        CHECK_CODE(eddy_wakeup_post(&wakeup, &A->soon), EDDY_EQUEUED);
        CHECK_CODE(eddy_wakeup_post(&wakeup, &B->soon), EDDY_EQUEUED);
        take();
        CHECK_TEXT(trace, "ab");
        post(A);
        take();
        CHECK_TEXT(trace, "aba");
        eddy_wakeup_close(&wakeup);
    }

    CASE("what was posted and not taken cannot be cancelled, and nothing is broken by trying") {
        set_up();
        post(A);
        post(B);
        CHECK(!eddy_handle_cancel(&A->soon));
        CHECK(!eddy_handle_cancel(&B->soon));
        take();
        CHECK_TEXT(trace, "ab");
        eddy_wakeup_close(&wakeup);
    }

    CASE("closing forgets what was posted, refuses what comes late, and can be done twice") {
        set_up();
        post(A);
        post(B);
        eddy_wakeup_close(&wakeup);
        CHECK(!eddy_handle_queued(&A->soon) && !eddy_handle_queued(&B->soon));
        CHECK_CODE(eddy_wakeup_post(&wakeup, &A->soon), EDDY_ECLOSED);
        CHECK(!eddy_handle_queued(&A->soon));
        CHECK(!eddy_wakeup_waiting(&wakeup));
        eddy_wakeup_close(&wakeup);
    }

    CASE("a pipe that is full is no error: it is readable, which is all that is asked of it") {
        set_up();
        while (write(wakeup.fds[1], "0123456789abcdef", 16) > 0)
            ;
        CHECK(errno == EAGAIN);
        DID("filled the pipe to the brim, then posted three");
        CAUSE("EAGAIN from a full pipe counts as success");
        post(A);
        post(B);
        post(C);
        take();
        CHECK_TEXT(trace, "abc");
        post(A);
        take();
        CHECK_TEXT(trace, "abca");
        eddy_wakeup_close(&wakeup);
    }

    CASE("a signal that interrupts the byte does not lose it") {
        set_up();
        faults_plan("write@1=EINTR");
        post(A);
        CHECK_INT(faults_injected(), 1);
        CHECK_INT(bytes_told(), 1);
        take();
        CHECK_TEXT(trace, "a");
        eddy_wakeup_close(&wakeup);
    }

    CASE("if the byte cannot be written, the handle is refused, and not posted") {
        set_up();
        faults_plan("write@1=EPIPE");
        CHECK_CODE(eddy_wakeup_post(&wakeup, &A->soon), -EPIPE);
        CHECK(!eddy_handle_queued(&A->soon));
        CHECK(!eddy_wakeup_waiting(&wakeup));
        post(A);
        take();
        CHECK_TEXT(trace, "a");
        eddy_wakeup_close(&wakeup);
    }

    CASE("if the byte cannot be read, what was posted is taken all the same") {
        set_up();
        post(A);
        faults_plan("read@1=EIO");
        CHECK_CODE(eddy_wakeup_take(&wakeup, &ready), -EIO);
        CHECK(eddy_handle_queued(&A->soon));
        take();
        CHECK_TEXT(trace, "a");
        eddy_wakeup_close(&wakeup);
    }
}

/* ---- Threads ----------------------------------------------------------------------------------- */

enum { THREADS = 16 };

#ifdef __has_feature
#define WITH_TSAN __has_feature(thread_sanitizer)
#elif defined __SANITIZE_THREAD__
#define WITH_TSAN 1
#else
#define WITH_TSAN 0
#endif

struct posted {
    struct eddy_handle handle;
    struct poster *poster;
    int number;
};

struct poster {
    pthread_t thread;
    struct posted *all;
    int accepted; /* those that were posted; the thread's until it has ended */
    int next;     /* the number of the one that is to be called next; the loop's */
};

static struct poster posters[THREADS];
static long count, called; /* handles of each thread; calls of all */

/* Where a tool looks at each step, each takes many times as long: then there are fewer. */
static bool is_watched(void)
{
    return WITH_TSAN || getenv("EDDY_UNDER");
}

static void on_posted(struct eddy_handle *handle)
{
    struct posted *posted = container_of(handle, struct posted, handle);

    CHECK_INT(posted->number, posted->poster->next);
    posted->poster->next++;
    called++;
    if (called % 997 == 0)
        eddy_loop_stop(&loop);
    if (called == THREADS * count)
        eddy_loop_stop(&loop);
}

static void *post_all(void *data)
{
    struct poster *poster = data;

    while (poster->accepted < count &&
           eddy_loop_call_soon_threadsafe(&loop, &poster->all[poster->accepted].handle) == 0)
        poster->accepted++;
    return NULL;
}

static void start_posters(void)
{
    called = 0;
    for (int i = 0; i < THREADS; i++) {
        posters[i] = (struct poster){.all = calloc((size_t)count, sizeof *posters[i].all)};
        CHECK(posters[i].all != NULL);
        for (int k = 0; k < count; k++) {
            posters[i].all[k] = (struct posted){.poster = &posters[i], .number = k};
            eddy_handle_init(&posters[i].all[k].handle, on_posted);
        }
    }
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&posters[i].thread, NULL, post_all, &posters[i]) == 0);
}

static void join_posters(void)
{
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(posters[i].thread, NULL) == 0);
}

static void free_posters(void)
{
    for (int i = 0; i < THREADS; i++)
        free(posters[i].all);
}

static void flooding(void)
{
    CASE("sixteen threads post while a loop runs and stops: each runs once, in order per thread") {
        count = is_watched() ? 2500 : 62500; /* a million in all */
        CHECK_CODE(eddy_loop_open(&loop, NULL), 0);
        DID("%d threads posted %ld handles each", THREADS, count);
        CAUSE("the byte first, then the list: else what is posted in between loses its byte");
        WAITING("a handle that was posted, and is not called");
        start_posters();
        while (called < THREADS * count)
            CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        join_posters();
        for (int i = 0; i < THREADS; i++)
            CHECK_INT(posters[i].next, count);
        CHECK_CODE(eddy_loop_close(&loop), 0);
        free_posters();
    }

    CASE("while a loop closes each post is called, forgotten or refused, and touched no more") {
        count = is_watched() ? 100 : 1000;
        for (int round = 0; round < 30; round++) {
            long enough = round * count / 3;
            CHECK_CODE(eddy_loop_open(&loop, NULL), 0);
            start_posters();
            DID("closed a loop that %d threads post to, after %ld calls", THREADS, enough);
            while (called < enough)
                CHECK_CODE(eddy_loop_run_forever(&loop), 0);
            CHECK_CODE(eddy_loop_close(&loop), 0);
            join_posters();
            for (int i = 0; i < THREADS; i++) {
                CHECK(posters[i].next <= posters[i].accepted);
                for (int k = 0; k < count; k++)
                    CHECK(!eddy_handle_queued(&posters[i].all[k].handle));
            }
            free_posters();
        }
    }
}

/* ---- A loop that sleeps ------------------------------------------------------------------------ */

static atomic_int about_to_sleep;

static void stop(struct step *step)
{
    (void)step;
    eddy_loop_stop(&loop);
}

/* It posts when the loop has nothing left to do but to sleep. (If it should not sleep yet, it will
 * find the handle: then the case shows less, and is right all the same.) */
static void *post_a(void *unused)
{
    (void)unused;
    while (!about_to_sleep)
        sched_yield();
    CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &A->soon), 0);
    return NULL;
}

static void say_so(struct step *step)
{
    (void)step;
    about_to_sleep = 1;
}

static const char *which; /* the selector that is tested */

#define EACH(sentence) CASE(traced_on(sentence, which))

static void waking(void)
{
    EACH("a call from another thread wakes a loop that sleeps without a limit")
    {
        struct eddy_loop_options options = {.selector = which};
        pthread_t thread;
        CHECK_CODE(eddy_loop_open(&loop, &options), 0);
        steps_init(steps);
        A->then = stop;
        B->then = say_so;
        WAITING("a byte in the loop's pipe");
        for (int round = 0; round < 100; round++) {
            about_to_sleep = 0;
            CHECK(pthread_create(&thread, NULL, post_a, NULL) == 0);
            CHECK_CODE(eddy_loop_call_soon(&loop, &B->soon), 0);
            CHECK_CODE(eddy_loop_run_forever(&loop), 0);
            CHECK(pthread_join(thread, NULL) == 0);
        }
        CHECK_INT(A->calls, 100);
        CHECK_CODE(eddy_loop_close(&loop), 0);
    }
}

static void taking(void)
{
    CASE("a wake-up is the loop's own: nobody is called for it, and it is not told again") {
        scripted_start();
        CHECK_CODE(eddy_loop_open(&loop, &scripted), 0);
        steps_init(steps);
        CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &A->soon), 0);
        CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &B->soon), 0);
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        CHECK_TEXT(trace, "ab");
        CHECK_INT(scripted_waits(), 1);
        CHECK_CODE(eddy_loop_close(&loop), 0);
    }
}

TESTS
{
    alone();
    check_limit(30);
    flooding();
    check_limit(10);
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++)
        waking();
    taking();
}
