#include "fork.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

static atomic_uint count;
static atomic_bool watched;

static void count_child(void)
{
    count++;
}

/* Two threads that come at once both pass; then each fork counts twice, which is as good. */
int eddy_fork_watch(void)
{
    int error = watched ? 0 : pthread_atfork(NULL, NULL, count_child);

    if (error == 0)
        watched = true;
    return -error;
}

unsigned eddy_fork_count(void)
{
    return atomic_load_explicit(&count, memory_order_relaxed);
}
