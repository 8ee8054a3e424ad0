/* Children go out and come home, and what they say is compared, line by line. */
#include "answer.h"

/* ---- What came of it ----------------------------------------------------------------------------- */

static void expect_end(int status)
{
    if (status == -1)
        CAUSE("the mother waits for a child that hears no end: somebody else can still speak into "
              "its line, or has its road");
    expect_whole(status, "a day that comes to its end", "it hangs");
}

static void play(const char *words, const char *cause, const char *expected)
{
    expect_answer(words, cause, expect_these_lines, expected, expect_end);
}

/* ---- Children ------------------------------------------------------------------------------------ */

TESTS
{
    check_limit(20);
    CASE("one child, with one telephone") {
        play("ann ann:hello ann-",
             "a child needs its own two ends, as its stdin and stdout, and must not have the end "
             "that speaks into its own line. The mother keeps speak and listen until she hangs up. "
             "(A child that is killed says nothing.)",
             "ann listens\nann has heard \"hello\"\n");
    }

    CASE("two children, and the second comes home first") {
        play("ann bob ann:hi bob:ho bob- ann-",
             "each child has its own line, and hears its own end",
             "ann listens\nbob listens\nbob has heard \"ho\"\nann has heard \"hi\"\n");
    }

    CASE("two children, and the first comes home first") {
        play("ann bob ann:hi ann- bob:ho bob-",
             "another process can still speak into ann's line: bob, who went out later, has a copy "
             "of each end that was open here. fork copies them, and exec keeps them. (A child that "
             "is killed says nothing.)",
             "ann listens\nbob listens\nann has heard \"hi\"\nbob has heard \"ho\"\n");
    }

    CASE("three children, and the first comes home first") {
        play("ann bob carl ann:hi ann- bob- carl-",
             "a child has copies of the ends of all who went out before, and not of the last one "
             "alone",
             "ann listens\nbob listens\ncarl listens\nann has heard \"hi\"\n"
             "bob has heard \"\"\ncarl has heard \"\"\n");
    }

    CASE("eight children, and others who go out when some have come home") {
        play("ann bob carl dan eve fay gus hal ann- bob- joe carl- kim joe:hi joe-",
             "a child must inherit no end of another line: of all who went out before, and not of "
             "the "
             "last one alone",
             "ann listens\nbob listens\ncarl listens\ndan listens\neve listens\nfay listens\n"
             "gus listens\nhal listens\nann has heard \"\"\nbob has heard \"\"\n"
             "joe listens\ncarl has heard \"\"\nkim listens\njoe has heard \"hi\"\n"
             "dan has heard \"\"\neve has heard \"\"\nfay has heard \"\"\ngus has heard \"\"\n"
             "hal has heard \"\"\nkim has heard \"\"\n");
    }

    CASE("thirteen children, and the first comes home first") {
        play("a b c d e f g h i j k l m a:hi a-",
             "with so many children out, the mother has 39 ends, with numbers up to 40 or so: a "
             "child must inherit none of them, and not only none up to some number",
             "a listens\nb listens\nc listens\nd listens\ne listens\nf listens\ng listens\nh "
             "listens\ni listens\nj listens\nk listens\nl listens\nm listens\na has heard "
             "\"hi\"\nb has heard \"\"\nc has heard \"\"\nd has heard \"\"\ne has heard \"\"\nf "
             "has heard \"\"\ng has heard \"\"\nh has heard \"\"\ni has heard \"\"\nj has heard "
             "\"\"\nk has heard \"\"\nl has heard \"\"\nm has heard \"\"\n");
    }
}
