/*
 * apply - the pool of Python's multiprocessing, in our words: apply_async() is a job that is submitted, and
 * get() its result. Once with one worker, once with four; with callbacks, close, join and terminate.
 */
#include "errors.h"
#include "job_map.h"
#include "process_pool.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

enum { NUMBERS = 10 };

/* ---- What workers do --------------------------------------------------------------------------- */

static int square(struct eddy_work *work)
{
    const int *x = work->in;
    int *result = work->out;

    *result = *x * *x;
    return 0;
}

static int sleep_seconds(struct eddy_work *work)
{
    const int *seconds = work->in;

    poll(NULL, 0, *seconds * 1000);
    return square(work);
}

/* ---- apply_async() and get() ------------------------------------------------------------------- */

struct apply {
    struct eddy_job job;
    struct eddy_job_callback callback;
    int x, result;
};

/* In a thread of the pool, before get() returns. One of ours does what Python has two for. */
static void told(struct eddy_job_callback *callback, struct eddy_job *job)
{
    struct apply *self = container_of(callback, struct apply, callback);

    if (eddy_job_error(job) == 0)
        printf("  callback: %d\n", self->result);
    else
        printf("  error callback: %s\n", eddy_job_message(job));
}

static void apply_async(struct eddy_process_pool *pool, struct apply *self,
                        int (*fn)(struct eddy_work *work), int x)
{
    *self = (struct apply){.x = x, .callback = {.fn = told}};
    eddy_job_init(&self->job, fn, &self->x, sizeof self->x, &self->result, sizeof self->result);
    eddy_job_add_done_callback(&self->job, &self->callback);
    eddy_executor_submit(&pool->drivers.executor, &self->job); /* an error: told() is, too */
}

static void get(struct apply *self, double seconds)
{
    int err = eddy_job_result(&self->job, seconds);

    if (err == 0)
        printf("  get(): %d\n", self->result);
    else
        printf("  get(): %s\n", eddy_errname(err));
}

/* ---- map() ------------------------------------------------------------------------------------- */

static void print_squares(struct eddy_process_pool *pool)
{
    int numbers[NUMBERS], squares[NUMBERS], err;
    struct eddy_job jobs[NUMBERS];
    struct eddy_job_arrays arrays = {numbers, sizeof numbers[0], squares, sizeof squares[0]};
    struct eddy_job_map map = {.next = 0};

    for (int k = 0; k < NUMBERS; k++)
        numbers[k] = k;
    err = eddy_job_map_open(&map, &pool->drivers.executor, square, jobs, NUMBERS, &arrays,
                            EDDY_FOREVER);
    printf("  map(): [");
    while (err == 0 && (err = eddy_job_map_next(&map)) == 0)
        printf("%s%d", map.next > 1 ? ", " : "", squares[map.next - 1]);
    printf("]%s\n", err == -ENOENT ? "" : eddy_errname(err));
    eddy_job_map_close(&map);
}

/* ---- All of it --------------------------------------------------------------------------------- */

static void use(struct eddy_process_pool *pool, bool cut_short)
{
    struct apply result;

    apply_async(pool, &result, square, 10);
    get(&result, 10);
    print_squares(pool);
    if (cut_short) {
        apply_async(pool, &result, sleep_seconds, 1000);
        get(&result, 0.05);
        while (!eddy_job_running(&result.job) &&
               !eddy_job_done(&result.job)) /* what has not begun would be cancelled */
            sched_yield();
        eddy_process_pool_terminate(pool);
        get(&result, EDDY_FOREVER);
    } else {
        eddy_executor_shutdown(&pool->drivers.executor, 0); /* close() */
        apply_async(pool, &result, square, 11);
    }
    eddy_executor_shutdown(&pool->drivers.executor, EDDY_SHUT_WAIT); /* join() */
}

static int run_pool(int workers, bool cut_short)
{
    struct eddy_process_pool pool = {.name = "apply"};
    int err = eddy_process_pool_open(&pool, workers);

    if (err < 0) {
        fprintf(stderr, "apply: %s\n", eddy_strerror(err));
        return 1;
    }
    printf("a pool of %d, and %s:\n", workers, cut_short ? "terminate()" : "close()");
    use(&pool, cut_short);
    eddy_process_pool_close(&pool);
    return 0;
}

int main(int argc, char *argv[])
{
    if (argc > 1) {
        printf("usage: apply\n\nShows pools of one and of four processes at work.\n");
        return strcmp(argv[1], "--help") != 0;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    return run_pool(1, false) || run_pool(4, true);
}
