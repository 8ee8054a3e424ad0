/* A client and a server send and read, and what is told after each word is compared, line by line. */
#include "answer.h"

#define WRONG_SIDE                                                                                 \
    "what waits for one of the two has come from the other one: that one is not read, as long as " \
    "too much waits"
#define GO_ON                                                                                      \
    "whoever was made to wait goes on when there is room again, and nothing that has come may be " \
    "dropped"
#define BY_ITSELF                                                                                 \
    "each direction waits by itself: that too much waits for one of the two is no reason not to " \
    "pass on what that one sends. And nothing that has come may be dropped"
#define CUT                                                                                       \
    "nobody is cut off for sending much, or for reading late: make the sender wait. (If a write " \
    "is refused, its error comes out of data_received, and ends the connection)"
#define ONE_END "the end comes after the last byte; and it is the end of one direction alone"
/* What is for `full` comes from `source`. */
#define STAYS_PAUSED(source, full)                                                                \
    "for the " full " too much still waits, so the " source " must stay paused, though there is " \
    "room for what the " full " sends. Once resumed, the " source " would not be paused again: "  \
    "pause_writing comes by turns with resume_writing, and has come"
#define LOST                                                                                    \
    "when one of the two has gone, what was passed on already is still sent to the other one, " \
    "and "                                                                                      \
    "then that connection is closed, too"

/* What is said of a proxy that keeps too much, of one that does not pass on what it should, and of one that ends
 * a connection. */
static const char *grows, *stuck, *cut = CUT;

static void expect_told(const char *expected)
{
    if (strstr(text, "cut off"))
        CAUSE("%s", cut);
    else
        CAUSE("%s", strstr(text, " KB wait") ? grows : stuck);
    expect_these_lines(expected);
}

static void expect_end(int status)
{
    expect_whole(status, "a day that comes to its end", "it hangs");
}

static void play(const char *words, const char *expected)
{
    expect_answer(words, stuck, expect_told, expected, expect_end);
}

/* ---- One direction ------------------------------------------------------------------------------- */

static void one_way(void)
{
    CASE("a little is passed on, both ways") {
        grows = stuck = "what comes from one of the two is sent to the other one";
        play("server:reads client:10 server:10 client:reads",
             "server:reads  to the server: nothing; to the client: nothing\n"
             "client:10     to the server: all; to the client: nothing\n"
             "server:10     to the server: all; to the client: a part\n"
             "client:reads  to the server: all; to the client: all\n");
    }

    CASE("the client sends much, and the server does not read") {
        grows = WRONG_SIDE, stuck = GO_ON;
        play("client:1000",
             "client:1000   to the server: a little waits; to the client: nothing\n");
    }

    CASE("the server sends much, and the client does not read") {
        grows = WRONG_SIDE, stuck = GO_ON;
        play("server:1000",
             "server:1000   to the server: nothing; to the client: a little waits\n");
    }

    CASE("and then it reads: all comes") {
        grows = WRONG_SIDE, stuck = GO_ON;
        play("client:1000 server:reads client:1000",
             "client:1000   to the server: a little waits; to the client: nothing\n"
             "server:reads  to the server: all; to the client: nothing\n"
             "client:1000   to the server: all; to the client: nothing\n");
        play("server:1000 client:reads server:1000",
             "server:1000   to the server: nothing; to the client: a little waits\n"
             "client:reads  to the server: nothing; to the client: all\n"
             "server:1000   to the server: nothing; to the client: all\n");
    }

    CASE("one direction is full, and the other one goes on") {
        grows = WRONG_SIDE, stuck = BY_ITSELF;
        play("server:1000 server:reads client:1000",
             "server:1000   to the server: nothing; to the client: a little waits\n"
             "server:reads  to the server: nothing; to the client: a little waits\n"
             "client:1000   to the server: all; to the client: a little waits\n");
        play("client:1000 client:reads server:1000",
             "client:1000   to the server: a little waits; to the client: nothing\n"
             "client:reads  to the server: a little waits; to the client: nothing\n"
             "server:1000   to the server: a little waits; to the client: all\n");
    }
}

/* ---- Both directions ----------------------------------------------------------------------------- */

static void both_ways(void)
{
    CASE("both directions are full, and the server reads") {
        grows = STAYS_PAUSED("server", "client"), stuck = BY_ITSELF;
        play("server:1000 client:1000 server:reads client:reads",
             "server:1000   to the server: nothing; to the client: a little waits\n"
             "client:1000   to the server: a little waits; to the client: a little waits\n"
             "server:reads  to the server: all; to the client: a little waits\n"
             "client:reads  to the server: all; to the client: all\n");
    }

    CASE("both directions are full, and the client reads") {
        grows = STAYS_PAUSED("client", "server"), stuck = BY_ITSELF;
        play("server:1000 client:1000 client:reads server:reads",
             "server:1000   to the server: nothing; to the client: a little waits\n"
             "client:1000   to the server: a little waits; to the client: a little waits\n"
             "client:reads  to the server: a little waits; to the client: all\n"
             "server:reads  to the server: all; to the client: all\n");
    }

    CASE("one of the two reads much, many times, and the other one nothing") {
        grows = STAYS_PAUSED("server", "client"), stuck = BY_ITSELF;
        play("server:4000 client:1000 server:reads client:4000 server:stops client:1000 "
             "server:reads "
             "client:reads",
             "server:4000   to the server: nothing; to the client: a little waits\n"
             "client:1000   to the server: a little waits; to the client: a little waits\n"
             "server:reads  to the server: all; to the client: a little waits\n"
             "client:4000   to the server: all; to the client: a little waits\n"
             "server:stops  to the server: all; to the client: a little waits\n"
             "client:1000   to the server: a little waits; to the client: a little waits\n"
             "server:reads  to the server: all; to the client: a little waits\n"
             "client:reads  to the server: all; to the client: all\n");
    }
}

/* ---- The end ------------------------------------------------------------------------------------- */

static void the_end(void)
{
    CASE("one of the two ends, and the other one still sends") {
        grows = WRONG_SIDE;
        cut = stuck = ONE_END;
        play("client:1000 client:ends server:reads server:1000 server:ends client:reads",
             "client:1000   to the server: a little waits; to the client: nothing\n"
             "client:ends   to the server: a little waits; to the client: nothing\n"
             "server:reads  to the server: all, and the end; to the client: nothing\n"
             "server:1000   to the server: all, and the end; to the client: a little waits\n"
             "server:ends   to the server: all, and the end; to the client: a little waits\n"
             "client:reads  to the server: all, and the end; to the client: all, and the end\n");
    }

    CASE("both end while both directions are full") {
        grows = STAYS_PAUSED("server", "client");
        cut = stuck = ONE_END;
        play("server:1000 client:1000 client:ends server:ends server:reads client:reads",
             "server:1000   to the server: nothing; to the client: a little waits\n"
             "client:1000   to the server: a little waits; to the client: a little waits\n"
             "client:ends   to the server: a little waits; to the client: a little waits\n"
             "server:ends   to the server: a little waits; to the client: a little waits\n"
             "server:reads  to the server: all, and the end; to the client: a little waits\n"
             "client:reads  to the server: all, and the end; to the client: all, and the end\n");
    }

    CASE("one of the two has gone, and something waits for it") {
        grows = WRONG_SIDE, cut = stuck = LOST;
        play("server:1000 client:goes",
             "server:1000   to the server: nothing; to the client: a little waits\n"
             "the server is cut off\n"
             "client:goes   to the server: nothing; to the client: a part\n");
        play("client:1000 server:goes",
             "client:1000   to the server: a little waits; to the client: nothing\n"
             "the client is cut off\n"
             "server:goes   to the server: a part; to the client: nothing\n");
    }

    CASE("one of the two has gone, and what it has sent waits for the other one") {
        grows = WRONG_SIDE, cut = stuck = LOST;
        play("server:10 client:1000 client:goes server:reads",
             "server:10     to the server: nothing; to the client: a part\n"
             "client:1000   to the server: a little waits; to the client: a part\n"
             "client:goes   to the server: a little waits; to the client: a part\n"
             "server:reads  to the server: a part, and the end; to the client: a part\n");
        play("server:1000 client:1000 client:goes server:reads",
             "server:1000   to the server: nothing; to the client: a little waits\n"
             "client:1000   to the server: a little waits; to the client: a little waits\n"
             "client:goes   to the server: a little waits; to the client: a part\n"
             "the server is cut off\n"
             "server:reads  to the server: a part; to the client: a part\n");
        play("client:1000 client:goes server:reads",
             "client:1000   to the server: a little waits; to the client: nothing\n"
             "client:goes   to the server: a little waits; to the client: nothing\n"
             "server:reads  to the server: a part, and the end; to the client: nothing\n");
    }
}

TESTS
{
    check_limit(20);
    one_way();
    both_ways();
    the_end();
}
