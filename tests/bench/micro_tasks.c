/* micro_tasks - the part of micro that has tasks: what it costs to have one, to go on with one, and to
 * let one sleep. */
#include "micro_eddy.h"

#include "delay.h"
#include "run.h"

enum { BATCH = 1000 };

static long left;

static void one_less(void)
{
    if (--left == 0)
        eddy_loop_stop(bench_loop);
}

/* ---- tasks ------------------------------------------------------------------------------------- */

struct yield_once {
    struct eddy_co co;
};

static struct eddy_step yield_once(struct eddy_co *co)
{
    CO_BEGIN(co);
    CO_AWAIT(co, eddy_next_turn());
    one_less();
    CO_FINALLY(co);
    CO_END(co);
}

static void task_once(void)
{
    long batches = (number("N_TASKS", 1000000) + BATCH - 1) / BATCH;
    double begin = now();

    for (long i = 0; i < batches; i++) {
        left = BATCH;
        for (int k = 0; k < BATCH; k++)
            must(eddy_spawn(bench_loop, yield_once), "spawn");
        run();
    }
    report("task_once", (now() - begin) / (double)(batches * BATCH));
}

struct yield_often {
    struct eddy_co co;
    long yields;
};

static struct eddy_step yield_often(struct eddy_co *co)
{
    struct yield_often *self = CO_FRAME(co, yield_often);

    CO_BEGIN(co);
    while (self->yields-- > 0)
        CO_AWAIT(co, eddy_next_turn());
    one_less();
    CO_FINALLY(co);
    CO_END(co);
}

static void task_switch(void)
{
    long yields = number("N_YIELDS", 5000);
    double begin = now();

    left = BATCH;
    for (int i = 0; i < BATCH; i++)
        must(eddy_spawn(bench_loop, yield_often, .yields = yields), "spawn");
    run();
    report("task_switch", (now() - begin) / (double)(yields * BATCH));
}

/* Calls one like itself until it is as deep as it should be; there it gives up its turn again and again. */
struct deep {
    struct eddy_co co;
    struct deep *inner;
    int depth;
    long resumes;
};

static struct eddy_step deep(struct eddy_co *co)
{
    struct deep *self = CO_FRAME(co, deep);

    CO_BEGIN(co);
    if (self->depth > 1)
        CO_CALL(co, deep, self->inner, .inner = self->inner + 1, .depth = self->depth - 1,
                .resumes = self->resumes);
    else
        while (self->resumes-- > 0)
            CO_AWAIT(co, eddy_next_turn());
    CO_FINALLY(co);
    CO_END(co);
}

/* A thousand tasks, so that a turn of the loop costs each little. */
static void resume_at(int depth, const char *name)
{
    long resumes = number("N_RESUMES", 2000);
    struct deep *frames = allocate((size_t)depth * BATCH, sizeof *frames);
    struct eddy_task *tasks = allocate(BATCH, sizeof *tasks);
    double begin;

    for (int i = 0; i < BATCH; i++)
        eddy_task_start(&tasks[i], bench_loop, deep, &frames[i * depth],
                        .inner = &frames[i * depth + 1], .depth = depth, .resumes = resumes);
    eddy_loop_stop(bench_loop);
    run(); /* one turn: all have called as deep as they go */
    begin = now();
    while (!eddy_task_done(&tasks[BATCH - 1])) {
        eddy_loop_stop(bench_loop);
        run();
    }
    report(name, (now() - begin) / (double)(resumes * BATCH));
    free(frames);
    free(tasks);
}

void bench_tasks(void)
{
    task_once();
    task_switch();
    resume_at(1, "resume_depth1");
    resume_at(10, "resume_depth10");
    resume_at(100, "resume_depth100");
}

/* ---- mem --------------------------------------------------------------------------------------- */

struct sleeper {
    struct eddy_co co;
    struct eddy_sleep sleep;
};

static struct eddy_step sleeper(struct eddy_co *co)
{
    struct sleeper *self = CO_FRAME(co, sleeper);

    CO_BEGIN(co);
    one_less();
    CO_AWAIT(co, eddy_sleep(&self->sleep, bench_loop, 3600));
    CO_FINALLY(co);
    CO_END(co);
}

struct place {
    struct eddy_task task;
    struct sleeper frame;
};

/* The last one that falls asleep stops the loop. */
void bench_mem(void)
{
    long n = number("N_MEM", 1000000);
    double before = resident();
    struct place *places = allocate((size_t)n, sizeof *places);

    left = n;
    for (long i = 0; i < n; i++)
        eddy_task_start(&places[i].task, bench_loop, sleeper, &places[i].frame);
    run();
    report_bytes("mem_sleeping_task", (resident() - before) / (double)n);
    must(eddy_loop_shutdown(bench_loop, SECONDS_MAX), "shutdown");
    free(places);
}
