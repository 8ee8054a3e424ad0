/* micro_sync - the part of micro in which tasks share something: a queue, the permit of a semaphore. */
#include "micro_eddy.h"

#include "permit.h"
#include "queue.h"
#include "run.h"

enum { ROOM = 100, HOLDERS = 10 };

static long left;

static void one_less(void)
{
    if (--left == 0)
        eddy_loop_stop(bench_loop);
}

/* ---- queue ------------------------------------------------------------------------------------- */

static struct eddy_queue queue;

struct putter {
    struct eddy_co co;
    struct eddy_queue_put put;
    long items;
};

static struct eddy_step putter(struct eddy_co *co)
{
    struct putter *self = CO_FRAME(co, putter);

    CO_BEGIN(co);
    for (; self->items > 0; self->items--)
        CO_AWAIT(co, eddy_queue_put(&self->put, &queue, &queue));
    one_less();
    CO_FINALLY(co);
    CO_END(co);
}

struct getter {
    struct eddy_co co;
    struct eddy_queue_get get;
    long items;
};

static struct eddy_step getter(struct eddy_co *co)
{
    struct getter *self = CO_FRAME(co, getter);

    CO_BEGIN(co);
    for (; self->items > 0; self->items--) {
        CO_AWAIT(co, eddy_queue_get(&self->get, &queue));
        must(self->get.item == &queue ? 0 : -EIO, "item");
    }
    one_less();
    CO_FINALLY(co);
    CO_END(co);
}

static void pass_items(const char *metric, long room)
{
    long n = number("N_QUEUE", 2000000);
    double begin;

    must(eddy_queue_open(&queue, bench_loop, EDDY_FIFO, room), "queue");
    left = 2;
    begin = now();
    must(eddy_spawn(bench_loop, putter, .items = n), "spawn");
    must(eddy_spawn(bench_loop, getter, .items = n), "spawn");
    run();
    report(metric, (now() - begin) / (double)n);
    eddy_queue_close(&queue);
}

void bench_queue(void)
{
    pass_items("queue_100", ROOM);
    pass_items("queue_1", 1);
}

/* ---- semaphore --------------------------------------------------------------------------------- */

static struct eddy_semaphore semaphore;

struct holder {
    struct eddy_co co;
    struct eddy_permit permit;
    long times;
};

static struct eddy_step holder(struct eddy_co *co)
{
    struct holder *self = CO_FRAME(co, holder);

    CO_BEGIN(co);
    for (; self->times > 0; self->times--) {
        CO_AWAIT(co, eddy_semaphore_acquire(&self->permit, &semaphore));
        must(eddy_permit_release(&self->permit), "release");
    }
    one_less();
    CO_FINALLY(co);
    CO_END(co);
}

/* All ten wait when the one permit comes; then each release hands it to the next. */
void bench_semaphore(void)
{
    long times = (number("N_PERMITS", 2000000) + HOLDERS - 1) / HOLDERS;
    double begin;

    must(eddy_semaphore_init(&semaphore, bench_loop, 0), "semaphore");
    left = HOLDERS;
    for (int i = 0; i < HOLDERS; i++)
        must(eddy_spawn(bench_loop, holder, .times = times), "spawn");
    eddy_loop_stop(bench_loop);
    run(); /* one turn */
    begin = now();
    must(eddy_semaphore_release(&semaphore), "release");
    run();
    report("semaphore_10", (now() - begin) / (double)(times * HOLDERS));
}
