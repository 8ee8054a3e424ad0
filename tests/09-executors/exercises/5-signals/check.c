/* Guests come to the restaurant, and what is said of it is compared, line by line. */
#include "answer.h"

static void expect_end(int status)
{
    if (status == -1)
        CAUSE("it has rung, and nobody hears it: is a signal ignored, or blocked in all threads, "
              "for ever? "
              "What is blocked in the waiter while a cook is hired must come back after that");
    expect_no_hang(status, "an evening that comes to its end", "it hangs");
    expect_not_stopped("an evening that comes to its end", NULL);
    if (WIFSIGNALED(status)) {
        CAUSE("a signal without a handler ends the whole process: the handlers stay as they are");
        FAIL("an evening that comes to its end", "it was killed by signal %d", WTERMSIG(status));
    }
}

static void dine(const char *words, const char *cause, const char *expected)
{
    expect_answer(words, cause, expect_these_lines, expected, expect_end);
}

TESTS
{
    check_limit(20);
    CASE("it rings while nobody cooks, and while the waiter has nothing in hand") {
        dine("bell full phone free soup up",
             "the waiter hears both, at once, or when both hands are free again",
             "the waiter hears the bell\nthe waiter hears the phone\nthe soup is good\nclosed\n");
    }

    CASE("the waiter hears as well as before, when a cook was hired") {
        dine("soup bell phone up bell",
             "what was blocked for the cook's sake must be unblocked in the waiter, after "
             "pthread_create()",
             "the waiter hears the bell\nthe waiter hears the phone\nthe soup is good\n"
             "the waiter hears the bell\nclosed\n");
    }

    CASE("the bell rings while a cook is at work, and the waiter has both hands full") {
        dine("soup full bell free up",
             "a signal that is sent to a process is handled in any thread that does not block it. "
             "The "
             "waiter blocks it just now, so the cook has it, in the middle of the soup: block all "
             "signals in a cook",
             "the waiter hears the bell\nthe soup is good\nclosed\n");
    }

    CASE("the phone, too") {
        dine("soup full phone free up",
             "a cook has no use for any signal: sigfillset(), and not one by one",
             "the waiter hears the phone\nthe soup is good\nclosed\n");
    }

    CASE("the bell rings while the cook is still in the doorway") {
        dine("soup+bell up",
             "a thread that blocks signals by itself has already begun without: it must be born "
             "with "
             "them blocked. It has the mask of the thread that makes it",
             "the waiter hears the bell\nthe soup is good\nclosed\n");
    }

    CASE("a dish is ordered while the waiter has both hands full") {
        dine("full soup bell stew free up",
             "the waiter had blocked both signals before the cook was hired, and needs that: have "
             "the "
             "mask back that was there before, which the third argument of pthread_sigmask() keeps",
             "the waiter hears the bell\nthe soup is good\nthe stew is good\nclosed\n");
    }

    CASE("three cooks, and it rings now and then") {
        dine("soup+bell stew full phone free cake+bell bell up tea full bell free",
             "each cook is hired in the same way",
             "the waiter hears the bell\nthe waiter hears the phone\nthe waiter hears the bell\n"
             "the waiter hears the bell\nthe soup is good\nthe stew is good\nthe cake is good\n"
             "the waiter hears the bell\nthe tea is good\nclosed\n");
    }
}
