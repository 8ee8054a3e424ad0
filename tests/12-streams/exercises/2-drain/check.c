/* Farmers wait at a mill for room, give up, and are called. */
#include "answer.h"

#define LOST_CALL                                                                                \
    "whoever waits must be called when there is room, or when there will never be: also if "     \
    "somebody "                                                                                  \
    "before them, who was called already, has given up meanwhile. A call that one passes on to " \
    "the "                                                                                       \
    "next is lost with that one"
#define NOT_YET                                                                                   \
    "as long as more than two sacks lie there, and the mill stands, nobody who waits is called: " \
    "that somebody gives up makes no room"
#define GIVES_UP                                                                                  \
    "whoever is called goes home with the next turn, and may still give up before that: whoever " \
    "gives up is gone, also after the call: a cancel is not undone"
#define ITS_OWN                                                                                 \
    "a call is for those who stand in the line at that moment. Whoever comes later, and gives " \
    "up, "                                                                                      \
    "takes nobody's call along"
#define TWICE "to be called twice, before the way home, is to be called once"
#define EACH "all who wait are called, and go home in the order in which they came"
#define LATER                                                                                  \
    "whoever waited when there was room goes home; and whoever came later, when too much lay " \
    "there "                                                                                   \
    "again, does not. A call that goes from one to the next comes to the wrong ones"
#define THE_END                                                                                  \
    "when the mill is over there will never be room: whoever waits is called, and is told why; " \
    "and "                                                                                       \
    "whoever comes after that does not wait"
#define CLOSING                                                                                   \
    "a mill that closes is not over yet: it takes no sack, but what lies there is still ground. " \
    "Up "                                                                                         \
    "to then nobody is called, and whoever asks waits"

static void play(const char *words, const char *cause, const char *expected)
{
    int status;

    DID("%s %s", path, words);
    CAUSE("%s", cause);
    status = run(words);
    check_replay(text, errors);
    if (status == -1 || has_crashed(status)) /* what it has said may be lost */
        expect_whole(status, "a day that comes to its end", "it hangs");
    expect_lines("", expected, "no further line");
    expect_whole(status, "a day that comes to its end", "it hangs");
    CHECK_INT(WEXITSTATUS(status), 0);
    fclose(errors);
}

static void days_that_go_well(void)
{
    CASE("there is room") {
        play("bring:anna:6 ask:berta grind:6", EACH, "anna goes home\nberta goes home\n6 ground\n");
    }

    CASE("one waits, and there is room again") {
        play("bring:anna:9 grind:6 turn grind:1", EACH,
             "anna waits\n6 ground\n1 ground\nanna goes home\n");
        play("bring:anna:9 grind:7 turn grind:1", EACH,
             "anna waits\n7 ground\nanna goes home\n1 ground\n");
    }

    CASE("three wait, and there is room again") {
        play("bring:anna:9 bring:berta:1 ask:carl grind:8 turn bring:dora:1", EACH,
             "anna waits\nberta waits\ncarl waits\n8 ground\nanna goes home\nberta goes home\n"
             "carl goes home\ndora goes home\n");
    }

    CASE("too many sacks come, and nobody grinds") {
        play("bring:anna:9 ask:berta turn", NOT_YET,
             "anna waits\nberta waits\nat night anna still waits\nat night berta still waits\n");
    }
}

static void giving_up(void)
{
    CASE("one gives up, and too many sacks lie there") {
        play("bring:anna:9 ask:berta leave:anna turn", NOT_YET,
             "anna waits\nberta waits\nanna gives up\nat night berta still waits\n");
        play("bring:anna:9 ask:berta grind:3 leave:anna turn grind:4", NOT_YET,
             "anna waits\nberta waits\n3 ground\nanna gives up\n4 ground\nberta goes home\n");
    }

    CASE("one gives up before the call") {
        play("bring:anna:9 ask:berta ask:carl leave:berta turn grind:9", EACH,
             "anna waits\nberta waits\ncarl waits\nberta gives up\n9 ground\nanna goes home\n"
             "carl goes home\n");
    }

    CASE("the only one gives up after the call") {
        play("bring:anna:9 grind:9 leave:anna turn bring:berta:7", GIVES_UP,
             "anna waits\n9 ground\nanna gives up\nberta waits\nat night berta still waits\n");
    }

    CASE("the first gives up after the call") {
        play("bring:anna:9 bring:berta:1 grind:8 leave:anna turn", LOST_CALL,
             "anna waits\nberta waits\n8 ground\nanna gives up\nberta goes home\n");
    }

    CASE("the first two give up after the call, and another comes") {
        play(
            "bring:anna:9 ask:berta ask:carl ask:dora grind:7 leave:anna leave:berta ask:emil turn",
            LOST_CALL,
            "anna waits\nberta waits\ncarl waits\ndora waits\n7 ground\nanna gives up\n"
            "berta gives up\nemil goes home\ncarl goes home\ndora goes home\n");
    }

    CASE("one in the middle gives up after the call") {
        play("bring:anna:9 ask:berta ask:carl grind:9 leave:berta turn", LOST_CALL,
             "anna waits\nberta waits\ncarl waits\n9 ground\nberta gives up\nanna goes home\n"
             "carl goes home\n");
    }

    CASE("after the call it is full again, and another one waits") {
        play("bring:anna:9 ask:berta grind:9 bring:carl:9 turn", LATER,
             "anna waits\nberta waits\n9 ground\ncarl waits\nanna goes home\nberta goes home\n"
             "at night carl still waits\n");
        play("bring:anna:9 ask:berta grind:9 bring:carl:9 leave:anna turn", LATER,
             "anna waits\nberta waits\n9 ground\ncarl waits\nanna gives up\nberta goes home\n"
             "at night carl still waits\n");
    }
}

static void called_once(void)
{
    CASE("one who came after the call gives up") {
        play("bring:anna:9 ask:berta grind:9 bring:carl:9 leave:carl turn", ITS_OWN,
             "anna waits\nberta waits\n9 ground\ncarl waits\ncarl gives up\nanna goes home\n"
             "berta goes home\n");
    }

    CASE("there is room, it is full, and there is room again, before anybody goes home") {
        play("bring:anna:9 grind:9 bring:berta:9 grind:9 turn", TWICE,
             "anna waits\n9 ground\nberta waits\n9 ground\nanna goes home\nberta goes home\n");
        play("bring:anna:9 grind:9 burn turn", TWICE,
             "anna waits\n9 ground\nthe mill has burned down\n"
             "anna goes home: the mill has burned down\n");
    }

    CASE("as many wait as the line can hold") {
        play("bring:a:9 ask:b ask:c ask:d ask:e ask:f ask:g ask:h ask:i ask:j ask:k ask:l ask:m "
             "ask:n "
             "ask:o ask:p grind:9",
             EACH,
             "a waits\nb waits\nc waits\nd waits\ne waits\nf waits\ng waits\nh waits\ni waits\n"
             "j waits\nk waits\nl waits\nm waits\nn waits\no waits\np waits\n9 ground\n"
             "a goes home\nb goes home\nc goes home\nd goes home\ne goes home\nf goes home\n"
             "g goes home\nh goes home\ni goes home\nj goes home\nk goes home\nl goes home\n"
             "m goes home\nn goes home\no goes home\np goes home\n");
    }
}

static void the_end(void)
{
    CASE("the mill burns, and all who wait are told") {
        play("bring:anna:9 ask:berta burn turn ask:carl", THE_END,
             "anna waits\nberta waits\nthe mill has burned down\n"
             "anna goes home: the mill has burned down\n"
             "berta goes home: the mill has burned down\n"
             "carl goes home: the mill has burned down\n");
    }

    CASE("the mill burns, and the first gives up after the call") {
        play("bring:anna:9 ask:berta ask:carl burn leave:anna turn", LOST_CALL,
             "anna waits\nberta waits\ncarl waits\nthe mill has burned down\nanna gives up\n"
             "berta goes home: the mill has burned down\n"
             "carl goes home: the mill has burned down\n");
    }

    CASE("the mill closes, and it is not over yet") {
        play("bring:anna:9 close turn ask:berta turn", CLOSING,
             "anna waits\nberta waits\nat night anna still waits\nat night berta still waits\n");
    }

    CASE("the mill closes, and what lies there is still ground") {
        play("bring:anna:9 ask:berta close bring:carl:1 turn grind:6 turn grind:3", THE_END,
             "anna waits\nberta waits\nno sack of carl is taken\n6 ground\n3 ground\n"
             "the mill is closed\nanna goes home: the mill is closed\n"
             "berta goes home: the mill is closed\n");
        play("bring:anna:9 close grind:8 leave:anna burn", GIVES_UP,
             "anna waits\n8 ground\nanna gives up\nthe mill has burned down\n");
    }
}

TESTS
{
    check_limit(20);
    days_that_go_well();
    giving_up();
    called_once();
    the_end();
}
