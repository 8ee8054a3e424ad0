/* Children come to the playground, and what is said of each of them is compared, line by line. */
#include "answer.h"

#include <stdarg.h>

/* ---- What came of it ----------------------------------------------------------------------------- */

static void expect_end(int status)
{
    expect_whole(status, "a day that comes to its end", "it goes on and on");
    CHECK_INT(WEXITSTATUS(status), 0);
}

/* Names and what is expected of them; NULL at the end. */
static void play(const char *children, const char *cause, ...)
{
    const char *name;
    va_list args;
    int status;

    DID("%s %s", path, children);
    CAUSE("%s", cause);
    status = run(children);
    check_replay(text, errors);
    if (status == -1 || has_crashed(status))
        expect_end(status);
    va_start(args, cause);
    while ((name = va_arg(args, const char *)) != NULL)
        expect_lines(name, va_arg(args, const char *), "no further line about this child");
    va_end(args);
    expect_end(status);
    expect_nothing_left(NULL);
}

static void in_the_line(void)
{
    CASE("one after the other, in the order of coming") {
        play("ann=0,3 bob=1,2 cat=2,1",
             "a swing that is given back is the next one's, and one child's at a time", "ann",
             "ann at 0: swings\nann at 3: goes home\n", "bob",
             "bob at 3: swings\nbob at 5: goes home\n", "cat",
             "cat at 5: swings\ncat at 6: goes home\n", "the end", "the end: 1 of 1 swings free\n",
             NULL);
    }

    CASE("two swings, and the line moves when one of them is free") {
        play("2 ann=0,3 bob=0,2 cat=1,2 dan=1,1", "each swing that is given back is one child's",
             "ann", "ann at 0: swings\nann at 3: goes home\n", "bob",
             "bob at 0: swings\nbob at 2: goes home\n", "cat",
             "cat at 2: swings\ncat at 4: goes home\n", "dan",
             "dan at 3: swings\ndan at 4: goes home\n", "the end", "the end: 2 of 2 swings free\n",
             NULL);
    }

    CASE("called home from the line, or from the swing") {
        play("ann=0,5,h4 bob=1,2,h2 cat=2,1",
             "whoever is called home leaves the line, and gives back the swing", "ann",
             "ann at 0: swings\nann at 4: is called home\n", "bob", "bob at 2: is called home\n",
             "cat", "cat at 4: swings\ncat at 5: goes home\n", "the end",
             "the end: 1 of 1 swings free\n", NULL);
    }
}

static void called(void)
{
    CASE("called home from the line, in the moment in which the swing is given back") {
        play("ann=0,3 bob=1,2,h3 cat=2,1",
             "bob's task has been cancelled and has not run yet, so it still stands in the line: "
             "give_back() wakes somebody who has gone, eddy_future_set_result() says EDDY_EDONE, "
             "and cat is told nothing. This wake-up is lost",
             "ann", "ann at 0: swings\nann at 3: goes home\n", "bob", "bob at 3: is called home\n",
             "cat", "cat at 3: swings\ncat at 4: goes home\n", "the end",
             "the end: 1 of 1 swings free\n", NULL);
    }

    CASE("two are called home in that moment") {
        play("ann=0,3 bob=1,2,h3 cat=1,2,h3 dan=2,1",
             "there may be more than one in the line who has gone: go on until somebody is there",
             "bob", "bob at 3: is called home\n", "cat", "cat at 3: is called home\n", "dan",
             "dan at 3: swings\ndan at 4: goes home\n", "the end", "the end: 1 of 1 swings free\n",
             NULL);
    }

    CASE("all of the line are called home in that moment, and one comes later") {
        play("ann=0,3 bob=1,2,h3 cat=5,1",
             "if nobody of the line is there any more, the swing is free", "bob",
             "bob at 3: is called home\n", "cat", "cat at 5: swings\ncat at 6: goes home\n",
             "the end", "the end: 1 of 1 swings free\n", NULL);
    }

    CASE("called home just after the swing was given to it") {
        play("ann=0,3 bob=1,2,m3 cat=2,1",
             "the swing was bob's already, and must not go home with bob: the await returns, for "
             "what "
             "was delivered wins; the cancel lands at the next await, and the cleanup section "
             "gives the "
             "swing back",
             "cat", "cat at 3: swings\ncat at 4: goes home\n", "the end",
             "the end: 1 of 1 swings free\n", NULL);
    }

    CASE("two swings are given back at once, and the first of the line is called home") {
        play("2 ann=0,3 bob=0,3 cat=1,1,h3 dan=1,1 eve=1,1",
             "two swings are free, and two children are there who want one: nobody may be left to "
             "wait",
             "cat", "cat at 3: is called home\n", "dan", "dan at 3: swings\ndan at 4: goes home\n",
             "eve", "eve at 3: swings\neve at 4: goes home\n", "the end",
             "the end: 2 of 2 swings free\n", NULL);
    }
}

static void overtaking(void)
{
    CASE("whoever comes in the moment in which the swing is given back stands in the line") {
        play(
            "ann=0,3 bob=1,2 cat=2,1 dan=3,1",
            "between give_back() and the step of the one that was woken, the swing lies there, and "
            "whoever comes by takes it; the woken one finds nothing, and stands at the end of the "
            "line. Give it to the one that waits, and do not count it as free",
            "bob", "bob at 3: swings\nbob at 5: goes home\n", "cat",
            "cat at 5: swings\ncat at 6: goes home\n", "dan",
            "dan at 6: swings\ndan at 7: goes home\n", NULL);
    }

    CASE("whoever wants to swing once more stands in the line again") {
        play("ann=0,1,1,1 bob=0,1",
             "ann gives the swing back and asks again, and nobody has run in between: if the swing "
             "counts as free, ann has it again, each time",
             "ann", "ann at 0: swings\nann at 2: swings\nann at 3: swings\nann at 4: goes home\n",
             "bob", "bob at 1: swings\nbob at 2: goes home\n", NULL);
    }

    CASE("at closing time all swings are free") {
        play("2 ann=0,50 bob=1,3,3,30 cat=2,1 dan=3,40",
             "each swing is somebody's or free: none is lost, and none is made", "ann",
             "ann at 0: swings\nann at 20: is called home\n", "cat",
             "cat at 4: swings\ncat at 5: goes home\n", "dan",
             "dan at 5: swings\ndan at 20: is called home\n", "bob",
             "bob at 1: swings\nbob at 20: is called home\n", "the end",
             "the end: 2 of 2 swings free\n", NULL);
    }
}

TESTS
{
    check_limit(20);
    in_the_line();
    called();
    overtaking();
}
