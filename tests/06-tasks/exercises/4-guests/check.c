#include "check.h"
#include "program.h"

#include "errors.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[] = PROGRAM, port[] = "0";
static char *const command[] = {path, port, NULL};
static struct program house;

static void say(int fd, const char *line, const char *answer)
{
    client_send_text(fd, line);
    client_expect_text(fd, answer);
}

/* They come one after the other: each has its seat before the next one knocks. */
static void come_in(int guests[], int count)
{
    static const char *const answers[] = {"1 seated\n", "2 seated\n", "3 seated\n"};

    program_start(&house, command);
    for (int i = 0; i < count; i++) {
        guests[i] = client_connect(house.port);
        say(guests[i], "?\n", answers[i]);
    }
}

/* Says nothing more, and waits until the door is closed behind it. */
static void go(int fd)
{
    client_shutdown(fd);
    client_expect_eof(fd);
    client_close(fd);
}

/* Somebody who is thrown out may have had an answer before. */
static void expect_out(int fd)
{
    char buf[64];
    ssize_t n;

    do
        n = recv(fd, buf, sizeof buf, 0);
    while (n > 0);
    if (n < 0 && errno != ECONNRESET)
        FAIL("this guest to be thrown out", "%s", eddy_errname(-errno));
    client_close(fd);
}

/* From here on nothing is read: what is sent now is ready all at once when it goes on. */
static void freeze(void)
{
    siginfo_t info = {0};

    kill(house.pid, SIGSTOP);
    waitid(P_PID, (id_t)house.pid, &info, WSTOPPED | WEXITED | WNOWAIT);
    if (info.si_code != CLD_STOPPED)
        FAIL("a running program", "it has ended");
}

/* Reads its stdout up to a line with `text` and a number behind that, and returns the number. */
static int read_number(const char *text)
{
    char line[256];
    size_t n = 0;
    int number;
    struct pollfd out = {.fd = house.out, .events = POLLIN};

    while (n < sizeof line - 1 && poll(&out, 1, client_patience() * 1000) > 0 &&
           read(house.out, line + n, 1) == 1) {
        line[n + 1] = '\0';
        if (line[n++] != '\n')
            continue;
        if (strstr(line, text) && sscanf(strstr(line, text) + strlen(text), "%d", &number) == 1)
            return number;
        n = 0;
    }
    check_failed(__FILE__, __LINE__, "a line of its output", "none with \"%s\" and a number", text);
}

/* ---- By themselves ------------------------------------------------------------------------------ */

static void by_themselves(void)
{
    int guests[3];

    CASE("a guest who goes gives the seat back, and the next one has it") {
        come_in(guests, 3);
        DID("three came in, one went; another one came in its place");
        CAUSE("a seat that was taken is given back once");
        go(guests[2]);
        say(guests[0], "?\n", "2 seated\n");
        guests[2] = client_connect(house.port);
        say(guests[2], "?\n", "3 seated\n");
        for (int i = 0; i < 3; i++)
            client_close(guests[i]);
        program_stop(&house);
    }

    CASE("a guest who found no seat gives none back") {
        int outside;
        come_in(guests, 3);
        DID("three came in; a fourth was not let in, and neither must be a fifth");
        CAUSE("the cleanup section of the fourth runs, too, and it has no seat: give back what was "
              "taken, which is what self->seated is for");
        outside = client_connect(house.port);
        client_expect_eof(outside);
        client_close(outside);
        say(guests[0], "?\n", "3 seated\n");
        outside = client_connect(house.port);
        client_expect_eof(outside);
        client_close(outside);
        for (int i = 0; i < 3; i++)
            client_close(guests[i]);
        program_stop(&house);
    }
}

/* ---- Not by themselves --------------------------------------------------------------------------- */

static void thrown_out(void)
{
    int guests[3];

    CASE("a guest who is thrown out gives the seat back") {
        come_in(guests, 3);
        DID("three came in; the first said \"all out\", and the others were gone; it said \"?\"");
        CAUSE("a task that is cancelled goes from its await to CO_FINALLY: what stands between its "
              "loop and that is not run. Who is to give a seat back whatever happens?");
        client_send_text(guests[0], "all out\n");
        expect_out(guests[1]);
        expect_out(guests[2]);
        say(guests[0], "?\n", "1 seated\n");
        guests[1] = client_connect(house.port);
        say(guests[1], "?\n", "2 seated\n");
        client_close(guests[0]);
        client_close(guests[1]);
        program_stop(&house);
    }

    CASE("a guest who is thrown out at another await gives the seat back, too") {
        come_in(guests, 3);
        DID("three came in; kill -STOP; the first said \"all out\", the second an empty line; kill "
            "-CONT; then the first said \"?\"");
        CAUSE(
            "the second one's line was there already when it was cancelled, so the cancel lands "
            "at the next await, that of its answer. Each await may be the last: one place for all");
        /* When the third has its answer, the first two are back at the await for their next line. */
        for (int i = 0; i < 3; i++)
            say(guests[i], "?\n", "3 seated\n");
        freeze();
        client_send_text(guests[0], "all out\n");
        client_send_text(guests[1], "\n");
        kill(house.pid, SIGCONT);
        expect_out(guests[1]);
        expect_out(guests[2]);
        say(guests[0], "?\n", "1 seated\n");
        client_close(guests[0]);
        program_stop(&house);
    }
}

static void torn_away(void)
{
    int guests[3];

    CASE("a guest who is torn away gives the seat back") {
        come_in(guests, 3);
        DID("three came in; the connection of the first was reset; the second said \"?\"");
        CAUSE("an error is a way out of the body like a cancel: it goes to CO_FINALLY");
        client_reset(guests[0]);
        say(guests[1], "?\n", "2 seated\n");
        client_close(guests[1]);
        client_close(guests[2]);
        program_stop(&house);
    }

    CASE("at Ctrl-C all seats are free in the end") {
        come_in(guests, 2);
        DID("two came in; Ctrl-C");
        CAUSE("eddy_run() cancels all tasks that are left: the guests end like others that are "
              "cancelled");
        kill(house.pid, SIGINT);
        CHECK_INT(read_number("the house is closed: "), 3);
        waitpid(house.pid, &house.status, 0);
        house.pid = 0;
        program_stop(&house);
        client_close(guests[0]);
        client_close(guests[1]);
    }
}

TESTS
{
    check_limit(20);
    by_themselves();
    thrown_out();
    torn_away();
}
