/* Trap: a condition that is waited for with `if`. To be notified means that things have changed, not that
 * they are as one wants them: another one may have been there first. So look again: `while`. */
#include "condition.h"
#include "delay.h"
#include "errors.h"
#include "group.h"
#include "run.h"

#include <stdio.h>

struct shop {
    struct eddy_lock lock;
    struct eddy_condition delivered;
    int bread;
};

struct customer {
    struct eddy_co co;
    struct shop *shop;
    const char *name;
    struct eddy_locking locking;
    struct eddy_condition_wait wait;
    bool careful;
};

static struct eddy_step customer(struct eddy_co *co)
{
    struct customer *self = CO_FRAME(co, customer);
    struct shop *shop = self->shop;

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_lock_acquire(&self->locking, &shop->lock));
    if (!self->careful) {
        if (shop->bread == 0)
            CO_AWAIT(co, eddy_condition_wait(&self->wait, &shop->delivered));
    } else {
        while (shop->bread == 0)
            CO_AWAIT(co, eddy_condition_wait(&self->wait, &shop->delivered));
    }
    shop->bread--;
    printf("  %s takes a loaf: %d left\n", self->name, shop->bread);
    CO_FINALLY(co);
    if (eddy_co_outcome(co) < 0)
        printf("  %s goes home: %s\n", self->name, eddy_errname(eddy_co_outcome(co)));
    eddy_lock_release(&shop->lock);
    CO_END(co);
}

struct baker {
    struct eddy_co co;
    struct shop shop;
    struct eddy_group customers;
    struct eddy_locking locking;
    bool careful;
};

static int let_in(struct baker *self)
{
    int err = eddy_group_spawn(&self->customers, customer, .shop = &self->shop, .name = "ann",
                               .careful = self->careful);

    return err < 0 ? err
                   : eddy_group_spawn(&self->customers, customer, .shop = &self->shop,
                                      .name = "bob", .careful = self->careful);
}

/* Brings one loaf for two, and closes a little later. */
static struct eddy_step baker(struct eddy_co *co)
{
    struct baker *self = CO_FRAME(co, baker);

    CO_BEGIN(co);
    printf("%s:\n", self->careful ? "while (bread == 0)" : "if (bread == 0)");
    eddy_lock_init(&self->shop.lock, eddy_co_loop(co));
    eddy_condition_init(&self->shop.delivered, &self->shop.lock);
    if (eddy_group_open(&self->customers, co) < 0 || let_in(self) < 0)
        CO_FAIL(co, -ENOMEM);
    CO_AWAIT(co, eddy_next_turn());
    CO_AWAIT(co, eddy_next_turn());
    CO_AWAIT(co, eddy_lock_acquire(&self->locking, &self->shop.lock));
    printf("  baker: here is one loaf\n");
    self->shop.bread++;
    eddy_condition_notify_all(&self->shop.delivered);
    eddy_lock_release(&self->shop.lock);
    CO_AWAIT(co, eddy_next_turn());
    CO_AWAIT(co, eddy_next_turn());
    CO_AWAIT(co, eddy_next_turn());
    printf("  baker: I close\n");
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->customers));
    CO_END(co);
}

int main(void)
{
    int err = eddy_run(baker);

    return (err == 0 ? eddy_run(baker, .careful = true) : err) < 0;
}
