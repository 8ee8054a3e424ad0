/* The program is given orders. What the bar prints is compared, line by line, and what the kitchen
 * prints: who of the two is faster is nobody's business. */
#include "answer.h"

/* What it says itself is a better guess than what its orders make one think of. */
static void look_for_signs(void)
{
    static const char *const signs[][2] = {
        {"because of EDDY_EWATCHED",
         "a socket has one reader at a time: the second one gets EDDY_EWATCHED. Let one task read, "
         "and put each order into the box of the counter that it is for"},
        {"because of ECANCELED",
         "this counter waited for its box, and nobody would have put anything in: all were stuck. "
         "When the guests have gone, box_close() tells both counters that nothing more will come"},
        {"serves (null)",
         "an order has come to a counter that it is not for. order_for() says for whom it is, and "
         "both may say no; and each counter needs a box of its own"},
    };

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strstr(text, signs[i][0])) {
            CAUSE("%s", signs[i][1]);
            return;
        }
}

/* ---- What came of it ------------------------------------------------------------------------- */

static void expect_end(int status)
{
    expect_whole(status, "an evening that comes to its end", "it goes on and on");
    CHECK_INT(WEXITSTATUS(status), 0);
}

static void serve(const char *orders, const char *cause, const char *bar, const char *kitchen)
{
    int status;

    DID("%s %s", path, orders);
    CAUSE("%s", cause);
    status = run(orders);
    check_replay(text, errors);
    look_for_signs();
    if (status == -1)
        expect_end(status);
    expect_lines("bar", bar, "no further line of it");
    expect_lines("kitchen", kitchen, "no further line of it");
    expect_end(status);
    expect_nothing_left(NULL);
}

TESTS
{
    check_limit(20);

    CASE("one counter has orders, the other has none") {
        serve("bar:tea",
              "if the bar has served nothing, either somebody else has taken its order from the "
              "socket, and it is lost: let one task read, and hand on. Or the bar has closed too "
              "early: a counter closes when its box has been closed and is empty, and not before",
              "bar serves tea\nbar closes: 1 served\n", "kitchen closes: 0 served\n");
    }

    CASE("each order comes to where it belongs, and none is lost") {
        serve("bar:tea kitchen:soup",
              "a counter that reads an order for the other one has taken it, and the other never "
              "gets "
              "it: one task must read all, and hand on. And each counter needs a box of its own",
              "bar serves tea\nbar closes: 1 served\n",
              "kitchen serves soup\nkitchen closes: 1 served\n");
    }

    CASE("whoever has not been asked yet waits, however long") {
        serve("kitchen:soup ... ... bar:tea ... kitchen:fish ... ... bar:wine",
              "box_take() waits until there is an order. The counter closes when the box does, "
              "and not when it is empty for a while",
              "bar serves tea\nbar serves wine\nbar closes: 2 served\n",
              "kitchen serves soup\nkitchen serves fish\nkitchen closes: 2 served\n");
    }

    CASE("what comes while a counter is busy is kept") {
        serve(
            "bar:a bar:b bar:c kitchen:k bar:d bar:e bar:f",
            "a counter takes its time for each order, and meanwhile others come: they wait in the "
            "box, all of them, in their order",
            "bar serves a\nbar serves b\nbar serves c\nbar serves d\nbar serves e\nbar serves f\n"
            "bar closes: 6 served\n",
            "kitchen serves k\nkitchen closes: 1 served\n");
    }

    CASE("what is for neither is for nobody") {
        serve("cellar:rum bar:tea",
              "the task that reads looks for whom an order is: both may say no",
              "bar serves tea\nbar closes: 1 served\n", "kitchen closes: 0 served\n");
    }
}
