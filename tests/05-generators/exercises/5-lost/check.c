/* The program is given an evening; what it prints is compared, line by line, with what must happen. */
#include "check.h"
#include "check_parts.h"

#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MOST = 24, TEXT_MOST = 4096 };

static char path[] = PROGRAM;
static char text[TEXT_MOST]; /* what it has printed */
static FILE *errors;         /* its stderr */

/* ---- Living an evening ----------------------------------------------------------------------- */

static void become(const char *evening, int out)
{
    char words[256], *argv[WORDS_MOST + 1] = {path};
    int count = 1;

    snprintf(words, sizeof words, "%s", evening);
    for (char *word = strtok(words, " "); word && count < WORDS_MOST; word = strtok(NULL, " "))
        argv[count++] = word;
    dup2(out, 1);
    dup2(fileno(errors), 2);
    execv(path, argv);
    _exit(127);
}

/* Runs it, reads up to its end, and returns its status from waitpid(). */
static int run(const char *evening)
{
    int fds[2], status = 0;
    size_t used = 0;
    ssize_t n;
    pid_t child;

    errors = tmpfile();
    CHECK(errors && pipe(fds) == 0);
    child = fork();
    CHECK(child >= 0);
    if (child == 0)
        become(evening, fds[1]);
    close(fds[1]);
    while (used < TEXT_MOST - 1 && (n = read(fds[0], text + used, TEXT_MOST - 1 - used)) > 0)
        used += (size_t)n;
    text[used] = '\0';
    close(fds[0]);
    waitpid(child, &status, 0);
    return status;
}

/* ---- What came of it ------------------------------------------------------------------------- */

static void expect_end(int status)
{
    const char *cause;
    char verdict[256], place[256];

    if (check_crash_verdict(errors, verdict, sizeof verdict)) {
        cause = check_crash_cause(verdict);
        if (cause)
            CAUSE("%s", cause);
        if (check_crash_place(errors, place, sizeof place))
            fprintf(check_report, "where     %s\n", place);
        FAIL("an evening that comes to its end", "it was stopped: %s", verdict);
    }
    if (WIFSIGNALED(status))
        FAIL("an evening that comes to its end", "it crashed: signal %d", WTERMSIG(status));
    CHECK_INT(WEXITSTATUS(status), 0);
    fclose(errors);
}

/* The length of the line that begins at `at`. */
static int length(const char *at)
{
    return (int)strcspn(at, "\n");
}

static void expect_lines(const char *expected)
{
    const char *want = expected, *came = text;
    char line[128];

    while (*want || *came) {
        int n = length(want), m = length(came);
        if (n != m || strncmp(want, came, (size_t)n) != 0) {
            snprintf(line, sizeof line, "the line \"%.*s\"", n, want);
            FAIL(*want ? line : "no further line", "%s%.*s", m ? "" : "no further line", m, came);
        }
        want += n + (want[n] == '\n');
        came += m + (came[m] == '\n');
    }
}

static void live(const char *evening, const char *cause, const char *expected)
{
    int status;

    DID("%s %s", path, evening);
    CAUSE("%s", cause);
    status = run(evening);
    check_replay(text, errors);
    expect_end(status);
    expect_lines(expected);
}

TESTS
{
    check_limit(3);

    CASE("a guest who is alone goes home in the coat that was brought") {
        live(
            "ann ann ann ann",
            "a local variable does not live across a yield: ann has the ticket when she comes, and "
            "another number, or none, when she goes",
            "ann hangs up a coat: ticket 1\n"
            "ann dances: 1\n"
            "ann dances: 2\n"
            "ann goes home in the coat of ann\n");
    }

    CASE("so do guests who come when others have gone, and guests who come again") {
        live("ann ann ann ann bob bob bob bob ann ann ann ann",
             "each guest has the next ticket, room->tickets, and may come again",
             "ann hangs up a coat: ticket 1\n"
             "ann dances: 1\n"
             "ann dances: 2\n"
             "ann goes home in the coat of ann\n"
             "bob hangs up a coat: ticket 2\n"
             "bob dances: 1\n"
             "bob dances: 2\n"
             "bob goes home in the coat of bob\n"
             "ann hangs up a coat: ticket 3\n"
             "ann dances: 1\n"
             "ann dances: 2\n"
             "ann goes home in the coat of ann\n");
    }

    CASE("the guest who was first goes home first, while another one dances") {
        live("ann bob ann ann ann bob bob bob",
             "bob has come since ann was given her ticket. Which lines of guest() are run when ann "
             "goes on, and what do they find? (A static variable is no way out: it is one for all "
             "guests.)",
             "ann hangs up a coat: ticket 1\n"
             "bob hangs up a coat: ticket 2\n"
             "ann dances: 1\n"
             "ann dances: 2\n"
             "ann goes home in the coat of ann\n"
             "bob dances: 1\n"
             "bob dances: 2\n"
             "bob goes home in the coat of bob\n");
    }

    CASE("three dance at once, and go in an order of their own") {
        live("ann bob ann carl carl carl carl ann bob bob ann bob",
             "each guest has a ticket, and a frame of its own: the ticket belongs there",
             "ann hangs up a coat: ticket 1\n"
             "bob hangs up a coat: ticket 2\n"
             "ann dances: 1\n"
             "carl hangs up a coat: ticket 3\n"
             "carl dances: 1\n"
             "carl dances: 2\n"
             "carl goes home in the coat of carl\n"
             "ann dances: 2\n"
             "bob dances: 1\n"
             "bob dances: 2\n"
             "ann goes home in the coat of ann\n"
             "bob goes home in the coat of bob\n");
    }
}
