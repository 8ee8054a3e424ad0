/*
 * primes - which of five numbers are primes? Each question is a job for another process. First the answers
 * in the order in which they are there, then in the order of the numbers. (as_completed, and
 * zip(nums, executor.map(is_prime, nums)), of Python's concurrent.futures)
 */
#include "errors.h"
#include "job_map.h"
#include "jobs_completed.h"
#include "process_pool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMS = 5 };

static const int nums[NUMS] = {25, 61, 29, 50, 109};

static int is_prime(struct eddy_work *work)
{
    const int *n = work->in;
    bool *prime = work->out;

    *prime = *n >= 2;
    for (int d = 2; *prime && d <= *n / d; d++)
        *prime = *n % d != 0;
    return 0;
}

static const char *name_of(bool truth)
{
    return truth ? "True" : "False";
}

/* A job knows its number and its answer: they are its bytes. */
static int print_as_completed(struct eddy_executor *executor)
{
    struct eddy_job jobs[NUMS], *job;
    struct eddy_job_place places[NUMS] = {{0}};
    struct eddy_jobs_completed completed = {.open = false};
    bool primes[NUMS];
    int err;

    for (int k = 0; k < NUMS; k++) {
        eddy_job_init(&jobs[k], is_prime, &nums[k], sizeof nums[k], &primes[k], sizeof primes[k]);
        eddy_executor_submit(executor, &jobs[k]); /* an error is its outcome, too */
        places[k].job = &jobs[k];
    }
    err = eddy_jobs_completed_open(&completed, places, NUMS, EDDY_FOREVER);
    while (err == 0 && completed.left > 0) {
        err = eddy_jobs_completed_next(&completed, &job);
        if (err == 0)
            err = eddy_job_error(job);
        if (err == 0)
            printf("%d %s\n", *(const int *)job->work.in, name_of(*(bool *)job->work.out));
    }
    eddy_jobs_completed_close(&completed);
    eddy_jobs_wait(places, NUMS, EDDY_ALL_COMPLETED, EDDY_FOREVER); /* they lie on this stack */
    return err;
}

static int print_in_order(struct eddy_executor *executor)
{
    struct eddy_job jobs[NUMS];
    bool primes[NUMS];
    struct eddy_job_arrays arrays = {nums, sizeof nums[0], primes, sizeof primes[0]};
    struct eddy_job_map map = {.next = 0};
    int err = eddy_job_map_open(&map, executor, is_prime, jobs, NUMS, &arrays, EDDY_FOREVER);

    while (err == 0 && (err = eddy_job_map_next(&map)) == 0)
        printf("(%d, %s)\n", nums[map.next - 1], name_of(primes[map.next - 1]));
    eddy_job_map_close(&map);
    return err == -ENOENT ? 0 : err;
}

int main(int argc, char *argv[])
{
    struct eddy_process_pool pool = {.name = "primes"};
    int workers = argc > 1 ? atoi(argv[1]) : eddy_process_pool_usual(), err;

    if (argc > 2 || workers < 1) {
        printf("usage: primes [WORKERS]\n\nTells which of five numbers are primes.\n\n"
               "  WORKERS  processes; as many as there are processors unless given\n");
        return argc != 2 || strcmp(argv[1], "--help") != 0;
    }
    err = eddy_process_pool_open(&pool, workers);
    if (err == 0)
        err = print_as_completed(&pool.drivers.executor);
    if (err == 0)
        err = print_in_order(&pool.drivers.executor);
    eddy_process_pool_close(&pool);
    if (err < 0)
        fprintf(stderr, "primes: %s\n", eddy_strerror(err));
    return err < 0;
}
