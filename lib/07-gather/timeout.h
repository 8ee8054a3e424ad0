/*
 * timeout - a time limit for several awaits together: a scope. When the time is up, the task is
 * cancelled where it awaits, however deep in its calls; and at the end of the scope this cancel, and
 * no other, becomes -ETIMEDOUT.
 *
 *     CO_BEGIN(co);
 *     err = eddy_timeout_open(&self->limit, co, 5);       5 seconds for all that follows
 *     if (err < 0)
 *         CO_FAIL(co, err);
 *     CO_AWAIT(co, ...);
 *     CO_AWAIT(co, ...);
 *     CO_FINALLY(co);
 *     eddy_timeout_close(&self->limit, co);
 *
 * Or around a call: open, CO_TRY_CALL, close, and go on. Scopes may be nested; close them in the
 * opposite order. (asyncio.timeout)
 *
 * A SCOPE THAT IS CLOSED TAKES ITS REQUEST BACK, so that it can strike no await that it was not
 * meant for. A task that is cancelled by somebody else meanwhile ends with -ECANCELED. A body that
 * refuses the cancel, and ends well, has no time-out; eddy_timeout_expired() tells.
 *
 * In a cleanup section a scope cuts nothing, as no cancel does. A time-out of one await is a
 * wait_for; that cuts there, too.
 *
 * Memory: the caller's, in the frame; from open to close it stays. Threads: the loop's.
 */
#ifndef EDDY_TIMEOUT_H
#define EDDY_TIMEOUT_H

#include "co.h"
#include "opened.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Valid when zeroed: closed. Touch no field. */
struct eddy_timeout {
    struct eddy_timer timer;
    struct eddy_opened opened;
    struct eddy_task *task; /* NULL: closed */
    bool expired;
};

/*
 * From now on, for `seconds`; EDDY_FOREVER: no limit. 0 or less: it cuts the first await. `co` is the
 * coroutine that opens it, in its own step. -EINVAL (NaN), -ERANGE (more than 290 years), -ENOMEM:
 * then it is not open. EDDY_EQUEUED: it is open. O(log timers).
 */
int eddy_timeout_open(struct eddy_timeout *timeout, struct eddy_co *co, double seconds);

/* The limit is `seconds` from now; also if it was another one before, or none. Errors as above, and
 * then it is as it was; EDDY_ECLOSED; -ETIMEDOUT: too late, it has expired. O(log timers). */
int eddy_timeout_reschedule(struct eddy_timeout *timeout, double seconds);

/*
 * The end of the scope. In the body, after CO_TRY_AWAIT or CO_TRY_CALL: if the last await came back
 * cancelled because of this scope, and nobody else has cancelled the task, eddy_co_error() becomes
 * -ETIMEDOUT. In the cleanup section: the same with how the body ends. Returns that error. Closed
 * already, or zeroed: it changes nothing.
 */
int eddy_timeout_close(struct eddy_timeout *timeout, struct eddy_co *co);

/* Whether its time was up before it was closed. */
static inline bool eddy_timeout_expired(const struct eddy_timeout *timeout)
{
    return timeout->expired;
}

/* When it is due, as eddy_loop_time() counts; NaN: there is no limit, or it has expired or is closed. */
double eddy_timeout_when(const struct eddy_timeout *timeout);

#ifdef __cplusplus
}
#endif

#endif
