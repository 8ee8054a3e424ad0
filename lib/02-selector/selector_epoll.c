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
static uint64_t pack_data(int fd, uint32_t id)
{
    return (uint64_t)id << 32 | (uint32_t)fd;
}

static int change_set(int set, int operation, int fd, uint32_t id, int events)
{
    struct epoll_event wanted = {.data.u64 = pack_data(fd, id)};

    wanted.events = (events & EDDY_READ ? EPOLLIN : 0u) | (events & EDDY_WRITE ? EPOLLOUT : 0u);
    return epoll_ctl(set, operation, fd, &wanted) < 0 ? -errno : 0;
}

static int set_epoll(struct eddy_selector *selector, int fd, uint32_t id, int before, int events)
{
    struct state *state = selector->state;
    int err;

    if (events == 0) {
        /* It fails when the descriptor was closed before; then it has left the set by itself, or,
         * if a copy of it lives, is a ghost. */
        change_set(state->fd, EPOLL_CTL_DEL, fd, id, 0);
        return 0;
    }
    if (before != 0)
        return change_set(state->fd, EPOLL_CTL_MOD, fd, id, events);
    err = change_set(state->fd, EPOLL_CTL_ADD, fd, id, events);
    /* A ghost whose copy has come back to its old number: it is in the set. */
    return err == -EEXIST ? change_set(state->fd, EPOLL_CTL_MOD, fd, id, events) : err;
}

/* A hang-up or an error is ready for whatever was asked: the next read or write will tell. */
static int as_events(uint32_t found)
{
    int events = (found & EPOLLIN ? EDDY_READ : 0) | (found & EPOLLOUT ? EDDY_WRITE : 0);

    return found & (EPOLLHUP | EPOLLERR) ? EDDY_READ | EDDY_WRITE : events;
}

/* Asks once. Returns how many ghosts it has met: what is told of a registration that is none any
 * more. Its descriptor was closed while a copy lived, so the set holds it still, and no number
 * leads to it. */
static int ask_epoll(struct eddy_selector *selector, int ms)
{
    struct state *state = selector->state;
    int n = epoll_wait(state->fd, state->found, BATCH, ms), ghosts = 0;

    for (int i = 0; i < n; i++) {
        uint64_t packed = state->found[i].data.u64;
        int fd = (int)(packed & UINT32_MAX);
        const struct eddy_selector_key *key = eddy_selector_get(selector, fd);
        if (key && key->id == packed >> 32)
            eddy_selector_report(selector, fd, key->id, as_events(state->found[i].events));
        else
            ghosts++;
    }
    return n < 0 ? -errno : ghosts;
}

/* A new set, without ghosts, takes the old one's place. Without a descriptor or memory for it the
 * old one stays as it is, and the next wait tries again. */
static void rebuild_set(struct eddy_selector *selector)
{
    struct state *state = selector->state;
    int set = epoll_create1(EPOLL_CLOEXEC), err = set < 0 ? -errno : 0;

    for (int fd = 0; fd < selector->key_count && err == 0; fd++) {
        const struct eddy_selector_key *key = eddy_selector_get(selector, fd);
        if (key)
            err = change_set(set, EPOLL_CTL_ADD, fd, key->id, key->events);
        if (err == -EBADF || err == -EPERM) /* closed behind our back: it is in no set */
            err = 0;
    }
    if (err == 0) {
        close(state->fd);
        state->fd = set;
    } else if (set >= 0) {
        close(set);
    }
}

/* A ghost would end each wait at once, for ever; and a batch of them leaves no room for the others,
 * who therefore are asked for once more. */
static int wait_epoll(struct eddy_selector *selector, int64_t ns)
{
    int ghosts = ask_epoll(selector, eddy_selector_ms(ns));

    if (ghosts <= 0)
        return ghosts;
    rebuild_set(selector);
    if (selector->ready_count == 0)
        ghosts = ask_epoll(selector, 0);
    return ghosts < 0 ? ghosts : 0;
}

const struct eddy_selector_ops eddy_selector_epoll = {
    .name = "epoll",
    .open = open_epoll,
    .close = close_epoll,
    .set = set_epoll,
    .wait = wait_epoll,
};
