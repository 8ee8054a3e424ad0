/*
 * job_map - a function over an array: a job for each element, and the results in the array's order.
 * (concurrent.futures' Executor.map)
 *
 *     err = eddy_job_map_open(&map, &pool.executor, is_prime, jobs, n, &arrays, EDDY_FOREVER);
 *     while (err == 0 && (err = eddy_job_map_next(&map)) == 0)
 *         printf("%d: %s\n", numbers[map.next - 1], primes[map.next - 1] ? "prime" : "not prime");
 *     eddy_job_map_close(&map);
 *
 * Errors: negative codes. Memory: the map, its jobs and arrays are the caller's, and stay until it is
 * closed; nothing is allocated. Threads: one at a time. All of it together is O(jobs).
 */
#ifndef EDDY_JOB_MAP_H
#define EDDY_JOB_MAP_H

#include "deadline.h"
#include "job.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Read `next`, the index of what comes next; touch no other field. Valid when zeroed: closed. */
struct eddy_job_map {
    struct eddy_job *jobs;
    size_t count, next;
    struct eddy_deadline deadline;
};

/* The arrays of a map: element k of `in` becomes element k of `out`. */
struct eddy_job_arrays {
    const void *in;
    size_t in_size; /* bytes of one element */
    void *out;
    size_t out_size;
};

/*
 * Submit `n` jobs at once, jobs[k] with `fn` for element k, and `seconds` for all together. 0; what
 * eddy_executor_submit() says, and then none of them is left running or in line. -EINVAL: NaN, or no
 * `fn`. EDDY_EQUEUED: it is open.
 */
int eddy_job_map_open(struct eddy_job_map *map, struct eddy_executor *executor,
                      int (*fn)(struct eddy_work *work), struct eddy_job *jobs, size_t n,
                      const struct eddy_job_arrays *arrays, double seconds);

/*
 * Wait for the next, in the order of the array, however they end. 0: element `next` - 1 of `out` is
 * there. Its error, if that job has failed: when its turn has come, after the results before it; the
 * elements after it can be asked for all the same. -ENOENT: that was all. -ETIMEDOUT, and `next` stays:
 * the time is up.
 */
int eddy_job_map_next(struct eddy_job_map *map);

/* Cancel what has not begun, and wait for what runs. Twice is harmless. */
void eddy_job_map_close(struct eddy_job_map *map);

#ifdef __cplusplus
}
#endif

#endif
