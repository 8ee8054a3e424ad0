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
    int events = 0;

    if (!in->ended && in->start == in->end)
        events |= EDDY_READ;
    if (out->start < out->end)
        events |= EDDY_WRITE;
    return events;
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
    ssize_t n;

    if (!flow->ended && flow->start == flow->end) {
        n = eddy_net_recv(flow->from, flow->buf, sizeof flow->buf);
        if (n < 0)
            return n == -EAGAIN ? 0 : (int)n;
        if (n == 0) {
            flow->ended = true;
            /* It fails when that one has gone: nobody is left to be told. */
            shutdown(flow->to, SHUT_WR);
        }
        flow->start = 0;
        flow->end = (size_t)n;
    }
    while (flow->start < flow->end) {
        n = eddy_net_send(flow->to, flow->buf + flow->start, flow->end - flow->start);
        if (n < 0)
            return n == -EAGAIN ? 0 : (int)n;
        flow->start += (size_t)n;
    }
    return 0;
}

int relay(int a, int b)
{
    struct flow there = {.from = a, .to = b}, back = {.from = b, .to = a};
    struct eddy_selector selector;
    int err = eddy_selector_open(&selector, NULL);

    while (err >= 0 && !(there.ended && back.ended)) {
        err = watch(&selector, a, wanted(&there, &back));
        if (err == 0)
            err = watch(&selector, b, wanted(&back, &there));
        if (err == 0)
            err = eddy_selector_wait(&selector, EDDY_FOREVER);
        if (err >= 0)
            err = move(&there);
        if (err >= 0)
            err = move(&back);
    }
    eddy_selector_close(&selector);
    return err;
}
