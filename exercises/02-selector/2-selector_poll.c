/*
 * Exercise 02.2, a drop-in: write the functions marked TODO, and your file takes the place of
 * the library's own selector_poll. What each function promises is told
 * in chapters/02-selector/backends.md. All else is the library's own.
 *
 *     make check-02.2     make hint-02.2     make learn
 */
#include "selector.h"
#include "selector_backend.h"
#include "waitable.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

/* The kernel wants an array without holes; slots[fd] says where in it a descriptor is. */
struct state {
    struct pollfd *polled;
    int count, room;
    int *slots;
    int slot_count;
};

static int open_poll(struct eddy_selector *selector)
{
    selector->state = calloc(1, sizeof(struct state));
    return selector->state ? 0 : -ENOMEM;
}

static void close_poll(struct eddy_selector *selector)
{
    struct state *state = selector->state;

    free(state->polled);
    free(state->slots);
    free(state);
}

/* Room for one descriptor more, and for a slot of this number. */
static int make_room(struct state *state, int fd)
{
    /* TODO 02.2: write make_room(). */
    return -ENOSYS;
}

static short as_poll(int events)
{
    return (short)((events & EDDY_READ ? POLLIN : 0) | (events & EDDY_WRITE ? POLLOUT : 0));
}

static int add_fd(struct state *state, int fd, int events)
{
    /* TODO 02.2: write add_fd(). */
    return -ENOSYS;
}

/* The last one moves into the hole. */
static void remove_fd(struct state *state, int fd)
{
    /* TODO 02.2: write remove_fd(). */
}

static int set_poll(struct eddy_selector *selector, int fd, uint32_t id, int before, int events)
{
    /* TODO 02.2: write set_poll(). */
    return -ENOSYS;
}

/* A hang-up or an error is ready for whatever was asked: the next read or write will tell. */
static int as_events(short found)
{
    /* TODO 02.2: write as_events(). */
    return -ENOSYS;
}

static void report_fd(struct eddy_selector *selector, struct pollfd *polled)
{
    /* TODO 02.2: write report_fd(). */
}

static int wait_poll(struct eddy_selector *selector, int64_t ns)
{
    /* TODO 02.2: write wait_poll(). */
    return -ENOSYS;
}

const struct eddy_selector_ops eddy_selector_poll = {
    .name = "poll",
    .open = open_poll,
    .close = close_poll,
    .set = set_poll,
    .wait = wait_poll,
    .look = eddy_waitable,
};
