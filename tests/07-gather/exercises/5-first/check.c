/* The program is run for nights of several lengths, and what it prints is compared with what it should. */
#include "answer.h"

static const char dropped_once[] = "a block of ears is freed by the last ear that is dropped: each "
                                   "of the two must be dropped once, "
                                   "the one that has heard and the one that was taken back";

/* ---- A night ------------------------------------------------------------------------------------ */

/* For so many guests, and with a fire, if there is one. */
static int run_night(const char *guests, const char *fire)
{
    char line[64];

    snprintf(line, sizeof line, "%s %s", guests, fire ? fire : "");
    return run(line);
}

/* ---- What came of it ------------------------------------------------------------------------- */

static void expect_end(int status)
{
    expect_no_hang(status, "a night that comes to its end", "it goes on and on");
    expect_not_stopped("a night that comes to its end", dropped_once);
    expect_not_killed(status, "a night that comes to its end");
    CHECK_INT(WEXITSTATUS(status), 0);
}

/* Line by line: the first that differs is told. */
static void expect_text(const char *want)
{
    const char *came = text;
    char line[128];

    while (*want || *came) {
        int n = (int)strcspn(want, "\n"), m = (int)strcspn(came, "\n");
        if (n != m || strncmp(want, came, (size_t)n) != 0) {
            snprintf(line, sizeof line, "the line \"%.*s\"", n, want);
            FAIL(*want ? line : "no further line", *came ? "\"%.*s\"" : "no further line%.*s", m,
                 came);
        }
        want += n + (want[n] == '\n');
        came += m + (came[m] == '\n');
    }
}

static void spend_night(const char *guests, const char *fire, const char *cause, const char *want)
{
    int status;

    DID("%s %s%s%s", path, guests, fire ? " " : "", fire ? fire : "");
    CAUSE("%s", cause);
    status = run_night(guests, fire);
    check_replay(text, errors);
    if (*text == '\0' || status == -1)
        expect_end(status);
    expect_text(want);
    expect_end(status);
    expect_nothing_left(dropped_once);
}

/* ---- Nights -------------------------------------------------------------------------------------- */

static void in_the_morning(void)
{
    CASE("a night without guests: the morning comes first") {
        spend_night("0", NULL,
                    "two wait for the morning, the cook and the porter, and both are told: take "
                    "back only what the porter has put there for guests that have come, and finish "
                    "neither the bell nor the morning",
                    "night: 0 guests; 2 wait for the morning\ncook: 0 eggs\n"
                    "porter: good morning\n");
    }

    CASE("however many guests come, one cook and one porter wait for the morning") {
        spend_night("2000", NULL,
                    "each guest is heard, and the ear at the morning stays there: nobody takes it "
                    "out of that future's list. When the wait is over, the loser is left "
                    "(eddy_awaited_stop), and its ear dropped",
                    "porter: 1000 guests; 1 wait for the morning\n"
                    "porter: 2000 guests; 1 wait for the morning\n"
                    "night: 2000 guests; 2 wait for the morning\ncook: 2000 eggs\n"
                    "porter: good morning\n");
    }
}

static void called_away(void)
{
    CASE("after many guests the porter is called away, and only the cook still waits") {
        spend_night(
            "1000", "fire",
            "the wait ends in two ways, by an ear that has heard and by a cancel: one place "
            "for both",
            "porter: 1000 guests; 1 wait for the morning\nporter: called away\n"
            "night: 1000 guests; 1 wait for the morning\ncook: 1000 eggs\n");
    }

    CASE("a night without guests, and the porter is called away") {
        spend_night("0", "fire",
                    "a wait that is cancelled is over, too: its two ears listen no more",
                    "porter: called away\nnight: 0 guests; 1 wait for the morning\n"
                    "cook: 0 eggs\n");
    }
}

TESTS
{
    check_limit(20);
    in_the_morning();
    called_away();
}
