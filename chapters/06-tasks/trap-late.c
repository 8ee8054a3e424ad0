/* Trap: a result arrives, and in the same turn a cancel. Whoever throws the result away loses what was in
 * it. A box holds letters; whoever waits for one is given the next. */
#include "delay.h"
#include "errors.h"
#include "run.h"

#include <errno.h>
#include <stdio.h>

/* A box for one reader. */
struct box {
    struct eddy_future given; /* what the reader waits for */
    int posted, left;         /* `left` lie in the box */
    bool waiting;
};

static struct eddy_future *get(struct box *box, struct eddy_loop *loop)
{
    if (box->left > 0) {
        box->left--;
        return eddy_future_init_done(&box->given, loop, 0);
    }
    eddy_future_init(&box->given, loop);
    box->waiting = true;
    return &box->given;
}

static void post(struct box *box)
{
    box->posted++;
    if (box->waiting)
        eddy_future_set_result(&box->given, NULL); /* into the reader's hand */
    else
        box->left++;
    box->waiting = false;
}

struct reader {
    struct eddy_co co;
    struct box *box;
    bool throw_away, stop;
    int read;
};

static struct eddy_step reader(struct eddy_co *co)
{
    struct reader *self = CO_FRAME(co, reader);

    CO_BEGIN(co);
    for (;;) {
        CO_AWAIT(co, get(self->box, eddy_co_loop(co)));
        if (self->throw_away && self->stop) /* a loop that lets the cancel win would do this */
            CO_FAIL(co, -ECANCELED);
        self->read++;
    }
    CO_END(co);
}

struct office {
    struct eddy_co co;
    struct box box;
    struct eddy_task task;
    struct reader reader;
    bool throw_away;
};

static struct eddy_step office(struct eddy_co *co)
{
    struct office *self = CO_FRAME(co, office);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    eddy_task_start(&self->task, loop, reader, &self->reader, .box = &self->box,
                    .throw_away = self->throw_away);
    CO_AWAIT(co, eddy_next_turn());
    post(&self->box);
    CO_AWAIT(co, eddy_next_turn());
    post(&self->box);
    self->reader.stop = true;
    CO_FINALLY(co);
    eddy_task_cancel(&self->task);
    CO_TRY_AWAIT(co, &self->task.future);
    printf("  posted %d, read %d, in the box %d; the reader has ended with %s\n", self->box.posted,
           self->reader.read, self->box.left, eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

int main(void)
{
    int err;

    printf("the cancel wins:\n");
    err = eddy_run(office, .throw_away = true);
    printf("the result wins:\n");
    return (err == 0 ? eddy_run(office) : err) < 0;
}
