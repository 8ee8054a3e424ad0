/*
 * watch - for tests of threads that may wait for each other for ever: a thread that notices, soon, and tells
 * who waits for what. Nothing depends on how busy the machine is.
 */
#ifndef WATCH_H
#define WATCH_H

#include "check.h"

#include "deadline.h"

#include <pthread.h>
#include <stdarg.h>
#include <time.h>

/* Only one thread says what is wrong. */
#define ACCUSE(expected, ...)        \
    do {                             \
        pthread_mutex_lock(&saying); \
        FAIL(expected, __VA_ARGS__); \
    } while (0)

static pthread_mutex_t saying = PTHREAD_MUTEX_INITIALIZER;

/* The test says who stands where. */
static inline void watch_describe(char *text, size_t n);

/*
 * A thread that looks ten times a second whether anything moves. If for fifteen looks nobody else has
 * computed anything, all wait for each other, and it tells who waits for what. On a busy machine it looks
 * less often itself, so that changes nothing.
 */
enum { LOOKS = 15, NOTHING = 1000000 /* ns */ };

static struct {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t over;
    bool ends;
    char what[96]; /* the case waits for; "": for nothing */
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER};

static inline long long computed(clockid_t clock)
{
    struct timespec time = {0};

    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static inline void *keep_watch(void *unused)
{
    struct eddy_deadline soon;
    char what[sizeof watch.what] = "", text[400];
    long long before = 0, now;
    int looks = 0;

    pthread_mutex_lock(&watch.lock);
    while (!watch.ends) {
        eddy_deadline_set(&soon, 0.1);
        eddy_deadline_wait(&soon, &watch.over, &watch.lock);
        now = computed(CLOCK_PROCESS_CPUTIME_ID) - computed(CLOCK_THREAD_CPUTIME_ID);
        if (!watch.what[0] || strcmp(what, watch.what) != 0 || now - before > NOTHING) {
            snprintf(what, sizeof what, "%s", watch.what);
            before = now;
            looks = 0;
        }
        if (++looks > LOOKS && !watch.ends) {
            watch_describe(text, sizeof text);
            ACCUSE(what, "all wait, for ever: %s", text);
        }
    }
    pthread_mutex_unlock(&watch.lock);
    return unused;
}

/* What the case waits for from here on. */
static inline void waiting(const char *format, ...) FORMAT(1);
static inline void waiting(const char *format, ...)
{
    va_list args;

    pthread_mutex_lock(&watch.lock);
    va_start(args, format);
    vsnprintf(watch.what, sizeof watch.what, format, args);
    va_end(args);
    WAITING("%s", watch.what);
    pthread_mutex_unlock(&watch.lock);
}

static inline void start_watch(void)
{
    CHECK_CODE(eddy_deadline_cond(&watch.over, NULL), 0);
    CHECK(pthread_create(&watch.thread, NULL, keep_watch, NULL) == 0);
}

/* No wait of the case's is left. */
static inline void end_watch(void)
{
    pthread_mutex_lock(&watch.lock);
    watch.ends = true;
    pthread_cond_signal(&watch.over);
    pthread_mutex_unlock(&watch.lock);
    pthread_join(watch.thread, NULL);
}

#endif
