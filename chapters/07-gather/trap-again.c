/* Trap: eddy_wait() again and again, for the next of many. Each of these waits comes to all that are left;
 * with twice as many futures it takes four times as long. as_completed comes to each future once. */
#include "completed.h"
#include "delay.h"
#include "run.h"
#include "waiting.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

enum { MOST = 4000 };

/* All futures, which are done one after the other, one in each turn. */
static struct eddy_future futures[MOST];
static struct eddy_awaited each[MOST];

struct finisher {
    struct eddy_co co;
    size_t i, count;
};

static struct eddy_step finisher(struct eddy_co *co)
{
    struct finisher *self = CO_FRAME(co, finisher);

    CO_BEGIN(co);
    for (; self->i < self->count; self->i++) {
        CO_AWAIT(co, eddy_next_turn());
        eddy_future_set_result(&futures[self->i], NULL);
    }
    CO_END(co);
}

static void begin(struct eddy_loop *loop, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        eddy_future_init(&futures[i], loop);
        each[i] = (struct eddy_awaited){.future = &futures[i]};
    }
    eddy_spawn(loop, finisher, .count = count);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct patient {
    struct eddy_co co;
    size_t count, left;
    double began, waited, iterated;
    struct eddy_wait wait;
    struct eddy_as_completed done;
};

/* Those that are done leave; the last place takes the place of each. */
static size_t leave_done(size_t left)
{
    for (size_t i = left; i-- > 0;)
        if (eddy_awaited_done(&each[i]))
            each[i].future = each[--left].future;
    return left;
}

static struct eddy_step patient(struct eddy_co *co)
{
    struct patient *self = CO_FRAME(co, patient);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    for (self->count = 1000; self->count <= MOST; self->count *= 2) {
        begin(loop, self->count);
        self->began = now();
        for (self->left = self->count; self->left > 0; self->left = leave_done(self->left))
            CO_AWAIT(co, eddy_wait(&self->wait, loop, each, self->left, EDDY_FIRST_COMPLETED,
                                   EDDY_FOREVER));
        self->waited = now() - self->began;

        begin(loop, self->count);
        self->began = now();
        if (eddy_as_completed_open(&self->done, loop, each, self->count, EDDY_FOREVER) < 0)
            CO_FAIL(co, -ENOMEM);
        while (self->done.left > 0)
            CO_AWAIT(co, eddy_as_completed_next(&self->done));
        self->iterated = now() - self->began;
        eddy_as_completed_close(&self->done);
        printf("%zu futures: wait %.1f ms, as_completed %.1f ms\n", self->count,
               self->waited * 1000, self->iterated * 1000);
    }
    CO_FINALLY(co);
    eddy_as_completed_close(&self->done);
    CO_END(co);
}

int main(void)
{
    return eddy_run(patient) < 0;
}
