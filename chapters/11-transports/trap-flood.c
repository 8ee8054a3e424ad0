/* Trap: a sender that does not listen. Somebody has 100 MB for a peer that reads nothing. */
#include "errors.h"
#include "net.h"
#include "net_new.h"
#include "transport.h"
#include "turn.h"

#include <stdbool.h>
#include <stdio.h>

enum { PIECE = 1000, PIECES = 100 * 1000 };

struct sender {
    struct eddy_transport transport;
    bool paused;
};

static struct sender *sender_of(struct eddy_transport *transport)
{
    return container_of(transport, struct sender, transport);
}

static void pause_sender(struct eddy_transport *transport)
{
    sender_of(transport)->paused = true;
}

static void resume_sender(struct eddy_transport *transport)
{
    sender_of(transport)->paused = false;
}

/* All of it; or as much as there may be, as far as it is told. */
static int send_all(struct eddy_transport *transport)
{
    static const char piece[PIECE];
    int err = 0;

    for (int i = 0; i < PIECES && err == 0 && !sender_of(transport)->paused; i++)
        err = eddy_transport_write(transport, piece, sizeof piece);
    printf("%5.1f MB wait: %s\n",
           (double)eddy_transport_get_write_buffer_size(transport) / (1 << 20),
           err < 0 ? eddy_strerror(err) : "the sender waits");
    eddy_transport_abort(transport);
    return 0;
}

static const struct eddy_protocol deaf = {.name = "deaf", .connection_made = send_all};
static const struct eddy_protocol listens = {.name = "listens",
                                             .connection_made = send_all,
                                             .pause_writing = pause_sender,
                                             .resume_writing = resume_sender};

static int try_with(struct eddy_loop *loop, const struct eddy_protocol *protocol)
{
    struct sender sender = {.paused = false};
    int wire[2], err;

    if (eddy_net_pair(wire) < 0)
        return -1;
    printf("a sender that %s:", protocol == &deaf ? "does not listen" : "listens");
    err = eddy_transport_open(&sender.transport, loop, wire[0], protocol);
    if (err == 0)
        eddy_loop_run_until_stuck(loop);
    eddy_net_close(wire[1]);
    return err;
}

int main(void)
{
    struct eddy_loop loop;

    if (eddy_loop_open(&loop, NULL) < 0 || try_with(&loop, &deaf) < 0 ||
        try_with(&loop, &listens) < 0)
        return 1;
    return eddy_loop_close(&loop) < 0;
}
