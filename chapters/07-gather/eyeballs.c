/* eyeballs - a server has three addresses, and some of them are dead. Try the first. Whenever an address
 * has failed, or has not answered after a quarter of a second, try the next one as well. The first that
 * answers wins, and the others are called off. (RFC 8305, "happy eyeballs") The connects are sleeps. */
#include "delay.h"
#include "errors.h"
#include "gather.h"
#include "group.h"
#include "run.h"
#include "waiting.h"

#include <errno.h>
#include <stdio.h>

enum { ADDRESSES = 3 };

static const double head_start = 0.25; /* seconds */

struct address {
    const char *name;
    double seconds; /* until it answers */
    int err;        /* what it answers */
};

static const struct address addresses[ADDRESSES] = {
    {"2001:db8::1", EDDY_FOREVER, 0},
    {"2001:db8::2", 0.1, -ECONNREFUSED},
    {"192.0.2.1", 0.05, 0},
};

/* ---- A connect --------------------------------------------------------------------------------- */

struct dial {
    struct eddy_co co;
    const struct address *address;
    struct eddy_sleep sleep;
};

static struct eddy_step dial(struct eddy_co *co)
{
    struct dial *self = CO_FRAME(co, dial);

    CO_BEGIN(co);
    printf("%s: try\n", self->address->name);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->address->seconds));
    if (self->address->err < 0)
        CO_FAIL(co, self->address->err);
    CO_FINALLY(co);
    printf("%s: %s\n", self->address->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* ---- One attempt ------------------------------------------------------------------------------- */

struct eyeballs {
    struct eddy_co co;
    struct eddy_group attempts;
    const struct address *winner;
    int next, err;
};

struct attempt {
    struct eddy_co co;
    struct eyeballs *all;
    struct eddy_awaited place;
    struct eddy_task task;
    struct dial dial;
    struct eddy_wait wait;
    struct eddy_gather left;
};

static struct eddy_step attempt(struct eddy_co *co);

static int try_next(struct eyeballs *all)
{
    if (all->winner || all->next == ADDRESSES)
        return 0;
    return eddy_group_spawn(&all->attempts, attempt, .all = all);
}

static struct eddy_future *connect_next(struct attempt *self, struct eddy_loop *loop)
{
    self->place.future = eddy_task_start(&self->task, loop, dial, &self->dial,
                                         .address = &addresses[self->all->next++]);
    return eddy_wait(&self->wait, loop, &self->place, 1, EDDY_ALL_COMPLETED, head_start);
}

static struct eddy_step attempt(struct eddy_co *co)
{
    struct attempt *self = CO_FRAME(co, attempt);
    struct eyeballs *all = self->all;

    CO_BEGIN(co);
    CO_AWAIT(co, connect_next(self, eddy_co_loop(co)));
    if (eddy_awaited_error(&self->place) < 0) /* failed, or EDDY_EPENDING */
        all->err = try_next(all);
    CO_TRY_AWAIT(co, &self->task.future);
    if (eddy_co_error(co) == 0 && !all->winner) {
        all->winner = self->dial.address;
        eddy_group_cancel(&all->attempts);
    }
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_gather_cancel(&self->left, eddy_co_loop(co), &self->place, 1));
    CO_END(co);
}

/* ---- All of them ------------------------------------------------------------------------------- */

static struct eddy_step eyeballs(struct eddy_co *co)
{
    struct eyeballs *self = CO_FRAME(co, eyeballs);

    CO_BEGIN(co);
    self->err = eddy_group_open(&self->attempts, co);
    if (self->err == 0)
        self->err = try_next(self);
    if (self->err < 0)
        CO_FAIL(co, self->err);
    CO_AWAIT(co, eddy_group_join(&self->attempts));
    printf("connected: %s\n", self->winner ? self->winner->name : "no");
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->attempts));
    CO_END(co);
}

int main(void)
{
    return eddy_run(eyeballs) < 0;
}
