/*
 * ports - which ports of a host are open? Chapter 6's scanner without its hundred tasks: a connect with
 * a limit is a future, and a future needs no task to be waited for. At most so many are in flight;
 * whenever one of them is done, the next begins. Only scan what is yours.
 *
 *     ports localhost 1 10000
 */
#include "../demo.h"

#include "gather.h"
#include "run.h"
#include "sockio.h"
#include "wait_for.h"
#include "waiting.h"

#include <netdb.h>
#include <netinet/in.h>

enum { IN_FLIGHT = 100, IN_FLIGHT_MOST = 900 }; /* select() counts to 1024 */

static const double patience = 1.0; /* seconds */

/* ---- One connect with a limit ------------------------------------------------------------------ */

struct knock {
    struct eddy_wait_for limit; /* its future is what is waited for */
    struct eddy_io io;
    struct sockaddr_storage address;
    int fd, port; /* fd -1: it is free */
};

static struct knock *knock_of(const struct eddy_awaited *place)
{
    return container_of(place->future, struct knock, limit.future);
}

/* The host's address, with the port in it. */
static void aim(struct knock *knock, const struct addrinfo *host)
{
    memcpy(&knock->address, host->ai_addr, host->ai_addrlen);
    if (knock->address.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&knock->address)->sin6_port = htons((uint16_t)knock->port);
    else
        ((struct sockaddr_in *)&knock->address)->sin_port = htons((uint16_t)knock->port);
}

static struct eddy_future *start_knock(struct knock *knock, struct eddy_loop *loop,
                                       const struct addrinfo *host)
{
    aim(knock, host);
    return eddy_wait_for(&knock->limit, loop,
                         eddy_connect(&knock->io, loop, knock->fd,
                                      (struct sockaddr *)&knock->address, host->ai_addrlen),
                         patience);
}

static void end_knock(struct knock *knock, struct eddy_loop *loop)
{
    if (knock->fd >= 0)
        eddy_loop_close_fd(loop, knock->fd);
    knock->fd = -1;
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

/* ---- At most so many --------------------------------------------------------------------------- */

struct ports {
    struct eddy_co co;
    const struct addrinfo *host;
    int next, last, most;
    int open, closed, silent;
    double began;
    int err;
    struct knock *knocks;      /* `most` of them */
    struct eddy_awaited *each; /* a place for each that is in flight */
    size_t in_flight;
    struct eddy_wait wait;
    struct eddy_gather left;
};

static int make_room(struct ports *self)
{
    self->knocks = calloc((size_t)self->most, sizeof *self->knocks);
    self->each = calloc((size_t)self->most, sizeof *self->each);
    if (!self->knocks || !self->each)
        return -ENOMEM;
    for (int i = 0; i < self->most; i++)
        self->knocks[i].fd = -1;
    return 0;
}

static struct knock *free_knock(struct ports *self)
{
    struct knock *knock = self->knocks;

    while (knock->fd >= 0)
        knock++;
    return knock;
}

/* Begin as many as may be in flight, and wait for the first. Without a descriptor for one more it
 * waits for those that there are. */
static struct eddy_future *next_ones(struct ports *self, struct eddy_loop *loop)
{
    while (self->next <= self->last && self->in_flight < (size_t)self->most) {
        struct knock *knock = free_knock(self);
        int fd = eddy_socket(loop, self->host->ai_family, SOCK_STREAM);
        if (fd < 0 && self->in_flight == 0)
            return eddy_future_init_done(&self->wait.future, loop, fd);
        if (fd < 0)
            break;
        knock->fd = fd;
        knock->port = self->next++;
        self->each[self->in_flight++] =
            (struct eddy_awaited){.future = start_knock(knock, loop, self->host)};
    }
    return eddy_wait(&self->wait, loop, self->each, self->in_flight, EDDY_FIRST_COMPLETED,
                     EDDY_FOREVER);
}

/* Returns 0, or an error that says nothing about the port. */
static int note(struct ports *self, const struct knock *knock, int err)
{
    if (err == 0 && !is_itself(knock->fd)) {
        printf("port %d is open\n", knock->port);
        self->open++;
    } else if (err == 0 || err == -ECONNREFUSED) {
        self->closed++;
    } else if (err == -ETIMEDOUT) {
        self->silent++;
    } else {
        return err;
    }
    return 0;
}

/* Those that are done leave; the last place takes the place of each. */
static int take_done(struct ports *self, struct eddy_loop *loop)
{
    int err = 0;

    for (size_t i = self->in_flight; i-- > 0;) {
        struct knock *knock = knock_of(&self->each[i]);
        if (!eddy_awaited_done(&self->each[i]))
            continue;
        if (err == 0)
            err = note(self, knock, eddy_awaited_error(&self->each[i]));
        end_knock(knock, loop);
        self->each[i] = (struct eddy_awaited){.future = self->each[--self->in_flight].future};
    }
    return err;
}

static void say_counts(const struct ports *self, double seconds)
{
    printf("%d open, %d closed, %d without an answer, after %.2f s\n", self->open, self->closed,
           self->silent, seconds);
}

static struct eddy_step ports(struct eddy_co *co)
{
    struct ports *self = CO_FRAME(co, ports);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    self->began = eddy_loop_time(loop);
    self->err = make_room(self);
    while (self->err == 0 && (self->next <= self->last || self->in_flight > 0)) {
        CO_AWAIT(co, next_ones(self, loop));
        self->err = take_done(self, loop);
    }
    if (self->err < 0)
        CO_FAIL(co, self->err);
    say_counts(self, eddy_loop_time(loop) - self->began);
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_gather_cancel(&self->left, loop, self->each, self->in_flight));
    for (int i = 0; self->knocks && i < self->most; i++)
        if (self->each) /* or they were never set to -1 */
            end_knock(&self->knocks[i], loop);
    free(self->knocks);
    free(self->each);
    CO_END(co);
}

/* ---- The command line -------------------------------------------------------------------------- */

/* Asks the name service, which takes its time: before the loop runs. */
static int find(const char *name, struct addrinfo **host)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    int err = getaddrinfo(name, NULL, &hints, host);

    if (err != 0)
        fprintf(stderr, "ports: %s: %s\n", name, gai_strerror(err));
    return err;
}

static int usage(int status)
{
    fprintf(status ? stderr : stdout,
            "usage: ports HOST FIRST LAST [IN_FLIGHT]\n\n"
            "Says which of the ports FIRST to LAST are open.\n\n"
            "  IN_FLIGHT  how many are tried at once, 1 to %d; %d unless given\n",
            IN_FLIGHT_MOST, IN_FLIGHT);
    return status;
}

int main(int argc, char *argv[])
{
    struct demo demo = {.name = "ports"};
    struct addrinfo *host = NULL;
    int first, last, most, err;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return usage(0);
    if (argc != 4 && argc != 5)
        return usage(1);
    first = eddy_net_parse_port(argv[2]);
    last = eddy_net_parse_port(argv[3]);
    most = argc == 5 ? eddy_net_parse_port(argv[4]) : IN_FLIGHT; /* a whole number, too */
    if (first < 1 || last < first || most < 1 || most > IN_FLIGHT_MOST)
        return usage(1);
    if (find(argv[1], &host) != 0)
        return 1;
    err = eddy_run(ports, .host = host, .next = first, .last = last, .most = most);
    freeaddrinfo(host);
    return demo_status(&demo, err);
}
