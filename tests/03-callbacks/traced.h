/*
 * traced - steps of a test, each of which leaves its letter in a trace when it is called. So what
 * ran, how often and in which order is one text, and CHECK_TEXT(trace, "abc") says it all.
 */
#ifndef TRACED_H
#define TRACED_H

#include "handle.h"
#include "loop.h"
#include "watch.h"

#include <stdio.h>
#include <string.h>

/* It can be queued, set as a timer and watch a descriptor, whichever a test needs. */
struct step {
    struct eddy_handle soon;
    struct eddy_timer timer;
    struct eddy_watch watch;
    char letter;
    int calls;
    void (*then)(struct step *step); /* what it does besides; NULL: nothing */
};

static char trace[256]; /* cut when it is full */

static inline void traced_run(struct step *step)
{
    size_t n = strlen(trace);

    if (n + 1 < sizeof trace) {
        trace[n] = step->letter;
        trace[n + 1] = '\0';
    }
    step->calls++;
    if (step->then)
        step->then(step);
}

static inline void traced_soon(struct eddy_handle *handle)
{
    traced_run(container_of(handle, struct step, soon));
}

static inline void traced_timer(struct eddy_handle *handle)
{
    traced_run(container_of(handle, struct step, timer.handle));
}

static inline void traced_watch(struct eddy_handle *handle)
{
    traced_run(container_of(handle, struct step, watch.handle));
}

static inline void step_init(struct step *step, char letter, void (*then)(struct step *step))
{
    *step = (struct step){.letter = letter, .then = then};
    eddy_handle_init(&step->soon, traced_soon);
    eddy_timer_init(&step->timer, traced_timer);
    eddy_watch_init(&step->watch, traced_watch);
}

/* The sentence of a case that runs on one selector of several. */
static inline const char *traced_on(const char *sentence, const char *selector)
{
    static char text[256];

    snprintf(text, sizeof text, "%s [%s]", sentence, selector);
    return text;
}

/* Four of them, a to d. */
static inline void steps_init(struct step steps[4])
{
    for (int i = 0; i < 4; i++)
        step_init(&steps[i], "abcd"[i], NULL);
    trace[0] = '\0';
}

#endif
