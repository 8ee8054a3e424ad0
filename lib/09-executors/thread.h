/*
 * thread - a thread that works for somebody: all signals blocked, so that a signal's handler runs in the
 * program's own threads and never in the middle of a job; with a name, which debuggers and top show where
 * the system keeps one; and counted.
 *
 * Errors: negative codes. Threads: any.
 */
#ifndef EDDY_THREAD_H
#define EDDY_THREAD_H

#include <pthread.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Run fn(argument) in a new thread. -EAGAIN: the system gives no more. -ENOMEM. It must be
 * joined. */
int eddy_thread_start(pthread_t *thread, void *(*fn)(void *argument), void *argument);

/* Wait until it has ended. */
void eddy_thread_join(pthread_t thread);

/* How many were started, and not joined yet. In a child process 0: they are the parent's. */
int eddy_thread_count(void);

/* The calling thread's name from now on; what the system has no room for is cut. (thread_linux.c, or
 * thread_posix.c, where there are no names: the build takes one of the two.) */
void eddy_thread_name(const char *name);

#ifdef __cplusplus
}
#endif

#endif
