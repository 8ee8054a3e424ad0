/* Trap: read, wait, write. Between two awaits nobody interrupts a task; at each await others run, and
 * what was read before it may be out of date after it. */
#include "delay.h"
#include "errors.h"
#include "gather.h"
#include "lock.h"
#include "run.h"

#include <stdio.h>

struct account {
    long money;
    struct eddy_lock lock;
};

struct pay_in {
    struct eddy_co co;
    struct account *account;
    struct eddy_locking locking;
    long seen;
    bool careful;
};

/* The account is on another machine, say: the answer takes a turn. */
static struct eddy_step pay_in(struct eddy_co *co)
{
    struct pay_in *self = CO_FRAME(co, pay_in);

    CO_BEGIN(co);
    if (self->careful)
        CO_AWAIT(co, eddy_lock_acquire(&self->locking, &self->account->lock));
    self->seen = self->account->money;
    CO_AWAIT(co, eddy_next_turn());
    self->account->money = self->seen + 10;
    CO_FINALLY(co);
    eddy_lock_release(&self->account->lock); /* -EPERM without it: nothing has happened */
    CO_END(co);
}

struct bank {
    struct eddy_co co;
    struct account account;
    struct eddy_gather all;
    struct eddy_awaited each[3];
    struct eddy_task tasks[3];
    struct pay_in frames[3];
    bool careful;
};

static struct eddy_future *three_times(struct bank *self, struct eddy_loop *loop)
{
    for (int i = 0; i < 3; i++)
        self->each[i].future = eddy_task_start(&self->tasks[i], loop, pay_in, &self->frames[i],
                                               .account = &self->account, .careful = self->careful);
    return eddy_gather(&self->all, loop, self->each, 3);
}

static struct eddy_step bank(struct eddy_co *co)
{
    struct bank *self = CO_FRAME(co, bank);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    eddy_lock_init(&self->account.lock, loop);
    CO_AWAIT(co, three_times(self, loop));
    printf("three pay in 10 each, %s: the account has %ld\n",
           self->careful ? "with a lock" : "without a lock", self->account.money);
    CO_END(co);
}

int main(void)
{
    int err = eddy_run(bank);

    return (err == 0 ? eddy_run(bank, .careful = true) : err) < 0;
}
