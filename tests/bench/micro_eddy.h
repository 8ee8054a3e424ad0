/* micro_eddy.h - what the parts of micro know of each other. */
#ifndef MICRO_EDDY_H
#define MICRO_EDDY_H

#include "micro.h"

#include "loop.h"

extern struct eddy_loop *const bench_loop;

/* Runs the loop until it is stopped. */
void run(void);

/* micro_tasks.c */
void bench_tasks(void);
void bench_mem(void);

/* micro_many.c */
void bench_gather(void);
void bench_wait_for(void);

/* micro_sync.c */
void bench_queue(void);
void bench_semaphore(void);

/* micro_pool.c */
void bench_pool(void);

/* micro_spawn.c */
void bench_spawn(void);

#endif
