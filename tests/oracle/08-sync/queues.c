/* queues: who gets which item, and when; and when all is done. */
#include "sharers.h"

#include "queue.h"

static struct eddy_queue queue;
static struct eddy_queue_put putting[SHARERS];
static struct eddy_queue_get getting[SHARERS];
static struct eddy_queue_join joining[SHARERS];

/* ---- Verbs and moves: an item is a word ----------------------------------------------------------- */

static void open_queue(int kind, long maxsize)
{
    CHECK_OK(eddy_queue_open(&queue, &loop, kind, maxsize));
}

static void play_queue(void)
{
    run();
    eddy_queue_close(&queue);
}

static const char *const words[] = {"x", "y", "z", "w", "m", "a", "k"};

/* Each put has its own place: the one that is of this word. */
static void put(void *future)
{
    struct eddy_queue_put *this = container_of(future, struct eddy_queue_put, waiter.future);
    const char *word = words[this - putting];

    eddy_queue_put_priority(this, &queue, (void *)word, word[0]);
}

static void get(void *future)
{
    eddy_queue_get(container_of(future, struct eddy_queue_get, waiter.future), &queue);
}

static void join(void *future)
{
    eddy_queue_join(container_of(future, struct eddy_queue_join, waiter.future), &queue);
}

static void say_gets(void *name)
{
    const char *who = name;

    say("%s gets %s", who, (const char *)getting[who[0] - 'a'].item);
}

static void put_now(void *word)
{
    int err = eddy_queue_put_nowait(&queue, word, 0);

    if (err == -EAGAIN)
        say("full");
    else
        CHECK_OK(err);
}

static void take_now(void *nobody)
{
    void *item = NULL;
    int err = eddy_queue_get_nowait(&queue, &item);

    (void)nobody;
    if (err == -EAGAIN)
        say("empty");
    else
        say("taken: %s", (const char *)item);
}

static void finish_one(void *nobody)
{
    (void)nobody;
    say_refused(eddy_queue_task_done(&queue));
}

enum { X, Y, Z, W, M, A, K };

#define PUTS(name, i, word) STARTS(put, &putting[i].waiter.future), SAYS(name " has put " word)
#define GETS(name, i) STARTS(get, &getting[i].waiter.future), DOES(say_gets, (void *)name)
#define JOINS(i) STARTS(join, &joining[i].waiter.future)
#define WORD(word) (void *)(word)

/* A timer that does this. */
static struct actor *does(const char *name, double seconds, void (*verb)(void *whom), void *whom)
{
    struct actor *timer = actor(name);

    then(timer, verb, whom);
    later(timer, seconds);
    return timer;
}

/* ---- In order ----------------------------------------------------------------------------------- */

static void put_xyz_and_get_three(int kind)
{
    open_queue(kind, 0);
    begin(role("a", PUTS("a", X, "x"), PUTS("a", Y, "y"), PUTS("a", Z, "z")));
    begin(role("b", GETS("b", 1), GETS("b", 1), GETS("b", 1)));
    play_queue();
}

static void one_puts_one_gets(void)
{
    put_xyz_and_get_three(EDDY_FIFO);
}

static void getters_in_order(void)
{
    struct actor *timer;

    open_queue(EDDY_FIFO, 0);
    begin(role("a", GETS("a", 0)));
    begin(role("b", GETS("b", 1)));
    begin(role("c", GETS("c", 2)));
    timer = does("timer", 1, put_now, WORD("x"));
    then(timer, put_now, WORD("y"));
    then(timer, put_now, WORD("z"));
    play_queue();
}

static void full(void)
{
    open_queue(EDDY_FIFO, 1);
    begin(role("a", PUTS("a", X, "x"), PUTS("a", Y, "y"), PUTS("a", Z, "z")));
    begin(role("b", GETS("b", 1), SLEEPS(1), GETS("b", 1), SLEEPS(1), GETS("b", 1), SLEEPS(1)));
    play_queue();
}

static void putters_in_order(void)
{
    open_queue(EDDY_FIFO, 1);
    begin(role("a", PUTS("a", W, "w")));
    begin(role("b", PUTS("b", X, "x")));
    begin(role("c", PUTS("c", Y, "y")));
    later(begin_when_called(
              role("d", GETS("d", 3), SLEEPS(1), GETS("d", 3), SLEEPS(1), GETS("d", 3), SLEEPS(1))),
          1);
    play_queue();
}

static void newest_first(void)
{
    put_xyz_and_get_three(EDDY_LIFO);
}

static void smallest_first(void)
{
    open_queue(EDDY_PRIORITY, 0);
    begin(role("a", PUTS("a", M, "m"), PUTS("a", Z, "z"), PUTS("a", A, "a"), PUTS("a", K, "k")));
    begin(role("b", GETS("b", 1), GETS("b", 1), GETS("b", 1), GETS("b", 1)));
    play_queue();
}

static void now_or_not(void)
{
    open_queue(EDDY_FIFO, 1);
    begin(role("a", DOES(take_now, NULL), DOES(put_now, WORD("x")), DOES(put_now, WORD("y")),
               DOES(take_now, NULL), DOES(take_now, NULL)));
    play_queue();
}

/* ---- Cancelled ---------------------------------------------------------------------------------- */

static void getter_cancelled(void)
{
    struct role *a = role("a", GETS("a", 0));

    open_queue(EDDY_FIFO, 0);
    begin(a);
    begin(role("b", GETS("b", 1)));
    asked_at(a, "timer", 1);
    does("put", 2, put_now, WORD("x"));
    play_queue();
}

static void getter_cancelled_before(void)
{
    struct role *a = role("a", GETS("a", 0));

    open_queue(EDDY_FIFO, 0);
    begin(a);
    begin(role("b", GETS("b", 1)));
    then(does("timer", 1, cancel_role, a), put_now, WORD("x"));
    play_queue();
}

static void getter_cancelled_after(void)
{
    struct role *a = role("a", GETS("a", 0));

    open_queue(EDDY_FIFO, 0);
    begin(a);
    begin(role("b", GETS("b", 1)));
    then(does("timer", 1, put_now, WORD("x")), cancel_role, a);
    does("put", 2, put_now, WORD("y"));
    play_queue();
}

static void putter_cancelled(void)
{
    struct role *a = role("a", PUTS("a", X, "x"));

    open_queue(EDDY_FIFO, 1);
    put_now(WORD("w"));
    begin(a);
    begin(role("b", PUTS("b", Y, "y")));
    asked_at(a, "timer", 1);
    later(begin_when_called(role("c", GETS("c", 2), GETS("c", 2))), 2);
    play_queue();
}

static void putter_cancelled_after(void)
{
    struct role *a = role("a", PUTS("a", X, "x"));

    open_queue(EDDY_FIFO, 1);
    put_now(WORD("w"));
    begin(a);
    begin(role("b", PUTS("b", Y, "y")));
    then(does("timer", 1, take_now, NULL), cancel_role, a);
    does("take", 2, take_now, NULL);
    does("take the last", 3, take_now, NULL);
    play_queue();
}

/* ---- Overtaken ---------------------------------------------------------------------------------- */

static void taken_between(void)
{
    open_queue(EDDY_FIFO, 0);
    begin(role("a", GETS("a", 0)));
    then(does("timer", 1, put_now, WORD("x")), take_now, NULL);
    does("put", 2, put_now, WORD("y"));
    play_queue();
}

static void put_between(void)
{
    open_queue(EDDY_FIFO, 1);
    put_now(WORD("w"));
    begin(role("a", PUTS("a", X, "x")));
    then(does("timer", 1, take_now, NULL), put_now, WORD("y"));
    does("take", 2, take_now, NULL);
    does("take the last", 3, take_now, NULL);
    play_queue();
}

/* ---- Until all is done -------------------------------------------------------------------------- */

static void until_all_is_done(void)
{
    open_queue(EDDY_FIFO, 0);
    put_now(WORD("x"));
    put_now(WORD("y"));
    begin(role("a", JOINS(0), SAYS("all is done")));
    begin(role("b", GETS("b", 1), GETS("b", 1)));
    does("one is done", 1, finish_one, NULL);
    does("the other is done", 2, finish_one, NULL);
    play_queue();
}

static void nothing_to_wait_for(void)
{
    open_queue(EDDY_FIFO, 0);
    begin(role("a", JOINS(0), SAYS("all is done")));
    soon(actor("soon"));
    play_queue();
}

static void done_too_often(void)
{
    open_queue(EDDY_FIFO, 0);
    begin(role("a", DOES(finish_one, NULL), STARTS(put, &putting[X].waiter.future),
               DOES(finish_one, NULL), DOES(finish_one, NULL)));
    play_queue();
}

static void two_joiners(void)
{
    struct role *a = role("a", JOINS(0), SAYS("a goes on"));

    open_queue(EDDY_FIFO, 0);
    put_now(WORD("x"));
    begin(a);
    begin(role("b", JOINS(1), SAYS("b goes on")));
    asked_at(a, "timer", 1);
    does("done", 2, finish_one, NULL);
    play_queue();
}

static const struct scenario scenarios[] = {
    {one_puts_one_gets, "one puts three items in, another one takes them, in order"},
    {getters_in_order,
     "three wait for an item: they get those that come in the order in which they came"},
    {full, "a queue with room for one: who puts waits until another one takes"},
    {putters_in_order,
     "three wait to put: their items are in, and come out, in the order in which they came"},
    {newest_first, "a stack: the newest comes out first"},
    {smallest_first, "a queue with priorities: the smallest comes out first"},
    {now_or_not, "without waiting: an empty queue gives nothing, a full one takes nothing"},
    {getter_cancelled, "one of two that wait for an item is cancelled: the other one gets it"},
    {getter_cancelled_before,
     "one of two that wait is cancelled, and then an item comes in the same turn"},
    {getter_cancelled_after,
     "an item comes for one that waits, and that is cancelled before it runs"},
    {putter_cancelled,
     "one of two that wait to put is cancelled: the other's item is put in, its own not"},
    {putter_cancelled_after,
     "there is room for one that waits to put, and that is cancelled before it runs"},
    {taken_between,
     "an item comes for one that waits, and another takes without waiting before it runs"},
    {put_between, "there is room for one that waits to put, and another puts before it runs"},
    {until_all_is_done,
     "one waits until all is done: until it is said of each item that was put in"},
    {nothing_to_wait_for, "nothing was put in: to wait until all is done takes no turn"},
    {done_too_often, "more is said to be done than was put in: that is refused"},
    {two_joiners,
     "two wait until all is done, and one of them is cancelled: the other one goes on"},
};

TESTS
{
    stage_tells_turns = false;
    oracle_play(scenarios, sizeof scenarios / sizeof *scenarios, __FILE__);
}
