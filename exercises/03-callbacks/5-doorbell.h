/*
 * Exercise 03.5: moments. Between two movements of one thread another can do anything. It happens
 * once in a million times; so the test makes it happen, once at each moment that there is. Nothing
 * in here is wrong.
 */
#ifndef DOORBELL_H
#define DOORBELL_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static struct {
    int count;               /* moments that the porter has had */
    int rung;                /* visitors who have rung, and are done with it */
    pthread_mutex_t lock;    /* of `rung` */
    pthread_cond_t rung_now; /* it has changed */
} moments = {.lock = PTHREAD_MUTEX_INITIALIZER, .rung_now = PTHREAD_COND_INITIALIZER};

/*
 * A moment of the porter's. If its number is in the environment variable MOMENT, he stands still
 * until a second visitor has rung. A moment in which he holds `lock` is none: nobody could ring.
 */
static inline void moment(pthread_mutex_t *lock)
{
    const char *chosen = getenv("MOMENT");

    if (pthread_mutex_trylock(lock) != 0)
        return;
    pthread_mutex_unlock(lock);
    moments.count++;
    if (!chosen || atoi(chosen) != moments.count)
        return;
    printf("moment %d: the porter stands still until a second visitor has rung\n", moments.count);
    pthread_mutex_lock(&moments.lock);
    while (moments.rung < 2)
        pthread_cond_wait(&moments.rung_now, &moments.lock);
    pthread_mutex_unlock(&moments.lock);
}

/* So many visitors have rung. */
static inline void moment_rung(int visitors)
{
    pthread_mutex_lock(&moments.lock);
    moments.rung += visitors;
    pthread_cond_signal(&moments.rung_now);
    pthread_mutex_unlock(&moments.lock);
}

#endif
