/* micro_many - the part of micro that waits for many at once, or not for long: gather, wait_for. */
#include "micro_eddy.h"

#include "gather.h"
#include "net.h"
#include "net_new.h"
#include "run.h"
#include "sockio.h"
#include "wait_for.h"

enum { CHILDREN = 100000, REFILL = 1000 };

/* One that is part of the measured time, and runs until the loop is stopped. */
static void run_task(struct eddy_task *task)
{
    while (!eddy_task_done(task))
        run();
    must(eddy_future_error(&task->future), "task");
}

/* ---- gather ------------------------------------------------------------------------------------ */

struct child {
    struct eddy_co co;
    long number, result;
};

static struct eddy_step child(struct eddy_co *co)
{
    struct child *self = CO_FRAME(co, child);

    CO_BEGIN(co);
    self->result = self->number;
    CO_FINALLY(co);
    CO_END(co);
}

struct cradle {
    struct eddy_task task;
    struct child frame;
};

struct parent {
    struct eddy_co co;
    struct eddy_gather gather;
    struct eddy_awaited *each;
    struct cradle *cradles;
    long sum;
};

static struct eddy_future *gather_children(struct parent *self)
{
    for (long i = 0; i < CHILDREN; i++) {
        struct cradle *cradle = &self->cradles[i];
        self->each[i] =
            (struct eddy_awaited){.future = eddy_task_start(&cradle->task, bench_loop, child,
                                                            &cradle->frame, .number = i)};
    }
    return eddy_gather(&self->gather, bench_loop, self->each, CHILDREN);
}

static struct eddy_step parent(struct eddy_co *co)
{
    struct parent *self = CO_FRAME(co, parent);

    CO_BEGIN(co);
    CO_AWAIT(co, gather_children(self));
    for (long i = 0; i < CHILDREN; i++)
        self->sum += self->cradles[i].frame.result;
    CO_FINALLY(co);
    eddy_loop_stop(bench_loop);
    CO_END(co);
}

/* The memory is the caller's, and is used again. */
void bench_gather(void)
{
    long times = number("N_GATHER", 10), sum = 0;
    struct cradle *cradles = allocate(CHILDREN, sizeof *cradles);
    struct eddy_awaited *each = allocate(CHILDREN, sizeof *each);
    double begin = now();

    for (long i = 0; i < times; i++) {
        struct eddy_task task;
        struct parent frame;
        eddy_task_start(&task, bench_loop, parent, &frame, .each = each, .cradles = cradles);
        run_task(&task);
        sum += frame.sum;
    }
    report("gather_100k", (now() - begin) / (double)times / CHILDREN);
    must(sum == times * (CHILDREN * (CHILDREN - 1L) / 2) ? 0 : -EIO, "the children's results");
    free(each);
    free(cradles);
}

/* ---- wait_for: a receive that is there --------------------------------------------------------- */

struct receiver {
    struct eddy_co co;
    int fds[2];
    bool limited;
    long left;
    struct eddy_io io;
    struct eddy_wait_for limit;
    char byte;
};

static void refill(const struct receiver *self)
{
    static const char bytes[REFILL];

    must(eddy_net_send(self->fds[1], bytes, sizeof bytes) == REFILL ? 0 : -EIO, "send");
}

static struct eddy_future *receive(struct receiver *self)
{
    return eddy_recv(&self->io, bench_loop, self->fds[0], &self->byte, 1);
}

static struct eddy_step receiver(struct eddy_co *co)
{
    struct receiver *self = CO_FRAME(co, receiver);

    CO_BEGIN(co);
    for (; self->left > 0; self->left--) {
        if (self->left % REFILL == 0)
            refill(self);
        if (self->limited)
            CO_AWAIT(co, eddy_wait_for(&self->limit, bench_loop, receive(self), 30));
        else
            CO_AWAIT(co, receive(self));
    }
    CO_FINALLY(co);
    eddy_loop_stop(bench_loop);
    CO_END(co);
}

static void receive_all(const char *metric, bool limited)
{
    long n = (number("N_RECV", 300000) + REFILL - 1) / REFILL * REFILL;
    struct eddy_task task;
    struct receiver frame;
    double begin;
    int fds[2];

    must(eddy_net_pair(fds), "pair");
    begin = now();
    eddy_task_start(&task, bench_loop, receiver, &frame, .fds = {fds[0], fds[1]},
                    .limited = limited, .left = n);
    run_task(&task);
    report(metric, (now() - begin) / (double)n);
    eddy_loop_close_fd(bench_loop, fds[0]);
    eddy_loop_close_fd(bench_loop, fds[1]);
}

/* ---- wait_for: a receive that comes later ------------------------------------------------------ */

struct player {
    struct eddy_co co;
    int fd;
    bool limited, begins;
    long left;
    struct eddy_io io;
    struct eddy_wait_for limit;
    char byte;
};

static struct eddy_future *receive_ball(struct player *self)
{
    return eddy_recv(&self->io, bench_loop, self->fd, &self->byte, 1);
}

static struct eddy_step player(struct eddy_co *co)
{
    struct player *self = CO_FRAME(co, player);

    CO_BEGIN(co);
    if (self->begins)
        CO_AWAIT(co, eddy_sendall(&self->io, bench_loop, self->fd, &self->byte, 1));
    for (; self->left > 0; self->left--) {
        if (self->limited)
            CO_AWAIT(co, eddy_wait_for(&self->limit, bench_loop, receive_ball(self), 30));
        else
            CO_AWAIT(co, receive_ball(self));
        CO_AWAIT(co, eddy_sendall(&self->io, bench_loop, self->fd, &self->byte, 1));
    }
    CO_FINALLY(co);
    eddy_loop_stop(bench_loop);
    CO_END(co);
}

static void play(const char *metric, bool limited)
{
    long n = number("N_PINGPONG", 20000);
    struct eddy_task tasks[2];
    struct player frames[2];
    double begin;
    int fds[2];

    must(eddy_net_pair(fds), "pair");
    begin = now();
    for (int i = 0; i < 2; i++)
        eddy_task_start(&tasks[i], bench_loop, player, &frames[i], .fd = fds[i], .limited = limited,
                        .begins = i == 0, .left = n);
    run_task(&tasks[0]);
    run_task(&tasks[1]);
    report(metric, (now() - begin) / (double)(2 * n));
    eddy_loop_close_fd(bench_loop, fds[0]);
    eddy_loop_close_fd(bench_loop, fds[1]);
}

void bench_wait_for(void)
{
    receive_all("recv", false);
    receive_all("wait_for_recv", true);
    play("recv_later", false);
    play("wait_for_recv_later", true);
}
