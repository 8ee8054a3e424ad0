/* orders - a kitchen works on two orders at once. Each line of its log says for which of them. No function
 * is given the number: the tasks inherit it. */
#include "context.h"
#include "delay.h"
#include "group.h"
#include "run.h"

#include <stdio.h>

static const struct eddy_context_var order = {"order", NULL};

static void say(const char *text)
{
    const int *number = eddy_context_var_get(&order);

    printf("[order %d] %s: %s\n", number ? *number : 0, eddy_task_name(eddy_current_task()), text);
}

struct cook {
    struct eddy_co co;
    struct eddy_sleep stove;
    const char *dish;
    double seconds;
};

static struct eddy_step cook(struct eddy_co *co)
{
    struct cook *self = CO_FRAME(co, cook);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->stove, eddy_co_loop(co), self->seconds));
    say(self->dish);
    CO_END(co);
}

struct serve {
    struct eddy_co co;
    struct eddy_group dishes;
    int number, err;
    double pace;
};

static int begin(struct serve *self, struct eddy_co *co)
{
    int err = eddy_context_var_set(&order, &self->number);

    if (err == 0)
        err = eddy_task_set_name(eddy_current_task(), "waiter");
    if (err == 0)
        err = eddy_group_open(&self->dishes, co);
    if (err == 0)
        err = eddy_group_spawn(&self->dishes, cook, .dish = "soup", .seconds = self->pace);
    if (err == 0)
        err = eddy_group_spawn(&self->dishes, cook, .dish = "fish", .seconds = 3 * self->pace);
    return err;
}

static struct eddy_step serve(struct eddy_co *co)
{
    struct serve *self = CO_FRAME(co, serve);

    CO_BEGIN(co);
    self->err = begin(self, co);
    if (self->err < 0)
        CO_FAIL(co, self->err);
    CO_AWAIT(co, eddy_group_join(&self->dishes));
    say("served");
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->dishes));
    CO_END(co);
}

struct kitchen {
    struct eddy_co co;
    struct eddy_group orders;
    int err;
};

static struct eddy_step kitchen(struct eddy_co *co)
{
    struct kitchen *self = CO_FRAME(co, kitchen);

    CO_BEGIN(co);
    self->err = eddy_group_open(&self->orders, co);
    if (self->err == 0)
        self->err = eddy_group_spawn(&self->orders, serve, .number = 17, .pace = 0.1);
    if (self->err == 0)
        self->err = eddy_group_spawn(&self->orders, serve, .number = 18, .pace = 0.15);
    if (self->err < 0)
        CO_FAIL(co, self->err);
    CO_AWAIT(co, eddy_group_join(&self->orders));
    say("all served");
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->orders));
    CO_END(co);
}

int main(void)
{
    return eddy_run(kitchen) < 0;
}
