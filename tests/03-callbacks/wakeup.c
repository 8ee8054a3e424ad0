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
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
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

/* Calls what is in line, as a turn does. */
static void call_all(void)
{
    while (!eddy_list_empty(&ready)) {
        struct eddy_handle *handle = container_of(eddy_list_pop(&ready), struct eddy_handle, link);
        if (handle == &wakeup.door)
            handle = eddy_wakeup_next(&wakeup, &ready);
        handle->fn(handle);
    }
}

/* Takes what was posted, and calls it. */
static void take(void)
{
    CHECK_CODE(eddy_wakeup_take(&wakeup, wakeup.pair.fds[0], &ready), 0);
    call_all();
}

/* How many bytes are on their way; none are afterwards. */
static int bytes_told(void)
{
    char bytes[64];
    ssize_t n = recv(wakeup.pair.fds[0], bytes, sizeof bytes, 0);

    return n < 0 ? 0 : (int)n;
}

static void post_itself(struct step *step)
{
    post(step);
}

static void post_b_twice(struct step *step)
{
    (void)step;
    CHECK_CODE(eddy_wakeup_post(&wakeup, &B->soon), EDDY_EQUEUED); /* it is to be called yet */
    CHECK_CODE(eddy_wakeup_post(&wakeup, &A->soon), 0);            /* its call has begun */
}

static void cancel_b(struct step *step)
{
    (void)step;
    CHECK(eddy_wakeup_cancel(&wakeup, &B->soon));
    CHECK(!eddy_wakeup_cancel(&wakeup, &B->soon));
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

    CASE("all that was posted is called at one place in line, and what is posted then, next time") {
        set_up();
        A->then = post_itself;
        post(A);
        post(B);
        CHECK_CODE(eddy_wakeup_take(&wakeup, wakeup.pair.fds[0], &ready), 0);
        eddy_list_append(&ready, &C->soon.link);
        DID("posted a and b, took them, and put c in line; a posts itself when it is called");
        CHECK(eddy_wakeup_waiting(&wakeup));
        call_all();
        CHECK_TEXT(trace, "abc");
        CHECK_INT(bytes_told(), 1);
        A->then = NULL;
        take();
        CHECK_TEXT(trace, "abca");
        CHECK(!eddy_wakeup_waiting(&wakeup));
        eddy_wakeup_close(&wakeup);
    }

    CASE("it can be posted again as soon as its call begins; until then a call is coming") {
        set_up();
        A->then = post_b_twice;
        post(A);
        post(B);
        take();
        CHECK_TEXT(trace, "ab");
        A->then = NULL;
        take();
        CHECK_TEXT(trace, "aba");
        eddy_wakeup_close(&wakeup);
    }

    CASE("eddy_handle_cancel() does not reach what was posted, and breaks nothing by trying") {
        set_up();
        post(A);
        post(B);
        CHECK(!eddy_handle_cancel(&A->soon));
        CHECK(!eddy_handle_cancel(&B->soon));
        take();
        CHECK_TEXT(trace, "ab");
        eddy_wakeup_close(&wakeup);
    }

    CASE("what was posted can be taken back, from any place, before and after the loop took it") {
        set_up();
        for (int i = 0; i < 3; i++) {
            DID("posted a, b and c, took back the one of number %d, and posted it again", i);
            trace[0] = '\0';
            post(A);
            post(B);
            post(C);
            CHECK(eddy_wakeup_cancel(&wakeup, &steps[i].soon));
            CHECK(!eddy_wakeup_cancel(&wakeup, &steps[i].soon));
            CHECK(!eddy_handle_queued(&steps[i].soon));
            post(&steps[i]);
            take();
            CHECK_TEXT(trace, i == 0 ? "bca" : i == 1 ? "acb" : "abc");
        }
        DID("posted a, b and c; a takes b back");
        trace[0] = '\0';
        A->then = cancel_b;
        post(A);
        post(B);
        post(C);
        take();
        CHECK_TEXT(trace, "ac");
        CHECK(!eddy_wakeup_waiting(&wakeup));
        eddy_wakeup_close(&wakeup);
    }

    CASE("when all that was taken is taken back, the place in line is left empty") {
        set_up();
        post(A);
        CHECK_CODE(eddy_wakeup_take(&wakeup, wakeup.pair.fds[0], &ready), 0);
        CHECK(eddy_wakeup_cancel(&wakeup, &A->soon));
        call_all();
        CHECK_TEXT(trace, "");
        post(A);
        take();
        CHECK_TEXT(trace, "a");
        eddy_wakeup_close(&wakeup);
    }

    CASE("closing forgets what was posted, refuses what comes late, and can be done twice") {
        set_up();
        post(A);
        CHECK_CODE(eddy_wakeup_take(&wakeup, wakeup.pair.fds[0], &ready), 0);
        post(B);
        CHECK_INT((long)eddy_wakeup_close(&wakeup), 2);
        CHECK(eddy_list_empty(&ready));
        CHECK(!eddy_handle_queued(&A->soon) && !eddy_handle_queued(&B->soon));
        CHECK_CODE(eddy_wakeup_post(&wakeup, &A->soon), EDDY_ECLOSED);
        CHECK(!eddy_wakeup_cancel(&wakeup, &A->soon));
        CHECK(!eddy_handle_queued(&A->soon));
        CHECK(!eddy_wakeup_waiting(&wakeup));
        eddy_wakeup_close(&wakeup);
    }

    CASE("a socket that is full is no error: it is readable, which is all that is asked of it") {
        set_up();
        while (send(wakeup.pair.fds[1], "0123456789abcdef", 16, 0) > 0)
            ;
        CHECK(errno == EAGAIN);
        DID("filled the socket to the brim, then posted three");
        CAUSE("EAGAIN from a full socket counts as success");
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
        faults_plan("sendmsg@1=EINTR");
        post(A);
        CHECK_INT(faults_injected(), 1);
        CHECK_INT(bytes_told(), 1);
        take();
        CHECK_TEXT(trace, "a");
        eddy_wakeup_close(&wakeup);
    }

    CASE("if the byte cannot be sent, the handle is refused, and not posted") {
        set_up();
        faults_plan("sendmsg@1+=ENOBUFS");
        CHECK_CODE(eddy_wakeup_post(&wakeup, &A->soon), -ENOBUFS);
        CHECK(!eddy_handle_queued(&A->soon));
        CHECK(!eddy_wakeup_waiting(&wakeup));
        DID("the same, but the kernel finds memory at the next try");
        faults_plan("sendmsg@1=ENOBUFS");
        post(A);
        take();
        CHECK_TEXT(trace, "a");
        eddy_wakeup_close(&wakeup);
    }

    CASE("if the byte cannot be read, what was posted is taken all the same") {
        set_up();
        post(A);
        faults_plan("recv@1=ENOMEM");
        CHECK_CODE(eddy_wakeup_take(&wakeup, wakeup.pair.fds[0], &ready), -ENOMEM);
        call_all();
        CHECK_TEXT(trace, "a");
        post(A);
        take();
        CHECK_TEXT(trace, "aa");
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

/* ---- A bell ------------------------------------------------------------------------------------- */

enum { RINGERS = 3 };

/* Two numbers for each who rings. What was written down before a ring is read by a call that begins
 * after it: each ringer notes what it wrote, then rings; the loop notes what it has read. */
static struct eddy_handle bell;
static atomic_long written[RINGERS]; /* by the ringer */
static long read_last[RINGERS];      /* by the loop */
static atomic_int ringing;
static long rings_wanted;
static atomic_long accepted, queued;
static long bell_calls;

static void on_bell(struct eddy_handle *handle)
{
    (void)handle;
    bell_calls++;
    for (int i = 0; i < RINGERS; i++)
        read_last[i] = atomic_load_explicit(&written[i], memory_order_relaxed);
}

static void *ring(void *data)
{
    atomic_long *mine = data;

    for (long i = 1; i <= rings_wanted; i++) {
        int err;
        /* Relaxed: that the loop sees it is the door's work alone. */
        atomic_store_explicit(mine, i, memory_order_relaxed);
        err = eddy_loop_call_soon_threadsafe(&loop, &bell);
        if (err < 0 && err != EDDY_EQUEUED)
            FAIL("0 or EDDY_EQUEUED", "%s", eddy_errname(err));
        *(err == 0 ? &accepted : &queued) += 1;
    }
    ringing--;
    return NULL;
}

static void expect_all_read(void)
{
    for (int i = 0; i < RINGERS; i++)
        CHECK_INT(read_last[i], rings_wanted);
    CHECK(bell_calls > 0 && bell_calls <= accepted);
    CHECK_INT(accepted + queued, RINGERS * rings_wanted);
}

static void start_ringers(pthread_t threads[RINGERS])
{
    accepted = queued = bell_calls = 0;
    ringing = RINGERS;
    eddy_handle_init(&bell, on_bell);
    for (int i = 0; i < RINGERS; i++) {
        written[i] = read_last[i] = 0;
        CHECK(pthread_create(&threads[i], NULL, ring, &written[i]) == 0);
    }
}

static void belling(void)
{
    CASE("threads ring one handle again and again: what was written before the last ring is read") {
        pthread_t threads[RINGERS];
        rings_wanted = is_watched() ? 50000 : 300000;
        CHECK_CODE(eddy_loop_open(&loop, NULL), 0);
        DID("%d threads rang one handle %ld times each, and wrote a number before each ring",
            RINGERS, rings_wanted);
        CAUSE("the loop takes a handle out of the chain under the lock, before it calls it: from "
              "then on it can be posted again");
        WAITING("a call that a ring has promised");
        start_ringers(threads);
        eddy_loop_keep(&loop);
        while (ringing > 0) {
            eddy_loop_stop(&loop);
            CHECK_CODE(eddy_loop_run_forever(&loop), 0);
        }
        eddy_loop_unkeep(&loop);
        for (int i = 0; i < RINGERS; i++)
            CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        expect_all_read();
        CHECK_CODE(eddy_loop_close(&loop), 0);
    }

    CASE("a ring that another thread takes back is not called, and can be rung again") {
        CHECK_CODE(eddy_loop_open(&loop, NULL), 0);
        steps_init(steps);
        CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &A->soon), 0);
        CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &B->soon), 0);
        CHECK(eddy_loop_cancel_threadsafe(&loop, &A->soon));
        CHECK(!eddy_loop_cancel_threadsafe(&loop, &A->soon));
        CHECK(!eddy_loop_cancel_threadsafe(&loop, &C->soon));
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        CHECK_TEXT(trace, "b");
        CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &A->soon), 0);
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        CHECK_TEXT(trace, "ba");
        CHECK_CODE(eddy_loop_close(&loop), 0);
        CHECK(!eddy_loop_cancel_threadsafe(&loop, &A->soon));
    }
}

/* ---- What a stranger has closed ------------------------------------------------------------------ */

static void open_on_selector(const char *selector)
{
    struct eddy_loop_options options = {.selector = selector};

    CHECK_CODE(eddy_loop_open(&loop, &options), 0);
    steps_init(steps);
}

/* A pipe gets the number. Its other end is returned. */
static int give_away(int fd)
{
    int pipe_fds[2];

    CHECK(pipe(pipe_fds) == 0);
    CHECK(dup2(pipe_fds[1], fd) == fd);
    close(pipe_fds[1]);
    CHECK(fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK) == 0);
    return pipe_fds[0];
}

static void robbed(const char *selector)
{
    CASE(traced_on("a loop whose own descriptor was closed ends its run with an error", selector)) {
        for (int end = 0; end < 2; end++) {
            open_on_selector(selector);
            DID("somebody closed the loop's own descriptor fds[%d], then it ran", end);
            WAITING("an end of the run: it would spin, or sleep for ever");
            close(loop.wakeup.pair.fds[end]);
            CHECK_CODE(eddy_loop_call_soon(&loop, &A->soon), 0);
            CHECK_CODE(eddy_loop_run_forever(&loop), EDDY_EWAKEUP);
            CHECK_TEXT(trace, "a");
            CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &B->soon), EDDY_EWAKEUP);
            CHECK(!eddy_handle_queued(&B->soon));
            CHECK_CODE(eddy_loop_run_forever(&loop), EDDY_EWAKEUP);
            CHECK_CODE(eddy_loop_close(&loop), 0);
        }
    }

    CASE(traced_on("a byte of the loop's lands in no file that has got its number", selector)) {
        char byte;
        int other, number;
        open_on_selector(selector);
        other = give_away(loop.wakeup.pair.fds[1]);
        DID("somebody closed the loop's own descriptor, and a pipe got its number; then a post");
        CAUSE("a byte for a socket is sent, not written");
        CHECK_CODE(eddy_loop_call_soon_threadsafe(&loop, &A->soon), EDDY_EWAKEUP);
        CHECK(read(other, &byte, 1) < 0 && errno == EAGAIN);
        CHECK_CODE(eddy_loop_run_forever(&loop), EDDY_EWAKEUP);
        CHECK_TEXT(trace, "");
        number = loop.wakeup.pair.fds[1];
        CHECK_CODE(eddy_loop_close(&loop), 0);
        DID("... then closed the loop");
        CHECK(close(number) == 0); /* it is not the loop's to close */
        close(other);
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
        WAITING("a byte for the loop");
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
    belling();
    check_limit(10);
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++)
        robbed(which);
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++)
        waking();
    taking();
}
