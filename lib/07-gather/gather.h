/*
 * gather - wait for all of several futures. Its results are theirs, in the order of their places.
 *
 *     struct both { struct eddy_co co; struct eddy_gather both; struct eddy_awaited each[2];
 *                   struct eddy_task left, right; struct fetch left_frame, right_frame; };
 *
 *     CO_AWAIT(co, eddy_gather_of(&self->both, loop, self->each,
 *                                 eddy_task_start(&self->left, loop, fetch, &self->left_frame),
 *                                 eddy_task_start(&self->right, loop, fetch, &self->right_frame)));
 *
 * They are gather's children: WHEN THE AWAIT RETURNS, ALL HAVE ENDED. The first error cancels the
 * others, and when they have ended, it is gather's error. (asyncio lets the others run on; that was
 * asked to be otherwise for years. There it can: its tasks outlive whoever started them.) A cancel
 * of gather cancels them, and is its outcome when all have ended, unless one has failed, or all
 * have succeeded in spite of it: what was delivered wins.
 *
 * Start the children inside the await, as here, or in a function of yours that fills the places and
 * returns eddy_gather(...): if a cancel lands at the await, nothing is started. Children that were
 * started before it would outlive it.
 *
 * Errors, memory and threads: as awaited.h says. Nothing is allocated; O(children).
 */
#ifndef EDDY_GATHER_H
#define EDDY_GATHER_H

#include "awaited.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Read `failures`; touch no other field. */
struct eddy_gather {
    struct eddy_future future;
    struct eddy_canceller canceller;
    struct eddy_awaited *awaited;
    size_t count, left;
    size_t failures; /* how many have failed; those that gather has cancelled have not */
    int err;         /* the first error */
    bool collects;   /* errors are results */
    bool ends;       /* it has cancelled its children: their -ECANCELED is no error */
    bool asked;      /* it was cancelled itself */
    bool cut;        /* and a child has ended with -ECANCELED because of that */
};

/*
 * Wait for `n` futures. Done at once for 0. The outcome is 0, or the first error in the order of
 * time; a child that somebody else has cancelled has failed with -ECANCELED. The result is `awaited`.
 * The other errors are told by their places, and counted. The same future may stand in two places.
 */
struct eddy_future *eddy_gather(struct eddy_gather *gather, struct eddy_loop *loop,
                                struct eddy_awaited *awaited, size_t n);

/* The same, but errors are results like others: none cancels, and the outcome is 0; or -ECANCELED
 * when gather was cancelled. (asyncio: return_exceptions=True; in JavaScript: allSettled.) */
struct eddy_future *eddy_gather_settled(struct eddy_gather *gather, struct eddy_loop *loop,
                                        struct eddy_awaited *awaited, size_t n);

/* For a cleanup section: cancel these futures, and be done when all have ended, with 0. EDDY_EQUEUED: a
 * place is in use (close its as_completed before); that one is left alone, the others have ended. */
struct eddy_future *eddy_gather_cancel(struct eddy_gather *gather, struct eddy_loop *loop,
                                       struct eddy_awaited *awaited, size_t n);

/*
 * eddy_gather() of the futures that are named here. `each` is an array of places, one for each future
 * at least: a shorter one, or a pointer, does not compile. They are started in their order by gcc
 * and clang; C leaves the order open.
 */
#define eddy_gather_of(gather, loop, each, ...)                                              \
    ((void)sizeof(char[sizeof(each) >= EDDY_COUNT_(__VA_ARGS__) * sizeof *(each) ? 1 : -1]), \
     eddy_gather_futures(gather, loop, each, (struct eddy_future *[]){__VA_ARGS__},          \
                         EDDY_COUNT_(__VA_ARGS__)))

/* How many futures these are. They are not evaluated. */
#define EDDY_COUNT_(...) \
    (sizeof((struct eddy_future *[]){__VA_ARGS__}) / sizeof(struct eddy_future *))

struct eddy_future *eddy_gather_futures(struct eddy_gather *gather, struct eddy_loop *loop,
                                        struct eddy_awaited *each, struct eddy_future **futures,
                                        size_t n);

#ifdef __cplusplus
}
#endif

#endif
