/* micro_limit.h - what the two halves of micro_limit know of each other. */
#ifndef MICRO_LIMIT_H
#define MICRO_LIMIT_H

#include "micro.h"

/* Look at the descriptors, for at most `ms` milliseconds; -1: for ever. */
void look(int ms);

/* micro_limit_timers.c */
void bench_timers(void);
void bench_mem(void);

#endif
