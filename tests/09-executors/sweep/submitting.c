/*
 * A model of a pool's line (lib/09-executors/thread_pool.c, and submit and cancel of job.c). A thread
 * submits jobs and shuts the pool down; another one cancels a job, or submits another one or the same; and two
 * workers, which are started on demand, take the jobs and run them. Each job that was accepted runs
 * once, or was cancelled and never runs; no worker sleeps beside a job; and two jobs that wait for each
 * other get a worker each. Starting a worker may fail, and a condition may wake somebody whom nobody called.
 *
 *     submitting        four jobs; submitting --full    five, and more of what rarely happens
 */
#include "walker.h"

/* In how many ways the model can be broken. */
enum broken {
    NOT,
    UNCOUNTED,   /* no worker is started if there is an idle one, however many jobs are in line */
    ONCE,        /* who was woken does not look again */
    ONE_CALLED,  /* shutdown calls one worker */
    LEAVES_JOBS, /* a worker leaves when the pool ends, whatever is in line */
    CANCEL_UNLISTED, /* who cancels counts the job off, and leaves it in the line */
    UNSIGNALLED,     /* a job that finds all workers started calls nobody */
    ONE_FOR_ALL,     /* a worker that takes a job does not call the next one */
    CALLED_FOR_EVER, /* nobody notes that who was called has come */
    LOOKS_UNLOCKED,  /* shutdown says that it ends without the lock */
    QUEUED_TWICE,    /* who submits looks whether the job is queued without the lock alone */
    FREED_EARLY      /* who closes the pool does not wait for who cancels a job of it */
};

enum { SUBMITTER, WORKER_0, WORKER_1, OTHER, JOBS = 5, WORKERS = 2 };

/* What the fourth thread does. */
enum { CANCELS = 1, SUBMITS, SUBMITS_SAME };

struct state {
    signed char lock, refusal, come, freed;
    signed char line[JOBS], in_line, idle, started;
    signed char accepted[JOBS], began[JOBS], ran[JOBS], ended[JOBS], cancelled[JOBS];
    signed char has[WALKERS]; /* each worker's job, or who submits it: from 0 */
    signed char starts[WALKERS], calls[WALKERS], called, next, left_workers, other_gone;
    signed char strays, failures;
};

static enum broken broken;
static int jobs, strays, failures, other;
static bool
    waits; /* for all jobs, before it shuts down: so nothing rescues who sleeps beside one */

static int lock(struct state *s, int me)
{
    if (s->freed)
        walk_wrong("the lock of a pool is taken whose memory has gone");
    return walk_lock(&s->lock, me);
}

static int unlock(struct state *s, int me)
{
    return walk_unlock(&s->lock, me);
}

static int length(const struct state *s)
{
    int n = 0;

    while (n < JOBS && s->line[n])
        n++;
    return n;
}

static bool leave_line(struct state *s, int job)
{
    for (int i = 0; i < JOBS && s->line[i]; i++)
        if (s->line[i] == job + 1) {
            memmove(&s->line[i], &s->line[i + 1], (size_t)(JOBS - 1 - i));
            s->line[JOBS - 1] = 0;
            return true;
        }
    return false;
}

/* ---- Submitting -------------------------------------------------------------------------------- */

enum { SUBMIT = 0, GIVE_BACK = 9, SHUT = 10 };

static bool all_done(const struct state *s)
{
    for (int job = 0; job < JOBS; job++)
        if (s->accepted[job] != s->ended[job] + s->cancelled[job])
            return false;
    return true;
}

static bool is_queued(const struct state *s, int job)
{
    return s->accepted[job] != s->ended[job] + s->cancelled[job];
}

/* The last job is the other one's, if that submits. */
static int want(struct state *s, int me)
{
    int most = other == SUBMITS ? jobs - 1 : jobs;

    if (me == OTHER) {
        s->has[me] = (signed char)(jobs - 1);
        return NEXT;
    }
    if (s->next == most)
        return waits && !all_done(s) ? BLOCKED : SHUT;
    s->has[me] = s->next++;
    return NEXT;
}

static int look_if_queued(struct state *s, int me)
{
    if (!is_queued(s, s->has[me]))
        return NEXT;
    s->other_gone |= me == OTHER;
    return me == OTHER ? END : SUBMIT;
}

static int look_again(struct state *s, int me)
{
    return is_queued(s, s->has[me]) && broken != QUEUED_TWICE ? GIVE_BACK : NEXT;
}

static int look_if_open(struct state *s, int me)
{
    (void)me;
    return s->refusal ? GIVE_BACK : NEXT;
}

static int append(struct state *s, int me)
{
    if (is_queued(s, s->has[me]))
        walk_wrong("a job is put in line that is in line or runs");
    s->line[length(s)] = (signed char)(s->has[me] + 1);
    s->in_line++;
    s->accepted[(int)s->has[me]]++;
    return NEXT;
}

static int count(struct state *s, int me)
{
    bool few = broken == UNCOUNTED ? s->idle == 0 : s->idle < s->in_line;

    s->starts[me] = few && s->started < WORKERS;
    return NEXT;
}

static bool must_call(struct state *s)
{
    bool call = s->in_line > 0 && s->idle > 0 && !s->called;

    if (call)
        s->called = 1;
    return call;
}

static int start_or_call(struct state *s, int me)
{
    if (!s->starts[me]) {
        if (broken != UNSIGNALLED && must_call(s))
            walk_signal(&s->come);
    } else if (s->failures > 0 && walk_choose(2) == 1) {
        s->failures--;
    } else {
        s->started++;
    }
    return NEXT;
}

static int look_if_started(struct state *s, int me)
{
    if (s->started == 0) {
        leave_line(s, s->has[me]);
        s->in_line--;
        s->accepted[(int)s->has[me]]--;
    }
    return NEXT;
}

static int submitted(struct state *s, int me)
{
    walk_unlock(&s->lock, me);
    if (me != OTHER)
        return SUBMIT;
    s->other_gone = 1;
    return END;
}

/* ---- Shutting down ----------------------------------------------------------------------------- */

static int lock_to_refuse(struct state *s, int me)
{
    return broken == LOOKS_UNLOCKED ? NEXT : lock(s, me);
}

static int refuse(struct state *s, int me)
{
    (void)me;
    s->refusal = 1;
    if (broken == LOOKS_UNLOCKED) /* nor does it call anybody with it */
        s->come = 0;
    return NEXT;
}

static int have_refused(struct state *s, int me)
{
    return broken == LOOKS_UNLOCKED ? NEXT : unlock(s, me);
}

static int broadcast(struct state *s, int me)
{
    (void)me;
    if (broken == ONE_CALLED)
        walk_signal(&s->come);
    else if (broken != LOOKS_UNLOCKED)
        s->come = 0;
    return NEXT;
}

static int join(struct state *s, int me)
{
    (void)me;
    return s->left_workers == s->started ? NEXT : BLOCKED;
}

static int free_pool(struct state *s, int me)
{
    (void)me;
    if (other && !s->other_gone && broken != FREED_EARLY)
        return BLOCKED;
    s->freed = 1;
    return END;
}

static const struct step submitter[] = {
    {"(wants to submit a job)", want},
    {"if (is_queued(job))\n"
     "return EDDY_EQUEUED;",
     look_if_queued},
    {"pthread_mutex_lock(&executor->lock);\n"
     "if (is_queued(job)) {",
     lock},
    {"if (is_queued(job)) {\n"
     "pthread_mutex_unlock(&executor->lock);\n"
     "return EDDY_EQUEUED;",
     look_again},
    {"int err = executor->refusal;\n"
     "if (err < 0)",
     look_if_open},
    {"eddy_list_append(&pool->line, &job->link);\n"
     "pool->in_line++;",
     append},
    {"if ((size_t)pool->idle < pool->in_line && pool->started < pool->most)", count},
    {"err = start_thread(pool);\n"
     "else if (must_call(pool))\n"
     "pthread_cond_signal(&pool->come);",
     start_or_call},
    {"err = call_thread(pool);\n"
     "if (err < 0) {\n"
     "eddy_list_remove(&job->link);\n"
     "pool->in_line--;",
     look_if_started},
    {"pthread_mutex_unlock(&executor->lock);\n"
     "return err;",
     submitted},
    {"pthread_mutex_lock(&executor->lock);\n"
     "if (executor->refusal == 0)",
     lock_to_refuse},
    {"executor->refusal = EDDY_ECLOSED;", refuse},
    {"pthread_mutex_unlock(&executor->lock);\n"
     "return executor->ops->shutdown(executor, how);",
     have_refused},
    {"pthread_mutex_lock(&executor->lock);\n"
     "if (pool->threads) {",
     lock},
    {"pthread_cond_broadcast(&pool->come);\n"
     "if ((how & EDDY_SHUT_WAIT) && !own)",
     broadcast},
    {"pthread_mutex_unlock(&pool->executor.lock);\n"
     "eddy_thread_join(thread);",
     unlock},
    {"eddy_thread_join(thread);", join},
    {"(the pool's memory goes)", free_pool},
    {NULL, NULL}};

/* ---- A worker ---------------------------------------------------------------------------------- */

enum { LOOK = 2, LOOK_AT_LINE = 5, LEAVE = 12 };

static int be_started(struct state *s, int me)
{
    if (me - WORKER_0 < s->started)
        return NEXT;
    return s->freed ? END : BLOCKED;
}

static int look(struct state *s, int me)
{
    (void)me;
    return !s->line[0] && !s->refusal ? NEXT : LOOK_AT_LINE;
}

static int wait_idle(struct state *s, int me)
{
    s->idle++;
    return walk_wait(&s->come, &s->lock, me);
}

static int wake_up(struct state *s, int me)
{
    int woken = walk_woken(&s->come, &s->lock, me, &s->strays);

    if (woken == BLOCKED)
        return BLOCKED;
    s->idle--;
    s->called = broken == CALLED_FOR_EVER && s->called;
    return broken == ONCE ? LOOK_AT_LINE : LOOK;
}

static int look_at_line(struct state *s, int me)
{
    (void)me;
    return s->line[0] && !(broken == LEAVES_JOBS && s->refusal) ? NEXT : LEAVE;
}

static int take(struct state *s, int me)
{
    s->in_line--;
    s->has[me] = s->line[0] - 1;
    leave_line(s, s->has[me]);
    return NEXT;
}

static int look_for_next(struct state *s, int me)
{
    s->calls[me] = broken != ONE_FOR_ALL && must_call(s);
    return NEXT;
}

static int begin_job(struct state *s, int me)
{
    int job = s->has[me];

    if (s->cancelled[job])
        walk_wrong("a job runs that was cancelled");
    s->began[job] = 1;
    return walk_unlock(&s->lock, me);
}

static int call_next(struct state *s, int me)
{
    if (s->calls[me])
        walk_signal(&s->come);
    return NEXT;
}

/* The last two wait for each other, as far as the other one was accepted. */
static int run_job(struct state *s, int me)
{
    int job = s->has[me];
    int friend = job == jobs - 1 ? jobs - 2 : jobs - 1;
    bool pair = job >= jobs - 2 && failures == 0 && s->accepted[friend] && !s->cancelled[friend];

    if (pair && !s->began[friend])
        return BLOCKED;
    if (++s->ran[job] > s->accepted[job])
        walk_wrong("a job runs more often than it was accepted");
    return NEXT;
}

static int finish(struct state *s, int me)
{
    if (lock(s, me) == BLOCKED)
        return BLOCKED;
    if (++s->ended[(int)s->has[me]] > s->accepted[(int)s->has[me]])
        walk_wrong("a job ends twice");
    return LOOK;
}

static int leave(struct state *s, int me)
{
    s->left_workers++;
    walk_unlock(&s->lock, me);
    return END;
}

static const struct step worker[] = {
    {"(is started)", be_started},
    {"pthread_mutex_lock(&pool->executor.lock);\n"
     "if (err < 0)",
     lock},
    {"while (eddy_list_empty(&pool->line) && pool->executor.refusal == 0) {", look},
    {"pool->idle++;\n"
     "pthread_cond_wait(&pool->come, &pool->executor.lock);",
     wait_idle},
    {"pthread_cond_wait(&pool->come, &pool->executor.lock);\n"
     "pool->idle--;\n"
     "pool->called = false;",
     wake_up},
    {"if (eddy_list_empty(&pool->line))\n"
     "return NULL;",
     look_at_line},
    {"pool->in_line--;\n"
     "return container_of(eddy_list_pop(&pool->line), struct eddy_job, link);",
     take},
    {"call = must_call(pool);\n"
     "eddy_job_begin(job);",
     look_for_next},
    {"eddy_job_begin(job);\n"
     "pthread_mutex_unlock(&executor->lock);",
     begin_job},
    {"if (call)\n"
     "pthread_cond_signal(&pool->come);\n"
     "err = run_job(thread, job);",
     call_next},
    {"err = run_job(thread, job);", run_job},
    {"pthread_mutex_lock(&executor->lock);\n"
     "eddy_job_finish(job, err);",
     finish},
    {"run_jobs(thread);\n"
     "pthread_mutex_unlock(&pool->executor.lock);",
     leave},
    {NULL, NULL}};

/* ---- Who cancels the last job but one ---------------------------------------------------------- */

static int look_if_done(struct state *s, int me)
{
    (void)me;
    if (s->accepted[jobs - 2] && !s->ran[jobs - 2])
        return NEXT;
    s->other_gone = 1;
    return END;
}

static int dequeue(struct state *s, int me)
{
    int job = jobs - 2;

    (void)me;
    if (!s->accepted[job] || s->began[job])
        return NEXT;
    if (broken != CANCEL_UNLISTED && !leave_line(s, job))
        walk_wrong("a job that has not begun is not in line");
    s->in_line--;
    s->cancelled[job] = 1;
    return NEXT;
}

static int have_cancelled(struct state *s, int me)
{
    s->other_gone = 1;
    return walk_unlock(&s->lock, me);
}

static const struct step canceller[] = {
    {"if (eddy_job_done(job) || job->state == NEW ||", look_if_done},
    {"pthread_mutex_lock(&executor->lock);\n"
     "if (job->state != DONE)",
     lock},
    {"executor->ops->dequeue(executor, job);\n"
     "eddy_job_withdraw(job, -ECANCELED);",
     dequeue},
    {"pthread_mutex_unlock(&executor->lock);\n"
     "return in_line || withdrawn || eddy_job_cancelled(job);",
     have_cancelled},
    {NULL, NULL}};

/* ---- All together ------------------------------------------------------------------------------ */

static void begin(struct state *s)
{
    s->strays = (signed char)strays;
    s->failures = (signed char)failures;
}

static void check(const struct state *s)
{
    if (!s->lock && s->in_line != length(s))
        walk_wrong("as many are in line as nobody counts");
    if (s->started > WORKERS)
        walk_wrong("more workers are started than there may be");
}

static void end(const struct state *s)
{
    if (!all_done(s))
        walk_wrong("a job was accepted, and neither ran nor was cancelled");
}

static struct model model = {
    .sources = {"lib/09-executors/thread_pool.c", "lib/09-executors/job.c",
                "lib/09-executors/executor.c"},
    .size = sizeof(struct state),
    .begin = begin,
    .check = check,
    .end = end,
    .threads = {
        {"submitter", submitter}, {"worker 0", worker}, {"worker 1", worker}, {NULL, NULL}}};

static void set_other(int what)
{
    other = what;
    model.threads[OTHER].name = what == CANCELS ? "canceller" : "other";
    model.threads[OTHER].steps = what == CANCELS ? canceller : what >= SUBMITS ? submitter : NULL;
}

/* With and without waiting before shutdown, and with up to so many strays. */
static void holds(int what, int most_strays)
{
    set_other(what);
    for (strays = 0; strays <= most_strays; strays++) {
        waits = false;
        walk_holds(&model);
        waits = true;
        walk_holds(&model);
    }
}

static void finds(enum broken how, int what, const char *wrong)
{
    broken = how;
    jobs = 4;
    waits = how == UNCOUNTED || how == UNSIGNALLED || how == ONCE || how == ONE_FOR_ALL ||
            how == CALLED_FOR_EVER;
    strays = how == ONCE;
    set_other(what);
    walk_finds(&model, wrong);
}

int main(int argc, char *argv[])
{
    static const char asleep[] = "nobody can go on, and not all are at their ends";
    static const char lost[] = "a job was accepted, and neither ran nor was cancelled";
    bool full = walk_start(argc, argv);
    int rare = full ? 2 : 1;

    jobs = full ? 5 : 4;
    CASE("the line, in every order: each job runs once, by a worker of its own if it needs one")
        holds(0, rare);
    CASE("the line, when workers cannot be started: each job that was accepted runs once")
        for (failures = 1; failures <= rare; failures++)
            holds(0, 0);
    CASE("the line, while a job is cancelled: it runs, or it is cancelled")
        holds(CANCELS, rare);
    CASE("the line, while another thread submits, too, before the end or after it")
        holds(SUBMITS, rare);
    CASE("the line, while another thread submits the same job: once in line, it is refused")
        holds(SUBMITS_SAME, rare);
    CASE("the walker finds: idle workers are not counted against jobs")
        finds(UNCOUNTED, 0, asleep);
    CASE("the walker finds: a worker that was woken does not look again")
        finds(ONCE, 0, asleep);
    CASE("the walker finds: shutdown calls one worker of two")
        finds(ONE_CALLED, 0, asleep);
    CASE("the walker finds: workers leave when the pool ends, whatever is in line")
        finds(LEAVES_JOBS, 0, lost);
    CASE("the walker finds: a job that is cancelled stays in the line")
        finds(CANCEL_UNLISTED, CANCELS, "as many are in line as nobody counts");
    CASE("the walker finds: a job calls nobody, since all workers are started")
        finds(UNSIGNALLED, 0, asleep);
    CASE("the walker finds: a worker that takes a job does not call the next one")
        finds(ONE_FOR_ALL, 0, asleep);
    CASE("the walker finds: nobody notes that a worker that was called has come")
        finds(CALLED_FOR_EVER, 0, asleep);
    CASE("the walker finds: shutdown says that the pool ends without the lock")
        finds(LOOKS_UNLOCKED, 0, asleep);
    CASE("the walker finds: who submits does not look again whether the job is queued")
        finds(QUEUED_TWICE, SUBMITS_SAME, "a job is put in line that is in line or runs");
    CASE("the walker finds: a pool's memory goes while a thread cancels a job of it")
        finds(FREED_EARLY, CANCELS, "the lock of a pool is taken whose memory has gone");
    return walk_end("submitting");
}
