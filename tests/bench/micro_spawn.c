/* micro_spawn - the part of micro that starts programs and waits for their end. */
#include "micro_eddy.h"

#include "process.h"

enum { IN_FLIGHT = 16 };

struct running {
    struct eddy_process process;
    struct eddy_process_wait wait;
    struct eddy_handle ended;
};

static const char *const argv[] = {TRUE, NULL};
static struct running running[IN_FLIGHT];
static long to_start, left;

static void start(struct running *each)
{
    struct eddy_program program = {.argv = argv};

    to_start--;
    must(eddy_process_start(&each->process, bench_loop, &program), TRUE);
    must(
        eddy_future_add_done_callback(eddy_process_wait(&each->wait, &each->process), &each->ended),
        "wait");
}

static void on_ended(struct eddy_handle *handle)
{
    struct running *each = container_of(handle, struct running, ended);

    must(each->process.code == 0 ? 0 : -EIO, TRUE);
    eddy_process_close(&each->process);
    if (to_start > 0)
        start(each);
    if (--left == 0)
        eddy_loop_stop(bench_loop);
}

/* `n` programs, `in_flight` of them at a time: nanoseconds for each. */
static double run_programs(long n, long in_flight)
{
    double begin = now();

    left = to_start = n;
    for (long i = 0; i < in_flight && to_start > 0; i++) {
        eddy_handle_init(&running[i].ended, on_ended);
        start(&running[i]);
    }
    run();
    return (now() - begin) / (double)n;
}

void bench_spawn(void)
{
    long n = number("N_SPAWN", 400);

    report("spawn_wait", run_programs(n, 1));
    report("spawn_16", run_programs(n, IN_FLIGHT));
}
