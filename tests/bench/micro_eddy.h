/* micro_eddy.h - what the two halves of micro know of each other. */
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

#endif
