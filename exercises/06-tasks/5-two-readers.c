/*
 * Exercise 06.5, find the bug: a restaurant. The guests' orders come through one socket, a line each,
 * for the bar or for the kitchen. Each argument is an order:
 *
 *     make check-06.5      builds it, orders, and says what goes wrong
 *     build/learn/exercises/06.5/5-two-readers bar:tea kitchen:soup bar:wine
 *
 *     bar:tea    the guests order tea
 *     ...        time passes
 *
 * With orders for the bar alone all seems well. As soon as there are some for the kitchen, orders
 * get lost, for one of the two closes before it has served anything. The way in which orders come to
 * them is wrong. A box that keeps orders for a task is there already.
 */
#include "delay.h"
#include "errors.h"
#include "net.h"
#include "run.h"
#include "sockio.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { ORDERS_MOST = 64, LINE_MOST = 32, TURNS_FOR_ONE = 3 };

/* ---- A box of orders, for one task that takes them out ----------------------------------------- */

struct box {
    char orders[ORDERS_MOST][LINE_MOST];
    int first, count;
    bool closed; /* nothing more will be put in */
    struct eddy_future changed;
};

static void box_init(struct box *box, struct eddy_loop *loop)
{
    *box = (struct box){.first = 0};
    eddy_future_init(&box->changed, loop);
}

/* The guests order no more than it has room for. */
static void box_put(struct box *box, const char *order)
{
    snprintf(box->orders[box->first + box->count++], LINE_MOST, "%s", order);
    eddy_future_set_result(&box->changed, NULL);
}

static void box_close(struct box *box)
{
    box->closed = true;
    eddy_future_set_result(&box->changed, NULL);
}

static struct eddy_future *box_change(struct box *box, struct eddy_loop *loop)
{
    eddy_future_init(&box->changed, loop);
    return &box->changed;
}

struct box_take {
    struct eddy_co co;
    struct box *box;
    char *line; /* where to put the order; LINE_MOST bytes */
};

/* Waits for an order. Ends with EDDY_ECLOSED when there is none, and none will come. */
static struct eddy_step box_take(struct eddy_co *co)
{
    struct box_take *self = CO_FRAME(co, box_take);
    struct box *box = self->box;

    CO_BEGIN(co);
    while (box->count == 0 && !box->closed)
        CO_AWAIT(co, box_change(box, eddy_co_loop(co)));
    if (box->count == 0)
        CO_FAIL(co, EDDY_ECLOSED);
    memcpy(self->line, box->orders[box->first], LINE_MOST);
    box->first++;
    box->count--;
    CO_END(co);
}

/* ---- A line from the socket -------------------------------------------------------------------- */

struct read_line {
    struct eddy_co co;
    int fd;
    char *line; /* where to put it; LINE_MOST bytes */
    struct eddy_io io;
    int length;
};

/* Ends with EDDY_ECLOSED when there are no more. */
static struct eddy_step read_line(struct eddy_co *co)
{
    struct read_line *self = CO_FRAME(co, read_line);

    CO_BEGIN(co);
    for (self->length = 0; self->length < LINE_MOST - 1; self->length++) {
        CO_AWAIT(co,
                 eddy_recv(&self->io, eddy_co_loop(co), self->fd, self->line + self->length, 1));
        if (self->io.n == 0)
            CO_FAIL(co, EDDY_ECLOSED);
        if (self->line[self->length] == '\n')
            break;
    }
    self->line[self->length] = '\0';
    CO_END(co);
}

/* ---- The bar, and the kitchen ------------------------------------------------------------------ */

/* What an order is, if it is for `name`; else NULL. */
static const char *order_for(const char *name, const char *line)
{
    size_t n = strlen(name);

    return strncmp(line, name, n) == 0 && line[n] == ':' ? line + n + 1 : NULL;
}

struct counter {
    struct eddy_co co;
    const char *name;
    int fd;
    struct read_line reading;
    char line[LINE_MOST];
    int i, served;
};

/* Takes its orders and serves them, which takes a while. */
static struct eddy_step counter(struct eddy_co *co)
{
    struct counter *self = CO_FRAME(co, counter);

    CO_BEGIN(co);
    for (;;) {
        CO_CALL(co, read_line, &self->reading, .fd = self->fd, .line = self->line);
        if (!order_for(self->name, self->line))
            continue; /* it is not for us */
        for (self->i = 0; self->i < TURNS_FOR_ONE; self->i++)
            CO_AWAIT(co, eddy_next_turn());
        printf("%s serves %s\n", self->name, order_for(self->name, self->line));
        self->served++;
    }
    CO_FINALLY(co);
    printf("%s closes: %d served", self->name, self->served);
    if (eddy_co_outcome(co) != EDDY_ECLOSED)
        printf(", because of %s", eddy_errname(eddy_co_outcome(co)));
    printf("\n");
    eddy_co_handled(co);
    CO_END(co);
}

/* ---- The guests -------------------------------------------------------------------------------- */

struct guests {
    struct eddy_co co;
    int fd;
    char **orders;
    struct eddy_io io;
    int i;
    char line[LINE_MOST];
};

static struct eddy_future *send_order(struct guests *guests, struct eddy_loop *loop)
{
    int n = snprintf(guests->line, LINE_MOST, "%.*s\n", LINE_MOST - 2, *guests->orders);

    return eddy_sendall(&guests->io, loop, guests->fd, guests->line, (size_t)n);
}

static struct eddy_step guests(struct eddy_co *co)
{
    struct guests *self = CO_FRAME(co, guests);

    CO_BEGIN(co);
    for (; *self->orders; self->orders++) {
        if (**self->orders != '.')
            CO_AWAIT(co, send_order(self, eddy_co_loop(co)));
        for (self->i = 0; **self->orders == '.' && self->i < 10; self->i++)
            CO_AWAIT(co, eddy_next_turn());
    }
    CO_FINALLY(co);
    shutdown(self->fd, SHUT_WR); /* the restaurant reads the end */
    CO_END(co);
}

/* ---- All of it --------------------------------------------------------------------------------- */

enum { GUESTS, BAR, KITCHEN, TASKS };

struct restaurant {
    struct eddy_co co;
    char **orders;
    int fds[2]; /* the restaurant's end of the socket, and the guests' */
    int i;
    struct eddy_task tasks[TASKS];
    struct guests guests;
    struct counter bar, kitchen;
};

static void start_all(struct restaurant *self, struct eddy_loop *loop)
{
    eddy_task_start(&self->tasks[BAR], loop, counter, &self->bar, .name = "bar",
                    .fd = self->fds[0]);
    eddy_task_start(&self->tasks[KITCHEN], loop, counter, &self->kitchen, .name = "kitchen",
                    .fd = self->fds[0]);
    eddy_task_start(&self->tasks[GUESTS], loop, guests, &self->guests, .fd = self->fds[1],
                    .orders = self->orders);
}

static int open_doors(struct restaurant *self)
{
    int err;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, self->fds) < 0)
        return -errno;
    err = eddy_net_prepare(self->fds[0]);
    return err < 0 ? err : eddy_net_prepare(self->fds[1]);
}

static struct eddy_step restaurant(struct eddy_co *co)
{
    struct restaurant *self = CO_FRAME(co, restaurant);
    struct eddy_loop *loop = eddy_co_loop(co);
    int err;

    CO_BEGIN(co);
    err = open_doors(self);
    if (err < 0)
        CO_FAIL(co, err);
    start_all(self, loop);
    for (self->i = 0; self->i < TASKS; self->i++)
        CO_AWAIT(co, &self->tasks[self->i].future);
    CO_FINALLY(co);
    for (self->i = 0; self->i < TASKS; self->i++) {
        eddy_task_cancel(&self->tasks[self->i]);
        CO_TRY_AWAIT(co, &self->tasks[self->i].future);
    }
    for (int i = 0; i < 2; i++)
        if (self->fds[i] >= 0)
            eddy_loop_close_fd(loop, self->fds[i]);
    CO_END(co);
}

int main(int argc, char *argv[])
{
    setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen, even before a crash */
    if (argc - 1 > ORDERS_MOST)
        return 1;
    return eddy_run(restaurant, .orders = argv + (argc > 0), .fds = {-1, -1}) < 0;
}
