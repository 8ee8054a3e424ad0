/*
 * in_thread - a function is called in a thread of its own, and waited for: what debug mode says of a call that
 * comes from there, the tests ask in a callback of the loop, which runs meanwhile.
 */
#ifndef IN_THREAD_H
#define IN_THREAD_H

#include "check.h"

#include <pthread.h>

static inline void *call_it(void *fn)
{
    (*(void (**)(void))fn)();
    return NULL;
}

/* To be called in the loop's own thread, while it runs. */
static inline void call_in_thread(void (*fn)(void))
{
    pthread_t thread;

    CHECK(pthread_create(&thread, NULL, call_it, &fn) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

#endif
