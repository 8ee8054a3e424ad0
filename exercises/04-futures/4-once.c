/*
 * Exercise 04.4, build: one answer for many who ask. 4-once.h says what it promises; the three
 * functions that are to be written have about 30 lines together. Try it:  make check-04.4
 */
#include "4-once.h"

#include <errno.h>

/* The loop calls this when the operation is done: all who have asked get its outcome. */
static void on_done(struct eddy_handle *handle)
{
    /* TODO 04.4: write on_done(). */
}

void once_init(struct once *once, struct eddy_loop *loop,
               struct eddy_future *(*start)(struct once *once))
{
    *once = (struct once){.loop = loop, .start = start};
    eddy_list_init(&once->askers);
    eddy_handle_init(&once->on_done, on_done);
}

/* eddy_future_cancel() calls this: an asker does not want to know any more. */
static void cancel_ask(struct eddy_future *future)
{
    /* TODO 04.4: write cancel_ask(). */
}

struct eddy_future *once_ask(struct once *once, struct ask *ask)
{
    /* TODO 04.4: write once_ask(). */
    return NULL;
}
