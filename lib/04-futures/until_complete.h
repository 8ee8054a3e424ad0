/*
 * until_complete - the bridge into the world of futures: an ordinary function, such as main(), runs
 * the loop until one future is done, and goes on with its outcome. And if nothing can finish that
 * future any more, it says who waits for what, and does not hang.
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
 * EDDY_ESTOPPED: the loop was stopped before. EDDY_EOTHER: it is another loop's. EDDY_ESTUCK:
 * nothing is left that could finish it; who waits, where and for what is told to the exception
 * handler. Further errors as of eddy_loop_run_forever(). Whatever is returned, the future does not
 * know of it afterwards.
 */
#define eddy_loop_run_until_complete(loop, future) \
    eddy_loop_run_until_complete_at(loop, future, __func__, __FILE__, __LINE__)

int eddy_loop_run_until_complete_at(struct eddy_loop *loop, struct eddy_future *future,
                                    const char *function, const char *file, int line);

#ifdef __cplusplus
}
#endif

#endif
