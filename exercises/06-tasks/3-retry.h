/*
 * Exercise 06.3: ask somebody who is often not to be reached. A line is dialled, a question is
 * asked, the line is hung up; and if that went wrong, it is tried again after a while, which grows
 * with each time, so that somebody who has too much to do already is left in peace.
 */
#ifndef RETRY_H
#define RETRY_H

#include "delay.h"
#include "task.h"

/* ---- Given: a phone. Each call starts an operation and returns its future ---------------------- */

struct phone;

/* Dial. Once it is done without an error there is a line, which must be hung up. After an error or a
 * cancel there is none. */
struct eddy_future *phone_dial(struct phone *phone);

/* Ask, on the line that there is. May fail. */
struct eddy_future *phone_ask(struct phone *phone);

/* Hang up, which takes a moment. Without a line it is an error to do this. */
struct eddy_future *phone_hang_up(struct phone *phone);

/* ---- To be written ----------------------------------------------------------------------------- */

/*
 * One try: dial, ask, hang up. Its outcome is 0, or the error of what went wrong; and whatever
 * happens, also when it is cancelled, a line that there is has been hung up at its end.
 */
struct one_try {
    struct eddy_co co;
    struct phone *phone;
    bool on_line; /* yours */
};

struct eddy_step one_try(struct eddy_co *co);

/*
 * Up to `tries` tries, at least one. The first that succeeds ends it, with success. Between two tries
 * it sleeps: `pause` seconds after the first, and each time twice as long, but never longer than
 * `longest`. When no try is left, it ends at once, with the error of the last one. When it is
 * cancelled, in a try or between two, that ends it: nothing is tried again.
 */
struct retry {
    struct eddy_co co;
    struct phone *phone;
    int tries;
    double pause, longest;
    struct one_try one_try; /* yours, from here on */
    struct eddy_sleep sleep;
};

struct eddy_step retry(struct eddy_co *co);

#endif
