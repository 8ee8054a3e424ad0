/* Trap: a pointer among a job's bytes. The bytes are copied to the worker, and what the pointer leads to is
 * not: there it leads to what was at that place when the pool was opened. The cure: send the text itself. */
#include "errors.h"
#include "process_pool.h"

#include <stdio.h>
#include <string.h>

enum { ROOM = 40 };

static char name[ROOM] = "nobody";

static int greet_pointer(struct eddy_work *work)
{
    const char *const *whom = work->in;

    snprintf(work->out, work->out_room, "hello, %s", *whom);
    return 0;
}

static int greet_text(struct eddy_work *work)
{
    snprintf(work->out, work->out_room, "hello, %s", (const char *)work->in);
    return 0;
}

static void greet(struct eddy_process_pool *pool, const char *what,
                  int (*fn)(struct eddy_work *work), const void *in, size_t n)
{
    struct eddy_job job;
    char greeting[2 * ROOM];

    eddy_job_init(&job, fn, in, n, greeting, sizeof greeting);
    eddy_executor_submit(&pool->drivers.executor, &job);
    if (eddy_job_result(&job, EDDY_FOREVER) == 0)
        printf("%s: %s\n", what, greeting);
}

int main(void)
{
    struct eddy_process_pool pool = {.name = "pointer"};
    const char *whom = name;

    if (eddy_process_pool_open(&pool, 1) < 0)
        return 1;
    strcpy(name, "Ann");
    greet(&pool, "a pointer is sent", greet_pointer, &whom, sizeof whom);
    greet(&pool, "the text is sent", greet_text, name, strlen(name) + 1);
    eddy_process_pool_close(&pool);
    return 0;
}
