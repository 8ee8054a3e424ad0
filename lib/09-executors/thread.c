#include "thread.h"

#include "fork.h"

#include <signal.h>
#include <stdatomic.h>

static atomic_int count;
static atomic_uint forks; /* in the process that counts */

/* fork() leaves a child without the others' threads, but with the number. */
static void forget_parent(void)
{
    unsigned now = eddy_fork_count();

    if (atomic_exchange(&forks, now) != now)
        count = 0;
}

int eddy_thread_count(void)
{
    forget_parent();
    return count;
}

/* A new thread has its maker's mask. So the maker blocks all for a moment: blocked afterwards, by the
 * thread itself, a signal could come in between. */
int eddy_thread_start(pthread_t *thread, void *(*fn)(void *argument), void *argument)
{
    int err = eddy_fork_watch(), error;
    sigset_t all, before;

    if (err < 0)
        return err;
    forget_parent();
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(thread, NULL, fn, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0)
        count++;
    return -error;
}

void eddy_thread_join(pthread_t thread)
{
    pthread_join(thread, NULL);
    count--;
}
