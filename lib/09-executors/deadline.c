#include "deadline.h"

#include "clock.h"
#include "selector.h"

#include <errno.h>
#include <stdint.h>

enum { NANOSECONDS = 1000000000 };

int eddy_deadline_set(struct eddy_deadline *deadline, double seconds)
{
    int64_t ns = 0, now = eddy_clock_monotonic.now(&eddy_clock_monotonic);
    int err = eddy_clock_ns(seconds, &ns);

    if (err == -EINVAL)
        return err;
    deadline->never = err == -ERANGE || (ns > 0 && now > INT64_MAX - ns);
    if (deadline->never || ns < 0)
        ns = 0;
    deadline->at.tv_sec = (time_t)((now + ns) / NANOSECONDS);
    deadline->at.tv_nsec = (long)((now + ns) % NANOSECONDS);
    return 0;
}

double eddy_deadline_left(const struct eddy_deadline *deadline)
{
    int64_t now = eddy_clock_monotonic.now(&eddy_clock_monotonic);
    int64_t at = (int64_t)deadline->at.tv_sec * NANOSECONDS + deadline->at.tv_nsec;

    if (deadline->never)
        return EDDY_FOREVER;
    return at > now ? eddy_clock_seconds(at - now) : 0;
}

static int by_monotonic_clock(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    int error = pthread_condattr_init(&attributes);

    if (error)
        return -error;
    error = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (error == 0)
        error = pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
    return -error;
}

int eddy_deadline_cond(pthread_cond_t *cond, const struct eddy_deadline *deadline)
{
    static const pthread_cond_t without_a_clock = PTHREAD_COND_INITIALIZER;

    if (!deadline || !deadline->never)
        return by_monotonic_clock(cond);
    *cond = without_a_clock;
    return 0;
}

int eddy_deadline_wait(const struct eddy_deadline *deadline, pthread_cond_t *cond,
                       pthread_mutex_t *lock)
{
    if (deadline->never)
        return -pthread_cond_wait(cond, lock);
    return -pthread_cond_timedwait(cond, lock, &deadline->at);
}
