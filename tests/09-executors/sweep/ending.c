/*
 * A model of a job's end (lib/09-executors/job.c). A worker runs a job and finishes it. Its owner waits for
 * the result, with or without a time-out, or looks at the state again and again; and as soon as it is
 * done, its memory goes, and the waiter's with it. A third thread cancels it, or adds a callback. The job
 * has one outcome; cancel says true if and only if it does not run; each callback is called once; the
 * owner wakes; and nobody touches what has gone.
 *
 *     ending            one callback; ending --full    two, and more who wake up uncalled
 */
#include "walker.h"

/* In how many ways the model can be broken. */
enum broken {
    NOT,
    DONE_FIRST,       /* the state says DONE before the callbacks are called */
    WAITERS_LATE,     /* the waiters are taken from the job when the state says DONE */
    TOUCHED_LATER,    /* the worker looks at the job when it has given the lock back */
    CANCEL_UNLOCKED,  /* who cancels looks at the state before it has the lock, and not again */
    WAITS_UNLOCKED,   /* the same for who waits */
    ADDS_UNLOCKED,    /* the same for who adds a callback */
    NOT_REMOVED,      /* a waiter whose time is up stays in the job */
    OUTCOME_LATE,     /* the outcome is written when the state says DONE */
    WAITER_FORGOTTEN, /* what was cancelled wakes nobody */
    FREED_EARLY       /* the owner does not wait until the third thread has come back */
};

enum { WORKER, OWNER, THIRD };
enum { IN_LINE = 1, RUNNING, ENDING, DONE };
enum { RESULT = 1, CANCELLED }; /* outcomes */
enum { CALLBACKS = 3, ADDED = 2 };

/* What the others do. */
enum { WAITS, LOOKS };
enum { NOTHING, CANCELS, ADDS };

struct state {
    signed char lock, job, err, job_gone;
    signed char callbacks[CALLBACKS], called[CALLBACKS], calling[WALKERS];
    signed char waits, woken, time_is_up, sleeper_gone, condition; /* the owner's waiter */
    signed char moved[WALKERS]; /* the waiter is in the list of who finishes */
    signed char ran, in_line, saw_in_line, cancel_says, third_gone;
    signed char strays, timeouts;
};

static enum broken broken;
static int owner_does, third_does, strays, timeouts, callbacks;

static void touch(const struct state *s)
{
    if (s->job_gone)
        walk_wrong("a job is touched whose memory has gone");
}

static void set(struct state *s, int job)
{
    touch(s);
    if (s->job == DONE)
        walk_wrong("a job ends twice");
    s->job = (signed char)job;
}

static int lock(struct state *s, int me)
{
    return walk_lock(&s->lock, me);
}

static int unlock(struct state *s, int me)
{
    return walk_unlock(&s->lock, me);
}

/* ---- Finishing: by the worker, or by who cancels ------------------------------------------------- */

enum { CALL = 6, MOVE = 10, FINISHED = 13 };

static int outcome_of(int me)
{
    return me == WORKER ? RESULT : CANCELLED;
}

static int say_ending(struct state *s, int me)
{
    if (broken != OUTCOME_LATE)
        s->err = (signed char)outcome_of(me);
    set(s, broken == DONE_FIRST ? DONE : ENDING);
    return NEXT;
}

static int look_for_callbacks(struct state *s, int me)
{
    touch(s);
    s->calling[me] = -1;
    for (int i = CALLBACKS - 1; i >= 0; i--)
        if (s->callbacks[i])
            s->calling[me] = (signed char)i;
    return s->calling[me] < 0 ? MOVE : NEXT;
}

static int pop_callback(struct state *s, int me)
{
    touch(s);
    s->callbacks[(int)s->calling[me]] = 0;
    return walk_unlock(&s->lock, me);
}

static int call_callback(struct state *s, int me)
{
    touch(s);
    s->called[(int)s->calling[me]]++;
    return NEXT;
}

static int lock_again(struct state *s, int me)
{
    return lock(s, me) == BLOCKED ? BLOCKED : CALL;
}

static int move_waiters(struct state *s, int me)
{
    if (broken == WAITERS_LATE)
        return NEXT;
    touch(s);
    s->moved[me] = s->waits && !(broken == WAITER_FORGOTTEN && me == THIRD);
    return NEXT;
}

static int say_done(struct state *s, int me)
{
    (void)me;
    if (broken != DONE_FIRST)
        set(s, DONE);
    return NEXT;
}

static int wake_waiters(struct state *s, int me)
{
    if (broken == WAITERS_LATE) {
        touch(s);
        s->moved[me] = s->waits;
    }
    if (broken == OUTCOME_LATE)
        s->err = (signed char)outcome_of(me);
    if (!s->moved[me])
        return NEXT;
    if (s->sleeper_gone)
        walk_wrong("a waiter is woken whose memory has gone");
    s->waits = 0;
    s->woken = 1;
    walk_signal(&s->condition);
    return NEXT;
}

#define FINISH                                                                             \
    {"job->err = err;\n"                                                                   \
     "job->state = ENDING;",                                                               \
     say_ending},                                                                          \
        {"while (!eddy_list_empty(&job->callbacks)) {", look_for_callbacks},               \
        {"container_of(eddy_list_pop(&job->callbacks), struct eddy_job_callback, link);\n" \
         "pthread_mutex_unlock(&executor->lock);",                                         \
         pop_callback},                                                                    \
        {"callback->fn(callback, job);", call_callback},                                   \
        {"endings = ending.outer;\n"                                                       \
         "pthread_mutex_lock(&executor->lock);",                                           \
         lock_again},                                                                      \
        {"eddy_list_move(&waiters, &job->waiters);\n"                                      \
         "job->state = DONE;",                                                             \
         move_waiters},                                                                    \
        {"job->state = DONE;\n"                                                            \
         "while (!eddy_list_empty(&waiters)) {",                                           \
         say_done},                                                                        \
    {                                                                                      \
        "waiter->wake(waiter, err);", wake_waiters                                         \
    }

/* ---- The worker ---------------------------------------------------------------------------------- */

static int take(struct state *s, int me)
{
    if (s->lock)
        return BLOCKED;
    if (!s->in_line)
        return END;
    s->in_line = 0;
    return walk_lock(&s->lock, me);
}

static int begin_job(struct state *s, int me)
{
    (void)me;
    set(s, RUNNING);
    return NEXT;
}

static int run(struct state *s, int me)
{
    (void)me;
    touch(s);
    s->ran = 1;
    return NEXT;
}

static int end_run(struct state *s, int me)
{
    walk_unlock(&s->lock, me);
    return broken == TOUCHED_LATER ? NEXT : END;
}

static int look_after_it(struct state *s, int me)
{
    (void)me;
    touch(s);
    return END;
}

static const struct step worker[] = {
    {"return container_of(eddy_list_pop(&pool->line), struct eddy_job, link);", take},
    {"job->state = RUNNING;", begin_job},
    {"eddy_job_begin(job);\n"
     "pthread_mutex_unlock(&executor->lock);",
     unlock},
    {"err = run_job(thread, job);", run},
    {"pthread_mutex_lock(&executor->lock);\n"
     "eddy_job_finish(job, err);",
     lock},
    FINISH,
    {"(goes on to the next job)", end_run},
    {"(or does not, and looks at this one)", look_after_it},
    {NULL, NULL}};

/* ---- Who cancels --------------------------------------------------------------------------------- */

static int look_unlocked(struct state *s, int me)
{
    (void)me;
    touch(s);
    s->saw_in_line = s->job == IN_LINE;
    return s->job == DONE ? FINISHED + 1 : NEXT;
}

static int look_locked(struct state *s, int me)
{
    (void)me;
    touch(s);
    return s->job == DONE ? FINISHED : NEXT;
}

static int look_if_in_line(struct state *s, int me)
{
    (void)me;
    touch(s);
    if (s->err == CANCELLED) /* withdrawn: another thread calls its callbacks just now */
        s->cancel_says = 1;
    return (broken == CANCEL_UNLOCKED ? s->saw_in_line : s->job == IN_LINE) ? NEXT : FINISHED;
}

static int withdraw(struct state *s, int me)
{
    (void)me;
    s->in_line = 0;
    s->cancel_says = 1;
    return NEXT;
}

static int answer(struct state *s, int me)
{
    (void)me;
    touch(s);
    if (s->job == DONE && s->err == CANCELLED)
        s->cancel_says = 1;
    s->third_gone = 1;
    return END;
}

static const struct step canceller[] = {
    {"if (eddy_job_done(job) || job->state == NEW ||", look_unlocked},
    {"pthread_mutex_lock(&executor->lock);\n"
     "if (job->state != DONE)",
     lock},
    {"if (job->state != DONE)\n"
     "return executor;",
     look_locked},
    {"bool in_line = executor && job->state == IN_LINE;", look_if_in_line},
    {"executor->ops->dequeue(executor, job);\n"
     "eddy_job_withdraw(job, -ECANCELED);",
     withdraw},
    FINISH,
    {"pthread_mutex_unlock(&executor->lock);\n"
     "return in_line || withdrawn || eddy_job_cancelled(job);",
     unlock},
    {"return in_line || withdrawn || eddy_job_cancelled(job);", answer},
    {NULL, NULL}};

/* ---- Who adds a callback ------------------------------------------------------------------------- */

enum { APPEND = 4, CALL_NOW = 6 };

static int look_to_add(struct state *s, int me)
{
    (void)me;
    touch(s);
    return s->job == DONE ? CALL_NOW : NEXT;
}

static int look_again_to_add(struct state *s, int me)
{
    (void)me;
    touch(s);
    return s->job == DONE && broken != ADDS_UNLOCKED ? NEXT : APPEND;
}

static int not_locked(struct state *s, int me)
{
    walk_unlock(&s->lock, me);
    return CALL_NOW;
}

static int append_callback(struct state *s, int me)
{
    (void)me;
    touch(s);
    s->callbacks[ADDED] = 1;
    return NEXT;
}

static int added(struct state *s, int me)
{
    s->third_gone = 1;
    walk_unlock(&s->lock, me);
    return END;
}

static int call_now(struct state *s, int me)
{
    (void)me;
    touch(s);
    s->called[ADDED]++;
    s->third_gone = 1;
    return END;
}

static const struct step adder[] = {{"executor = lock_job(job);\n"
                                     "if (!executor && !eddy_job_done(job))",
                                     look_to_add},
                                    {"pthread_mutex_lock(&executor->lock);\n"
                                     "if (job->state != DONE)",
                                     lock},
                                    {"if (job->state != DONE)\n"
                                     "return executor;",
                                     look_again_to_add},
                                    {"pthread_mutex_unlock(&executor->lock);\n"
                                     "return NULL;",
                                     not_locked},
                                    {"eddy_list_append(&job->callbacks, &callback->link);\n"
                                     "pthread_mutex_unlock(&executor->lock);",
                                     append_callback},
                                    {"pthread_mutex_unlock(&executor->lock);\n"
                                     "return 0;",
                                     added},
                                    {"callback->fn(callback, job);\n"
                                     "return 0;",
                                     call_now},
                                    {NULL, NULL}};

/* ---- The owner ----------------------------------------------------------------------------------- */

enum { LOOP = 5, HAS_LOCK = 9, LEAVE = 10, READ = 11, LOOK = 12, FREE = 14 };

static int look_at_once(struct state *s, int me)
{
    (void)me;
    touch(s);
    return s->job == DONE ? READ : NEXT;
}

static int look_to_lock(struct state *s, int me)
{
    (void)me;
    touch(s);
    return s->job == DONE ? LEAVE : NEXT;
}

static int look_again_to_wait(struct state *s, int me)
{
    (void)me;
    touch(s);
    return s->job == DONE && broken != WAITS_UNLOCKED ? HAS_LOCK : NEXT;
}

static int append_waiter(struct state *s, int me)
{
    (void)me;
    touch(s);
    s->waits = 1;
    return NEXT;
}

static int look_if_awake(struct state *s, int me)
{
    (void)me;
    return s->woken || s->time_is_up ? HAS_LOCK - 1 : NEXT;
}

static int sleep_on(struct state *s, int me)
{
    return walk_wait(&s->condition, &s->lock, me);
}

/* Called, or by itself: then its time may be up. */
static int wake_up(struct state *s, int me)
{
    bool time_is_up = !s->lock && s->timeouts > 0 && walk_choose(2) == 1;

    if (time_is_up) {
        s->timeouts--;
        s->time_is_up = 1;
        s->condition = 0;
        return walk_lock(&s->lock, me) == BLOCKED ? BLOCKED : LOOP;
    }
    return walk_woken(&s->condition, &s->lock, me, &s->strays) == BLOCKED ? BLOCKED : LOOP;
}

static int look_why(struct state *s, int me)
{
    (void)me;
    if (s->woken)
        s->time_is_up = 0;
    else if (broken != NOT_REMOVED)
        s->waits = 0;
    return NEXT;
}

static int leave(struct state *s, int me)
{
    (void)me;
    s->sleeper_gone = 1;
    return NEXT;
}

static int read_outcome(struct state *s, int me)
{
    (void)me;
    touch(s);
    if (s->time_is_up)
        return LOOK;
    if (s->job != DONE || !s->err)
        walk_wrong("the owner goes on, and the job has no outcome");
    return FREE;
}

static int look_in_a_loop(struct state *s, int me)
{
    (void)me;
    touch(s);
    return s->job == DONE ? NEXT : BLOCKED;
}

static int read_when_done(struct state *s, int me)
{
    s->time_is_up = 0;
    read_outcome(s, me);
    return NEXT;
}

static int free_job(struct state *s, int me)
{
    (void)me;
    if (third_does && !s->third_gone && broken != FREED_EARLY)
        return BLOCKED;
    s->job_gone = 1;
    return END;
}

#define LOOK_AND_FREE                                                              \
    {"return job->state == DONE || is_ending_here(job);", look_in_a_loop},         \
        {"return eddy_job_done(job) ? job->err : EDDY_EPENDING;", read_when_done}, \
        {"(the job's memory goes)", free_job},                                     \
    {                                                                              \
        NULL, NULL                                                                 \
    }

static const struct step owner[] = {
    {"if (err < 0 || eddy_job_done(job))", look_at_once},
    {"if (eddy_job_done(job) || job->state == NEW ||", look_to_lock},
    {"pthread_mutex_lock(&executor->lock);\n"
     "if (job->state != DONE)",
     lock},
    {"if (job->state != DONE)\n"
     "return executor;",
     look_again_to_wait},
    {"eddy_list_append(&job->waiters, &sleeper->waiter.link);", append_waiter},
    {"while (!sleeper->awake && err != -ETIMEDOUT)", look_if_awake},
    {"err = eddy_deadline_wait(deadline, &sleeper->woken, &executor->lock);", sleep_on},
    {"err = eddy_deadline_wait(deadline, &sleeper->woken, &executor->lock);", wake_up},
    {"if (sleeper->awake)\n"
     "return 0;\n"
     "eddy_list_remove(&sleeper->waiter.link);",
     look_why},
    {"err = sleep_until_done(&sleeper, job, executor, deadline);\n"
     "pthread_mutex_unlock(&executor->lock);",
     unlock},
    {"pthread_cond_destroy(&sleeper.woken);\n"
     "return err;",
     leave},
    {"return err < 0 ? err : job->err;", read_outcome},
    LOOK_AND_FREE};

static const struct step looker[] = {LOOK_AND_FREE};

/* ---- All together -------------------------------------------------------------------------------- */

static void begin(struct state *s)
{
    s->job = IN_LINE;
    s->in_line = 1;
    for (int i = 0; i < callbacks; i++)
        s->callbacks[i] = 1;
    s->strays = (signed char)strays;
    s->timeouts = (signed char)timeouts;
}

static void end(const struct state *s)
{
    if (s->ran != (s->err == RESULT) || (third_does == CANCELS && s->cancel_says == s->ran))
        walk_wrong("a job ran though it was cancelled, or neither");
    for (int i = 0; i < CALLBACKS; i++)
        if (s->called[i] != (i < callbacks || (i == ADDED && third_does == ADDS)))
            walk_wrong("a callback was not called once");
}

static struct model model = {
    .sources = {"lib/09-executors/job.c", "lib/09-executors/thread_pool.c"},
    .size = sizeof(struct state),
    .begin = begin,
    .end = end,
    .threads = {{"worker", worker}, {"owner", owner}, {"third", NULL}}};

static void set_up(int owner_will, int third_will)
{
    owner_does = owner_will;
    third_does = third_will;
    model.threads[OWNER].steps = owner_will == LOOKS ? looker : owner;
    model.threads[THIRD].steps = third_will == CANCELS ? canceller
                                 : third_will == ADDS  ? adder
                                                       : NULL;
}

static void holds(int owner_will, int most_strays)
{
    for (int third = NOTHING; third <= ADDS; third++)
        for (strays = 0; strays <= most_strays; strays++) {
            set_up(owner_will, third);
            walk_holds(&model);
        }
}

static void finds(enum broken how, int owner_will, int third_will, const char *wrong)
{
    broken = how;
    timeouts = how == NOT_REMOVED;
    set_up(owner_will, third_will);
    walk_finds(&model, wrong);
}

int main(int argc, char *argv[])
{
    static const char asleep[] = "nobody can go on, and not all are at their ends";
    static const char gone[] = "a job is touched whose memory has gone";
    bool full = walk_start(argc, argv);

    callbacks = full ? 2 : 1;
    CASE("a job's end, in every order, beside an owner who looks again and again")
        holds(LOOKS, 0);
    CASE("a job's end, in every order, beside an owner who waits")
        holds(WAITS, full ? 3 : 1);
    CASE("a job's end, in every order, beside an owner whose time may be up") {
        timeouts = 1;
        holds(WAITS, full ? 3 : 1);
    }
    CASE("the walker finds: the state says that it is done before the callbacks are called")
        finds(DONE_FIRST, LOOKS, NOTHING, gone);
    CASE("the walker finds: the waiters are taken from a job that is done")
        finds(WAITERS_LATE, LOOKS, NOTHING, gone);
    CASE("the walker finds: the worker looks at a job that it has finished")
        finds(TOUCHED_LATER, WAITS, NOTHING, gone);
    CASE("the walker finds: the outcome is written when the state says that it is done")
        finds(OUTCOME_LATE, LOOKS, NOTHING, "the owner goes on, and the job has no outcome");
    CASE("the walker finds: a job is cancelled that has begun since somebody looked")
        finds(CANCEL_UNLOCKED, LOOKS, CANCELS, "a job ends twice");
    CASE("the walker finds: a waiter comes when the job is done, and sleeps")
        finds(WAITS_UNLOCKED, WAITS, NOTHING, asleep);
    CASE("the walker finds: a callback is added when the job is done, and not called")
        finds(ADDS_UNLOCKED, LOOKS, ADDS, "a callback was not called once");
    CASE("the walker finds: a waiter whose time is up is woken when it has gone")
        finds(NOT_REMOVED, WAITS, NOTHING, "a waiter is woken whose memory has gone");
    CASE("the walker finds: a job that is cancelled wakes nobody")
        finds(WAITER_FORGOTTEN, WAITS, CANCELS, asleep);
    CASE("the walker finds: a job's memory goes while a thread cancels it")
        finds(FREED_EARLY, LOOKS, CANCELS, gone);
    return walk_end("ending");
}
