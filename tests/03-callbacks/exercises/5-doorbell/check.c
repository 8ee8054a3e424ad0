/*
 * A lost wake-up needs two threads to meet in one moment. The program counts its moments and can
 * stand still at any of them (5-doorbell.h), so each meeting is tried, once, and none by luck.
 */
#include "check.h"
#include "program.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    QUIET_MS = 1000,   /* how long nobody rings while the house is watched */
    RESTLESS = 60,     /* a moment that a porter who sleeps does not have with one visitor */
    ASKED_MOST = 100,  /* times that he may ask the kernel in that time */
    MOMENTS_LEAST = 4, /* two in take_all(), two in silence() */
    MOMENTS_MOST = 20
};

static char path[] = PROGRAM, port[] = "0";
static char *const command[] = {path, port, NULL};
static struct program house;

static void expect_let_in(int visitor, int number)
{
    char expected[32], came[32];
    struct pollfd answer = {.fd = visitor, .events = POLLIN};

    snprintf(expected, sizeof expected, "come in, number %d\n", number);
    if (poll(&answer, 1, client_patience() * 1000) == 0)
        FAIL("the porter to let in this visitor",
             "nothing: visitor number %d waits, the porter sleeps", number);
    CHECK_BYTES(came, client_recv(visitor, came, strlen(expected)), expected, strlen(expected));
    client_expect_eof(visitor);
    client_close(visitor);
}

/* Reads its stdout up to a line with `text` and a number after that, and returns the number; -1 when
 * it prints nothing for `ms`. */
static int find_number(const char *text, int ms)
{
    char line[256];
    size_t n = 0;
    int number;
    struct pollfd out = {.fd = house.out, .events = POLLIN};

    while (n < sizeof line - 1 && poll(&out, 1, ms) > 0 && read(house.out, line + n, 1) == 1) {
        line[n + 1] = '\0';
        if (line[n++] != '\n')
            continue;
        if (strstr(line, text) && sscanf(strstr(line, text) + strlen(text), "%d", &number) == 1)
            return number;
        n = 0;
    }
    return -1;
}

static int read_number(const char *text)
{
    int number = find_number(text, client_patience() * 1000);

    if (number < 0)
        FAIL("a line of its output", "none with \"%s\" and a number", text);
    return number;
}

/* How many moments the porter has when one visitor rings. */
static int count_moments(void)
{
    int number;

    program_start(&house, command);
    expect_let_in(client_connect(house.port), 1);
    kill(house.pid, SIGINT);
    number = read_number("the porter had ");
    /* It is at its end, where a second Ctrl-C would be one too many. */
    waitpid(house.pid, &house.status, 0);
    house.pid = 0;
    program_stop(&house);
    if (number < MOMENTS_LEAST)
        FAIL("moments in take_all() and in silence(), as they were given",
             "only %d: make reset-03.5 brings them back", number);
    return number;
}

/* A porter who is to stand still at that moment. */
static void start_with(int moment)
{
    char text[16];

    snprintf(text, sizeof text, "%d", moment);
    setenv("MOMENT", text, 1);
    program_start(&house, command);
    unsetenv("MOMENT");
}

/* A visitor rings; at that moment of the porter's a second one does; both must be let in. */
static void ring_at(int moment, int of, const char *cause)
{
    int first, second;

    start_with(moment);
    DID("a visitor rang; at moment %d of the porter's %d, a second one (by hand: MOMENT=%d %s, "
        "then nc twice)",
        moment, of, moment, PROGRAM);
    CAUSE("%s", cause);
    first = client_connect(house.port);
    CHECK_INT(read_number("moment "), moment);
    second = client_connect(house.port);
    expect_let_in(first, 1);
    expect_let_in(second, 2);
}

/* ---- Sleep ------------------------------------------------------------------------------------- */

/* A porter who is called again and again has that moment soon. One who has it not sleeps. */
static void expect_quiet(const char *counts)
{
    if (find_number("moment ", QUIET_MS) != RESTLESS)
        return;
    unlink(counts);
    FAIL("a porter who sleeps", "the loop calls him again and again: his moment number %d",
         RESTLESS);
}

static void sleeping(void)
{
    CASE("the porter sleeps while nobody rings") {
        char counts[] = "/tmp/eddy-doorbell-XXXXXX";
        int fd = mkstemp(counts);
        long times;
        CHECK(fd >= 0);
        close(fd);
        setenv("EDDY_FAULTS_COUNTS", counts, 1);
        start_with(RESTLESS);
        unsetenv("EDDY_FAULTS_COUNTS");
        expect_let_in(client_connect(house.port), 1);
        DID("one visitor came; then nobody for %d ms", QUIET_MS);
        CAUSE("a byte that stays in the pipe keeps it readable for ever: the bell must be "
              "silenced");
        expect_quiet(counts);
        program_stop(&house);
        times = program_waits(counts);
        unlink(counts);
        DID("one visitor came; then nobody for %d ms; then Ctrl-C", QUIET_MS);
        CAUSE("a byte that stays in the pipe keeps it readable for ever: the bell must be "
              "silenced");
        if (times > ASKED_MOST)
            FAIL("a porter who sleeps", "the loop went round about %ld times", times);
        CHECK(times > 0);
    }
}

/* ---- At each moment ---------------------------------------------------------------------------- */

static void at_any_moment(void)
{
    CASE("one bell is enough for two who wait") {
        ring_at(1, count_moments(),
                "a visitor who comes while another waits does not ring: let in all who wait, at "
                "each bell");
        program_stop(&house);
    }

    CASE("whoever rings at any moment of the porter's is let in") {
        int of = count_moments();
        for (int moment = 2; moment <= of && moment <= MOMENTS_MOST; moment++) {
            ring_at(moment, of,
                    "the second visitor found nobody waiting, and rang. Then the porter silenced "
                    "the bell, without a look at who waits: that ring is lost, and nobody after "
                    "rings again. What must come first?");
            program_stop(&house);
        }
    }
}

/* These meet a porter who may not be done with the visitor before: at which of his moments, is luck. If
 * a ring can be lost, the cases above have told so, and better. */
static void by_luck(void)
{
    CASE("a visitor who rings after such a moment is let in, too") {
        int of = count_moments();
        for (int moment = 1; moment <= of && moment <= MOMENTS_MOST; moment++) {
            ring_at(moment, of, "the bell has stopped working for good");
            expect_let_in(client_connect(house.port), 3);
            program_stop(&house);
        }
    }

    CASE("visitors who come one after the other are let in") {
        program_start(&house, command);
        DID("three visitors came, each when the one before was in; then Ctrl-C");
        for (int number = 1; number <= 3; number++)
            expect_let_in(client_connect(house.port), number);
        program_stop(&house);
    }
}

TESTS
{
    check_limit(20);
    sleeping();
    at_any_moment();
    by_luck();
}
