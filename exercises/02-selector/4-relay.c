/*
 * Exercise 02.4, build: a relay between two sockets. 4-relay.h says what relay() promises. Each of
 * the two directions is a flow; two small functions about flows make relay() itself short. Try it:
 * make check-02.4
 */
#include "4-relay.h"

#include "net.h"
#include "selector.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>

/* One direction. */
struct flow {
    int from, to;
    bool ended;        /* the end has been received, and passed on */
    size_t start, end; /* buf[start..end) has been received and not yet sent */
    char buf[4096];
};

/* What to wait for at a socket: `in` comes from it, `out` goes to it. 0: nothing. */
static int wanted(const struct flow *in, const struct flow *out)
{
    /* TODO 02.4: write wanted(). */
    return -ENOSYS;
}

/* From now on wait for these events at `fd`. 0: for nothing. */
static int watch(struct eddy_selector *selector, int fd, int events)
{
    if (eddy_selector_get(selector, fd))
        return eddy_selector_modify(selector, fd, events, NULL);
    return events ? eddy_selector_register(selector, fd, events, NULL) : 0;
}

/* Does what can be done at once: receives if nothing is left to send, sends what there is room for,
 * passes on the end. Nothing to do is no error. */
static int move(struct flow *flow)
{
    /* TODO 02.4: write move(). */
    return -ENOSYS;
}

int relay(int a, int b)
{
    /* TODO 02.4: write relay(). */
    return -ENOSYS;
}
