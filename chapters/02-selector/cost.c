/*
 * cost - what one message costs, with one client that speaks and many that are silent.
 *
 * For each selector, and 10 to 5000 silent descriptors: write a byte, wait, ask who it is, read the
 * byte. The watched descriptors have the lowest numbers that are free, as a server's have; the other
 * ends, which elsewhere would be in other processes, are kept above FD_SETSIZE.
 */
#include "errors.h"
#include "selector.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { IDLE_MAX = 5000, BATCHES = 7, SELECTORS_MAX = 8 };

struct pairs {
    int count;
    int watched[IDLE_MAX + 1], other[IDLE_MAX + 1]; /* the last pair is the one that speaks */
};

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- Descriptors ------------------------------------------------------------------------------- */

/* As many descriptors as this process may have. */
static long raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur > 1000000 ? 1000000 : (long)limit.rlim_cur;
}

static int add_pair(struct pairs *pairs)
{
    int fds[2], high, err;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
        return -errno;
    high = fcntl(fds[1], F_DUPFD, FD_SETSIZE);
    err = -errno;
    close(fds[1]);
    if (high < 0) {
        close(fds[0]);
        return err == -EINVAL ? -EMFILE : err; /* EINVAL: FD_SETSIZE is beyond the limit */
    }
    pairs->watched[pairs->count] = fds[0];
    pairs->other[pairs->count++] = high;
    return 0;
}

static void close_pairs(struct pairs *pairs)
{
    while (pairs->count > 0) {
        close(pairs->watched[--pairs->count]);
        close(pairs->other[pairs->count]);
    }
}

/* ---- Measuring --------------------------------------------------------------------------------- */

static int one_message(struct eddy_selector *selector, int from, int to)
{
    struct eddy_event event;
    char byte;
    int n;

    if (write(from, "x", 1) != 1)
        return -errno;
    n = eddy_selector_wait(selector, EDDY_FOREVER);
    if (n < 0)
        return n;
    if (!eddy_selector_next(selector, &event) || event.fd != to || read(to, &byte, 1) != 1)
        return -EIO;
    return 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Seconds for one message: the median of several batches. Or a negative code. */
static double measure(struct eddy_selector *selector, int from, int to)
{
    double batches[BATCHES], start, passed;

    for (int i = 0; i < BATCHES; i++) {
        int messages = 0, err;
        start = now();
        do {
            for (int k = 0; k < 10; k++, messages++)
                if ((err = one_message(selector, from, to)) < 0)
                    return err;
            passed = now() - start;
        } while (passed < 0.01);
        batches[i] = passed / messages;
    }
    qsort(batches, BATCHES, sizeof batches[0], compare);
    return batches[BATCHES / 2];
}

static double cost(const char *name, const struct pairs *pairs)
{
    struct eddy_selector selector;
    double seconds = 0;
    int last = pairs->count - 1, err = eddy_selector_open(&selector, name);

    for (int i = 0; i < pairs->count && err == 0; i++)
        err = eddy_selector_register(&selector, pairs->watched[i], EDDY_READ, NULL);
    if (err == 0)
        seconds = measure(&selector, pairs->other[last], pairs->watched[last]);
    eddy_selector_close(&selector);
    return err < 0 ? err : seconds;
}

/* ---- The table --------------------------------------------------------------------------------- */

/* Returns the last error of a selector that could not, or 0. */
static int put_row(const struct pairs *pairs)
{
    const char *name;
    int err = 0;

    printf("%12d", pairs->count - 1);
    for (int i = 0; (name = eddy_selector_nth(i)); i++) {
        double seconds = cost(name, pairs);
        if (seconds < 0) {
            err = (int)seconds;
            printf("%10s", "-");
        } else {
            printf("%10.2f", seconds * 1e6);
        }
        fflush(stdout);
    }
    printf("\n");
    return err;
}

static int put_table(struct pairs *pairs)
{
    static const int idle[] = {10, 100, 1000, IDLE_MAX};
    int refused = 0, err = 0;

    printf("microseconds for one message, with one client that speaks\n%12s", "silent ones");
    for (int i = 0; eddy_selector_nth(i); i++)
        printf("%10s", eddy_selector_nth(i));
    printf("\n");
    for (size_t i = 0; i < sizeof idle / sizeof idle[0] && err == 0; i++) {
        while (pairs->count < idle[i] + 1 && err == 0)
            err = add_pair(pairs);
        if (err == 0)
            err = put_row(pairs);
        if (err == -ERANGE) {
            refused = err;
            err = 0;
        }
    }
    if (refused)
        printf("-: select() watches no descriptor of %d or more\n", FD_SETSIZE);
    return err;
}

int main(int argc, char *argv[])
{
    static struct pairs pairs;
    long limit = raise_limit();
    int err;

    if (argc > 1) {
        printf("usage: cost\n\nMeasures what one message costs with each selector, while 10 to %d "
               "other\ndescriptors are silent.\n",
               IDLE_MAX);
        return strcmp(argv[1], "--help") != 0 && strcmp(argv[1], "-h") != 0;
    }
    err = put_table(&pairs);
    close_pairs(&pairs);
    if (err == -EMFILE)
        printf("the rest is left out: this process may have %ld descriptors (ulimit -Hn), and it "
               "takes %d\n",
               limit, 2 * IDLE_MAX + 10);
    else if (err < 0)
        fprintf(stderr, "cost: %s\n", eddy_strerror(err));
    return err < 0 && err != -EMFILE;
}
