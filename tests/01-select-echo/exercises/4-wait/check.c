#include "check.h"

#include "4-wait.h"
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
    ASKED_MOST = 20, /* times that it may ask the kernel while it waits once */
    TRIES = 5
};

static int written; /* the end of a pipe that the signal handler writes to; -1: to none */
static bool signals_come;
static double stays; /* the handler takes that long once, in milliseconds */

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* How often the kernel was asked to wait, since the last faults_plan(). */
static long waits(void)
{
    return faults_calls("select") + faults_calls("pselect") + faults_calls("poll");
}

/* On a busy machine signals come before the wait has begun, too: these change nothing. */
static void on_alarm(int signo)
{
    double until = now() + stays;

    (void)signo;
    if (waits() == 0)
        return;
    stays = 0;
    while (now() < until)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    if (written >= 0 && write(written, "x", 1) != 1)
        _exit(2);
}

/* From now on, a signal each `milliseconds`. The handler of the first that comes during a wait takes `stay`
 * milliseconds; each writes a byte to `fd` if that is >= 0. */
static void signals_every(int milliseconds, int fd, int stay)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval timer = {{0, milliseconds * 1000}, {0, milliseconds * 1000}};

    faults_plan("");
    signals_come = true;
    written = fd;
    stays = stay;
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void signals_end(void)
{
    struct itimerval none = {{0, 0}, {0, 0}};

    setitimer(ITIMER_REAL, &none, NULL);
    signals_come = false;
}

static void make_pipe(int pipes[2])
{
    CHECK(pipe(pipes) == 0);
}

static void close_pipe(int pipes[2])
{
    close(pipes[0]);
    close(pipes[1]);
}

/* Fails unless low <= got <= high; all in milliseconds. */
#define CHECK_BETWEEN(got, low, high) check_between(__LINE__, #got, got, low, high)

static void check_between(int line, const char *what, double got, double low, double high)
{
    char expected[128];

    snprintf(expected, sizeof expected, "%s between %g and %g ms", what, low, high);
    if (got < low || got > high)
        check_failed(__FILE__, line, expected, "%.1f ms", got);
}

static const char past_end[] =
    "when the handler is through, the end of the wait has passed: what is left is less than "
    "nothing, and select() refuses such a time with EINVAL. Then it is 0";

/* On a busy machine any signal's handler may end after the wait should have. */
static void check_in_vain(int result)
{
    if (result == -EINVAL && signals_come)
        CAUSE("%s", past_end);
    CHECK_CODE(result, 0);
}

/* Waits in vain for `ms`, and returns how long that took. A busy machine may wake it late, so one that
 * comes back after more than `most` gets further tries; one that is wrong is so each time. */
static double wait_in_vain(int fd, int ms, double most)
{
    double start, took = 0;

    for (int i = 0; i < TRIES && (i == 0 || took > most); i++) {
        start = now();
        check_in_vain(wait_readable(fd, ms));
        took = now() - start;
        if (took < ms)
            break;
    }
    return took;
}

static void results(void)
{
    int pipes[2];

    CASE("a descriptor with bytes in it is readable at once, whatever the limit") {
        make_pipe(pipes);
        CHECK(write(pipes[1], "x", 1) == 1);
        DID("put a byte into a pipe; wait_readable(fd, 1500)");
        CAUSE("1500 ms are 1 s and 500 ms: what is 1000 ms or more belongs into tv_sec");
        CHECK_CODE(wait_readable(pipes[0], 1500), 1);
        CAUSE("%s", "");
        CHECK_CODE(wait_readable(pipes[0], 0), 1);
        CHECK_CODE(wait_readable(pipes[0], -1), 1);
        close_pipe(pipes);
    }

    CASE("only the descriptor that was asked about counts") {
        int others[2], ready, silent;
        make_pipe(others); /* it gets the lower numbers */
        make_pipe(pipes);
        CHECK(write(others[1], "x", 1) == 1);
        DID("wait_readable() on a pipe with a byte, then on an empty one");
        CAUSE("an fd_set begins with whatever was in memory: FD_ZERO() first, then FD_SET()");
        ready = wait_readable(others[0], 20);
        silent = wait_readable(pipes[0], 20);
        CHECK_CODE(ready, 1);
        CHECK_CODE(silent, 0);
        close_pipe(pipes);
        close_pipe(others);
    }

    CASE("when nothing comes, the answer is 0, and not before its time") {
        double took;
        make_pipe(pipes);
        DID("wait_readable(fd, 30) on an empty pipe");
        took = wait_in_vain(pipes[0], 30, 1500);
        CAUSE(
            "milliseconds must become seconds and microseconds (select) or nanoseconds (pselect)");
        CHECK_BETWEEN(took, 29, 1500);
        DID("wait_readable(fd, 0) on an empty pipe");
        CAUSE("0 means look and return; without a limit is NULL in place of the timeout");
        WAITING("wait_readable(fd, 0) to return at once");
        CHECK_CODE(wait_readable(pipes[0], 0), 0);
        close_pipe(pipes);
    }

    CASE("a limit above a second is as long as it says, and is slept, not spun") {
        double took;
        long asked;
        make_pipe(pipes);
        DID("wait_readable(fd, 1100) on an empty pipe");
        CAUSE(
            "1100 ms are 1 s and 100 ms: tv_sec counts seconds, and the other field what is left, "
            "in microseconds (select) or nanoseconds (pselect)");
        WAITING("wait_readable(fd, 1100) to return after 1.1 s");
        took = wait_in_vain(pipes[0], 1100, 1900);
        CHECK_BETWEEN(took, 1099, 1900);
        CAUSE("select() can sleep that long by itself: give it the time, and it uses no processor");
        faults_plan("");
        CHECK_CODE(wait_readable(pipes[0], 300), 0);
        asked = waits();
        if (asked > ASKED_MOST)
            FAIL("one call of select() or pselect(), which sleeps", "%ld calls in 300 ms", asked);
        close_pipe(pipes);
    }

    CASE("the end of the stream counts as readable") {
        make_pipe(pipes);
        close(pipes[1]);
        DID("closed the writing end of the pipe; wait_readable(fd, 1000)");
        CHECK_CODE(wait_readable(pipes[0], 1000), 1);
        close(pipes[0]);
    }
}

static void bad_descriptors(void)
{
    int pipes[2];

    CASE("the last descriptor that select() can watch is watched") {
        int last;
        make_pipe(pipes);
        CHECK(write(pipes[1], "x", 1) == 1);
        last = fcntl(pipes[0], F_DUPFD, FD_SETSIZE - 1);
        if (last != FD_SETSIZE - 1)
            SKIP("this system does not give descriptor %d", FD_SETSIZE - 1);
        DID("wait_readable(%d, 0)", last);
        CAUSE("the numbers go from 0 to FD_SETSIZE - 1, which is %d", FD_SETSIZE - 1);
        CHECK_CODE(wait_readable(last, 0), 1);
        close(last);
        close_pipe(pipes);
    }

    CASE("a descriptor that select() cannot watch is refused") {
        struct rlimit limit;
        int high;
        make_pipe(pipes);
        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        high = fcntl(pipes[0], F_DUPFD, FD_SETSIZE);
        if (high < 0)
            SKIP("this system gives no descriptor of %d or more", FD_SETSIZE);
        DID("wait_readable(%d, 0)", high);
        CAUSE("FD_SET() beyond FD_SETSIZE (%d) writes past the end of the set: compare first",
              FD_SETSIZE);
        CHECK_CODE(wait_readable(high, 0), -ERANGE);
        close(high);
        close_pipe(pipes);
    }

    CASE("a descriptor that is not open is an error, at once") {
        make_pipe(pipes);
        close_pipe(pipes);
        DID("wait_readable() on a closed descriptor, and on -1");
        CAUSE("only EINTR is a reason to call select() again; the others are returned as -errno");
        WAITING("wait_readable() of a closed descriptor to return");
        CHECK_CODE(wait_readable(pipes[0], 1000), -EBADF);
        CAUSE("FD_SET() of -1 writes before the start of the set: compare first");
        CHECK_CODE(wait_readable(-1, 1000), -EBADF);
    }
}

static void signals(void)
{
    int pipes[2];

    CASE("signals change neither the result nor the time") {
        double took;
        make_pipe(pipes);
        DID("wait_readable(fd, 60) on an empty pipe, with a signal every 5 ms");
        CAUSE("select() fails with EINTR after a signal: go on with the time that is left");
        WAITING("wait_readable(fd, 60) to return; a wait that starts anew with the full time after "
                "each signal never does");
        signals_every(5, -1, 0);
        took = wait_in_vain(pipes[0], 60, 1500);
        signals_end();
        CHECK_BETWEEN(took, 59, 1500);
        close_pipe(pipes);
    }

    CASE("a signal that takes longer than the wait ends it, without an error") {
        make_pipe(pipes);
        DID("wait_readable(fd, 20) on an empty pipe; a signal after 5 ms, whose handler runs for "
            "40 ms");
        CAUSE("%s", past_end);
        WAITING("wait_readable(fd, 20) to return: its time has passed");
        signals_every(5, -1, 40);
        CHECK_CODE(wait_readable(pipes[0], 20), 0);
        signals_end();
        close_pipe(pipes);
    }

    CASE("without a limit it waits until something comes") {
        make_pipe(pipes);
        DID("wait_readable(fd, -1); a signal handler writes to the pipe after 20 ms");
        CAUSE("after EINTR the set says nothing: fill it again and ask again");
        signals_every(20, pipes[1], 0);
        CHECK_CODE(wait_readable(pipes[0], -1), 1);
        signals_end();
        close_pipe(pipes);
    }
}

TESTS
{
    check_limit(3);
    results();
    bad_descriptors();
    signals();
}
