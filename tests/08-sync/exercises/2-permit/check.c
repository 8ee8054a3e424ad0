/* What the chapter's own tests look at in detail, here one function after the other. */
#include "cast.h"

#include <limits.h>
#include <pthread.h>

enum { PERMITS = 4, CROWD = 8, STEPS = 4000, SEATS = 3 };

static struct eddy_semaphore seats;
static struct eddy_permit p[PERMITS];
static struct eddy_task a, b, c;

static void set_up_seats(long value)
{
    set_up();
    memset(p, 0, sizeof p);
    CHECK_CODE(eddy_semaphore_init(&seats, &loop, value), 0);
}

static int ask(int i)
{
    return eddy_future_error(eddy_semaphore_acquire(&p[i], &seats));
}

/* What became of what was asked. */
static int state(int i)
{
    return eddy_future_error(&p[i].waiter.future);
}

static bool cancel(int i)
{
    return eddy_future_cancel(&p[i].waiter.future);
}

static int length(void)
{
    int n = 0;

    for (struct eddy_list *link = seats.line.next; link != &seats.line; link = link->next)
        n++;
    return n;
}

static struct eddy_future stay; /* whoever waits for it stays */

static void come(struct eddy_task *task, struct guest *frame, const char *name,
                 struct eddy_future *on)
{
    eddy_task_start(task, &loop, guest, frame, .name = name, .seats = &seats, .on = on);
}

/* ---- eddy_semaphore_acquire() ------------------------------------------------------------------- */

static void asking(void)
{
    CASE("as long as there are permits, whoever asks has one at once") {
        set_up_seats(2);
        DID("a semaphore with 2 permits; two asked");
        CAUSE("if value is above 0, eddy_semaphore_acquire() returns a future that is done: "
              "eddy_waiter_done() makes it of permit->waiter");
        CHECK_CODE(ask(0), 0);
        CAUSE("a permit that somebody has is not in the count: value goes down by one");
        CHECK_INT(seats.value, 1);
        CAUSE("value 1 is one permit that nobody has: the second one has it at once");
        CHECK_CODE(ask(1), 0);
        CHECK_INT(seats.value, 0);
        CAUSE("whoever has a permit does not stand in the line");
        CHECK_INT(length(), 0);
        CAUSE("permit->semaphore says which semaphore it was asked of");
        CHECK(p[0].semaphore == &seats && p[1].semaphore == &seats);
        tear_down();
    }

    CASE("without a permit one waits, and the line is in the order of asking") {
        set_up_seats(0);
        DID("a semaphore with 0 permits; three asked");
        CAUSE("eddy_waiter_start(&permit->waiter, loop, &type, &semaphore->line) puts it at the "
              "end of the line, and returns its future, which is pending");
        for (int i = 0; i < 3; i++)
            CHECK_CODE(ask(i), EDDY_EPENDING);
        CHECK_INT(length(), 3);
        CHECK(eddy_waiter_first(&seats.line) == &p[0].waiter);
        CAUSE("the count never goes below 0: nobody takes a permit that is not there");
        CHECK_INT(seats.value, 0);
        CAUSE("permit->semaphore says which semaphore it was asked of, also while it waits");
        CHECK(p[0].semaphore == &seats && p[2].semaphore == &seats);
        tear_down();
    }

    CASE("a closed loop: EDDY_ECLOSED, and the permit is none") {
        set_up_seats(1);
        DID("closed the loop, and asked; there is 1 permit");
        CAUSE(
            "eddy_waiter_refusal(&permit->waiter, semaphore->loop, \"semaphore_acquire\") says why "
            "nobody may wait now, in a closed loop EDDY_ECLOSED; that comes first");
        tear_down();
        CHECK_CODE(ask(0), EDDY_ECLOSED);
        CAUSE(
            "whoever is refused has taken nothing, or its cleanup section gives back what it never "
            "had");
        CHECK_INT(seats.value, 1);
        CHECK(p[0].semaphore == NULL);
    }
}

static void refusing(void)
{
    CASE("a permit that has one cannot be asked for another: EDDY_EQUEUED") {
        set_up_seats(2);
        DID("asked twice with the same struct eddy_permit; 2 permits");
        CAUSE("a struct eddy_permit is one permit. If its semaphore is not NULL, it waits or has "
              "one: eddy_future_init_done(&permit->refused, ..., EDDY_EQUEUED)");
        CHECK_CODE(ask(0), 0);
        CHECK_CODE(ask(0), EDDY_EQUEUED);
        CAUSE("whoever is refused has taken nothing");
        CHECK_INT(seats.value, 1);
        CAUSE("the refusal has a future of its own, permit->refused: the first one is what it was");
        CHECK_CODE(state(0), 0);
        CHECK(p[0].semaphore == &seats);
        tear_down();
    }

    CASE("nor one of another semaphore, as long as it has that of the first") {
        struct eddy_semaphore other;
        set_up_seats(1);
        CHECK_CODE(eddy_semaphore_init(&other, &loop, 1), 0);
        DID("asked two semaphores, with the same struct eddy_permit");
        CAUSE("a struct eddy_permit is one permit, of whichever semaphore. Else the first one is "
              "lost: nobody knows any more whom to give it back to");
        CHECK_CODE(ask(0), 0);
        CHECK_CODE(eddy_future_error(eddy_semaphore_acquire(&p[0], &other)), EDDY_EQUEUED);
        CHECK_INT(other.value, 1);
        CHECK(p[0].semaphore == &seats);
        tear_down();
    }

    CASE("a permit that waits cannot be asked for another, and keeps its place in the line") {
        set_up_seats(0);
        DID("two asked, and the first of them once more");
        CAUSE("a struct eddy_permit whose semaphore is not NULL waits or has one: EDDY_EQUEUED, in "
              "permit->refused");
        ask(0);
        ask(1);
        CHECK_CODE(ask(0), EDDY_EQUEUED);
        CHECK_INT(length(), 2);
        CHECK(eddy_waiter_first(&seats.line) == &p[0].waiter);
        CHECK_CODE(state(0), EDDY_EPENDING);
        tear_down();
    }
}

/* ---- cancel_acquire() --------------------------------------------------------------------------- */

static void leaving(void)
{
    CASE("whoever is cancelled leaves the line at once, and has no permit") {
        set_up_seats(0);
        DID("three asked; cancelled the future of the second");
        CAUSE("cancel_acquire() is the type's cancel hook: it has to end the future. "
              "eddy_waiter_cancel() takes the waiter out of the line, and sets -ECANCELED");
        ask(0);
        ask(1);
        ask(2);
        CHECK(cancel(1));
        CHECK_CODE(state(1), -ECANCELED);
        CAUSE("it waits no more, and has none: cancel_acquire() sets permit->semaphore to NULL, or "
              "its cleanup section gives back what it never had");
        CHECK(p[1].semaphore == NULL);
        CAUSE("the others are not touched");
        CHECK_CODE(state(0), EDDY_EPENDING);
        CHECK_CODE(state(2), EDDY_EPENDING);
        CHECK_INT(seats.value, 0);
        tear_down();
    }
}

/* ---- eddy_semaphore_release() ------------------------------------------------------------------- */

static void releasing(void)
{
    CASE("nobody waits: there is one permit more") {
        set_up_seats(0);
        DID("released twice, a semaphore with 0 permits; then one asked");
        CAUSE("with an empty line eddy_semaphore_release() counts value up by one, and returns 0");
        CHECK_INT(eddy_semaphore_release(&seats), 0);
        CHECK_INT(eddy_semaphore_release(&seats), 0);
        CHECK_INT(seats.value, 2);
        CHECK_CODE(ask(0), 0);
        tear_down();
    }

    CASE("somebody waits: a release lets one in, in the order of asking") {
        struct guest frames[3];
        set_up_seats(0);
        DID("a, b and c wait; released twice, and ran the loop");
        CAUSE("each release is one permit, for the first who waits");
        eddy_future_init(&stay, &loop);
        come(&a, &frames[0], "a", &stay);
        come(&b, &frames[1], "b", &stay);
        come(&c, &frames[2], "c", &stay);
        turns(1);
        CHECK_INT(eddy_semaphore_release(&seats), 0);
        CHECK_INT(eddy_semaphore_release(&seats), 0);
        turns(3);
        EXPECT("a b c a+ b+");
        CAUSE("what was handed over is not free: it is not in the count, too");
        CHECK_INT(seats.value, 0);
        CHECK_INT(length(), 1);
        CHECK_CODE(eddy_loop_shutdown(&loop, 9), 0);
        tear_down();
    }
}

static void gone(void)
{
    CASE("anyio issue 1145: whoever was cancelled and has not run yet is not given the permit") {
        set_up_seats(0);
        DID("three asked; cancelled the first, and released, in the same turn");
        CAUSE("nobody gives anything to somebody who has gone: cancel_acquire() takes the waiter "
              "out of the line at once, not when its task runs");
        ask(0);
        ask(1);
        ask(2);
        CHECK(cancel(0));
        CHECK_INT(eddy_semaphore_release(&seats), 0);
        turns(2);
        CHECK_CODE(state(1), 0);
        CHECK_CODE(state(2), EDDY_EPENDING);
        CHECK_CODE(state(0), -ECANCELED);
        CHECK_INT(length(), 1);
        CHECK_INT(seats.value, 0);
        tear_down();
    }

    CASE("a permit that was cancelled may be asked for again, and stands at the end") {
        set_up_seats(0);
        DID("two asked; cancelled the first, which asked again");
        CAUSE("permit->semaphore is NULL again after a cancel");
        ask(0);
        ask(1);
        CHECK(cancel(0));
        CHECK_CODE(ask(0), EDDY_EPENDING);
        CHECK(eddy_waiter_first(&seats.line) == &p[1].waiter);
        CHECK_INT(length(), 2);
        tear_down();
    }
}

static void handing_over(void)
{
    CASE("a release hands the permit over to the first of the line, at once") {
        set_up_seats(0);
        DID("three asked; released once; nothing has run since");
        CAUSE("the permit is the first one's from now on: eddy_waiter_wake(first, 0, NULL), in the "
              "release itself");
        ask(0);
        ask(1);
        ask(2);
        CHECK_INT(eddy_semaphore_release(&seats), 0);
        CHECK_CODE(state(0), 0);
        CAUSE("what was handed over is not free: value stays 0, or somebody else takes it, too");
        CHECK_INT(seats.value, 0);
        CAUSE("one release is one permit: one waiter is woken");
        CHECK_CODE(state(1), EDDY_EPENDING);
        CHECK_INT(length(), 2);
        CAUSE("each release serves the next one, in the order of asking");
        CHECK_INT(eddy_semaphore_release(&seats), 0);
        CHECK_CODE(state(1), 0);
        CHECK_CODE(state(2), EDDY_EPENDING);
        CHECK_INT(eddy_semaphore_release(&seats), 0);
        CHECK_CODE(state(2), 0);
        CHECK_INT(seats.value, 0);
        CHECK_INT(length(), 0);
        tear_down();
    }

    CASE("somebody who asks between a release and the woken one's step has to wait") {
        set_up_seats(0);
        DID("one waits; released, and another one asked, in the same turn");
        CAUSE("the permit has been handed over, so there is none: value is 0, and the newcomer "
              "stands in the line");
        ask(0);
        CHECK_INT(eddy_semaphore_release(&seats), 0);
        CHECK_CODE(ask(1), EDDY_EPENDING);
        CHECK_CODE(state(0), 0);
        tear_down();
    }
}

static void bounds(void)
{
    CASE("a bounded one refuses a release that is one too many") {
        set_up_seats(0);
        CHECK_CODE(eddy_semaphore_init_bounded(&seats, &loop, 2), 0);
        DID("a bounded semaphore of 2; released it at once");
        CAUSE("nobody waits, bound is not 0, and value has come to bound: -EPERM, and value stays");
        CHECK_CODE(eddy_semaphore_release(&seats), -EPERM);
        CHECK_INT(seats.value, 2);
        CAUSE("below its bound a bounded one is like any other");
        CHECK_CODE(ask(0), 0);
        CHECK_CODE(ask(1), 0);
        CHECK_CODE(ask(2), EDDY_EPENDING);
        CHECK_INT(eddy_semaphore_release(&seats), 0);
        CHECK_CODE(state(2), 0);
        CHECK_INT(seats.value, 0);
        CHECK_INT(eddy_semaphore_release(&seats), 0);
        CHECK_INT(eddy_semaphore_release(&seats), 0);
        CHECK_INT(seats.value, 2);
        CHECK_CODE(eddy_semaphore_release(&seats), -EPERM);
        tear_down();
    }

    CASE("without a bound there may be more than in the beginning, up to LONG_MAX") {
        set_up_seats(LONG_MAX - 1);
        DID("a semaphore of LONG_MAX - 1 permits; released it twice");
        CAUSE("bound 0 is no bound");
        CHECK_INT(eddy_semaphore_release(&seats), 0);
        CAUSE("LONG_MAX and one more is no number: -EOVERFLOW, and value stays");
        CHECK_CODE(eddy_semaphore_release(&seats), -EOVERFLOW);
        CHECK(seats.value == LONG_MAX);
        tear_down();
    }
}

static int told[3]; /* what the calls of another thread have returned */

static void *call_elsewhere(void *unused)
{
    (void)unused;
    told[0] = ask(2);
    told[1] = eddy_semaphore_release(&seats);
    told[2] = eddy_permit_release(&p[0]);
    return NULL;
}

/* While the loop runs. */
static void start_thread(struct eddy_handle *handle)
{
    pthread_t thread;

    (void)handle;
    CHECK(pthread_create(&thread, NULL, call_elsewhere, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

static void threads(void)
{
    CASE("in debug mode another thread is refused, and nothing has happened") {
        struct eddy_handle handle;
        set_up_seats(1);
        eddy_loop_set_debug(&loop, true);
        DID("one has the permit, one waits; while the loop ran, another thread asked, released, "
            "and "
            "gave back the permit of the first");
        ask(0);
        ask(1);
        eddy_handle_init(&handle, start_thread);
        CHECK_CODE(eddy_loop_call_soon(&loop, &handle), 0);
        turns(1);
        CAUSE("eddy_waiter_refusal() comes first in eddy_semaphore_acquire(): it asks for the "
              "thread, "
              "too");
        CHECK_CODE(told[0], EDDY_ETHREAD);
        CHECK(p[2].semaphore == NULL);
        CAUSE("eddy_loop_check_thread(semaphore->loop, \"semaphore_release\") comes first: what it "
              "returns, if that is negative, is the answer");
        CHECK_CODE(told[1], EDDY_ETHREAD);
        CHECK_CODE(state(1), EDDY_EPENDING);
        CHECK_INT(length(), 1);
        CHECK_INT(seats.value, 0);
        CAUSE("whoever is refused still has the permit: eddy_permit_release() asks for the thread "
              "itself, before it sets permit->semaphore to NULL");
        CHECK_CODE(told[2], EDDY_ETHREAD);
        CHECK(p[0].semaphore == &seats);
        tear_down();
    }
}

/* ---- eddy_permit_release() ---------------------------------------------------------------------- */

static void giving_back(void)
{
    CASE("a permit that has one gives it back, once") {
        set_up_seats(1);
        DID("one asked, and gave back; and gave back once more");
        CAUSE("eddy_permit_release() does what eddy_semaphore_release() does, with "
              "permit->semaphore");
        CHECK_CODE(ask(0), 0);
        CHECK_INT(eddy_permit_release(&p[0]), 0);
        CHECK_INT(seats.value, 1);
        CAUSE("then it has none: permit->semaphore is NULL again, and a second time is -EPERM");
        CHECK_CODE(eddy_permit_release(&p[0]), -EPERM);
        CHECK_INT(seats.value, 1);
        CAUSE("and it may be asked for again");
        CHECK_CODE(ask(0), 0);
        tear_down();
    }

    CASE("a zeroed permit has none: -EPERM, and nothing has happened") {
        set_up_seats(1);
        DID("gave back a permit that was never asked for");
        CAUSE("a cleanup section calls this however far the body came. permit->semaphore is NULL "
              "then");
        IF_CRASH("a zeroed permit has no semaphore: ask before you follow the pointer");
        CHECK_CODE(eddy_permit_release(&p[0]), -EPERM);
        CHECK_INT(seats.value, 1);
        tear_down();
    }

    CASE("a permit that waits has none: -EPERM, and it goes on waiting") {
        set_up_seats(0);
        DID("one waits, and gives back what it has not");
        CAUSE("it was asked for, but its future is not done: eddy_future_done() tells");
        ask(0);
        CHECK_CODE(eddy_permit_release(&p[0]), -EPERM);
        CHECK_INT(seats.value, 0);
        CHECK_INT(length(), 1);
        CHECK_INT(eddy_semaphore_release(&seats), 0);
        turns(2);
        CHECK_CODE(state(0), 0);
        CHECK_INT(eddy_permit_release(&p[0]), 0);
        CHECK_INT(seats.value, 1);
        tear_down();
    }

    CASE("what is given back is for the first of the line, if there is one") {
        set_up_seats(1);
        DID("three asked; the first gave back; ran the loop");
        CAUSE("eddy_permit_release() ends in eddy_semaphore_release(): the line comes first");
        ask(0);
        ask(1);
        ask(2);
        CHECK_INT(eddy_permit_release(&p[0]), 0);
        turns(2);
        CHECK_CODE(state(1), 0);
        CHECK_CODE(state(2), EDDY_EPENDING);
        CHECK_INT(seats.value, 0);
        tear_down();
    }
}

static void giving_on(void)
{
    CASE("what was given back goes to the first of the line, and from there to the next") {
        set_up_seats(1);
        DID("three asked; the first gave back, and the second before it had run");
        CAUSE("eddy_permit_release() ends in eddy_semaphore_release(): the line comes first");
        ask(0);
        ask(1);
        ask(2);
        CHECK_INT(eddy_permit_release(&p[0]), 0);
        CHECK_CODE(state(1), 0);
        CAUSE("a permit that was handed over is had, whether its task has run or not");
        CHECK_INT(eddy_permit_release(&p[1]), 0);
        CHECK_CODE(state(2), 0);
        CHECK_INT(seats.value, 0);
        tear_down();
    }
}

/* ---- Famous bugs -------------------------------------------------------------------------------- */

static void famous(void)
{
    CASE("asyncio issue 270: cancelled when it was handed the permit, and the next one sleeps on") {
        struct guest one, two;
        set_up_seats(0);
        DID("a and b are in the line; released, and cancelled a before it ran; ran the loop");
        CAUSE("the permit must not end with a. It is a's at the release, and not later; so a's "
              "await returns with it, and a's cleanup section gives it to b");
        come(&a, &one, "a", eddy_next_turn());
        come(&b, &two, "b", eddy_next_turn());
        turns(1);
        CHECK_INT(eddy_semaphore_release(&seats), 0);
        CHECK(eddy_task_cancel(&a));
        run_out();
        CHECK_CODE(outcome(&b), 0);
        CHECK_INT(seats.value, 1);
        trace[0] = '\0';
        tear_down();
    }

    CASE("cpython issue 90155, 2021: whoever gives back and asks again does not come first") {
        struct greedy one;
        struct guest two;
        set_up_seats(1);
        DID("g gives its permit back and asks again, four times; a has come after its first time");
        CAUSE("a release hands the permit to the first of the line; so there is none when g asks "
              "again, and g waits until a gives it back");
        eddy_task_start(&a, &loop, greedy, &one, .seats = &seats, .rounds = 4);
        come(&b, &two, "a", eddy_next_turn());
        run_out();
        EXPECT("g+ a a+ a-OK OK g+ g+ g+");
        CHECK_INT(seats.value, 1);
        tear_down();
    }

    CASE("cpython issue 90155, 2022: the woken one is cancelled, and nobody is let in any more") {
        struct guest one, two;
        set_up_seats(0);
        DID("a waits; released, and cancelled a before it ran; b came later");
        CAUSE("nothing is kept in mind from a wake-up to the step of the woken one: the permit is "
              "a's, and then it is free, or somebody else's");
        come(&a, &one, "a", eddy_next_turn());
        turns(1);
        CHECK_INT(eddy_semaphore_release(&seats), 0);
        CHECK(eddy_task_cancel(&a));
        turns(2);
        come(&b, &two, "b", eddy_next_turn());
        run_out();
        CHECK_CODE(outcome(&b), 0);
        trace[0] = '\0';
        tear_down();
    }
}

/* ---- A cancel, and a limit ----------------------------------------------------------------------- */

static void cleanup(void)
{
    CASE("cancelled between the release and its step: it has the permit, and gives it back") {
        struct guest one, two;
        set_up_seats(0);
        DID("a and b are in the line; released, and cancelled a before it ran; ran the loop");
        CAUSE("what was delivered wins: a's await returns with the permit, and the cancel lands at "
              "a's next await");
        come(&a, &one, "a", eddy_next_turn());
        come(&b, &two, "b", eddy_next_turn());
        turns(1);
        CHECK_INT(eddy_semaphore_release(&seats), 0);
        CHECK(eddy_task_cancel(&a));
        run_out();
        EXPECT("a b a+ a-OK ECANCELED b+ b-OK OK");
        tear_down();
    }

    CASE("a cleanup section gives back what there is, however far the body came") {
        struct guest frames[3];
        set_up_seats(1);
        eddy_future_init(&stay, &loop);
        DID("a has the permit, b waits for it, c has not begun; cancelled all three");
        CAUSE("a gives it back; b and c have none, and their eddy_permit_release() says so");
        come(&a, &frames[0], "a", &stay);
        come(&b, &frames[1], "b", NULL);
        turns(1);
        come(&c, &frames[2], "c", NULL);
        CHECK(eddy_task_cancel(&b));
        CHECK(eddy_task_cancel(&c));
        CHECK(eddy_task_cancel(&a));
        run_out();
        EXPECT("a a+ b c-EPERM ECANCELED b-EPERM ECANCELED a-OK ECANCELED");
        CHECK_INT(seats.value, 1);
        tear_down();
    }
}

/* ---- A crowd ------------------------------------------------------------------------------------ */

static struct eddy_permit crowd[CROWD];

/* The same numbers in each run. */
static unsigned number(unsigned below)
{
    static unsigned state_of = 1;

    state_of = state_of * 1103515245u + 12345u;
    return (state_of >> 16) % below;
}

static long held(void)
{
    long n = 0;

    for (int i = 0; i < CROWD; i++)
        n += crowd[i].semaphore != NULL && eddy_future_done(&crowd[i].waiter.future);
    return n;
}

static void one_does_something(struct eddy_permit *permit)
{
    if (!permit->semaphore)
        eddy_semaphore_acquire(permit, &seats);
    else if (!eddy_future_done(&permit->waiter.future) && number(3) == 0)
        eddy_future_cancel(&permit->waiter.future);
    else
        eddy_permit_release(permit);
}

static void a_crowd(void)
{
    CASE("a crowd asks, gives back and is cancelled: no permit is lost, and none is made") {
        set_up_seats(SEATS);
        memset(crowd, 0, sizeof crowd);
        DID("%d permits and %d who want one, in %d steps of chance", SEATS, CROWD, STEPS);
        for (int i = 0; i < STEPS; i++) {
            one_does_something(&crowd[number(CROWD)]);
            CAUSE("each permit is somebody's, or in the count: all of them together never change");
            CHECK_INT(seats.value + held(), SEATS);
            CAUSE("nobody waits while there is a permit that nobody has");
            CHECK(seats.value == 0 || length() == 0);
        }
        tear_down();
    }
}

TESTS
{
    asking();
    refusing();
    leaving();
    releasing();
    gone();
    giving_back();
    famous();
    handing_over();
    giving_on();
    bounds();
    threads();
    cleanup();
    a_crowd();
}
