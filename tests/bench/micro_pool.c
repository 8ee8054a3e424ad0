/* micro_pool - the part of micro that gives work to threads and processes. */
#include "micro_eddy.h"

#include "offload.h"
#include "process_pool.h"

enum { OUTSTANDING = 256, BYTES = 64 };

struct operation {
    struct eddy_offload offload;
    struct eddy_handle done;
    char in[BYTES], out[BYTES];
};

static struct eddy_executor *executor; /* that runs them */
static int (*function)(struct eddy_work *work);
static size_t bytes;
static struct operation operations[OUTSTANDING];
static long to_start, left;

static int nothing(struct eddy_work *work)
{
    (void)work;
    return 0;
}

static int copy(struct eddy_work *work)
{
    return eddy_work_put(work, work->in, work->in_size);
}

static void start(struct operation *operation)
{
    struct eddy_future *future =
        eddy_run_in_executor(&operation->offload, bench_loop, executor, function, operation->in,
                             bytes, operation->out, bytes);

    to_start--;
    must(eddy_future_add_done_callback(future, &operation->done), "job");
}

static void on_done(struct eddy_handle *handle)
{
    struct operation *operation = container_of(handle, struct operation, done);

    must(eddy_job_error(&operation->offload.job), "job");
    if (to_start > 0)
        start(operation);
    if (--left == 0)
        eddy_loop_stop(bench_loop);
}

/* `n` jobs, `outstanding` of them at a time: nanoseconds for each. */
static double run_jobs(long n, long outstanding)
{
    double begin = now();

    left = to_start = n;
    for (long i = 0; i < outstanding && to_start > 0; i++) {
        eddy_handle_init(&operations[i].done, on_done);
        start(&operations[i]);
    }
    run();
    return (now() - begin) / (double)n;
}

/* A few first, so that the threads are there. */
static void measure(const char *metric, int (*fn)(struct eddy_work *work), size_t size, long n,
                    long outstanding)
{
    function = fn;
    bytes = size;
    run_jobs(100, outstanding);
    report(metric, run_jobs(n, outstanding));
}

/* ---- Timers beside a pool whose threads all block ------------------------------------------------ */

static int gate[2]; /* who reads it waits until it is closed */
static double *late;
static double due;

static int block(struct eddy_work *work)
{
    char byte;

    (void)work;
    return read(gate[0], &byte, 1) < 0 ? -errno : 0;
}

static void set_timer(struct eddy_timer *timer)
{
    due = eddy_loop_time(bench_loop) + 0.001;
    must(eddy_loop_call_at(bench_loop, timer, due), "call_at");
}

static void on_time(struct eddy_handle *handle)
{
    struct eddy_timer *timer = container_of(handle, struct eddy_timer, handle);

    *late++ = (eddy_loop_time(bench_loop) - due) * 1e9;
    if (--to_start > 0)
        set_timer(timer);
    else
        close(gate[1]);
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* The 99th percentile of how late the timers are. */
static void bench_late(int threads)
{
    long n = number("N_LATE", 500);
    double *all = allocate((size_t)n, sizeof *all);
    struct eddy_timer timer;

    must_errno(pipe(gate), "pipe");
    function = block;
    bytes = 0;
    left = to_start = threads;
    for (int i = 0; i < threads; i++)
        start(&operations[i]);
    late = all;
    to_start = n;
    eddy_timer_init(&timer, on_time);
    set_timer(&timer);
    run();
    close(gate[0]);
    qsort(all, (size_t)n, sizeof *all, compare);
    report("late_p99", all[n * 99 / 100]);
    free(all);
}

/* ---- All of it ----------------------------------------------------------------------------------- */

/* Before there are threads, since it forks. */
static void bench_processes(int workers)
{
    struct eddy_process_pool pool = {.count = 0};

    must(eddy_process_pool_open(&pool, workers), "process pool");
    executor = &pool.drivers.executor;
    measure("process_64", copy, BYTES, number("N_PROCESS", 5000), 1);
    must(eddy_process_pool_close(&pool), "process pool");
}

void bench_pool(void)
{
    struct eddy_thread_pool pool = {.name = NULL};
    int threads = (int)number("POOL", 2);

    must(threads <= OUTSTANDING ? 0 : -EINVAL, "POOL");
    bench_processes(threads);
    must(eddy_thread_pool_open(&pool, threads), "thread pool");
    executor = &pool.executor;
    measure("thread_64", copy, BYTES, number("N_POOL_RT", 10000), 1);
    measure("pool_roundtrip", nothing, 0, number("N_POOL_RT", 10000), 1);
    measure("pool_throughput", nothing, 0, number("N_POOL", 200000), OUTSTANDING);
    bench_late(threads);
    must(eddy_thread_pool_close(&pool), "thread pool");
}
