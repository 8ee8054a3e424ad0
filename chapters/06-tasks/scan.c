/*
 * scan - which ports of a host are open? A hundred tasks take the ports one after the other from one
 * counter, and each tries to connect, for a second at most. Only scan what is yours.
 *
 *     scan localhost 1 10000
 */
#include "../demo.h"

#include "delay.h"
#include "run.h"
#include "sockio.h"

#include <netdb.h>
#include <netinet/in.h>

enum { AT_ONCE = 100 };

static const double patience = 1.0; /* seconds */

/* What all share. No lock: nobody else runs between two awaits. */
struct ports {
    struct addrinfo *host; /* the first address that it has */
    int next, last;
    int open, closed, silent;
    int left; /* of which nothing is known yet */
    int err;  /* why a task has given up */
};

static void close_socket(struct eddy_loop *loop, int *fd)
{
    if (*fd >= 0)
        eddy_loop_close_fd(loop, *fd);
    *fd = -1;
}

/* ---- A limit: a task that closes the door after a while ----------------------------------------- */

struct limit {
    struct eddy_co co;
    struct eddy_sleep sleep;
    int *fd;
};

/*
 * Whoever waits for the descriptor then gets EDDY_ECLOSED. (Cancelling the connect would do as well, but
 * -ECANCELED is what Ctrl-C makes of it: the two could not be told apart.)
 */
static struct eddy_step limit(struct eddy_co *co)
{
    struct limit *self = CO_FRAME(co, limit);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), patience));
    close_socket(eddy_co_loop(co), self->fd);
    CO_FINALLY(co);
    eddy_co_handled(co); /* to be cancelled is its usual end */
    CO_END(co);
}

/* ---- One of the hundred ------------------------------------------------------------------------ */

struct probe {
    struct eddy_co co;
    struct ports *ports;
    int fd, port, err;
    struct sockaddr_storage address;
    struct eddy_io io;
    struct eddy_task timer; /* runs limit() */
    struct limit limit;
};

/* The host's address, with the port in it. */
static void aim(struct probe *self)
{
    memcpy(&self->address, self->ports->host->ai_addr, self->ports->host->ai_addrlen);
    if (self->address.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&self->address)->sin6_port = htons((uint16_t)self->port);
    else
        ((struct sockaddr_in *)&self->address)->sin_port = htons((uint16_t)self->port);
}

/* Whether it is connected to itself: to a free port of this machine, the kernel may give the very
 * same number to the socket that connects, and TCP allows that. */
static bool is_itself(int fd)
{
    struct sockaddr_storage own = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof own;
    char here[EDDY_NET_NAME_MAX] = "here", there[EDDY_NET_NAME_MAX] = "there";

    getsockname(fd, (struct sockaddr *)&own, &size);
    eddy_net_name((struct sockaddr *)&own, here, sizeof here);
    eddy_net_peer_name(fd, there, sizeof there);
    return strcmp(here, there) == 0;
}

/* Returns 0, or an error that says nothing about the port. */
static int note(const struct probe *self)
{
    struct ports *ports = self->ports;

    if (self->err == 0 && !is_itself(self->fd)) {
        printf("port %d is open\n", self->port);
        ports->open++;
    } else if (self->err == 0 || self->err == -ECONNREFUSED) {
        ports->closed++;
    } else if (self->err == EDDY_ECLOSED || self->err == -ETIMEDOUT) {
        ports->silent++;
    } else {
        return self->err;
    }
    ports->left--;
    return 0;
}

static struct eddy_step probe(struct eddy_co *co)
{
    struct probe *self = CO_FRAME(co, probe);
    struct ports *ports = self->ports;
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    while (ports->next <= ports->last) {
        self->fd = eddy_socket(loop, ports->host->ai_family, SOCK_STREAM);
        if (self->fd < 0)
            CO_FAIL(co, self->fd);
        self->port = ports->next++;
        aim(self);
        eddy_task_start(&self->timer, loop, limit, &self->limit, .fd = &self->fd);
        CO_TRY_AWAIT(co, eddy_connect(&self->io, loop, self->fd, (struct sockaddr *)&self->address,
                                      ports->host->ai_addrlen));
        self->err = eddy_co_error(co);
        eddy_task_cancel(&self->timer);
        self->err = note(self);
        if (self->err < 0)
            CO_FAIL(co, self->err);
        CO_AWAIT(co, &self->timer.future);
        close_socket(loop, &self->fd);
    }
    CO_FINALLY(co);
    eddy_task_cancel(&self->timer);
    CO_TRY_AWAIT(co, &self->timer.future);
    close_socket(loop, &self->fd);
    if (eddy_co_outcome(co) < 0) {
        ports->err = eddy_co_outcome(co);
        eddy_co_handled(co); /* the others go on, fewer at once */
    }
    CO_END(co);
}

/* ---- All of it --------------------------------------------------------------------------------- */

struct scan {
    struct eddy_co co;
    struct ports ports;
    int i;
    struct eddy_task tasks[AT_ONCE];
    struct probe probes[AT_ONCE];
};

static struct eddy_step scan(struct eddy_co *co)
{
    struct scan *self = CO_FRAME(co, scan);

    CO_BEGIN(co);
    for (int i = 0; i < AT_ONCE; i++)
        eddy_task_start(&self->tasks[i], eddy_co_loop(co), probe, &self->probes[i],
                        .ports = &self->ports, .fd = -1);
    for (self->i = 0; self->i < AT_ONCE; self->i++)
        CO_AWAIT(co, &self->tasks[self->i].future);
    if (self->ports.left > 0)
        CO_FAIL(co, self->ports.err);
    printf("%d open, %d closed, %d without an answer\n", self->ports.open, self->ports.closed,
           self->ports.silent);
    CO_FINALLY(co);
    for (self->i = 0; self->i < AT_ONCE; self->i++) {
        eddy_task_cancel(&self->tasks[self->i]);
        CO_TRY_AWAIT(co, &self->tasks[self->i].future);
    }
    CO_END(co);
}

/* Asks the name service, which takes its time: before the loop runs. */
static int find(const char *name, struct addrinfo **host)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    int err = getaddrinfo(name, NULL, &hints, host);

    if (err != 0)
        fprintf(stderr, "scan: %s: %s\n", name, gai_strerror(err));
    return err;
}

static int usage(int status)
{
    fprintf(status ? stderr : stdout, "usage: scan HOST FIRST LAST\n\n"
                                      "Says which of the ports FIRST to LAST are open.\n");
    return status;
}

int main(int argc, char *argv[])
{
    struct demo demo = {.name = "scan"};
    struct ports ports = {0};
    int err;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return usage(0);
    if (argc != 4)
        return usage(1);
    ports.next = eddy_net_parse_port(argv[2]);
    ports.last = eddy_net_parse_port(argv[3]);
    if (ports.next < 1 || ports.last < ports.next)
        return usage(1);
    ports.left = ports.last - ports.next + 1;
    if (find(argv[1], &ports.host) != 0)
        return 1;
    err = eddy_run(scan, .ports = ports);
    freeaddrinfo(ports.host);
    return demo_status(&demo, err);
}
