#include "job_map.h"

#include "errors.h"

#include <errno.h>

static void init_job(struct eddy_job *job, int (*fn)(struct eddy_work *work),
                     const struct eddy_job_arrays *arrays, size_t k)
{
    const char *in = arrays->in;
    char *out = arrays->out;

    eddy_job_init(job, fn, in ? in + k * arrays->in_size : NULL, arrays->in_size,
                  out ? out + k * arrays->out_size : NULL, arrays->out_size);
}

int eddy_job_map_open(struct eddy_job_map *map, struct eddy_executor *executor,
                      int (*fn)(struct eddy_work *work), struct eddy_job *jobs, size_t n,
                      const struct eddy_job_arrays *arrays, double seconds)
{
    int err = map->jobs ? EDDY_EQUEUED : eddy_deadline_set(&map->deadline, seconds);

    if (err < 0)
        return err;
    map->jobs = jobs;
    map->next = map->count = 0;
    for (; map->count < n && err == 0; map->count++) {
        init_job(&jobs[map->count], fn, arrays, map->count);
        err = eddy_executor_submit(executor, &jobs[map->count]);
    }
    if (err < 0)
        eddy_job_map_close(map);
    return err;
}

int eddy_job_map_next(struct eddy_job_map *map)
{
    struct eddy_job *job = &map->jobs[map->next];
    int err;

    if (map->next >= map->count)
        return -ENOENT;
    err = eddy_job_result(job, eddy_deadline_left(&map->deadline));
    if (!eddy_job_done(job))
        return err;
    map->next++;
    return eddy_job_error(job); /* and not `err`: it may have ended just after the time did */
}

/* From the end, so that none is begun while the ones before it are cancelled. */
void eddy_job_map_close(struct eddy_job_map *map)
{
    for (size_t k = map->count; k > map->next; k--)
        eddy_job_cancel(&map->jobs[k - 1]);
    for (size_t k = map->next; k < map->count; k++)
        eddy_job_outlast(&map->jobs[k]);
    map->jobs = NULL;
    map->count = 0;
}
