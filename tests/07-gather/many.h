/*
 * many - what the tests of chapter 7 begin with: those of chapter 6, and futures by the dozen.
 *
 *     struct eddy_future f[3];
 *     struct eddy_awaited each[3];
 *     begin_all(f, each, 3);                  pending ones, each in its place
 *     eddy_gather(&gather, &loop, each, 3);
 *     finish(&f[1], -EIO);
 */
#ifndef MANY_H
#define MANY_H

#include "../06-tasks/tasks.h"

#include "awaited.h"

static inline void begin_all(struct eddy_future *futures, struct eddy_awaited *each, size_t n)
{
    memset(each, 0, n * sizeof *each);
    for (size_t i = 0; i < n; i++) {
        eddy_future_init(&futures[i], &loop);
        each[i].future = &futures[i];
    }
}

static inline void finish(struct eddy_future *future, int err)
{
    CHECK_CODE(err < 0 ? eddy_future_set_error(future, err) : eddy_future_set_result(future, NULL),
               0);
}

/* How many handles wait for it. */
static inline int waiters_of(const struct eddy_future *future)
{
    const struct eddy_list *link = future->waiters.next;
    int n = 0;

    for (; link && link != &future->waiters; link = link->next)
        n++;
    return n;
}

#endif
