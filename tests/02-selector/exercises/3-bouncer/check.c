#include "check.h"
#include "program.h"

#include "errors.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    QUIET_MS = 300,  /* how long nobody speaks while the house is watched */
    ASKED_MOST = 100 /* times that it may ask the kernel in that time */
};

static char path[] = PROGRAM, port[] = "0";
static char *const command[] = {path, port, NULL};
static struct program house;

static void say(int fd, const char *line, const char *answer)
{
    client_send_text(fd, line);
    client_expect_text(fd, answer);
}

/* From here on nothing is read: what is sent now is ready all at once when it goes on. */
static void freeze(void)
{
    siginfo_t info = {0};

    WAITING("the program to stand still after SIGSTOP");
    kill(house.pid, SIGSTOP);
    /* WNOWAIT: one that has died is left for the harness to tell of. */
    waitid(P_PID, (id_t)house.pid, &info, WSTOPPED | WEXITED | WNOWAIT);
    if (info.si_code != CLD_STOPPED)
        FAIL("a running program", "it has ended");
    WAITING("%s", "");
}

static void thaw(void)
{
    kill(house.pid, SIGCONT);
}

/* A guest who is thrown out sees a reset if the house had not read his line; otherwise the end. */
static void expect_out(int fd)
{
    char buf[64];
    ssize_t n = recv(fd, buf, sizeof buf, 0);

    if (n > 0 || (n < 0 && errno != ECONNRESET))
        FAIL("this guest to be thrown out", "%s", n > 0 ? "an answer" : eddy_errname(-errno));
    client_close(fd);
}

static void come_in(int guests[], int count)
{
    program_start(&house, command);
    for (int i = 0; i < count; i++)
        guests[i] = client_connect(house.port);
    /* The last one first: when that one has been let in, all have. */
    for (int i = count - 1; i >= 0; i--)
        say(guests[i], "?\n", count == 2 ? "2 inside\n" : "3 inside\n");
}

/* Each of them said "all out". Whoever had the first turn has this answer, and the others are out.
 * Which one it was is the selector's business. */
static int the_one_who_stays(const int guests[], int count, const char *answer)
{
    char the_answer[64];
    int stays = -1;

    for (int i = 0; i < count; i++) {
        ssize_t n = recv(guests[i], the_answer, sizeof the_answer, 0);
        if (n > 0 && stays >= 0)
            FAIL("one guest who stays, and the others thrown out", "two have an answer");
        if (n < 0 && errno != ECONNRESET)
            FAIL("an answer or an end for each guest", "%s", eddy_errname(-errno));
        if (n <= 0) {
            client_close(guests[i]);
            continue;
        }
        CHECK_BYTES(the_answer, (size_t)n, answer, strlen(answer));
        stays = guests[i];
    }
    if (stays < 0)
        FAIL("one guest who stays, with an answer", "all have been thrown out");
    return stays;
}

static void one_at_a_time(void)
{
    int guests[3];

    CASE("guests are counted, and a full house has its door closed") {
        int outside;
        come_in(guests, 3);
        outside = client_connect(house.port);
        DID("three came in, a fourth stood outside; one went away");
        client_close(guests[2]);
        say(outside, "?\n", "3 inside\n");
        DID("Ctrl-C");
        CAUSE("each guest is a block of memory and a descriptor: both are given back when it goes");
        program_stop(&house);
        client_close(guests[0]);
        client_close(guests[1]);
        client_close(outside);
    }

    CASE("a guest who says \"all out\" is alone then") {
        come_in(guests, 3);
        DID("three came in; the first said \"all out\", and the others nothing");
        CAUSE("a guest who is thrown out is not inside any more when the answer goes out");
        say(guests[0], "all out\n", "1 inside\n");
        expect_out(guests[1]);
        expect_out(guests[2]);
        say(guests[0], "?\n", "1 inside\n");
        client_close(guests[0]);
        program_stop(&house);
    }
}

static void at_once(void)
{
    int guests[3], stays;

    CASE("when two say \"all out\" at once, the first throws out the second") {
        come_in(guests, 2);
        DID("stopped the program (kill -STOP), both guests sent \"all out\", kill -CONT");
        CAUSE("the second guest's event was there when the first one's handler threw out the "
              "second: a guest who is out has no turn any more. Where are events kept meanwhile?");
        freeze();
        client_send_text(guests[0], "all out\n");
        client_send_text(guests[1], "all out\n");
        thaw();
        stays = the_one_who_stays(guests, 2, "1 inside\n");
        say(stays, "?\n", "1 inside\n");
        client_close(stays);
        program_stop(&house);
    }

    CASE("a guest who comes in at that moment is not taken for the one thrown out") {
        int outside;
        come_in(guests, 3);
        outside = client_connect(house.port);
        DID("a fourth guest waits outside; stopped the program, all three sent \"all out\", "
            "kill -CONT");
        CAUSE("the newcomer has the number of the one who was thrown out: that a number is "
              "registered does not say that the event is this registration's");
        freeze();
        for (int i = 0; i < 3; i++)
            client_send_text(guests[i], "all out\n");
        thaw();
        stays = the_one_who_stays(guests, 3, "2 inside\n");
        say(outside, "?\n", "2 inside\n");
        client_close(stays);
        client_close(outside);
        program_stop(&house);
    }
}

static void quiet(void)
{
    CASE("the house sleeps while nobody speaks") {
        char counts[] = "/tmp/eddy-bouncer-XXXXXX";
        int guests[2], fd = mkstemp(counts);
        long times;
        CHECK(fd >= 0);
        close(fd);
        setenv("EDDY_FAULTS_COUNTS", counts, 1);
        come_in(guests, 2);
        unsetenv("EDDY_FAULTS_COUNTS");
        DID("two came in, and said nothing for %d ms; then Ctrl-C", QUIET_MS);
        poll(NULL, 0, QUIET_MS);
        program_stop(&house);
        times = program_waits(counts);
        unlink(counts);
        CAUSE("the selector sleeps until somebody speaks (EDDY_FOREVER): with a limit of 0 the "
              "house goes round and round");
        if (times > ASKED_MOST)
            FAIL("a house that sleeps", "it asked the selector about %ld times", times);
        CHECK(times > 0);
        client_close(guests[0]);
        client_close(guests[1]);
    }
}

TESTS
{
    check_limit(20);
    one_at_a_time();
    at_once();
    quiet();
}
