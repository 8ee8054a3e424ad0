/*
 * Random jobs: sixteen threads submit to one pool of four, and cancel at random what they have submitted:
 * in their own thread, and in done-callbacks, which run in a thread of the pool or in one that cancels. At
 * times the pool is shut down under them, and cancels what is in line.
 *
 * A job ran if and only if cancel said false, whoever asked; all who asked were told the same; and the
 * counts agree. Each job is a heap block, which is freed as soon as the wait for it has ended, so that the
 * address sanitizer sees who still touches it.
 *
 * And maps whose time ends just when their element does.
 *
 *     jobs                 100,000 jobs; jobs --full    1,000,000
 *     jobs --count 5000    so many
 *     jobs --seed 4711     the dice begin with that
 */
#include "../pools.h"

#include "job_map.h"
#include "jobs.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { ALL = 1000000, SAMPLE = 100000, SUBMITTERS = 16, WORKERS = 4, BATCH = 50, ROUNDS = 5 };
enum { ALL_MAPS = 200000, MAPS = 10000 };

/* What one job has met. */
struct life {
    struct eddy_job job;
    struct eddy_job_callback callback;
    struct life *victim; /* which the callback cancels; NULL: none */
    int runs;
    atomic_int yes, no; /* what those who have cancelled it were told */
};

struct submitter {
    pthread_t thread;
    unsigned dice;
    long jobs;
    long ran, cancelled, refused, told_by_callback;
};

static struct submitter submitters[SUBMITTERS];
static bool is_shut_down; /* the pool will be, in the midst of it */

static unsigned draw(struct submitter *self, unsigned n)
{
    self->dice = self->dice * 1664525u + 1013904223u;
    return (self->dice >> 16) % n;
}

static int live(struct eddy_work *work)
{
    struct life *life = container_of(container_of(work, struct eddy_job, work), struct life, job);

    life->runs++;
    return 0;
}

static void cancel_life(struct life *life)
{
    if (eddy_job_cancel(&life->job))
        life->yes++;
    else
        life->no++;
}

/* Its victim was submitted before, and stays as long as this job is not done. */
static void on_done(struct eddy_job_callback *callback, struct eddy_job *job)
{
    struct life *life = container_of(callback, struct life, callback);

    (void)job;
    if (life->victim)
        cancel_life(life->victim);
}

static struct life *new_life(struct submitter *self, struct life *const *before, int n)
{
    struct life *life = calloc(1, sizeof *life);

    CHECK(life != NULL);
    eddy_job_init(&life->job, live, NULL, 0, NULL, 0);
    life->callback.fn = on_done;
    if (n > 0 && draw(self, 3) == 0)
        life->victim = before[draw(self, (unsigned)n)];
    CHECK_CODE(eddy_job_add_done_callback(&life->job, &life->callback), 0);
    return life;
}

static void check_life(struct submitter *self, const struct life *life)
{
    int err = eddy_job_error(&life->job);

    CHECK(eddy_job_done(&life->job) && life->runs <= 1);
    CHECK(life->yes == 0 || life->no == 0);
    CHECK(life->yes == 0 || (life->runs == 0 && err == -ECANCELED));
    CHECK(life->no == 0 || life->runs == 1 || err == EDDY_ECLOSED);
    CHECK((life->runs == 1) == (err == 0));
    CHECK(is_shut_down || life->runs == (life->yes == 0)); /* nobody else cancels */
    self->ran += life->runs;
    self->cancelled += eddy_job_cancelled(&life->job);
    self->refused += err == EDDY_ECLOSED;
    self->told_by_callback += life->victim != NULL;
}

static void play_batch(struct submitter *self)
{
    struct eddy_job_place places[BATCH] = {{.job = NULL}};
    struct life *lives[BATCH];

    for (int i = 0; i < BATCH; i++) {
        lives[i] = new_life(self, lives, i);
        places[i].job = &lives[i]->job;
        (void)eddy_executor_submit(executor, &lives[i]->job);
        if (draw(self, 4) == 0)
            cancel_life(lives[draw(self, (unsigned)i + 1)]);
    }
    CHECK_CODE(eddy_jobs_wait(places, BATCH, EDDY_ALL_COMPLETED, EDDY_FOREVER), 0);
    for (int i = 0; i < BATCH; i++) {
        check_life(self, lives[i]);
        memset(lives[i], 0x5A, sizeof *lives[i]);
        free(lives[i]);
    }
}

static void *play(void *argument)
{
    struct submitter *self = argument;

    for (long done = 0; done < self->jobs; done += BATCH)
        play_batch(self);
    return NULL;
}

static struct submitter sum(void)
{
    struct submitter all = {.jobs = 0};

    for (int i = 0; i < SUBMITTERS; i++) {
        all.jobs += submitters[i].jobs;
        all.ran += submitters[i].ran;
        all.cancelled += submitters[i].cancelled;
        all.refused += submitters[i].refused;
        all.told_by_callback += submitters[i].told_by_callback;
    }
    return all;
}

/* `jobs` is rounded up to whole batches of all. */
static void play_all(long jobs, unsigned seed)
{
    const long each = (jobs + (long)SUBMITTERS * BATCH - 1) / ((long)SUBMITTERS * BATCH) * BATCH;
    struct submitter all;

    open_pool(THREADS, WORKERS);
    DID("submitted %ld jobs from %d threads, with the dice of --seed %u", each * SUBMITTERS,
        SUBMITTERS, seed);
    for (int i = 0; i < SUBMITTERS; i++) {
        submitters[i] =
            (struct submitter){.dice = (seed + (unsigned)i) * 2654435761u, .jobs = each};
        submitters[i].thread = start(play, &submitters[i]);
    }
    if (is_shut_down)
        CHECK_CODE(eddy_executor_shutdown(executor, EDDY_SHUT_WAIT | EDDY_SHUT_CANCEL), 0);
    for (int i = 0; i < SUBMITTERS; i++)
        join(submitters[i].thread);
    CHECK_CODE(eddy_thread_pool_close(&threads), 0);
    all = sum();
    CHECK_INT(all.ran + all.cancelled + all.refused, all.jobs);
    CHECK(is_shut_down || all.refused == 0);
    printf("%ld jobs: %ld ran, %ld were cancelled, %ld refused\n", all.jobs, all.ran, all.cancelled,
           all.refused);
    CAUSE("the dice try too little");
    CHECK(is_shut_down || (all.ran > 0 && all.cancelled > 0 && all.told_by_callback > 0));
}

/* Told ETIMEDOUT, the element is still to come; told 0, it has come. */
static void play_maps(int maps)
{
    const int n = 6;
    int result;
    const struct eddy_job_arrays arrays = {&n, sizeof n, &result, sizeof result};
    struct eddy_job_map map = {.jobs = NULL};
    struct eddy_job job;

    open_pool(THREADS, 1);
    for (int i = 0; i < maps; i++) {
        int err = -ETIMEDOUT;
        CHECK_CODE(eddy_job_map_open(&map, executor, square, &job, 1, &arrays, 0), 0);
        while (err == -ETIMEDOUT) {
            err = eddy_job_map_next(&map);
            CHECK_INT(map.next, err == -ETIMEDOUT ? 0 : 1);
        }
        CHECK(err == 0 && result == 36);
        eddy_job_map_close(&map);
    }
    CHECK_CODE(close_pool(THREADS), 0);
}

int main(int argc, char *argv[])
{
    bool full = argc > 1 && strcmp(argv[1], "--full") == 0;
    unsigned seed = argc > 2 && strcmp(argv[1], "--seed") == 0 ? (unsigned)atol(argv[2]) : 1;
    long given = argc > 2 && strcmp(argv[1], "--count") == 0 ? atol(argv[2]) : 0;
    long jobs = given > 0 ? given : full ? ALL : SAMPLE;
    char sentence[120];
    int failed;

    check_start(argc, argv);
    check_limit(full ? 120 : 20);
    snprintf(sentence, sizeof sentence,
             "%ld jobs from %d threads: each ran if and only if cancel said false", jobs,
             SUBMITTERS);
    CASE(sentence)
        play_all(jobs, seed);
    CASE("a pool that is shut down under sixteen threads: each job ran, or has not") {
        is_shut_down = true;
        for (unsigned i = 0; i < ROUNDS * (full ? 10 : 1); i++)
            play_all(4000, seed + i);
    }
    CASE("maps whose time ends as their element does: nothing is told twice, or never")
        play_maps(full ? ALL_MAPS : MAPS);
    failed = check_end();
    if (full && !failed)
        printf("jobs: %ld jobs from %d threads, with random cancels: all clean\n", jobs,
               SUBMITTERS);
    return failed;
}
