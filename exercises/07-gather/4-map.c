/*
 * Exercise 07.4, build: many jobs, few at a time. 4-map.h says what it promises, and what is in the
 * frame. fill() is a suggestion: what comes again and again, in a function of its own. The two have
 * about 35 lines together. Try it:  make check-07.4
 */
#include "4-map.h"

#include <errno.h>

/* Starts a job in each slot whose job is done, as long as there are inputs. Returns 0; or the error of a
 * job that has failed, and then starts none. */
static int fill(struct bounded_map *self, struct eddy_loop *loop)
{
    /* TODO 07.4: write fill(). */
    return -ENOSYS;
}

struct eddy_step bounded_map(struct eddy_co *co)
{
    /* TODO 07.4: write bounded_map(). */
    return EDDY_RETURNED;
}
