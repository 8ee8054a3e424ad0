/*
 * leftovers - debug mode: what still points into the frame of a task that ends. A task that was
 * started there and not awaited; an operation that was started, and whose await was forgotten.
 * Sooner or later each of them writes into memory that is somebody else's.
 *
 * It is reported, and nothing is done about it: the program is wrong. Threads: the loop's.
 */
#ifndef EDDY_LEFTOVERS_H
#define EDDY_LEFTOVERS_H

#include "co.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Report what lies in the frame of `task`, one of `all`, whose body has ended, and is still under
 * way. What a called coroutine has left in a frame of its own is seen if that lies in the task's.
 * O(tasks, timers and descriptors of the loop), of each at most the first ten thousand. */
void eddy_leftovers_report(struct eddy_task *task, const struct eddy_list *all);

#ifdef __cplusplus
}
#endif

#endif
