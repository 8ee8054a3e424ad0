/*
 * barrier - a number of parties that go on together: each waits until the last has come.
 *
 * Memory: the barrier must outlive its waiters. Nothing is allocated. Threads: the loop's.
 */
#ifndef EDDY_BARRIER_H
#define EDDY_BARRIER_H

#include "waiter.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Read `waiting`; touch no other field. */
struct eddy_barrier {
    struct eddy_loop *loop;
    struct eddy_list line;
    long parties, waiting;
    bool broken;
};

/* A wait that is under way. Valid when zeroed. Read `index`; touch no other field. */
struct eddy_barrier_wait {
    struct eddy_waiter waiter;
    struct eddy_barrier *barrier;
    long index; /* 0 to parties - 1, each once in a round, in the order of coming */
    struct eddy_future refused;
};

/* -EINVAL: `parties` is less than 1. */
int eddy_barrier_init(struct eddy_barrier *barrier, struct eddy_loop *loop, long parties);

/*
 * Done when all parties wait; for the last one at once. Then the next round begins. A party that is
 * cancelled leaves, and one more must come. EDDY_EBROKEN: the barrier is broken, or it was broken or reset
 * while this waited. EDDY_EQUEUED: `wait` waits already. EDDY_ECLOSED: the loop is closed.
 */
struct eddy_future *eddy_barrier_wait(struct eddy_barrier_wait *wait, struct eddy_barrier *barrier);

/* Break it: EDDY_EBROKEN for those who wait, and for all who come from now on. */
void eddy_barrier_abort(struct eddy_barrier *barrier);

/* Make it as new. Those who wait get EDDY_EBROKEN. */
void eddy_barrier_reset(struct eddy_barrier *barrier);

#ifdef __cplusplus
}
#endif

#endif
