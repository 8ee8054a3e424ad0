/*
 * proxy - passes everything on, in both directions, between its clients and another server. Whoever does not
 * read makes the other one wait: while too much waits to be sent on one side, nothing is read from the other.
 *
 *     build/chapters/11-transports/echo 9000
 *     build/chapters/11-transports/proxy 9000 8081      from port 8081 to port 9000 of this machine
 *     nc localhost 8081
 */
#include "serving.h"

#include "create_connection.h"

/* ---- Two sides ----------------------------------------------------------------------------------- */

struct side {
    struct eddy_transport transport;
    struct side *other; /* NULL: it has gone */
    bool ended;         /* no more will come from here */
};

static struct side *side_of(struct eddy_transport *transport)
{
    return container_of(transport, struct side, transport);
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

static void pause_other(struct eddy_transport *transport)
{
    if (side_of(transport)->other)
        eddy_transport_pause_reading(&side_of(transport)->other->transport);
}

static void resume_other(struct eddy_transport *transport)
{
    if (side_of(transport)->other)
        eddy_transport_resume_reading(&side_of(transport)->other->transport);
}

/* What has been passed on already is sent. Returns the other side; NULL: it has gone. */
static struct side *leave_other(struct side *side)
{
    struct side *other = side->other;

    if (!other)
        return NULL;
    side->other = other->other = NULL;
    eddy_transport_close(&other->transport);
    return other;
}

/* ---- To the server ------------------------------------------------------------------------------- */

static struct {
    int to;                /* the port of the other server */
    struct eddy_list ways; /* to it */
    struct eddy_future *over;
} proxy;

/* Its memory is its own: it may outlive its client, as long as something is to be sent. */
struct way_out {
    struct side side;
    struct eddy_list link; /* among all ways */
    struct eddy_connecting connecting;
    struct eddy_future *opening;
    struct eddy_handle opened;
    char port[8];
};

static struct way_out *way_of(struct side *side)
{
    return container_of(side, struct way_out, side);
}

static void free_way(struct way_out *way)
{
    eddy_list_remove(&way->link);
    free(way);
    if (proxy.over && eddy_list_empty(&proxy.ways))
        eddy_future_set_result(proxy.over, NULL);
}

static void lose_way_out(struct eddy_transport *transport, int err)
{
    (void)err;
    leave_other(side_of(transport));
    free_way(way_of(side_of(transport)));
}

static const struct eddy_protocol way_out = {.name = "way out",
                                             .data_received = pass_on,
                                             .eof_received = pass_end_on,
                                             .connection_lost = lose_way_out,
                                             .pause_writing = pause_other,
                                             .resume_writing = resume_other};

/* The client may have gone meanwhile. */
static void on_opened(struct eddy_handle *handle)
{
    struct way_out *way = container_of(handle, struct way_out, opened);
    int err = eddy_future_error(way->opening);

    if (err == 0) {
        if (way->side.other)
            eddy_transport_resume_reading(&way->side.other->transport);
        else
            eddy_transport_abort(&way->side.transport);
        return;
    }
    if (err != -ECANCELED)
        printf("no way to port %s: %s\n", way->port, eddy_strerror(err));
    leave_other(&way->side);
    free_way(way);
}

/* They end soon, whatever they are doing. */
static void end_all_ways(void)
{
    for (struct eddy_list *link = proxy.ways.next; link != &proxy.ways; link = link->next) {
        struct way_out *way = container_of(link, struct way_out, link);
        if (!eddy_future_cancel(way->opening))
            eddy_transport_abort(&way->side.transport);
    }
}

/* ---- From the clients ---------------------------------------------------------------------------- */

struct way_in {
    struct side side;
};

/* Nothing is read before there is a way to pass it on. */
static int open_way_out(struct eddy_transport *transport)
{
    struct way_out *way = calloc(1, sizeof *way);

    if (!way)
        return -ENOMEM;
    eddy_transport_pause_reading(transport);
    side_of(transport)->other = &way->side;
    way->side.other = side_of(transport);
    eddy_list_append(&proxy.ways, &way->link);
    snprintf(way->port, sizeof way->port, "%d", proxy.to);
    eddy_handle_init(&way->opened, on_opened);
    way->opening = eddy_create_connection(&way->connecting, &way->side.transport, transport->loop,
                                          "localhost", way->port, &way_out);
    return eddy_future_add_done_callback(way->opening, &way->opened);
}

/* What it has sent goes on its way; if there is none yet, that is of no use any more. */
static void lose_way_in(struct eddy_transport *transport, int err)
{
    struct side *other = leave_other(side_of(transport));

    (void)err;
    if (other)
        eddy_future_cancel(way_of(other)->opening);
}

static const struct eddy_protocol way_in = {.name = "way in",
                                            EDDY_CONNECTION(struct way_in, side.transport),
                                            .connection_made = open_way_out,
                                            .data_received = pass_on,
                                            .eof_received = pass_end_on,
                                            .connection_lost = lose_way_in,
                                            .pause_writing = pause_other,
                                            .resume_writing = resume_other};

/* ---- All of it ----------------------------------------------------------------------------------- */

struct proxying {
    struct eddy_co co;
    const struct demo *demo;
    struct serving serving;
    struct eddy_future over;
};

/* The ways out are not the server's connections, and end after those. */
static struct eddy_step proxying(struct eddy_co *co)
{
    struct proxying *self = CO_FRAME(co, proxying);

    CO_BEGIN(co);
    CO_CALL(co, serving, &self->serving, .demo = self->demo, .protocol = &way_in);
    CO_FINALLY(co);
    end_all_ways();
    if (!eddy_list_empty(&proxy.ways)) {
        eddy_future_init(&self->over, eddy_co_loop(co));
        proxy.over = &self->over;
        CO_AWAIT(co, &self->over);
    }
    CO_END(co);
}

/* The first word is the port of the other server; what follows is as in all demos. */
int main(int argc, char *argv[])
{
    int to = argc > 1 && argv[1][0] != '-' ? eddy_net_parse_port(argv[1]) : 0;
    struct demo demo;

    if (to != 0)
        argv[1] = argv[0];
    demo_first_word = "ITS_PORT ";
    demo = demo_start(argc - (to != 0), argv + (to != 0),
                      "Passes everything on to the server at ITS_PORT of this machine.");
    if (to <= 0) {
        fprintf(stderr, "%s: which port does the other server listen on? try --help\n", demo.name);
        return 1;
    }
    proxy.to = to;
    eddy_list_init(&proxy.ways);
    return demo_status(&demo, eddy_run(proxying, .demo = &demo));
}
