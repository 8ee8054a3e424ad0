/* micro_limit_pool - the part of micro_limit that gives work to threads: two lists, each under a lock. */
#include "micro_limit.h"

#include <pthread.h>
#include <stdbool.h>

/* So many are taken and given back at once. */
enum { OUTSTANDING = 256, TAKEN = 8 };

struct job {
    struct job *next;
    void (*fn)(struct job *job);
};

struct line {
    pthread_mutex_t lock;
    struct job *first, **last;
};

static struct line wanted = {PTHREAD_MUTEX_INITIALIZER, NULL, &wanted.first};
static struct line done = {PTHREAD_MUTEX_INITIALIZER, NULL, &done.first};
static pthread_cond_t come = PTHREAD_COND_INITIALIZER;
static int idle;
static bool over;

static void nothing(struct job *job)
{
    (void)job;
}

/* Lock held. */
static void append(struct line *line, struct job *first, struct job *last)
{
    last->next = NULL;
    *line->last = first;
    line->last = &last->next;
}

static void submit(struct job *first, struct job *last)
{
    bool call;

    pthread_mutex_lock(&wanted.lock);
    append(&wanted, first, last);
    call = idle > 0;
    pthread_mutex_unlock(&wanted.lock);
    if (call)
        pthread_cond_signal(&come);
}

static struct job *take_some(struct job **last)
{
    struct job *first = wanted.first;

    *last = first;
    for (int i = 1; i < TAKEN && (*last)->next; i++)
        *last = (*last)->next;
    wanted.first = (*last)->next;
    if (!wanted.first)
        wanted.last = &wanted.first;
    (*last)->next = NULL;
    return first;
}

static void give_back(struct job *first, struct job *last)
{
    bool call;

    pthread_mutex_lock(&done.lock);
    call = !done.first;
    append(&done, first, last);
    pthread_mutex_unlock(&done.lock);
    if (call)
        wake();
}

static void *work(void *argument)
{
    struct job *first, *last;

    pthread_mutex_lock(&wanted.lock);
    for (;;) {
        while (!wanted.first && !over) {
            idle++;
            pthread_cond_wait(&come, &wanted.lock);
            idle--;
        }
        if (!wanted.first)
            break;
        first = take_some(&last);
        pthread_mutex_unlock(&wanted.lock);
        for (struct job *job = first; job; job = job->next)
            job->fn(job);
        give_back(first, last);
        pthread_mutex_lock(&wanted.lock);
    }
    pthread_mutex_unlock(&wanted.lock);
    return argument;
}

static struct job *take_done(void)
{
    struct job *first;

    pthread_mutex_lock(&done.lock);
    first = done.first;
    done.first = NULL;
    done.last = &done.first;
    pthread_mutex_unlock(&done.lock);
    return first;
}

/* Submits as many of these as there are still to do. Returns how many there are in the list. */
static long submit_again(struct job *list, long to_start)
{
    struct job *first = list, *last = NULL;
    long n = 0;

    for (struct job *job = list; job; job = job->next) {
        n++;
        if (n <= to_start)
            last = job;
    }
    if (last)
        submit(first, last);
    return n;
}

static double run_jobs(long n, long outstanding)
{
    static struct job jobs[OUTSTANDING];
    long to_start = n, left = n;
    double begin = now();

    for (long i = 0; i < outstanding; i++) {
        jobs[i].fn = nothing;
        jobs[i].next = i + 1 < outstanding ? &jobs[i + 1] : NULL;
    }
    to_start -= submit_again(jobs, to_start);
    while (left > 0) {
        long came;
        sleep_till_woken();
        came = submit_again(take_done(), to_start);
        left -= came;
        to_start -= came;
    }
    return (now() - begin) / (double)n;
}

void bench_pool(void)
{
    long threads = number("POOL", 2);
    pthread_t *pool = allocate((size_t)threads, sizeof *pool);

    for (long i = 0; i < threads; i++)
        must(-pthread_create(&pool[i], NULL, work, NULL), "thread");
    run_jobs(100, 1);
    report("pool_roundtrip", run_jobs(number("N_POOL_RT", 10000), 1));
    run_jobs(100, OUTSTANDING);
    report("pool_throughput", run_jobs(number("N_POOL", 200000), OUTSTANDING));
    pthread_mutex_lock(&wanted.lock);
    over = true;
    pthread_cond_broadcast(&come);
    pthread_mutex_unlock(&wanted.lock);
    for (long i = 0; i < threads; i++)
        pthread_join(pool[i], NULL);
    free(pool);
}
