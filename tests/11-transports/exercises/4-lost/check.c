/* Chests go over a river, and each account is settled once, at night. */
#include "answer.h"

static void play(const char *words, const char *cause, const char *expected)
{
    int status;

    DID("%s %s", path, words);
    CAUSE("%s", cause);
    status = run(words);
    check_replay(text, errors);
    if (status == -1 || WIFSIGNALED(status))
        expect_whole(status, "a day that comes to its end", "it hangs");
    expect_lines("", expected, "no further line");
    expect_whole(status, "a day that comes to its end", "it hangs");
    CHECK_INT(WEXITSTATUS(status), 0);
    fclose(errors);
}

TESTS
{
    check_limit(20);
    CASE("nothing waits when the account is closed") {
        play("hand:5 boat:9 close", "an account that is closed is settled in the next night",
             "5 over the river\nnight\nmerchant 1 is settled\n");
    }

    CASE("a merchant who is told to go on closes the account, and nothing waits") {
        play("hand:9 shy boat:9",
             "go_on() calls the merchant, who may do anything: what load_boat() knew before that "
             "call "
             "may be otherwise after it. All ways to the end must lead through one place, where "
             "the first time counts, and which settles nothing by day",
             "pause\n9 over the river\ngo on\nnight\nmerchant 1 is settled\n");
    }

    CASE("the last chest goes over after the close") {
        play("hand:5 close boat:3 boat:9 night",
             "an account that is closed is settled at night, when nobody is in the middle of "
             "anything, and not by day out of load_boat()",
             "3 over the river\n2 over the river\nnight\nmerchant 1 is settled\n");
    }

    CASE("he closes the account, and a chest still waits") {
        play("hand:9 shy boat:8 boat:1",
             "what waits goes over first; the account is settled in the night after that",
             "pause\n8 over the river\ngo on\n1 over the river\nnight\nmerchant 1 is settled\n");
    }

    CASE("the account is closed, the last chest is over, and the ferry sinks") {
        play("hand:3 close boat:9 sink",
             "the account had its end before the ferry sank: the first time counts, and the other "
             "does nothing",
             "3 over the river\nnight\nmerchant 1 is settled\n");
    }

    CASE("closed, closed again, sunk, sunk again, and closed") {
        play("hand:3 close close sink sink close",
             "the first end counts, and the others do nothing", "night\nmerchant 1 is settled\n");
    }

    CASE("another merchant has an account of his own") {
        play("hand:9 shy boat:9 night next hand:1 boat:1 night close",
             "something of the first merchant was still in line, and has met the second one",
             "pause\n9 over the river\ngo on\nnight\nmerchant 1 is settled\n1 over the river\n"
             "night\nnight\nmerchant 2 is settled\n");
        play("hand:9 sink boat:9 night next hand:3 close boat:3",
             "each account is settled once, its own night after its end",
             "pause\nnight\nmerchant 1 is settled\n3 over the river\nnight\nmerchant 2 is "
             "settled\n");
    }
}
