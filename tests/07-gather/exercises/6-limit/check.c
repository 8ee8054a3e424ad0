/* The quiz is played with certain players, and what is said of each of them is compared, line by line. */
#include "answer.h"

/* ---- What came of it ----------------------------------------------------------------------------- */

static void expect_end(int status)
{
    expect_whole(status, "a quiz that comes to its end", "it goes on and on");
    CHECK_INT(WEXITSTATUS(status), 0);
}

/* `bob` may be NULL: ann plays alone. */
static void play(const char *players, const char *cause, const char *ann, const char *bob)
{
    int status;

    DID("%s %s", path, players);
    CAUSE("%s", cause);
    status = run(players);
    check_replay(text, errors);
    if (status == -1)
        expect_end(status);
    expect_lines("ann", ann, "no further line about this player");
    if (bob)
        expect_lines("bob", bob, "no further line about this player");
    expect_end(status);
    expect_nothing_left(NULL);
}

TESTS
{
    check_limit(20);

    CASE("whoever answers in good time gets the cake") {
        play("ann=a1,a2,a3",
             "the bell has not rung when this round is over: nothing must be taken back, and "
             "nothing "
             "has come late",
             "ann at 1: answers\nann at 2: answers\nann at 3: answers\n"
             "ann at 3: goes to the table\nann at 4: takes the cake\nann at 4: goes home\n",
             NULL);
    }

    CASE("the last answer comes at 4, and then the bell rings") {
        play(
            "ann=a1,a2,a4",
            "the bell has asked a task to end that was in line, with its last answer: what was "
            "delivered wins. So the request has not landed when the round is over, and strikes the "
            "next await, the walk to the table. limit_end() must take it back "
            "(eddy_task_uncancel). An await that does not look at its error is cut short all the "
            "same",
            "ann at 1: answers\nann at 2: answers\nann at 4: answers\n"
            "ann at 4: goes to the table\nann at 5: takes the cake\nann at 5: goes home\n",
            NULL);
    }

    CASE("the first answer comes at 4, and then the bell rings") {
        play("ann=a4,a6,a7,a8",
             "the bell has rung while an answer was on its way, and there are more questions: its "
             "request is needed, to end the round at the next one",
             "ann at 4: answers\nann at 4: is too late\nann at 5: has had a glass of water\n"
             "ann at 6: answers\nann at 7: answers\nann at 8: answers\n"
             "ann at 8: goes to the table\nann at 9: takes the cake\nann at 9: goes home\n",
             NULL);
    }

    CASE("whoever is sent out goes at once") {
        play("ann=a1,s2",
             "-ECANCELED alone does not say whose cancel it was. The bell has not rung, so it is "
             "the "
             "host's, and limit_end() has to let it through",
             "ann at 1: answers\nann at 2: ECANCELED\n", NULL);
    }

    CASE("sent out at 4, and then the bell rings") {
        play("ann=a1,s4",
             "both have asked, the host and the bell, and two requests are one error. If more "
             "requests are left than there were before, when the bell's is taken back, somebody "
             "else wants the task to end",
             "ann at 1: answers\nann at 4: ECANCELED\n", NULL);
    }

    CASE("sent out just after the last answer, and no bell") {
        play(
            "ann=a1,a2,a3,s3",
            "the round ends well, and the host's request has not landed: it stays, and strikes the "
            "next await, as it should. limit_end() must not take it away: only if the bell has "
            "rung "
            "is one of the requests the bell's. (And an await that is there for late requests "
            "swallows the host's request, too)",
            "ann at 1: answers\nann at 2: answers\nann at 3: answers\n"
            "ann at 3: goes to the table\nann at 3: ECANCELED\n",
            NULL);
    }

    CASE("the last answer, sent out, and the bell, all at 4") {
        play("ann=a1,a2,a4,s4",
             "two requests have not landed when the round is over. Take back one request, the "
             "bell's: the host's is not yours",
             "ann at 1: answers\nann at 2: answers\nann at 4: answers\n"
             "ann at 4: goes to the table\nann at 4: ECANCELED\n",
             NULL);
    }

    CASE("too late in two rounds") {
        play("ann=a1,a6",
             "each round takes its bell's request back, also one that has landed: it still counts "
             "(eddy_task_cancelling), and the second round would find a request more than its own, "
             "and take that for the host's",
             "ann at 1: answers\nann at 4: is too late\nann at 5: has had a glass of water\n"
             "ann at 6: answers\nann at 9: is too late\nann at 10: has had a glass of water\n"
             "ann at 10: goes to the table\nann at 11: takes a balloon\nann at 11: goes home\n",
             NULL);
    }

    CASE("a second chance, and the last answer just before its bell") {
        play(
            "ann=a1,a6,a7,a9",
            "what was delivered wins, and the request is taken back, in the second round as in the "
            "first",
            "ann at 1: answers\nann at 4: is too late\nann at 5: has had a glass of water\n"
            "ann at 6: answers\nann at 7: answers\nann at 9: answers\n"
            "ann at 9: goes to the table\nann at 10: takes the cake\nann at 10: goes home\n",
            NULL);
    }

    CASE("two play, and each has a bell") {
        play("ann=a1,a2,a4 bob=a1,s4",
             "what a limit knows belongs into struct limit: there are as many limits as players",
             "ann at 1: answers\nann at 2: answers\nann at 4: answers\n"
             "ann at 4: goes to the table\nann at 5: takes the cake\nann at 5: goes home\n",
             "bob at 1: answers\nbob at 4: ECANCELED\n");
    }
}
