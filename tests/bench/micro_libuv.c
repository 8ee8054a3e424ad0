/*
 * micro_libuv - what the same operations cost with libuv, to compare with.
 *
 *     micro_libuv soon|timers|wake|pool|spawn
 *
 * What libuv has no word for is done as its users do it: "call soon" is a uv_idle_t that is started
 * and stops itself, and posting a call from a thread is a list under a lock and uv_async_send().
 */
#include "micro.h"

#include <pthread.h>
#include <uv.h>

static uv_loop_t *loop;
static long left;

/* ---- soon -------------------------------------------------------------------------------------- */

enum { BATCH = 1000 };

static uv_idle_t idles[BATCH];

static void link_of_chain(uv_idle_t *idle)
{
    uv_idle_stop(idle);
    if (--left > 0) /* the other one: the same would be called again in this turn's list */
        must(uv_idle_start(idle == &idles[0] ? &idles[1] : &idles[0], link_of_chain), "idle");
}

static void count_down(uv_idle_t *idle)
{
    uv_idle_stop(idle);
    left--;
}

static void bench_soon(void)
{
    long n = number("N_CHAIN", 1000000);
    double begin;

    for (int i = 0; i < BATCH; i++)
        uv_idle_init(loop, &idles[i]);
    left = n;
    begin = now();
    must(uv_idle_start(&idles[0], link_of_chain), "idle");
    uv_run(loop, UV_RUN_DEFAULT);
    report("soon_chain", (now() - begin) / (double)n);

    n = left = number("N_SOON", 5000000);
    begin = now();
    while (left > 0) {
        for (int i = 0; i < BATCH; i++)
            must(uv_idle_start(&idles[i], count_down), "idle");
        uv_run(loop, UV_RUN_NOWAIT);
    }
    report("soon_batch1000", (now() - begin) / (double)(n - left));
}

/* ---- timers: libuv counts milliseconds ---------------------------------------------------------- */

static void on_time(uv_timer_t *timer)
{
    (void)timer;
    left--;
}

static void set_all(uv_timer_t *timers, long n, uint64_t offset)
{
    uint64_t span = (uint64_t)timers_span() * 1000000;

    uv_update_time(loop);
    left = n;
    for (long i = 0; i < n; i++)
        must(uv_timer_start(&timers[i], on_time, offset + random_below(span) / 1000000, 0),
             "timer");
}

static void bench_timers(void)
{
    long n = number("N_TIMERS", 1000000);
    uv_timer_t *timers = allocate((size_t)n, sizeof *timers);
    double begin;

    for (long i = 0; i < n; i++)
        uv_timer_init(loop, &timers[i]);
    begin = now();
    set_all(timers, n, 0);
    report("timer_add", (now() - begin) / (double)n);

    wait_until(begin + ((double)timers_span() + 10) * 1e6);
    begin = now();
    uv_run(loop, UV_RUN_NOWAIT);
    report("timer_fire", (now() - begin) / (double)(n - left));
    must(left == 0 ? 0 : -ETIME, "timers that are not due");

    set_all(timers, n, 0);
    begin = now();
    for (long i = 0; i < n; i++)
        uv_timer_stop(&timers[i]);
    report("timer_cancel", (now() - begin) / (double)n);

    set_all(timers, n, 200);
    begin = cpu_time();
    uv_run(loop, UV_RUN_DEFAULT);
    report("timer_live_cpu", (cpu_time() - begin) / (double)n);
    free(timers);
}

/* ---- wake -------------------------------------------------------------------------------------- */

static uv_async_t async;
static int back[2];

struct message {
    struct message *next;
};

static struct message *messages, *first, **last = &first;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void count_answers(long answers)
{
    left -= answers;
    if (left == 0)
        uv_close((uv_handle_t *)&async, NULL); /* nothing is left to wait for: the run ends */
}

static void answer(uv_async_t *handle)
{
    (void)handle;
    back_signal(back);
    count_answers(1);
}

static void *wake_and_wait(void *n)
{
    for (long i = *(long *)n; i > 0; i--) {
        uv_async_send(&async);
        back_wait(back);
    }
    return NULL;
}

/* Waking per message: uv_async_send() itself knows whether somebody has woken the loop already. */
static void *post_all(void *n)
{
    for (long i = 0; i < *(long *)n; i++) {
        pthread_mutex_lock(&lock);
        *last = &messages[i];
        last = &messages[i].next;
        uv_async_send(&async); /* under the lock: whoever closes it has taken the last message */
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void receive(uv_async_t *handle)
{
    struct message *message;
    long n = 0;

    (void)handle;
    pthread_mutex_lock(&lock);
    message = first;
    first = NULL;
    last = &first;
    pthread_mutex_unlock(&lock);
    for (; message; message = message->next)
        n++;
    if (n > 0)
        count_answers(n);
}

static void run_beside(const char *metric, void *(*thread_main)(void *), uv_async_cb woken, long n)
{
    double begin = now();
    pthread_t thread;

    left = n;
    must(uv_async_init(loop, &async, woken), "async");
    must(-pthread_create(&thread, NULL, thread_main, &n), "thread");
    uv_run(loop, UV_RUN_DEFAULT);
    report(metric, (now() - begin) / (double)n);
    pthread_join(thread, NULL);
}

static void bench_wake(void)
{
    long n = number("N_POST", 1000000);

    must(back_open(back), "the way back");
    run_beside("wake_roundtrip", wake_and_wait, answer, number("N_WAKE", 20000));
    messages = allocate((size_t)n, sizeof *messages);
    run_beside("post_flood", post_all, receive, n);
    free(messages);
}

/* ---- pool -------------------------------------------------------------------------------------- */

enum { OUTSTANDING = 256 };

static uv_work_t works[OUTSTANDING];
static long to_start;

static void nothing(uv_work_t *work)
{
    (void)work;
}

static void on_done(uv_work_t *work, int status)
{
    must(status, "job");
    if (to_start > 0) {
        to_start--;
        must(uv_queue_work(loop, work, nothing, on_done), "job");
    }
}

static double run_jobs(long n, long outstanding)
{
    double begin = now();

    to_start = n;
    for (long i = 0; i < outstanding && to_start > 0; i++, to_start--)
        must(uv_queue_work(loop, &works[i], nothing, on_done), "job");
    uv_run(loop, UV_RUN_DEFAULT);
    return (now() - begin) / (double)n;
}

static void bench_pool(void)
{
    char threads[16];

    snprintf(threads, sizeof threads, "%ld", number("POOL", 2));
    setenv("UV_THREADPOOL_SIZE", threads, 1);
    run_jobs(100, 1);
    report("pool_roundtrip", run_jobs(number("N_POOL_RT", 10000), 1));
    run_jobs(100, OUTSTANDING);
    report("pool_throughput", run_jobs(number("N_POOL", 200000), OUTSTANDING));
}

/* ---- spawn ------------------------------------------------------------------------------------- */

enum { IN_FLIGHT = 16 };

static uv_process_t running[IN_FLIGHT];

static void start_program(uv_process_t *process);

static void on_closed(uv_handle_t *handle)
{
    if (to_start > 0)
        start_program((uv_process_t *)handle);
}

static void on_ended(uv_process_t *process, int64_t code, int signo)
{
    must(code == 0 && signo == 0 ? 0 : -EIO, TRUE);
    uv_close((uv_handle_t *)process, on_closed);
}

static void start_program(uv_process_t *process)
{
    static char name[] = TRUE, *argv[] = {name, NULL};
    uv_process_options_t options = {.exit_cb = on_ended, .file = TRUE, .args = argv};
    uv_stdio_container_t inherited[3];

    for (int fd = 0; fd < 3; fd++)
        inherited[fd] = (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = fd};
    options.stdio = inherited;
    options.stdio_count = 3;
    to_start--;
    must(uv_spawn(loop, process, &options), TRUE);
}

static double run_programs(long n, long in_flight)
{
    double begin = now();

    to_start = n;
    for (long i = 0; i < in_flight && to_start > 0; i++)
        start_program(&running[i]);
    uv_run(loop, UV_RUN_DEFAULT);
    return (now() - begin) / (double)n;
}

static void bench_spawn(void)
{
    long n = number("N_SPAWN", 400);

    report("spawn_wait", run_programs(n, 1));
    report("spawn_16", run_programs(n, IN_FLIGHT));
}

/* ------------------------------------------------------------------------------------------------ */

static const struct bench benches[] = {{"soon", bench_soon},   {"timers", bench_timers},
                                       {"wake", bench_wake},   {"pool", bench_pool},
                                       {"spawn", bench_spawn}, {NULL, NULL}};

int main(int argc, char *argv[])
{
    loop = uv_default_loop();
    must(loop ? 0 : -ENOMEM, "loop");
    return run_bench(benches, argc, argv);
}
