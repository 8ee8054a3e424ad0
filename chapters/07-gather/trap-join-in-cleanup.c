/* Trap: a group that is joined in the cleanup section, and only there. No cancel lands in a cleanup
 * section, so Ctrl-C, or whoever cancels the owner, does not reach the members: they run to their end. */
#include "delay.h"
#include "errors.h"
#include "group.h"
#include "run.h"

#include <stdio.h>

struct member {
    struct eddy_co co;
    struct eddy_sleep sleep;
};

static struct eddy_step member(struct eddy_co *co)
{
    struct member *self = CO_FRAME(co, member);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 0.2));
    CO_FINALLY(co);
    printf("  member: %s\n", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

struct owner {
    struct eddy_co co;
    struct eddy_group group;
    bool in_body;
    int err;
};

static struct eddy_step owner(struct eddy_co *co)
{
    struct owner *self = CO_FRAME(co, owner);

    CO_BEGIN(co);
    self->err = eddy_group_open(&self->group, co);
    if (self->err == 0)
        self->err = eddy_group_spawn(&self->group, member);
    if (self->err < 0)
        CO_FAIL(co, self->err);
    if (self->in_body)
        CO_AWAIT(co, eddy_group_join(&self->group));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_join(&self->group)); /* the trap: it waits, and nothing can stop it */
    CO_AWAIT(co, eddy_group_close(&self->group));
    CO_END(co);
}

struct master {
    struct eddy_co co;
    struct eddy_task task;
    struct owner owner;
    bool in_body;
};

/* Cancels the owner when the member sleeps, and waits until it has ended. */
static struct eddy_step master(struct eddy_co *co)
{
    struct master *self = CO_FRAME(co, master);

    CO_BEGIN(co);
    printf("joined %s:\n", self->in_body ? "in the body" : "in the cleanup section alone");
    eddy_task_start(&self->task, eddy_co_loop(co), owner, &self->owner, .in_body = self->in_body);
    CO_AWAIT(co, eddy_next_turn()); /* the owner begins; */
    CO_AWAIT(co, eddy_next_turn()); /* its member, too */
    CO_FINALLY(co);
    eddy_task_cancel(&self->task);
    CO_AWAIT(co, &self->task.future);
    printf("  owner:  cancelled, and ended with %s\n", eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

int main(void)
{
    int err = eddy_run(master);

    return (err == 0 ? eddy_run(master, .in_body = true) : err) < 0;
}
