/*
 * micro_limit_timers - the part of micro_limit that has timers: a heap of pointers, four children
 * each.
 */
#include "micro_limit.h"

#include <stddef.h>

/* ---- The heap ---------------------------------------------------------------------------------- */

struct timer {
    int64_t when; /* nanoseconds */
    size_t slot;
    void (*fn)(struct timer *timer);
};

static struct timer **heap;
static size_t heap_count;
static long left;

static void place(size_t i, struct timer *timer)
{
    heap[i] = timer;
    timer->slot = i;
}

static void sift_up(size_t i, struct timer *timer)
{
    for (; i > 0 && timer->when < heap[(i - 1) / 4]->when; i = (i - 1) / 4)
        place(i, heap[(i - 1) / 4]);
    place(i, timer);
}

static void sift_down(size_t i, struct timer *timer)
{
    for (size_t child = 4 * i + 1; child < heap_count; child = 4 * i + 1) {
        size_t end = child + 4 < heap_count ? child + 4 : heap_count;
        for (size_t k = child + 1; k < end; k++)
            if (heap[k]->when < heap[child]->when)
                child = k;
        if (timer->when <= heap[child]->when)
            break;
        place(i, heap[child]);
        i = child;
    }
    place(i, timer);
}

static void cancel(struct timer *timer)
{
    size_t i = timer->slot;
    struct timer *last = heap[--heap_count];

    if (last == timer)
        return;
    if (i > 0 && last->when < heap[(i - 1) / 4]->when)
        sift_up(i, last);
    else
        sift_down(i, last);
}

static void fire_due(void)
{
    int64_t time = (int64_t)now();

    while (heap_count > 0 && heap[0]->when <= time) {
        struct timer *timer = heap[0];
        cancel(timer);
        timer->fn(timer);
    }
}

/* ---- timers ------------------------------------------------------------------------------------ */

static void on_time(struct timer *timer)
{
    (void)timer;
    left--;
}

static void set_all(struct timer *timers, long n, int64_t offset)
{
    int64_t base = (int64_t)now() + offset;
    uint64_t span = (uint64_t)timers_span() * 1000000;

    left = n;
    for (long i = 0; i < n; i++) {
        timers[i].when = base + (int64_t)random_below(span);
        sift_up(heap_count++, &timers[i]);
    }
}

/* With their real deadlines, and the sleep between them. */
static void live(void)
{
    while (left > 0) {
        int64_t ns = heap[0]->when - (int64_t)now();
        look(ns > 0 ? (int)((ns + 999999) / 1000000) : 0);
        fire_due();
    }
}

void bench_timers(void)
{
    long n = number("N_TIMERS", 1000000);
    struct timer *timers = allocate((size_t)n, sizeof *timers);
    double begin;

    heap = allocate((size_t)n, sizeof *heap);
    for (long i = 0; i < n; i++)
        timers[i].fn = on_time;
    begin = now();
    set_all(timers, n, 0);
    report("timer_add", (now() - begin) / (double)n);

    wait_until(begin + ((double)timers_span() + 10) * 1e6);
    begin = now();
    fire_due();
    report("timer_fire", (now() - begin) / (double)(n - left));

    set_all(timers, n, 0);
    begin = now();
    for (long i = 0; i < n; i++)
        cancel(&timers[i]);
    report("timer_cancel", (now() - begin) / (double)n);

    set_all(timers, n, 200000000);
    begin = cpu_time();
    live();
    report("timer_live_cpu", (cpu_time() - begin) / (double)n);
    free(heap);
    free(timers);
}

/* ---- mem: a state and a timer ------------------------------------------------------------------ */

struct task {
    int state;
    long yields;
    struct timer timer;
};

static void sleep_on(struct task *task, int64_t when)
{
    task->state = 0;
    task->yields = 0;
    task->timer.fn = on_time;
    task->timer.when = when;
    sift_up(heap_count++, &task->timer);
}

void bench_mem(void)
{
    long n = number("N_MEM", 1000000);
    double before = resident();
    int64_t when = (int64_t)now() + INT64_C(3600000000000);

    heap = allocate((size_t)n, sizeof *heap);
    for (long i = 0; i < n; i++) {
        struct task *task = malloc(sizeof *task);
        must(task ? 0 : -ENOMEM, "memory");
        sleep_on(task, when + i);
    }
    report_bytes("mem_sleeping_task", (resident() - before) / (double)n);
    while (heap_count > 0)
        free((char *)heap[--heap_count] - offsetof(struct task, timer));
    free(heap);
}
