/*
 * turn - what a loop does between two callbacks; running it is doing that again and again.
 *
 * One turn: ask the selector, which sleeps until the next timer at most, and not at all if a handle
 * is in line; queue the watches of the descriptors that are ready; queue the timers that are due;
 * then call what is in line *now*. What these calls queue waits for the next turn. (There is one
 * exception: skip, chapter 6's io.h.) So nothing starves: however much a callback queues, the loop
 * looks at the descriptors and the timers in between.
 *
 * Cost: a turn costs what is ready, and with a selector like epoll not what is registered. Errors
 * and threads: as loop.h says.
 */
#ifndef EDDY_TURN_H
#define EDDY_TURN_H

#include "loop.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Run until eddy_loop_stop(). Returns 0, EDDY_ERUNNING when it runs already or another loop runs in
 * this thread, or the error of a selector that has failed: then what was in line has been called
 * all the same, and it can be run again. EDDY_EWAKEUP: somebody has closed one of the loop's own
 * two descriptors, so no thread can reach the loop any more; each run ends with that after one turn.
 */
int eddy_loop_run_forever(struct eddy_loop *loop);

/*
 * The same, but it also returns, EDDY_ESTUCK, when nothing can happen any more: nothing is in line,
 * no timer is set, nobody watches a descriptor, and nobody keeps the loop. (Each
 * eddy_loop_unkeep() takes away one of these reasons to go on.)
 */
int eddy_loop_run_until_stuck(struct eddy_loop *loop);

/* The loop that runs in this thread; NULL when none does. */
struct eddy_loop *eddy_running_loop(void);

#ifdef __cplusplus
}
#endif

#endif
