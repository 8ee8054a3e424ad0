#include "selector.h"
#include "selector_backend.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { BATCH = 256 }; /* more than that stays ready, and is told by the next wait */

/* The kernel keeps what is wanted, and is told of changes only. */
struct state {
    int fd;
    struct epoll_event found[BATCH];
};

static int open_epoll(struct eddy_selector *selector)
{
    struct state *state = calloc(1, sizeof *state);
    int err;

    if (!state)
        return -ENOMEM;
    state->fd = epoll_create1(EPOLL_CLOEXEC);
    if (state->fd < 0) {
        err = -errno;
        free(state);
        return err;
    }
    selector->state = state;
    return 0;
}

static void close_epoll(struct eddy_selector *selector)
{
    struct state *state = selector->state;

    close(state->fd);
    free(state);
}

/* What the kernel gives back with an event: the descriptor, and which registration of it. */
static uint64_t pack(int fd, uint32_t id)
{
    return (uint64_t)id << 32 | (uint32_t)fd;
}

static int set_epoll(struct eddy_selector *selector, int fd, uint32_t id, int before, int events)
{
    struct state *state = selector->state;
    struct epoll_event wanted = {.data.u64 = pack(fd, id)};
    int operation = before == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

    if (events == 0) {
        /* It fails when the descriptor was closed before; then it has left the set by itself. */
        epoll_ctl(state->fd, EPOLL_CTL_DEL, fd, &wanted);
        return 0;
    }
    wanted.events = (events & EDDY_READ ? EPOLLIN : 0u) | (events & EDDY_WRITE ? EPOLLOUT : 0u);
    return epoll_ctl(state->fd, operation, fd, &wanted) < 0 ? -errno : 0;
}

/* A hang-up or an error is ready for whatever was asked: the next read or write will tell. */
static int as_events(uint32_t found)
{
    int events = (found & EPOLLIN ? EDDY_READ : 0) | (found & EPOLLOUT ? EDDY_WRITE : 0);

    return found & (EPOLLHUP | EPOLLERR) ? EDDY_READ | EDDY_WRITE : events;
}

static int wait_epoll(struct eddy_selector *selector, int64_t ns)
{
    struct state *state = selector->state;
    int n = epoll_wait(state->fd, state->found, BATCH, eddy_selector_ms(ns));

    if (n < 0)
        return -errno;
    for (int i = 0; i < n; i++) {
        uint64_t packed = state->found[i].data.u64;
        eddy_selector_report(selector, (int)(packed & UINT32_MAX), (uint32_t)(packed >> 32),
                             as_events(state->found[i].events));
    }
    return 0;
}

const struct eddy_selector_ops eddy_selector_epoll = {
    .name = "epoll",
    .open = open_epoll,
    .close = close_epoll,
    .set = set_epoll,
    .wait = wait_epoll,
};
