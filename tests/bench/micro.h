/*
 * micro.h - what the micro programs share, so that they differ in what they measure and in nothing
 * else: the clocks, the lines that they print, the deadlines of timers, the choice of a bench.
 *
 * A program is called with the name of a bench, and prints lines "metric value unit". How often it
 * does a thing says an environment variable, N_CHAIN for example.
 */
#ifndef MICRO_H
#define MICRO_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Exit status: there is no such bench. */
enum { NO_SUCH_BENCH = 77 };

/* ---- Clocks: all in nanoseconds ---------------------------------------------------------------- */

static inline double read_clock(clockid_t clock)
{
    struct timespec time = {0, 0};

    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static inline double now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

/* Of all threads of this process. */
static inline double cpu_time(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

static inline void wait_until(double when)
{
    struct timespec a_while = {.tv_nsec = 1000000};

    while (now() < when)
        nanosleep(&a_while, NULL);
}

/* ---- Numbers in, lines out --------------------------------------------------------------------- */

static inline long number(const char *variable, long usual)
{
    const char *text = getenv(variable);

    return text && atol(text) > 0 ? atol(text) : usual;
}

static inline void report(const char *metric, double ns)
{
    printf("%s %.2f ns\n", metric, ns);
}

static inline void report_bytes(const char *metric, double bytes)
{
    printf("%s %.2f bytes\n", metric, bytes);
}

/* ---- What must not fail ------------------------------------------------------------------------ */

/* For results as eddy's and libuv's: below 0 is an error. */
static inline void must(long long result, const char *what)
{
    if (result >= 0)
        return;
    fprintf(stderr, "micro: %s: error %lld\n", what, result);
    exit(1);
}

/* For the system's: -1, and errno. */
static inline int must_errno(long result, const char *what)
{
    must(result < 0 ? -errno : 0, what);
    return (int)result;
}

static inline void *allocate(size_t count, size_t size)
{
    void *block = calloc(count, size);

    must(block ? 0 : -ENOMEM, "memory");
    return block;
}

/* ---- Memory ------------------------------------------------------------------------------------ */

/* Bytes of this process that are in memory now. Not every system tells: then there is no such bench. */
static inline double resident(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;

    if (!file)
        exit(NO_SUCH_BENCH);
    must(fscanf(file, "%*d %ld", &pages) == 1 ? 0 : -EIO, "/proc/self/statm");
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* ---- Timers: the same random deadlines in each C program --------------------------------------- */

/* All of them are within this many milliseconds. */
static inline long timers_span(void)
{
    return number("TIMERS_MS", 1000);
}

/* Below `limit`. (xorshift: cheap, since it is measured along.) */
static inline uint64_t random_below(uint64_t limit)
{
    static uint64_t seed = 88172645463325252;

    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % limit;
}

/* ---- Programs: the one that does nothing ------------------------------------------------------ */

#define TRUE "/bin/true"

/* ---- The way back from the loop to a thread: back_linux.c, back_posix.c ------------------------ */

/* What is written to fds[1] wakes who reads fds[0]; always 8 bytes. */
int back_open(int fds[2]);

static inline void back_signal(const int fds[2])
{
    uint64_t one = 1;

    must_errno(write(fds[1], &one, sizeof one), "write");
}

static inline void back_wait(const int fds[2])
{
    uint64_t count;

    must_errno(read(fds[0], &count, sizeof count), "read");
}

/* ---- The choice of a bench --------------------------------------------------------------------- */

struct bench {
    const char *name;
    void (*run)(void);
};

enum { SECONDS_MAX = 300 };

/* Runs the one that the command line names; `benches` ends with a NULL. Returns main()'s status. */
static inline int run_bench(const struct bench *benches, int argc, char *argv[])
{
    const char *separator = " ";

    for (const struct bench *bench = benches; argc == 2 && bench->name; bench++)
        if (strcmp(argv[1], bench->name) == 0) {
            alarm(SECONDS_MAX);
            bench->run();
            return 0;
        }
    fprintf(stderr, "usage: %s", argv[0]);
    for (; benches->name; benches++, separator = "|")
        fprintf(stderr, "%s%s", separator, benches->name);
    fputs("\n", stderr);
    return argc == 2 ? NO_SUCH_BENCH : 2;
}

#endif
