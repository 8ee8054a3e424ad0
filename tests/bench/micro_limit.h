/* micro_limit.h - what the parts of micro_limit know of each other. */
#ifndef MICRO_LIMIT_H
#define MICRO_LIMIT_H

#include "micro.h"

/* Look at the descriptors, for at most `ms` milliseconds; -1: for ever. */
void look(int ms);

/* From now on at this one, too. */
void look_at(int fd);

/* Wake who sleeps there: for any thread. */
void wake(void);
void sleep_till_woken(void);

/* micro_limit_timers.c */
void bench_timers(void);
void bench_mem(void);

/* micro_limit_many.c */
void bench_gather(void);
void bench_wait_for(void);

/* micro_limit_pool.c */
void bench_pool(void);

/* micro_limit_spawn.c */
void bench_spawn(void);

#endif
