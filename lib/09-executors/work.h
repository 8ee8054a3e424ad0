/*
 * work - what a job's function is given: bytes in, and room for bytes out. The same function works in
 * a thread, on the caller's memory, and in another process, on copies.
 *
 *     static int square(struct eddy_work *work)
 *     {
 *         const int *n = work->in;
 *         int *result = work->out;
 *
 *         if (*n > 46340)
 *             return eddy_work_fail(work, -ERANGE, "%d is too large to be squared", *n);
 *         *result = *n * *n;
 *         return 0;
 *     }
 *
 * A job's function returns 0 or an error, a negative code. And it must return: if it ends its thread
 * (pthread_exit) or jumps out (longjmp), its job is never done. In a child process that it forks it must not
 * return: there it ends with _exit() or exec().
 * Memory: the caller's (in a worker process: the worker's, for this one job). Threads: the function
 * runs in a thread or process of the executor's. It must not touch a loop, but for
 * eddy_loop_call_soon_threadsafe().
 */
#ifndef EDDY_WORK_H
#define EDDY_WORK_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { EDDY_WORK_MESSAGE = 80 }; /* bytes, the final 0 included */

struct eddy_work {
    const void *in;
    size_t in_size;
    void *out;
    size_t out_room;
    size_t out_size; /* bytes of the result; the whole room, unless the function sets it */
    char message
        [EDDY_WORK_MESSAGE]; /* what went wrong, in words; "": nothing, or the code says it */
};

/* `n` bytes are the result. -EMSGSIZE: there is no room for so many. */
int eddy_work_put(struct eddy_work *work, const void *bytes, size_t n);

/* Note what went wrong, for whoever waits for the job, in words (printf's); what is too long is cut.
 * Returns `err`: the function returns that. */
int eddy_work_fail(struct eddy_work *work, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For executors: call `fn`. Returns the outcome: -EINVAL if the function has returned what is none,
 * -EMSGSIZE if it says that its result is larger than its room. After an error out_size is 0. */
int eddy_work_run(struct eddy_work *work, int (*fn)(struct eddy_work *work));

#ifdef __cplusplus
}
#endif

#endif
