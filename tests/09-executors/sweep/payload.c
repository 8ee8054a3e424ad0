/*
 * Many megabytes through a pool of processes: neither the parent nor the worker ever has more of them at once
 * than the input and the output, and a fifth of that. (Each looks at its own peak, before and after.)
 *
 *     payload           10 MB there and 10 MB back; payload --full    100 MB
 */
#include "check.h"

#include "job.h"
#include "process_pool.h"
#include "selector.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static struct eddy_process_pool pool;
static struct eddy_job job;
static size_t megabytes = 10;

/* Sanitizers have memory of their own for each byte. */
extern void __asan_init(void) __attribute__((weak));
extern void __tsan_init(void) __attribute__((weak));

/* In kilobytes, as Linux and the BSDs count; elsewhere it is another unit. */
static long peak(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_SELF, &usage) < 0 ? 0 : usage.ru_maxrss;
}

static int tell_peak(struct eddy_work *work)
{
    long kilobytes = peak();

    return eddy_work_put(work, &kilobytes, sizeof kilobytes);
}

static int reverse(struct eddy_work *work)
{
    const char *in = work->in;
    char *out = work->out;

    for (size_t i = 0; i < work->in_size; i++)
        out[i] = in[work->in_size - 1 - i];
    return 0;
}

static void run(int (*fn)(struct eddy_work *work), const void *in, size_t in_size, void *out,
                size_t out_size)
{
    eddy_job_init(&job, fn, in, in_size, out, out_size);
    CHECK_CODE(eddy_executor_submit(&pool.drivers.executor, &job), 0);
    WAITING("the job");
    CHECK_CODE(eddy_job_result(&job, EDDY_FOREVER), 0);
    CHECK_INT(job.work.out_size, (long long)out_size);
}

static long peak_of_worker(void)
{
    long kilobytes;

    run(tell_peak, NULL, 0, &kilobytes, sizeof kilobytes);
    return kilobytes;
}

/* A memory that was never touched takes none. */
static void carry(size_t n)
{
    char *in = malloc(n), *out = malloc(n);

    CHECK(in && out);
    for (size_t i = 0; i < n; i++)
        in[i] = (char)(i * 7 + i / 251);
    run(reverse, in, n, out, n);
    for (size_t i = 0; i < n; i++)
        if (out[i] != in[n - 1 - i])
            FAIL("the bytes from the last to the first", "other ones at %zu", i);
    free(in);
    free(out);
}

static void check_peak(const char *whose, long before, long after, long most)
{
    CHECK(before > 0);
    if (after - before > most)
        FAIL("at most 1.2 times the input and the output", "%ld of %ld KB, in the %s",
             after - before, most, whose);
}

int main(int argc, char *argv[])
{
    int tell[2], failed;
    long peaks[2];

    check_start(argc, argv);
    if (pipe(tell) < 0)
        return 2;
    if (argc > 1 && strcmp(argv[1], "--full") == 0)
        megabytes = 100;
    check_limit(60);
    CASE("a large payload is nowhere more than once in, and once out, and a fifth") {
        size_t n = megabytes << 20;
        long most = (long)(2 * n / 1024 * 6 / 5), own, of_worker, own_after, of_worker_after;
        if (__asan_init || __tsan_init)
            SKIP("a sanitizer's memory is counted, too");
        CHECK_CODE(eddy_process_pool_open(&pool, 1), 0);
        of_worker = peak_of_worker();
        own = peak();
        carry(n);
        own_after = peak();
        of_worker_after = peak_of_worker();
        check_peak("parent", own, own_after, most);
        check_peak("worker", of_worker, of_worker_after, most);
        CHECK(of_worker_after - of_worker > most / 2); /* or it is no measure */
        CHECK_CODE(eddy_process_pool_close(&pool), 0);
        peaks[0] = own_after - own;
        peaks[1] = of_worker_after - of_worker;
        CHECK_INT(write(tell[1], peaks, sizeof peaks), (long long)sizeof peaks);
    }
    failed = check_end();
    close(tell[1]);
    if (read(tell[0], peaks, sizeof peaks) == sizeof peaks)
        printf("%s%zu MB in and as many out: the parent's peak grew by %ld KB, the worker's by "
               "%ld\n",
               megabytes == 100 && !failed ? "payload: " : "# ", megabytes, peaks[0], peaks[1]);
    return failed;
}
