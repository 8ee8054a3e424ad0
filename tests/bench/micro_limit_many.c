/* micro_limit_many - the part of micro_limit that waits for many, or not for long. */
#include "micro_limit.h"

#include <stdbool.h>
#include <sys/socket.h>

/* ---- gather: children in a line, each of which counts down -------------------------------------- */

enum { CHILDREN = 100000, REFILL = 1000 };

struct child {
    struct child *next; /* in line */
    void (*step)(struct child *child);
    long number, *result, *pending;
};

static bool gathered;

static void child_step(struct child *child)
{
    *child->result = child->number;
    if (--*child->pending == 0)
        gathered = true;
    free(child);
}

static struct child *start_children(long *results, long *pending)
{
    struct child *first = NULL, **last = &first;

    for (long i = 0; i < CHILDREN; i++) {
        struct child *child = malloc(sizeof *child);
        must(child ? 0 : -ENOMEM, "memory");
        *child = (struct child){NULL, child_step, i, &results[i], pending};
        *last = child;
        last = &child->next;
    }
    return first;
}

static long gather(void)
{
    long pending = CHILDREN, sum = 0, *results = allocate(CHILDREN, sizeof *results);

    gathered = false;
    for (struct child *child = start_children(results, &pending), *next; child; child = next) {
        next = child->next;
        child->step(child);
    }
    look(0);
    must(gathered ? 0 : -EIO, "the last child");
    for (long i = 0; i < CHILDREN; i++)
        sum += results[i];
    free(results);
    return sum;
}

void bench_gather(void)
{
    long times = number("N_GATHER", 10), sum = 0;
    double begin = now();

    for (long i = 0; i < times; i++)
        sum += gather();
    report("gather_100k", (now() - begin) / (double)times / CHILDREN);
    must(sum == times * (CHILDREN * (CHILDREN - 1L) / 2) ? 0 : -EIO, "the children's results");
}

/* ---- wait_for: the calls, and beside them a number that says when it is too late ----------------- */

static volatile double deadline;

static void receive_all(const char *metric, double limit)
{
    static const char bytes[REFILL];
    long n = (number("N_RECV", 300000) + REFILL - 1) / REFILL * REFILL;
    double begin;
    char byte;
    int fds[2];

    must_errno(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), "socketpair");
    begin = now();
    for (long left = n; left > 0; left--) {
        if (left % REFILL == 0)
            must_errno(send(fds[1], bytes, sizeof bytes, 0), "send");
        deadline = begin + limit;
        must(recv(fds[0], &byte, 1, MSG_DONTWAIT) == 1 ? 0 : -EIO, "recv");
    }
    report(metric, (now() - begin) / (double)n);
    close(fds[0]);
    close(fds[1]);
}

/* A byte goes to and fro; before each receive, a look at the descriptors. */
static void play(const char *metric, double limit)
{
    long n = number("N_PINGPONG", 20000);
    double begin;
    char byte = 0;
    int fds[2];

    must_errno(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), "socketpair");
    look_at(fds[0]);
    look_at(fds[1]);
    begin = now();
    for (long i = 0; i < 2 * n; i++) {
        deadline = begin + limit;
        must(send(fds[i % 2], &byte, 1, 0) == 1 ? 0 : -EIO, "send");
        look(-1);
        must(recv(fds[1 - i % 2], &byte, 1, MSG_DONTWAIT) == 1 ? 0 : -EIO, "recv");
    }
    report(metric, (now() - begin) / (double)(2 * n));
    close(fds[0]);
    close(fds[1]);
}

void bench_wait_for(void)
{
    receive_all("recv", 0);
    receive_all("wait_for_recv", 30);
    play("recv_later", 0);
    play("wait_for_recv_later", 30);
}
