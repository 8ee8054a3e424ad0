/*
 * Exercise 06.3, build: try again, with patience. 3-retry.h says what it promises, and what is in the
 * frames; the two coroutines that are to be written have about 30 lines together. What must live
 * across an await is a field. Try it:  make check-06.3
 */
#include "3-retry.h"

#include <errno.h>

struct eddy_step one_try(struct eddy_co *co)
{
    /* TODO 06.3: write one_try(). */
    return EDDY_RETURNED;
}

struct eddy_step retry(struct eddy_co *co)
{
    /* TODO 06.3: write retry(). */
    return EDDY_RETURNED;
}
