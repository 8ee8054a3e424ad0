#include "selector.h"
#include "selector_backend.h"
#include "waitable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/select.h>

/* The kernel wants the whole sets each time, and overwrites them with its answer. */
struct state {
    fd_set readable, writable; /* what is wanted */
    int top;                   /* one more than the highest descriptor wanted */
};

static int open_select(struct eddy_selector *selector)
{
    struct state *state = calloc(1, sizeof *state);

    if (!state)
        return -ENOMEM;
    FD_ZERO(&state->readable);
    FD_ZERO(&state->writable);
    selector->state = state;
    return 0;
}

static void close_select(struct eddy_selector *selector)
{
    free(selector->state);
}

static void put_fd(fd_set *set, int fd, int wanted)
{
    if (wanted)
        FD_SET(fd, set);
    else
        FD_CLR(fd, set);
}

static int set_select(struct eddy_selector *selector, int fd, uint32_t id, int before, int events)
{
    struct state *state = selector->state;

    (void)id;
    (void)before;
    /* FD_SET() does not look: beyond this it writes into somebody else's memory. */
    if (fd >= FD_SETSIZE)
        return -ERANGE;
    put_fd(&state->readable, fd, events & EDDY_READ);
    put_fd(&state->writable, fd, events & EDDY_WRITE);
    if (fd >= state->top)
        state->top = fd + 1;
    return 0;
}

/* One of the descriptors was closed, and select() does not say which. Watched on, it would fail each
 * call, and nobody else would be served. */
static void drop_closed(struct state *state)
{
    for (int fd = 0; fd < state->top; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
            FD_CLR(fd, &state->readable);
            FD_CLR(fd, &state->writable);
        }
}

static struct timeval *as_timeval(int64_t ns, struct timeval *time)
{
    int64_t us = ns / 1000 + (ns % 1000 > 0);

    if (ns == INT64_MAX)
        return NULL;
    time->tv_sec = (time_t)(us / 1000000);
    time->tv_usec = (suseconds_t)(us % 1000000);
    return time;
}

static int ask_select(const struct state *state, fd_set *readable, fd_set *writable, int64_t ns)
{
    struct timeval time;
    int n;

    *readable = state->readable;
    *writable = state->writable;
    n = select(state->top, readable, writable, NULL, as_timeval(ns, &time));
    return n < 0 ? -errno : n;
}

static int wait_select(struct eddy_selector *selector, int64_t ns)
{
    struct state *state = selector->state;
    fd_set readable, writable;
    int n = ask_select(state, &readable, &writable, ns);

    if (n == -EBADF) {
        drop_closed(state);
        n = ask_select(state, &readable, &writable, ns);
    }
    if (n < 0)
        return n;
    for (int fd = 0; fd < state->top && n > 0; fd++) {
        int events =
            (FD_ISSET(fd, &readable) ? EDDY_READ : 0) | (FD_ISSET(fd, &writable) ? EDDY_WRITE : 0);
        if (events == 0)
            continue;
        n -= events == (EDDY_READ | EDDY_WRITE) ? 2 : 1; /* it counts bits */
        eddy_selector_report(selector, fd, selector->keys[fd].id, events);
    }
    return 0;
}

const struct eddy_selector_ops eddy_selector_select = {
    .name = "select",
    .open = open_select,
    .close = close_select,
    .set = set_select,
    .wait = wait_select,
    .look = eddy_waitable,
};
