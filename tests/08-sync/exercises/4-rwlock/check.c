/* Readers and writers on a virtual clock. In the trace stands who has the lock, and since when: a@0 b@2. */
#include "../../../06-tasks/tasks.h"

#include "4-rwlock.h"

enum { CROWD = 60 };

static struct rwlock lock;
static int reading, writing; /* now, as the tasks know it */

static const char handed_over[] = "whoever's turn it is has the lock from then on, so it counts at "
                                  "once, in serve(): as a reader, "
                                  "or as the writer";
static bool cancels; /* in this case: then a count that is wrong has other causes */

/* ---- A task that reads or writes ----------------------------------------------------------------- */

struct user {
    struct eddy_co co;
    const char *name; /* NULL: leaves no trace */
    bool writes;
    double stays;
    struct rwhold hold;
    struct eddy_sleep sleep;
    bool in;
};

static double now(void)
{
    return scripted_time() - 1000;
}

static struct eddy_future *asked(struct rwhold *hold, bool writes)
{
    struct eddy_future *future = writes ? rwlock_write(hold, &lock) : rwlock_read(hold, &lock);

    if (!future)
        FAIL("a future, to await", "NULL: acquire() is not written");
    return future;
}

static void enter(struct user *self)
{
    if (self->name)
        note("%s@%.0f", self->name, now());
    self->in = true;
    *(self->writes ? &writing : &reading) += 1;
    if (writing > 1 || (writing > 0 && reading > 0)) {
        if (!cancels && ((writing > 0 && !lock.writing) || reading > lock.readers))
            CAUSE("%s", handed_over);
        else if (reading == 0)
            CAUSE("one writer at a time: fits() has to look whether somebody writes");
        FAIL("one writer alone, or readers", "%d who write and %d who read, at %.0f s", writing,
             reading, now());
    }
}

static void leave(struct user *self)
{
    if (self->in)
        *(self->writes ? &writing : &reading) -= 1;
    self->in = false;
}

static struct eddy_step user(struct eddy_co *co)
{
    struct user *self = CO_FRAME(co, user);

    CO_BEGIN(co);
    CO_AWAIT(co, asked(&self->hold, self->writes));
    enter(self);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->stays));
    CO_FINALLY(co);
    if (eddy_co_outcome(co) < 0 && self->name)
        note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    leave(self);
    rwlock_release(&self->hold);
    CO_END(co);
}

static struct user users[CROWD];
static struct eddy_task tasks[CROWD];
static int count;

/* Comes, stays `seconds` once it has the lock, and gives it back. Called by its number, from 0 on. */
static int come(const char *name, bool writes, double seconds)
{
    eddy_task_start(&tasks[count], &loop, user, &users[count], .name = name, .writes = writes,
                    .stays = seconds);
    return count++;
}

static int reader(const char *name, double seconds)
{
    return come(name, false, seconds);
}

static int writer(const char *name, double seconds)
{
    return come(name, true, seconds);
}

/* ---- What the cases do -------------------------------------------------------------------------- */

static void begin(void)
{
    set_up();
    eddy_loop_set_exception_handler(&loop, NULL);
    memset(tasks, 0, sizeof tasks);
    count = reading = writing = 0;
    trace[0] = '\0';
    rwlock_init(&lock, &loop);
}

static void run_to(double second)
{
    turns(4);
    scripted_advance(second - now());
    turns(4);
}

static const char *name_of(int i)
{
    return users[i].name ? users[i].name : "one of the crowd";
}

/* All come to their end, and the lock is as new. */
static void finish(void)
{
    eddy_loop_run_until_stuck(&loop);
    for (int i = 0; i < count; i++)
        if (!eddy_task_done(&tasks[i]))
            FAIL("all to have had it, and to have ended", "%s waits for ever, to %s", name_of(i),
                 users[i].writes ? "write" : "read");
    if (!eddy_list_empty(&lock.line))
        FAIL("nobody in the line", "somebody who has gone");
    if (lock.readers < 0 && !cancels)
        CAUSE("%s", handed_over);
    if (lock.readers != 0 || lock.writing)
        FAIL("at the end nobody has it", "readers is %ld, writing is %s", lock.readers,
             lock.writing ? "true" : "false");
    tear_down();
}

/* ---- Nobody in the way --------------------------------------------------------------------------- */

static void expect_done(struct rwhold *hold, bool writes)
{
    const struct eddy_future *future = asked(hold, writes);

    if (!eddy_future_done(future))
        FAIL("a future that is done", "it is pending");
    CHECK_CODE(eddy_future_error(future), 0);
}

static void free_lock(void)
{
    CASE("a lock that is free is had at once, to read or to write") {
        struct rwhold hold = {.lock = NULL};

        DID("asked for a free lock to read, gave it back; then to write; then to read again");
        CAUSE("if nothing is in the way and nobody waits: note_taken(), and eddy_waiter_done() is "
              "the future. A release undoes what note_taken() has noted, and forgets the lock");
        begin();
        for (int i = 0; i < 3; i++) {
            expect_done(&hold, i == 1);
            CHECK_INT(lock.readers, i != 1);
            CHECK_INT(lock.writing, i == 1);
            CHECK_CODE(rwlock_release(&hold), 0);
        }
        finish();
    }

    CASE("many read at the same time") {
        DID("three readers came, each for 2 s");
        CAUSE("readers do not disturb each other: only somebody who writes is in their way");
        begin();
        reader("a", 2);
        reader("b", 2);
        reader("c", 2);
        finish();
        EXPECT("a@0 b@0 c@0");
    }
}

/* ---- Waiting ------------------------------------------------------------------------------------- */

static void waiting(void)
{
    CASE("one writes, and all others wait") {
        DID("a writer, another writer, a reader came, each for 2 s");
        CAUSE("what is in somebody's way is for fits() to say: for a writer any who has it, for a "
              "reader one who writes. Whoever gives it back serves the line (serve)");
        begin();
        writer("W", 2);
        writer("X", 2);
        reader("a", 2);
        finish();
        EXPECT("W@0 X@2 a@4");
    }

    CASE("a writer waits for the last of those who read") {
        DID("readers came for 1 s, 3 s and 2 s, then a writer");
        CAUSE("each release serves the line, but the first in it must fit: a writer when no reader "
              "is left");
        begin();
        reader("a", 1);
        reader("b", 3);
        reader("c", 2);
        writer("W", 1);
        finish();
        EXPECT("a@0 b@0 c@0 W@3");
    }

    CASE("a reader who comes while a writer waits does not overtake it") {
        DID("a reader came for 4 s, then a writer, and after 1 s another reader");
        CAUSE("nobody overtakes the line: whoever comes and finds somebody waiting waits, too, "
              "even if nothing else is in the way. Else the writer may wait for ever");
        begin();
        reader("a", 4);
        writer("W", 2);
        run_to(1);
        reader("b", 1);
        finish();
        EXPECT("a@0 W@4 b@6");
    }

    CASE("readers who stand one after the other go together") {
        DID("a writer came for 1 s; then three readers, for 2 s each");
        CAUSE("serve() goes on as long as the first of the line fits: a while, not an if");
        begin();
        writer("W", 1);
        reader("a", 2);
        reader("b", 2);
        reader("c", 2);
        finish();
        EXPECT("W@0 a@1 b@1 c@1");
    }

    CASE("... up to the next writer, and no further") {
        DID("came: a writer, two readers, a writer, a reader; each stays 2 s");
        CAUSE("serve() stops at the first who does not fit. To look further down the line, for "
              "readers or for "
              "writers, is to overtake");
        begin();
        writer("W", 2);
        reader("a", 2);
        reader("b", 2);
        writer("X", 2);
        reader("c", 2);
        finish();
        EXPECT("W@0 a@2 b@2 X@4 c@6");
    }

    CASE("writers are not preferred") {
        DID("came: a writer, a reader, two writers, a reader; each stays 1 s");
        CAUSE("first come, first served: there is one line for all of them");
        begin();
        writer("W", 1);
        reader("a", 1);
        writer("X", 1);
        writer("Y", 1);
        reader("b", 1);
        finish();
        EXPECT("W@0 a@1 X@2 Y@3 b@4");
    }
}

/* ---- What is no use -------------------------------------------------------------------------------- */

static void refusing(void)
{
    CASE("what has nothing gives nothing back") {
        struct rwhold none = {.lock = NULL}, first = {.lock = NULL}, second = {.lock = NULL};

        DID("released a hold that was never asked for; one that has given back; one that waits");
        CAUSE("what was given back is forgotten (hold->lock = NULL), and whoever waits has asked, "
              "but has nothing: its future is not done. Then it is -EPERM, and nothing changes");
        begin();
        CHECK_CODE(rwlock_release(&none), -EPERM);
        expect_done(&first, true);
        CHECK(!eddy_future_done(asked(&second, false)));
        CHECK_CODE(rwlock_release(&second), -EPERM);
        CHECK_CODE(rwlock_release(&first), 0);
        CHECK_CODE(rwlock_release(&first), -EPERM);
        CHECK_INT(lock.readers, 1);
        CHECK_CODE(rwlock_release(&second), 0);
        CHECK_CODE(rwlock_release(&second), -EPERM);
        finish();
    }

    CASE("a hold that is in use is refused, and stays what it was") {
        struct rwhold first = {.lock = NULL}, second = {.lock = NULL};

        DID("asked a second time with a hold that reads; and with one that waits");
        CAUSE("hold->lock says whether it is in use. The future of the refusal is hold->refused "
              "(eddy_future_init_done), since the other one is in use");
        begin();
        expect_done(&first, false);
        CHECK_CODE(eddy_future_error(asked(&first, false)), EDDY_EQUEUED);
        CHECK_CODE(eddy_future_error(asked(&first, true)), EDDY_EQUEUED);
        CHECK_INT(lock.readers, 1);
        CHECK(!eddy_future_done(asked(&second, true)));
        CHECK_CODE(eddy_future_error(asked(&second, false)), EDDY_EQUEUED);
        CHECK_CODE(rwlock_release(&first), 0);
        CHECK(lock.writing);
        CHECK_CODE(eddy_future_error(&second.waiter.future), 0);
        CHECK_CODE(rwlock_release(&second), 0);
        finish();
    }

    CASE("... also by another lock") {
        struct rwhold hold = {.lock = NULL};
        struct rwlock other;

        DID("asked one lock to read, and another one with the same hold");
        CAUSE("a hold that is in use is in use, of whichever lock: else nobody knows any more what "
              "it had of the first one, and nobody gives that back");
        begin();
        rwlock_init(&other, &loop);
        expect_done(&hold, false);
        CHECK_CODE(eddy_future_error(rwlock_read(&hold, &other)), EDDY_EQUEUED);
        CHECK_INT(other.readers, 0);
        CHECK_CODE(rwlock_release(&hold), 0);
        finish();
    }
}

/* ---- Cancels ---------------------------------------------------------------------------------------- */

static void cancelling(void)
{
    CASE("a reader who is cancelled while it waits is gone") {
        int b;

        DID("a writer came for 2 s; three readers; at 1 s the second of them was cancelled");
        CAUSE("it leaves the line (eddy_waiter_cancel), and has nothing: hold->lock is NULL, so "
              "that its cleanup section gives nothing back");
        begin();
        writer("W", 2);
        reader("a", 1);
        b = reader("b", 1);
        reader("c", 1);
        run_to(1);
        cancels = true;
        CHECK(cancel_task(&tasks[b]));
        finish();
        EXPECT("W@0 b.ECANCELED a@2 c@2");
    }

    CASE("when a writer who waits goes away, the readers after it go on at once") {
        int w;

        DID("a reader came for 5 s; a writer, two readers; at 1 s the writer was cancelled");
        CAUSE("the readers waited only because a writer stood before them. Nobody will release "
              "anything for their sake: whoever leaves the line serves those who are left");
        begin();
        reader("a", 5);
        w = writer("W", 1);
        reader("b", 1);
        reader("c", 1);
        run_to(1);
        cancels = true;
        CHECK(cancel_task(&tasks[w]));
        finish();
        EXPECT("a@0 W.ECANCELED b@1 c@1");
    }

    CASE("... but only as far as they fit") {
        int x;

        DID("a writer came for 3 s; another writer, a reader; at 1 s the second was cancelled");
        CAUSE("whoever stands in the line has nothing, so a cancel there frees nothing: leave "
              "readers and writing alone, and let serve() look who fits");
        begin();
        writer("W", 3);
        x = writer("X", 1);
        reader("a", 1);
        run_to(1);
        cancels = true;
        CHECK(cancel_task(&tasks[x]));
        finish();
        EXPECT("W@0 X.ECANCELED a@3");
    }

    CASE("one who is cancelled while it has the lock gives it back") {
        int w;

        DID("a writer came for 9 s, then a reader; at 1 s the writer was cancelled");
        CAUSE("its cleanup section calls rwlock_release(), which serves the line");
        begin();
        w = writer("W", 9);
        reader("a", 1);
        run_to(1);
        cancels = true;
        CHECK(cancel_task(&tasks[w]));
        finish();
        EXPECT("W@0 W.ECANCELED a@1");
    }
}

/* Gives the lock back, and cancels somebody in the same moment. */
struct hand_over {
    struct eddy_co co;
    struct rwhold hold;
    struct eddy_sleep sleep;
    int victim;
};

static struct eddy_step hand_over(struct eddy_co *co)
{
    struct hand_over *self = CO_FRAME(co, hand_over);

    CO_BEGIN(co);
    CO_AWAIT(co, asked(&self->hold, true));
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 1));
    CHECK_CODE(rwlock_release(&self->hold), 0);
    CHECK(cancel_task(&tasks[self->victim]));
    CO_END(co);
}

static void hand_over_to(bool writes)
{
    static struct eddy_task task;
    static struct hand_over frame;
    int a;

    begin();
    task = (struct eddy_task){.co = NULL};
    eddy_task_start(&task, &loop, hand_over, &frame, .victim = 0);
    turns(2);
    a = come("a", writes, 5);
    writer("W", 1);
    CHECK_INT(a, 0);
    finish();
    EXPECT("a@1 a.ECANCELED W@1");
}

static void handing_over(void)
{
    CASE("what was handed over is had, also by one who is cancelled before it runs") {
        DID("a writer gave it back, and in the same moment cancelled the reader that was next; "
            "then the same with a writer as the next one");
        CAUSE("%s. Then its await returns with the lock, its cleanup section gives it back, and "
              "the next in line gets it",
              handed_over);
        hand_over_to(false);
        hand_over_to(true);
    }

    CASE("between the hand-over and the next turn nobody slips in") {
        struct rwhold first = {.lock = NULL}, next = {.lock = NULL}, late = {.lock = NULL};

        DID("a writer gave it back to the next writer, and a third one asked before that ran");
        CAUSE("%s", handed_over);
        begin();
        expect_done(&first, true);
        CHECK(!eddy_future_done(asked(&next, true)));
        CHECK_CODE(rwlock_release(&first), 0);
        CHECK(eddy_future_done(&next.waiter.future));
        CHECK(lock.writing);
        if (eddy_future_done(asked(&late, true)))
            FAIL("a future that is pending: the lock has been handed over", "it is done");
        CHECK_CODE(rwlock_release(&next), 0);
        CHECK_CODE(rwlock_release(&late), 0);
        finish();
    }
}

/* ---- A crowd ------------------------------------------------------------------------------------- */

static uint32_t random_below(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % n;
}

static void crowd(uint32_t seed)
{
    begin();
    for (int i = 0; i < CROWD; i++) {
        come(NULL, random_below(&seed, 3) == 0, random_below(&seed, 4));
        if (random_below(&seed, 3) == 0)
            run_to(now() + random_below(&seed, 2));
        if (random_below(&seed, 3) == 0)
            cancel_task(&tasks[random_below(&seed, (uint32_t)count)]);
    }
    finish();
}

TESTS
{
    check_limit(5);
    free_lock();
    waiting();
    refusing();
    cancelling();
    handing_over();
    CASE("sixty come, a third of them to write, and many are cancelled") {
        DID("a crowd, in a hundred different orders");
        CAUSE("one of the cases before is not quite right in some order of events: who has it, "
              "counted in readers and writing, and who waits must agree at each moment");
        for (uint32_t seed = 1; seed <= 100; seed++)
            crowd(seed);
    }
}
