/*
 * until_complete - the bridge into the world of futures: an ordinary function, such as main(), runs
 * the loop until one future is done, and goes on with its outcome. If nothing can finish that
 * future any more, it does not hang: it reports what is waited for, and by whom, and returns.
 */
#ifndef EDDY_UNTIL_COMPLETE_H
#define EDDY_UNTIL_COMPLETE_H

#include "future.h"
#include "turn.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Run the loop until `future` is done. Returns its outcome; the loop can be run again.
 * EDDY_ESTOPPED: the loop was stopped before that. EDDY_EOTHER: the future is another loop's.
 * EDDY_ESTUCK: nothing is left that could finish it; the exception handler is told which call
 * waits, for what, and who would be called. Further errors as of eddy_loop_run_forever(). Whatever
 * is returned, nothing of this call is left among the future's waiters.
 */
#define eddy_loop_run_until_complete(loop, future) \
    eddy_loop_run_until_complete_at(loop, future, __func__, __FILE__, __LINE__)

int eddy_loop_run_until_complete_at(struct eddy_loop *loop, struct eddy_future *future,
                                    const char *function, const char *file, int line);

#ifdef __cplusplus
}
#endif

#endif
