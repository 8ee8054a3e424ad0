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
    int room = state->room ? 2 * state->room : 16, slot_count = 2 * (fd + 1);

    if (state->count == state->room) {
        struct pollfd *polled = realloc(state->polled, (size_t)room * sizeof *polled);
        if (!polled)
            return -ENOMEM;
        state->polled = polled;
        state->room = room;
    }
    if (fd >= state->slot_count) {
        int *slots = realloc(state->slots, (size_t)slot_count * sizeof *slots);
        if (!slots)
            return -ENOMEM;
        state->slots = slots;
        state->slot_count = slot_count;
    }
    return 0;
}

static short as_poll(int events)
{
    return (short)((events & EDDY_READ ? POLLIN : 0) | (events & EDDY_WRITE ? POLLOUT : 0));
}

static int add_fd(struct state *state, int fd, int events)
{
    int err = make_room(state, fd);

    if (err < 0)
        return err;
    state->slots[fd] = state->count;
    state->polled[state->count++] = (struct pollfd){.fd = fd, .events = as_poll(events)};
    return 0;
}

/* The last one moves into the hole. */
static void remove_fd(struct state *state, int fd)
{
    int slot = state->slots[fd];
    struct pollfd last = state->polled[--state->count];

    state->polled[slot] = last;
    state->slots[last.fd < 0 ? ~last.fd : last.fd] = slot;
}

static int set_poll(struct eddy_selector *selector, int fd, uint32_t id, int before, int events)
{
    struct state *state = selector->state;

    (void)id;
    if (before == 0)
        return add_fd(state, fd, events);
    if (events == 0)
        remove_fd(state, fd);
    else
        state->polled[state->slots[fd]] = (struct pollfd){.fd = fd, .events = as_poll(events)};
    return 0;
}

/* A hang-up or an error is ready for whatever was asked: the next read or write will tell. */
static int as_events(short found)
{
    int events = (found & POLLIN ? EDDY_READ : 0) | (found & POLLOUT ? EDDY_WRITE : 0);

    return found & (POLLHUP | POLLERR) ? EDDY_READ | EDDY_WRITE : events;
}

static void report_fd(struct eddy_selector *selector, struct pollfd *polled)
{
    int fd = polled->fd, wanted = selector->keys[fd].events;

    if (polled->revents & POLLNVAL)
        polled->fd = ~fd; /* it was closed; a negative number is passed over, and remembers */
    else if (as_events(polled->revents) & wanted)
        eddy_selector_report(selector, fd, selector->keys[fd].id,
                             as_events(polled->revents) & wanted);
}

static int wait_poll(struct eddy_selector *selector, int64_t ns)
{
    struct state *state = selector->state;
    int n = poll(state->polled, (nfds_t)state->count, eddy_selector_ms(ns));

    if (n < 0)
        return -errno;
    for (int i = 0; i < state->count && n > 0; i++) {
        if (state->polled[i].revents == 0)
            continue;
        n--;
        report_fd(selector, &state->polled[i]);
    }
    return 0;
}

const struct eddy_selector_ops eddy_selector_poll = {
    .name = "poll",
    .open = open_poll,
    .close = close_poll,
    .set = set_poll,
    .wait = wait_poll,
    .look = eddy_waitable,
};
