/*
 * cast - the coroutines of the test of exercise 06.2, beside those of tasks.h.
 */
#ifndef CAST_H
#define CAST_H

#include "../../tasks.h"

/* Ends at once. */
struct brief {
    struct eddy_co co;
    int err;
    bool is_current;
};

static inline struct eddy_step brief(struct eddy_co *co)
{
    struct brief *self = CO_FRAME(co, brief);

    CO_BEGIN(co);
    self->is_current = eddy_current_task() == co->task;
    CO_FAIL(co, self->err);
    CO_END(co);
}

/* Awaits what is done, time and again. */
struct busy {
    struct eddy_co co;
    const char *name;
    int left, step;
    struct eddy_future *on;
};

static inline struct eddy_step busy(struct eddy_co *co)
{
    struct busy *self = CO_FRAME(co, busy);

    CO_BEGIN(co);
    for (; self->left > 0; self->left--) {
        if (self->left % self->step == 0)
            note("%s%d", self->name, self->left);
        CO_AWAIT(co, self->on);
    }
    CO_END(co);
}

/* Calls a waiter, and then waits itself. */
struct caller {
    struct eddy_co co;
    struct waiter waiter;
    struct eddy_future *on, *then;
    bool is_inner; /* again, behind the call */
};

static inline struct eddy_step caller(struct eddy_co *co)
{
    struct caller *self = CO_FRAME(co, caller);

    CO_BEGIN(co);
    CO_TRY_CALL(co, waiter, &self->waiter, .name = "w", .on = self->on);
    note("call=%s", eddy_errname(eddy_co_error(co)));
    self->is_inner = co->task->inner == co;
    CO_AWAIT(co, self->then);
    CO_FINALLY(co);
    note("end.%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* Two awaits, and one in the cleanup section. */
struct patient {
    struct eddy_co co;
    struct eddy_future *first, *second, *last;
};

static inline struct eddy_step patient(struct eddy_co *co)
{
    struct patient *self = CO_FRAME(co, patient);

    CO_BEGIN(co);
    note("body");
    CO_TRY_AWAIT(co, self->first);
    note("first=%s", eddy_errname(eddy_co_error(co)));
    CO_AWAIT(co, self->second);
    note("second=OK");
    CO_FINALLY(co);
    note("cleanup");
    if (self->last) {
        CO_TRY_AWAIT(co, self->last);
        note("last=%s", eddy_errname(eddy_co_error(co)));
    }
    CO_END(co);
}

/* Its operation cancels, while it is started, the task that is going to wait for it. Then it waits for
 * another one. */
struct unlucky {
    struct eddy_co co;
    struct eddy_future own, *then;
};

static inline struct eddy_future *start_unlucky(struct unlucky *self)
{
    eddy_future_init(&self->own, &loop);
    CHECK(eddy_task_cancel(eddy_current_task()));
    return &self->own;
}

static inline struct eddy_step unlucky(struct eddy_co *co)
{
    struct unlucky *self = CO_FRAME(co, unlucky);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, start_unlucky(self));
    note("own=%s", eddy_errname(eddy_co_error(co)));
    CO_TRY_AWAIT(co, self->then);
    note("then=%s", eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

/* Is refused, and then gives up a turn. */
struct undeterred {
    struct eddy_co co;
    struct eddy_future *on;
};

static inline struct eddy_step undeterred(struct eddy_co *co)
{
    struct undeterred *self = CO_FRAME(co, undeterred);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, self->on);
    note("on=%s", eddy_errname(eddy_co_error(co)));
    CO_TRY_AWAIT(co, eddy_next_turn());
    note("turn=%s", eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

/* Awaits what is done 60 times, then pauses, then 99 times more: as often as one may in one turn. */
struct resting {
    struct eddy_co co;
    struct eddy_future *on, *pause;
    int i;
};

static inline struct eddy_step resting(struct eddy_co *co)
{
    struct resting *self = CO_FRAME(co, resting);

    CO_BEGIN(co);
    for (self->i = 0; self->i < 60; self->i++)
        CO_AWAIT(co, self->on);
    CO_AWAIT(co, self->pause);
    for (self->i = 0; self->i < 99; self->i++)
        CO_AWAIT(co, self->on);
    CO_END(co);
}

/* Calls one that ends at once. */
struct asks_brief {
    struct eddy_co co;
    struct brief brief;
};

static inline struct eddy_step asks_brief(struct eddy_co *co)
{
    struct asks_brief *self = CO_FRAME(co, asks_brief);

    CO_BEGIN(co);
    CO_TRY_CALL(co, brief, &self->brief, .err = 1);
    note("call=%s", eddy_errname(eddy_co_error(co)));
    CO_END(co);
}

/* In its second step it cancels another task. */
struct meddler {
    struct eddy_co co;
    struct eddy_task *whom;
};

static inline struct eddy_step meddler(struct eddy_co *co)
{
    struct meddler *self = CO_FRAME(co, meddler);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_next_turn());
    CHECK(eddy_task_cancel(self->whom));
    CO_AWAIT(co, eddy_next_turn());
    note("not stopped");
    CO_END(co);
}

#endif
