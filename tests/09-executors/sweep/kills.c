/*
 * Rounds in which a random worker of a pool of processes is killed at a random moment: while jobs are
 * submitted, run, send and receive their bytes, or while the pool is shut down. Then each job has ended: with
 * its right result; with EDDY_EBROKEN; or cancelled, if the round cancels. Nothing hangs, and after each round
 * there is no child process, no thread, no descriptor and no heap block more than before.
 *
 * A seed makes the round: how many workers and jobs, which bytes, who is killed by what and after how long a
 * while. What a worker does at that moment is up to the system, so the same seed may end otherwise.
 *
 *     kills                 200 rounds; kills --full    1,000
 *     kills --seed 4711     that one
 */
#include "check.h"

#include "errors.h"
#include "job.h"
#include "ledger.h"
#include "process_pool.h"
#include "selector.h"
#include "thread.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ALL = 1000, SAMPLE = 200, IN_A_CASE = 20, JOBS = 12, WORKERS = 4, MOST = 300000, FDS = 256 };

static const char *program;
static unsigned dice;
static struct eddy_process_pool pool;

static struct trial {
    struct eddy_job job;
    size_t n;
    bool dies; /* its function kills its process */
    char in[MOST], out[MOST];
} trials[JOBS];

/* What came of them, for the line that is printed. Each case counts in a process of its own. */
static struct totals {
    long rounds, jobs, results, broken, cancelled;
} totals;

static unsigned draw(unsigned n)
{
    dice = dice * 1664525 + 1013904223;
    return (dice >> 8) % n;
}

/* ---- Jobs -------------------------------------------------------------------------------------------- */

static int reverse(struct eddy_work *work)
{
    const char *in = work->in;
    char *out = work->out;

    for (size_t i = 0; i < work->in_size; i++)
        out[i] = in[work->in_size - 1 - i];
    return 0;
}

/* The first half of its result is there when it dies. */
static int reverse_and_die(struct eddy_work *work)
{
    work->in_size /= 2;
    reverse(work);
    return raise(SIGKILL);
}

static void make_trial(struct trial *self, bool dies)
{
    self->n = draw(4) ? draw(600) : draw(MOST);
    self->dies = dies;
    for (size_t i = 0; i < self->n; i++)
        self->in[i] = (char)(i * 7 + i / 251 + dice);
    memset(self->out, 0, self->n);
    eddy_job_init(&self->job, dies ? reverse_and_die : reverse, self->in, self->n, self->out,
                  self->n);
}

static void check_result(const struct trial *self)
{
    CHECK(!self->dies);
    CHECK_INT(self->job.work.out_size, (long long)self->n);
    for (size_t i = 0; i < self->n; i++)
        if (self->out[i] != self->in[self->n - 1 - i])
            FAIL("the bytes from the last to the first", "other ones at %zu of %zu", i, self->n);
}

/* ---- A round ------------------------------------------------------------------------------------------- */

/* A while that is no sleep: from nothing to some hundred microseconds. */
static void pass_time(void)
{
    volatile unsigned sum = 0;

    for (unsigned i = draw(2) ? draw(200000) : draw(2000); i > 0; i--)
        sum++;
}

/* Nobody waits for it before the pool is shut down, so the number is its own. */
static void kill_somebody(int workers)
{
    static const int signals[] = {SIGKILL, SIGKILL, SIGTERM, SIGABRT};
    pid_t pid = pool.workers[draw((unsigned)workers)].pid;

    pass_time();
    if (draw(8) == 0)
        kill(pid, SIGSTOP);
    pass_time();
    CHECK_OK(kill(pid, signals[draw(4)]));
    CHECK_OK(kill(pid, SIGKILL)); /* one that was stopped hears of nothing else */
}

static void await_all(int jobs, bool cancels)
{
    for (int i = 0; i < jobs; i++) {
        int err;
        WAITING("job %d of %d to end", i, jobs);
        err = eddy_job_result(&trials[i].job, EDDY_FOREVER);
        if (err == 0)
            check_result(&trials[i]);
        else if (err != -ECANCELED || !cancels)
            CHECK_CODE(err, EDDY_EBROKEN);
        totals.results += err == 0;
        totals.broken += err == EDDY_EBROKEN;
        totals.cancelled += err == -ECANCELED;
    }
}

/* In one round of two those before the kill have ended by then. */
static void submit_all(int jobs, int workers, int killed_at)
{
    bool waits = draw(2);
    int err;

    for (int i = 0; i < jobs; i++) {
        for (int k = 0; i == killed_at && waits && k < i; k++)
            (void)eddy_job_result(&trials[k].job, EDDY_FOREVER);
        if (i == killed_at)
            kill_somebody(workers);
        err = eddy_executor_submit(&pool.drivers.executor, &trials[i].job);
        if (err < 0)
            CHECK_CODE(err, EDDY_EBROKEN);
    }
    if (killed_at == jobs)
        kill_somebody(workers);
}

static int open_descriptors(void)
{
    int n = 0;

    for (int fd = 0; fd < FDS; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void play_round(unsigned seed)
{
    int descriptors = open_descriptors(), workers, jobs, fatal;
    long blocks = ledger_blocks;
    bool cancels;

    DID("played round %u; to repeat it: %s --seed %u", seed, program, seed);
    dice = seed * 2654435761u;
    workers = 1 + (int)draw(WORKERS);
    jobs = 1 + (int)draw(JOBS);
    cancels = draw(4) == 0;
    fatal = draw(4) ? -1 : (int)draw((unsigned)jobs); /* one kills its own process, too */
    pool = (struct eddy_process_pool){.keep_descriptors = draw(2) == 0};
    CHECK_CODE(eddy_process_pool_open(&pool, workers), 0);
    for (int i = 0; i < jobs; i++)
        make_trial(&trials[i], i == fatal);
    submit_all(jobs, workers, (int)draw((unsigned)jobs + 1));
    pass_time();
    WAITING("the pool to be shut down");
    if (cancels)
        CHECK_CODE(
            eddy_executor_shutdown(&pool.drivers.executor, EDDY_SHUT_CANCEL | EDDY_SHUT_WAIT), 0);
    await_all(jobs, cancels);
    CHECK_CODE(eddy_process_pool_close(&pool), 0);
    CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
    CHECK_INT(eddy_thread_count(), 0);
    CHECK_INT(open_descriptors(), descriptors);
    CHECK_INT(ledger_blocks, blocks);
    totals.rounds++;
    totals.jobs += jobs;
}

/* ---- All of them --------------------------------------------------------------------------------------- */

static void play_rounds(unsigned first, unsigned count, int tell)
{
    for (unsigned seed = first; seed < first + count; seed++)
        play_round(seed);
    CHECK_INT(totals.results + totals.broken + totals.cancelled, totals.jobs);
    CHECK_INT(write(tell, &totals, sizeof totals), (long long)sizeof totals);
}

static void add_up(struct totals *sum, int heard)
{
    struct totals one;

    while (read(heard, &one, sizeof one) == sizeof one) {
        sum->rounds += one.rounds;
        sum->jobs += one.jobs;
        sum->results += one.results;
        sum->broken += one.broken;
        sum->cancelled += one.cancelled;
    }
}

int main(int argc, char *argv[])
{
    bool full = argc > 1 && strcmp(argv[1], "--full") == 0;
    unsigned one = argc > 2 && strcmp(argv[1], "--seed") == 0 ? (unsigned)atol(argv[2]) : 0;
    unsigned all = full ? ALL : SAMPLE, in_a_case = one ? 1 : IN_A_CASE;
    struct totals sum = {.rounds = 0};
    char sentence[120];
    int failed, tell[2];

    program = argv[0];
    check_start(argc, argv);
    check_limit(20);
    if (pipe(tell) < 0)
        return 2;
    fcntl(tell[0], F_SETFL, O_NONBLOCK);
    for (unsigned seed = one ? one : 1; seed <= (one ? one : all); seed += in_a_case) {
        snprintf(sentence, sizeof sentence,
                 "a random worker killed at a random moment, rounds %u to %u", seed,
                 seed + in_a_case - 1);
        CASE(sentence)
            play_rounds(seed, in_a_case, tell[1]);
    }
    CASE("some of these jobs have had a result, some were broken") {
        add_up(&sum, tell[0]);
        CHECK_INT(write(tell[1], &sum, sizeof sum), (long long)sizeof sum);
        CHECK(one || (sum.results > 0 && sum.broken > 0));
    }
    failed = check_end(); /* a case ends there, or where the next one begins */
    add_up(&sum, tell[0]);
    printf("# %ld rounds, %ld jobs: %ld with a result, %ld broken, %ld cancelled\n", sum.rounds,
           sum.jobs, sum.results, sum.broken, sum.cancelled);
    if (full && !failed)
        printf("kills: %ld rounds of killing a random worker, %ld jobs: each ended, nothing left\n",
               sum.rounds, sum.jobs);
    return failed;
}
