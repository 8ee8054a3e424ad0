#include "check.h"

#include "4-relay.h"
#include "faults.h"
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    QUIET_MS = 300,   /* how long the peers are silent while the relay is watched */
    ASKED_MOST = 100, /* times that a relay may ask the kernel in such a case */
    SENT_MOST = 100,  /* ... and may send and receive */
    LONG = 20000
};

static int a, b;           /* the sockets of the relay */
static int peer_a, peer_b; /* the other ends */
static char long_message[LONG];

static void set_up(void)
{
    int pair[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    a = pair[0];
    peer_a = pair[1];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    b = pair[0];
    peer_b = pair[1];
    CHECK_CODE(eddy_net_prepare(a), 0);
    CHECK_CODE(eddy_net_prepare(b), 0);
    for (int i = 0; i < LONG; i++)
        long_message[i] = (char)('a' + i % 26);
}

static void close_all(void)
{
    const int fds[] = {a, b, peer_a, peer_b};

    for (int i = 0; i < 4; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static void tear_down(void)
{
    CAUSE("relay() closes its selector on every way out");
    close_all();
}

/* Written, not sent: faults of send() are the relay's alone. */
static void put(int peer, const char *bytes, size_t n)
{
    CHECK(write(peer, bytes, n) == (ssize_t)n);
}

static void put_and_end(int peer, const char *text)
{
    put(peer, text, strlen(text));
    CHECK(shutdown(peer, SHUT_WR) == 0);
}

/* The relay has returned, so all is there: exactly this, and then the end. */
static void expect_all(int peer, const char *bytes, size_t n)
{
    static char bytes_that_arrived[LONG + 1];
    size_t count = 0;
    ssize_t got;

    while ((got = recv(peer, bytes_that_arrived + count, sizeof bytes_that_arrived - count,
                       MSG_DONTWAIT)) > 0)
        count += (size_t)got;
    CHECK_BYTES(bytes_that_arrived, count, bytes, n);
    CAUSE("the end of a direction is passed on with shutdown(to, SHUT_WR), and only that");
    if (got < 0)
        FAIL("the end of the stream after these bytes", "no end: its peer goes on waiting");
}

/* Gives a peer, or both, to a new process, which has nothing else. True in that process; it must
 * end with _exit(). */
static bool given_away(int *peer, int *other, pid_t *child)
{
    int mine[] = {*peer, *other};

    *child = fork();
    *peer = *other = -1;
    if (*child == 0) {
        close_all();
        *peer = mine[0];
        *other = mine[1];
        return true;
    }
    close(mine[0]);
    if (mine[1] != mine[0])
        close(mine[1]);
    return false;
}

static bool ended_well(pid_t child)
{
    int status = 1;

    return waitpid(child, &status, 0) == child && status == 0;
}

/* Receives up to the end. True when exactly this came. */
static bool receives(int peer, const char *bytes, size_t n)
{
    static char came[LONG + 1];
    size_t count = 0;
    ssize_t got;

    while ((got = read(peer, came + count, sizeof came - count)) > 0)
        count += (size_t)got;
    return count == n && memcmp(came, bytes, n) == 0;
}

/* A new process receives at B, up to the end, and copies that into a file. */
static FILE *copied_by(pid_t *child)
{
    FILE *copy = tmpfile();
    ssize_t n;

    CHECK(copy != NULL);
    if (given_away(&peer_b, &peer_b, child)) {
        char part[LONG];
        while ((n = read(peer_b, part, sizeof part)) > 0)
            if (write(fileno(copy), part, (size_t)n) != n)
                _exit(1);
        _exit(n < 0);
    }
    return copy;
}

static void expect_copy(FILE *copy, pid_t child, const char *bytes, size_t n)
{
    static char bytes_that_arrived[LONG + 1];

    /* If the relay sent no end, the child waits for one: it goes when the relay's socket does. */
    close(b);
    b = -1;
    CHECK(ended_well(child));
    rewind(copy);
    CHECK_BYTES(bytes_that_arrived, fread(bytes_that_arrived, 1, sizeof bytes_that_arrived, copy),
                bytes, n);
    fclose(copy);
}

/* ---- What arrives ------------------------------------------------------------------------------ */

static void both_ways(void)
{
    CASE("bytes go both ways, and so do the ends") {
        set_up();
        put_and_end(peer_a, "question");
        put_and_end(peer_b, "answer");
        DID("A sent \"question\" and ended, B sent \"answer\" and ended; relay(a, b)");
        WAITING("relay() to return: both have ended");
        CHECK_CODE(relay(a, b), 0);
        CAUSE("what comes from a goes to b, and what comes from b goes to a");
        expect_all(peer_b, "question", 8);
        CAUSE("what comes from a goes to b, and what comes from b goes to a");
        expect_all(peer_a, "answer", 6);
        DID("looked whether a and b are still open after relay(a, b)");
        CAUSE("the sockets are the caller's: end a direction with shutdown(), not with close()");
        CHECK(fcntl(a, F_GETFD) >= 0 && fcntl(b, F_GETFD) >= 0);
        tear_down();
    }
}

static void in_parts(void)
{
    CASE("a long message arrives whole, though each send() takes only a part of it") {
        pid_t child;
        FILE *copy;
        set_up();
        put(peer_a, long_message, LONG);
        put_and_end(peer_a, "");
        put_and_end(peer_b, "");
        DID("A sent %d bytes and ended, B only ended; a send() takes 100 bytes "
            "(EDDY_FAULTS=send%%100)",
            LONG);
        CAUSE("send() may take less than it was given, and says how much: the rest is still to go");
        WAITING("relay() to return: both have ended");
        copy = copied_by(&child);
        faults_plan("send%100");
        CHECK_CODE(relay(a, b), 0);
        faults_plan("");
        expect_copy(copy, child, long_message, LONG);
        tear_down();
    }

    CASE("what finds no room at first is sent later") {
        set_up();
        put_and_end(peer_a, "question");
        put_and_end(peer_b, "");
        DID("A sent \"question\"; at the first send() there is no room "
            "(EDDY_FAULTS=send@1=EAGAIN)");
        CAUSE("-EAGAIN is no error: keep the bytes where they are, and wait for room");
        WAITING("relay() to return: both have ended");
        faults_plan("send@1=EAGAIN");
        CHECK_CODE(relay(a, b), 0);
        expect_all(peer_b, "question", 8);
        DID("ended both; the first recv() finds nothing (EDDY_FAULTS=recv@1=EAGAIN)");
        CAUSE("-EAGAIN is no error: there is nothing to receive now, so wait again");
        faults_plan("recv@1=EAGAIN");
        CHECK_CODE(relay(a, b), 0);
        faults_plan("");
        tear_down();
    }
}

/* Time in which the relay can go wrong; nothing is waited for. */
static void keep_quiet(void)
{
    poll(NULL, 0, QUIET_MS);
}

/* ---- Who ends first ---------------------------------------------------------------------------- */

static void ending(void)
{
    pid_t child;

    for (int swapped = 0; swapped < 2; swapped++) {
        CASE(swapped ? "when B has ended, A can still answer"
                     : "when A has ended, B can still answer") {
            int *asks = swapped ? &peer_b : &peer_a, *answers = swapped ? &peer_a : &peer_b;
            set_up();
            put_and_end(*asks, "question");
            if (given_away(answers, answers, &child)) {
                bool understood = receives(*answers, "question", 8);
                keep_quiet();
                _exit(!understood || write(*answers, "answer", 6) != 6);
            }
            DID("%s sent \"question\" and ended; %s answers when it has seen the end, then ends",
                swapped ? "B" : "A", swapped ? "A" : "B");
            CAUSE("the end of one direction ends that direction only: the other one goes on");
            WAITING("relay() to return: both end, if the first end is passed on");
            CHECK_CODE(relay(a, b), 0);
            expect_all(*asks, "answer", 6);
            CHECK(ended_well(child));
            tear_down();
        }
    }
}

/* ---- Sleep ------------------------------------------------------------------------------------- */

/* How often the kernel was asked since the plan of faults was made. */
static long asked(void)
{
    return faults_calls("epoll_wait") + faults_calls("poll") + faults_calls("select");
}

/* How often it was tried to move bytes since then. */
static long moved(void)
{
    return faults_calls("send") + faults_calls("write") + faults_calls("recv") +
           faults_calls("read");
}

/* relay(), which must sleep most of the time and then return `code`. `child` holds the peers that
 * are silent. */
static void relay_asleep(pid_t child, int code)
{
    long times;

    WAITING("relay() to return: both end");
    faults_plan("");
    CHECK_CODE(relay(a, b), code);
    times = asked();
    if (times > ASKED_MOST)
        FAIL("a relay that sleeps while there is nothing to do",
             "it called eddy_selector_wait() about %ld times in %d ms", times, QUIET_MS);
    times = moved();
    CAUSE("-EAGAIN says that there is nothing to do now: go back to eddy_selector_wait(), which "
          "sleeps, in the place of a loop that tries again");
    if (times > SENT_MOST)
        FAIL("a relay that sleeps while there is nothing to do",
             "it called send() and recv() %ld times in %d ms", times, QUIET_MS);
    CAUSE("what was received stays in the buffer until it is sent: nothing is received over it");
    CHECK(ended_well(child));
    tear_down();
}

/* Ends both directions in one moment: with a byte that it has not received, A's end is a reset. */
static void break_off(void)
{
    struct pollfd byte = {.fd = peer_a, .events = POLLIN};

    if (write(peer_b, "x", 1) != 1 || poll(&byte, 1, 1000) != 1)
        _exit(1);
    close(peer_a);
    _exit(0);
}

static void sleeping(void)
{
    pid_t child;

    CASE("it sleeps while nobody sends") {
        set_up();
        if (given_away(&peer_a, &peer_b, &child)) {
            keep_quiet();
            break_off();
        }
        DID("A and B sent nothing for %d ms; then A was gone for good", QUIET_MS);
        CAUSE("a socket nearly always has room: wait for that only while there is something to "
              "send; and wait without a limit (EDDY_FOREVER)");
        relay_asleep(child, -ECONNRESET);
    }

    CASE("it sleeps while one has ended and the other is silent") {
        set_up();
        put_and_end(peer_a, "");
        if (given_away(&peer_b, &peer_b, &child)) {
            keep_quiet();
            _exit(0);
        }
        DID("A ended at once, B %d ms later", QUIET_MS);
        CAUSE("an end stays readable for ever: when it has been received, wait for it no more");
        relay_asleep(child, 0);
    }

    CASE("it sleeps while nobody takes what is to be sent") {
        int room = 1;
        set_up();
        setsockopt(b, SOL_SOCKET, SO_SNDBUF, &room, sizeof room); /* the least there can be */
        put(peer_a, long_message, LONG);
        put_and_end(peer_a, "");
        if (given_away(&peer_b, &peer_b, &child)) {
            keep_quiet();
            _exit(!receives(peer_b, long_message, LONG));
        }
        DID("A sent %d bytes and ended; B received nothing for %d ms, and then all", LONG,
            QUIET_MS);
        CAUSE("as long as something is to be sent, nothing more is received from where it came: "
              "so do not wait for that either");
        relay_asleep(child, 0);
    }
}

/* ---- Errors ------------------------------------------------------------------------------------ */

static void errors(void)
{
    CASE("an error ends it, and is returned") {
        set_up();
        put(peer_a, "x", 1);
        DID("A reset its connection (EDDY_FAULTS=recv@1=ECONNRESET)");
        CAUSE("an error other than -EAGAIN ends the relay: return it");
        WAITING("relay() to return the error of a socket");
        faults_plan("recv@1=ECONNRESET");
        CHECK_CODE(relay(a, b), -ECONNRESET);
        faults_plan("");
        close(peer_b);
        peer_b = -1;
        DID("A sent a byte, but B has gone for good");
        CAUSE("an error other than -EAGAIN ends the relay: return it");
        WAITING("relay() to return the error of a socket");
        CHECK_CODE(relay(a, b), -EPIPE);
        tear_down();
    }

    CASE("without memory it is an error, and nothing stays behind") {
        char plan[32];
        int code, which = 1;
        set_up();
        put_and_end(peer_a, "");
        put_and_end(peer_b, "");
        DID("called relay() while there is no memory to open a selector (calloc@1=ENOMEM)");
        faults_plan("calloc@1=ENOMEM");
        CHECK_CODE(relay(a, b), -ENOMEM);
        for (;;) {
            snprintf(plan, sizeof plan, "realloc@%d=ENOMEM", which++);
            DID("called relay() while there is no memory to register with (%s)", plan);
            CAUSE("relay() closes its selector on every way out, and returns the error");
            faults_plan(plan);
            code = relay(a, b);
            if (faults_injected() == 0)
                break;
            CHECK_CODE(code, -ENOMEM);
        }
        faults_plan("");
        CHECK_CODE(code, 0);
        tear_down();
    }
}

TESTS
{
    check_limit(3);
    both_ways();
    ending();
    in_parts();
    errors();
    sleeping();
}
