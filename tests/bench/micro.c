/*
 * micro - what one operation of eddy costs.
 *
 *     micro soon|timers|wake|tasks|mem|gather|wait_for|queue|semaphore|pool|spawn
 *
 * It uses the public interface only. README.md tells what the metrics mean.
 */
#include "micro_eddy.h"

#include "turn.h"

#include <pthread.h>

static struct eddy_loop loop;
struct eddy_loop *const bench_loop = &loop;
static long left;

static void last_one_stops(struct eddy_handle *handle)
{
    (void)handle;
    if (--left == 0)
        eddy_loop_stop(&loop);
}

void run(void)
{
    must(eddy_loop_run_forever(&loop), "run");
}

/* ---- soon -------------------------------------------------------------------------------------- */

static void link_of_chain(struct eddy_handle *handle)
{
    if (--left > 0)
        must(eddy_loop_call_soon(&loop, handle), "call_soon");
    else
        eddy_loop_stop(&loop);
}

static void soon_chain(void)
{
    long n = number("N_CHAIN", 1000000);
    struct eddy_handle handle;
    double begin = now();

    left = n;
    eddy_handle_init(&handle, link_of_chain);
    must(eddy_loop_call_soon(&loop, &handle), "call_soon");
    run();
    report("soon_chain", (now() - begin) / (double)n);
}

enum { BATCH = 1000 };

static struct eddy_handle batch[BATCH];

static void count_down(struct eddy_handle *handle)
{
    (void)handle;
    left--;
}

/* Comes behind the batch that it has queued, in the same turn. */
static void queue_batch(struct eddy_handle *handle)
{
    if (left <= 0) {
        eddy_loop_stop(&loop);
        return;
    }
    for (int i = 0; i < BATCH; i++)
        must(eddy_loop_call_soon(&loop, &batch[i]), "call_soon");
    must(eddy_loop_call_soon(&loop, handle), "call_soon");
}

static void soon_batch(void)
{
    long n = number("N_SOON", 5000000);
    struct eddy_handle refill;
    double begin;

    for (int i = 0; i < BATCH; i++)
        eddy_handle_init(&batch[i], count_down);
    eddy_handle_init(&refill, queue_batch);
    left = n;
    begin = now();
    must(eddy_loop_call_soon(&loop, &refill), "call_soon");
    run();
    report("soon_batch1000", (now() - begin) / (double)(n - left)); /* it ends with a whole batch */
}

static void bench_soon(void)
{
    soon_chain();
    soon_batch();
}

/* ---- timers ------------------------------------------------------------------------------------ */

static void set_all(struct eddy_timer *timers, long n, double offset)
{
    double base = eddy_loop_time(&loop) + offset;
    uint64_t span = (uint64_t)timers_span() * 1000000;

    left = n;
    for (long i = 0; i < n; i++)
        must(eddy_loop_call_at(&loop, &timers[i], base + (double)random_below(span) / 1e9),
             "call_at");
}

static void bench_timers(void)
{
    long n = number("N_TIMERS", 1000000);
    struct eddy_timer *timers = allocate((size_t)n, sizeof *timers);
    double begin;

    for (long i = 0; i < n; i++)
        eddy_timer_init(&timers[i], last_one_stops);
    begin = now();
    set_all(timers, n, 0);
    report("timer_add", (now() - begin) / (double)n);

    wait_until(begin + ((double)timers_span() + 10) * 1e6);
    begin = now();
    run();
    report("timer_fire", (now() - begin) / (double)n);

    set_all(timers, n, 0);
    begin = now();
    for (long i = 0; i < n; i++)
        eddy_timer_cancel(&loop, &timers[i]);
    report("timer_cancel", (now() - begin) / (double)n);

    set_all(timers, n, 0.2);
    begin = cpu_time();
    run();
    report("timer_live_cpu", (cpu_time() - begin) / (double)n);
    free(timers);
}

/* ---- wake -------------------------------------------------------------------------------------- */

static int back[2];
static struct eddy_handle *posted;

static void answer(struct eddy_handle *handle)
{
    back_signal(back);
    last_one_stops(handle);
}

static void *post_and_wait(void *n)
{
    for (long i = *(long *)n; i > 0; i--) {
        must(eddy_loop_call_soon_threadsafe(&loop, posted), "call_soon_threadsafe");
        back_wait(back);
    }
    return NULL;
}

static void *post_all(void *n)
{
    for (long i = 0; i < *(long *)n; i++)
        must(eddy_loop_call_soon_threadsafe(&loop, &posted[i]), "call_soon_threadsafe");
    return NULL;
}

/* Runs the loop, and beside it a thread that posts `n` times. */
static void run_beside(const char *metric, void *(*poster)(void *), long n)
{
    double begin = now();
    pthread_t thread;

    left = n;
    must(-pthread_create(&thread, NULL, poster, &n), "thread");
    run();
    report(metric, (now() - begin) / (double)n);
    pthread_join(thread, NULL);
}

static void wake_roundtrip(void)
{
    struct eddy_handle handle;

    must(back_open(back), "the way back");
    eddy_handle_init(&handle, answer);
    posted = &handle;
    run_beside("wake_roundtrip", post_and_wait, number("N_WAKE", 20000));
}

static void post_flood(void)
{
    long n = number("N_POST", 1000000);

    posted = allocate((size_t)n, sizeof *posted);
    for (long i = 0; i < n; i++)
        eddy_handle_init(&posted[i], last_one_stops);
    run_beside("post_flood", post_all, n);
    free(posted);
}

static void bench_wake(void)
{
    wake_roundtrip();
    post_flood();
}

/* ------------------------------------------------------------------------------------------------ */

static const struct bench benches[] = {
    {"soon", bench_soon},         {"timers", bench_timers}, {"wake", bench_wake},
    {"tasks", bench_tasks},       {"mem", bench_mem},       {"gather", bench_gather},
    {"wait_for", bench_wait_for}, {"queue", bench_queue},   {"semaphore", bench_semaphore},
    {"pool", bench_pool},         {"spawn", bench_spawn},   {NULL, NULL}};

int main(int argc, char *argv[])
{
    int status;

    must(eddy_loop_open(&loop, NULL), "open");
    status = run_bench(benches, argc, argv);
    must(eddy_loop_close(&loop), "close");
    return status;
}
