#include "scripted.h"

#include "selector_backend.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { FDS = 1024 };

struct watched {
    int events; /* 0: not registered */
    int told;   /* scripted for the next wait */
    uint32_t id;
};

static struct watched watched[FDS];
static int64_t time_ns, last_wait;
static long waits;
static unsigned seed;

static int64_t scripted_ns(struct eddy_clock *clock)
{
    (void)clock;
    return time_ns;
}

static struct eddy_clock scripted_clock = {scripted_ns};

void scripted_start(void)
{
    memset(watched, 0, sizeof watched);
    time_ns = INT64_C(1000000000000);
    waits = 0;
    seed = 0;
}

double scripted_time(void)
{
    return (double)time_ns / 1e9;
}

void scripted_advance(double seconds)
{
    time_ns += (int64_t)(seconds * 1e9);
}

void scripted_event(int fd, int events)
{
    watched[fd].told |= events;
}

void scripted_shuffle(unsigned with)
{
    seed = with ? with : 1;
}

long scripted_waits(void)
{
    return waits;
}

double scripted_last_wait(void)
{
    return last_wait == INT64_MAX ? (double)INFINITY : (double)last_wait / 1e9;
}

int scripted_registered(void)
{
    int count = 0;

    for (int fd = 0; fd < FDS; fd++)
        count += watched[fd].events != 0;
    return count - 2;
}

/* ---- The backend ------------------------------------------------------------------------------- */

static int open_script(struct eddy_selector *selector)
{
    (void)selector;
    return 0;
}

static void close_script(struct eddy_selector *selector)
{
    (void)selector;
}

static int set(struct eddy_selector *selector, int fd, uint32_t id, int before, int events)
{
    (void)selector;
    (void)before;
    if (fd >= FDS)
        return -ERANGE;
    watched[fd].events = events;
    watched[fd].id = id;
    return 0;
}

static int truly_ready(int fd, int events)
{
    struct pollfd polled = {.fd = fd};
    int ready = 0;

    polled.events =
        (short)((events & EDDY_READ ? POLLIN : 0) | (events & EDDY_WRITE ? POLLOUT : 0));
    if (poll(&polled, 1, 0) <= 0 || (polled.revents & POLLNVAL))
        return 0;
    if (polled.revents & (POLLIN | POLLHUP | POLLERR))
        ready |= EDDY_READ;
    if (polled.revents & (POLLOUT | POLLHUP | POLLERR))
        ready |= EDDY_WRITE;
    return ready & events;
}

static int find_ready(int fds[], int ready[])
{
    int count = 0;

    for (int fd = 0; fd < FDS; fd++) {
        struct watched *w = &watched[fd];
        int events = w->events ? (w->told & w->events) | truly_ready(fd, w->events) : 0;
        w->told = 0;
        if (events == 0)
            continue;
        fds[count] = fd;
        ready[count++] = events;
    }
    return count;
}

static unsigned next_random(void)
{
    seed = seed * 1103515245 + 12345;
    return seed >> 16;
}

static void swap(int *a, int *b)
{
    int kept = *a;

    *a = *b;
    *b = kept;
}

static int wait_script(struct eddy_selector *selector, int64_t ns)
{
    static int fds[FDS], ready[FDS];
    int count = find_ready(fds, ready);

    waits++;
    last_wait = ns;
    if (count == 0 && ns == INT64_MAX)
        return -EDEADLK;
    if (count == 0)
        time_ns += ns;
    for (int left = count; seed != 0 && left > 1; left--) {
        int other = (int)(next_random() % (unsigned)left);
        swap(&fds[left - 1], &fds[other]);
        swap(&ready[left - 1], &ready[other]);
    }
    for (int i = 0; i < count; i++)
        eddy_selector_report(selector, fds[i], watched[fds[i]].id, ready[i]);
    return 0;
}

static const struct eddy_selector_ops scripted_ops = {
    .name = "scripted",
    .open = open_script,
    .close = close_script,
    .set = set,
    .wait = wait_script,
};

const struct eddy_loop_options scripted = {.ops = &scripted_ops, .clock = &scripted_clock};
