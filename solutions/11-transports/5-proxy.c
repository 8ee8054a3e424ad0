/*
 * Exercise 11.5, find the bug: a proxy, between one client and one server. Each argument is something that one
 * of the two does. After that, all that can be passed on is passed on, and a line says what has become of it:
 *
 *     make check-11.5       builds it, lets things happen, and says what goes wrong
 *     build/learn/exercises/11.5/5-proxy server:1000 client:1000 server:reads
 *
 *     client:1000     the client sends 1000 KB (1 to 9999)
 *     client:reads    from now on it reads what comes (at the beginning it does not)
 *     client:stops    it reads no more
 *     client:ends     it will send nothing more
 *     client:goes     it is gone, with what it has not sent yet
 *
 * The server can do the same. "700 KB wait" is what the proxy keeps. Up to 128 KB that is "a little": the upper
 * mark, and one piece more. There is no bug in the client and the server.
 *
 * As long as one of the two sends and the other one reads, all goes well. Some days the proxy grows and grows.
 */
#include "delay.h"
#include "errors.h"
#include "net_new.h"
#include "run.h"
#include "transport.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The proxy ----------------------------------------------------------------------------------- */

static struct side {
    struct eddy_transport transport; /* to the client, or to the server */
    struct side *other;              /* NULL: it is not there yet, or has gone */
    bool here;
    bool ended; /* no more will come from here */
} sides[2];

static struct side *side_of(struct eddy_transport *transport)
{
    return container_of(transport, struct side, transport);
}

static void read_both(void)
{
    for (int i = 0; i < 2; i++)
        eddy_transport_resume_reading(&sides[i].transport);
}

/* Nothing is read before both are here. */
static int meet_other(struct eddy_transport *transport)
{
    side_of(transport)->here = true;
    eddy_transport_pause_reading(transport);
    if (sides[0].here && sides[1].here) {
        sides[0].other = &sides[1];
        sides[1].other = &sides[0];
        read_both();
    }
    return 0;
}

static int pass_on(struct eddy_transport *transport, const char *bytes, size_t n)
{
    struct side *other = side_of(transport)->other;

    return other ? eddy_transport_write(&other->transport, bytes, n) : 0;
}

/* Each direction ends by itself; when both have, that is the end. */
static int pass_end_on(struct eddy_transport *transport)
{
    struct side *side = side_of(transport), *other = side->other;

    side->ended = true;
    if (!other)
        return 0;
    eddy_transport_write_eof(&other->transport);
    if (!other->ended)
        return EDDY_KEEP_OPEN;
    eddy_transport_close(&other->transport);
    return 0;
}

/* Too much waits to be sent here: it has come from the other one. */
static void make_other_wait(struct eddy_transport *transport)
{
    if (side_of(transport)->other)
        eddy_transport_pause_reading(&side_of(transport)->other->transport);
}

/* There is room again. */
static void go_on(struct eddy_transport *transport)
{
    if (side_of(transport)->other)
        eddy_transport_resume_reading(&side_of(transport)->other->transport);
}

/* What has been passed on already is sent. */
static void leave_other(struct eddy_transport *transport, int err)
{
    struct side *side = side_of(transport), *other = side->other;

    (void)err;
    if (!other)
        return;
    side->other = other->other = NULL;
    eddy_transport_close(&other->transport);
}

static const struct eddy_protocol proxy = {.name = "proxy",
                                           .connection_made = meet_other,
                                           .data_received = pass_on,
                                           .eof_received = pass_end_on,
                                           .connection_lost = leave_other,
                                           .pause_writing = make_other_wait,
                                           .resume_writing = go_on};

/* ---- The client and the server ------------------------------------------------------------------- */

enum { PIECE = 1024, PIECES_MOST = 9999 };

static struct peer {
    struct eddy_transport transport; /* to the proxy */
    const char *name;
    size_t sent, got;
    bool heard_end, gone;
} client = {.name = "client"}, server = {.name = "server"};

static struct peer *peer_of(struct eddy_transport *transport)
{
    return container_of(transport, struct peer, transport);
}

static int count_bytes(struct eddy_transport *transport, const char *bytes, size_t n)
{
    (void)bytes;
    peer_of(transport)->got += n;
    return 0;
}

static int hear_end(struct eddy_transport *transport)
{
    peer_of(transport)->heard_end = true;
    return EDDY_KEEP_OPEN;
}

static void lose_proxy(struct eddy_transport *transport, int err)
{
    (void)err;
    if (!peer_of(transport)->gone)
        printf("the %s is cut off\n", peer_of(transport)->name);
}

static const struct eddy_protocol talk = {.name = "talk",
                                          .data_received = count_bytes,
                                          .eof_received = hear_end,
                                          .connection_lost = lose_proxy};

static int send_pieces(struct peer *peer, int count)
{
    static const char piece[PIECE];
    int err = count < 1 || count > PIECES_MOST ? -EINVAL : 0;

    for (int i = 0; i < count && err == 0; i++) {
        err = eddy_transport_write(&peer->transport, piece, sizeof piece);
        peer->sent += err == 0 ? sizeof piece : 0;
    }
    return err;
}

static void go_away(struct peer *peer)
{
    peer->gone = true;
    eddy_transport_abort(&peer->transport);
}

/* "client:1000" */
static int happen(const char *word)
{
    struct peer *peer = strncmp(word, "client:", 7) == 0 ? &client : &server;
    const char *what = word + 7;

    if (peer == &server && strncmp(word, "server:", 7) != 0)
        return -EINVAL;
    if (strcmp(what, "reads") == 0)
        eddy_transport_resume_reading(&peer->transport);
    else if (strcmp(what, "stops") == 0)
        eddy_transport_pause_reading(&peer->transport);
    else if (strcmp(what, "goes") == 0)
        go_away(peer);
    else if (strcmp(what, "ends") == 0)
        return eddy_transport_write_eof(&peer->transport);
    else
        return send_pieces(peer, atoi(what));
    return 0;
}

/* ---- A day --------------------------------------------------------------------------------------- */

enum { TURNS = 2000, LITTLE = EDDY_TRANSPORT_HIGH + EDDY_TRANSPORT_PIECE };

struct day {
    struct eddy_co co;
    char **words;
    int turn, err;
};

static int open_between(struct eddy_loop *loop, struct peer *peer, struct side *side)
{
    const int room = 32 * 1024; /* how much the kernel keeps: on each system about the same */
    int pair[2], err = eddy_net_pair(pair);

    if (err < 0)
        return err;
    for (int i = 0; i < 2; i++)
        setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    err = eddy_transport_open(&peer->transport, loop, pair[0], &talk);
    if (err == 0)
        err = eddy_transport_open(&side->transport, loop, pair[1], &proxy);
    eddy_transport_pause_reading(&peer->transport);
    return err;
}

static void tell_way(const struct peer *from, const struct side *side, const struct peer *to)
{
    size_t waits = eddy_transport_get_write_buffer_size(&side->transport);

    printf("to the %s: ", to->name);
    if (waits > LITTLE)
        printf("%zu KB wait", waits / PIECE);
    else if (waits > 0)
        printf("a little waits");
    else if (from->sent == 0)
        printf("nothing");
    else
        printf("%s", to->got == from->sent ? "all" : "a part");
    printf("%s", to->heard_end ? ", and the end" : "");
}

static struct eddy_step day(struct eddy_co *co)
{
    struct day *self = CO_FRAME(co, day);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    self->err = open_between(loop, &client, &sides[0]);
    if (self->err == 0)
        self->err = open_between(loop, &server, &sides[1]);
    for (; *self->words && self->err == 0; self->words++) {
        self->err = happen(*self->words);
        for (self->turn = 0; self->turn < TURNS; self->turn++)
            CO_AWAIT(co, eddy_next_turn());
        printf("%-12s  ", *self->words);
        tell_way(&client, &sides[1], &server);
        printf("; ");
        tell_way(&server, &sides[0], &client);
        printf("\n");
    }
    go_away(&client);
    go_away(&server);
    for (int i = 0; i < 2; i++)
        eddy_transport_abort(&sides[i].transport);
    CO_AWAIT(co, eddy_next_turn());
    CO_END(co);
}

int main(int argc, char *argv[])
{
    setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen, even before a crash */
    return eddy_run(day, .words = argv + (argc > 0)) < 0;
}
