/*
 * tasks - what the tests of chapter 6 begin with: a loop on a virtual clock, a trace, and a few
 * coroutines that leave in it what happens to them. Of one that is called a:
 *
 *     a               its body has begun
 *     a=ECANCELED     an await has come back with that
 *     a.EIO           its cleanup section runs, and that is how the body ends
 */
#ifndef TASKS_H
#define TASKS_H

#include "check.h"
#include "delay.h"
#include "errors.h"
#include "report.h"
#include "run.h"
#include "scripted.h"
#include "task.h"
#include "turn.h"
#include "until_complete.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

static struct eddy_loop loop;
static char trace[1024];
static char reported[4096]; /* all reports, a newline behind each */
static int reports;

static inline void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void note(const char *format, ...)
{
    size_t n = strlen(trace);
    va_list args;

    if (n + 2 >= sizeof trace)
        return;
    if (n > 0)
        trace[n++] = ' ';
    va_start(args, format);
    vsnprintf(trace + n, sizeof trace - n, format, args);
    va_end(args);
}

static inline void on_report(const char *text)
{
    size_t n = strlen(reported);

    reports++;
    snprintf(reported + n, sizeof reported - n, "%s\n", text);
    fprintf(stderr, "%s\n", text); /* a failure's report shows it */
}

static inline void set_up(void)
{
    scripted_start();
    eddy_report_to(on_report);
    CHECK_OK(eddy_loop_open(&loop, &scripted));
    eddy_loop_set_debug(&loop, false);
}

static inline void tear_down(void)
{
    CHECK_CODE(eddy_loop_close(&loop), 0);
}

static inline void turns(int n)
{
    for (; n > 0; n--) {
        eddy_loop_stop(&loop);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
    }
}

/* Until nothing can happen any more. On the virtual clock that takes no time. */
static inline void run_out(void)
{
    WAITING("the loop to have nothing left to do");
    CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
}

/* What happened since the last time. */
static inline void expect_trace(const char *file, int line, const char *want)
{
    check_text(file, line, "trace", trace, want);
    trace[0] = '\0';
}

#define EXPECT(want) expect_trace(__FILE__, __LINE__, want)

static inline int outcome(const struct eddy_task *task)
{
    return eddy_future_error(&task->future);
}

static inline bool cancel_task(struct eddy_task *task)
{
    return eddy_future_cancel(&task->future);
}

/* ---- Coroutines --------------------------------------------------------------------------------- */

/* Waits for one future. */
struct waiter {
    struct eddy_co co;
    const char *name;
    struct eddy_future *on;
};

static inline struct eddy_step waiter(struct eddy_co *co)
{
    struct waiter *self = CO_FRAME(co, waiter);

    CO_BEGIN(co);
    note("%s", self->name);
    CO_AWAIT(co, self->on);
    note("%s=OK", self->name);
    CO_FINALLY(co);
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* The same, but whatever comes, it ends with success. */
struct catcher {
    struct eddy_co co;
    const char *name;
    struct eddy_future *on;
};

static inline struct eddy_step catcher(struct eddy_co *co)
{
    struct catcher *self = CO_FRAME(co, catcher);

    CO_BEGIN(co);
    note("%s", self->name);
    CO_TRY_AWAIT(co, self->on);
    note("%s=%s", self->name, eddy_errname(eddy_co_error(co)));
    CO_FINALLY(co);
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* Waits `rounds` times for a future of its own, whatever comes; and ends with success. */
struct stubborn {
    struct eddy_co co;
    const char *name;
    int rounds;
    struct eddy_future own;
};

static inline struct eddy_step stubborn(struct eddy_co *co)
{
    struct stubborn *self = CO_FRAME(co, stubborn);

    CO_BEGIN(co);
    note("%s", self->name);
    for (; self->rounds > 0; self->rounds--) {
        eddy_future_init(&self->own, eddy_co_loop(co));
        CO_TRY_AWAIT(co, &self->own);
        note("%s=%s", self->name, eddy_errname(eddy_co_error(co)));
    }
    CO_FINALLY(co);
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* Sleeps, and ends with `outcome`. */
struct sleeper {
    struct eddy_co co;
    const char *name;
    double seconds;
    int outcome;
    struct eddy_sleep sleep;
};

static inline struct eddy_step sleeper(struct eddy_co *co)
{
    struct sleeper *self = CO_FRAME(co, sleeper);

    CO_BEGIN(co);
    note("%s", self->name);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->seconds));
    CO_FAIL(co, self->outcome);
    CO_FINALLY(co);
    note("%s.%s", self->name, eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* Calls one like itself, on the heap, as often as `depth` says; the last one awaits. Counts in `bodies`
 * how often a body of this kind was entered. */
struct nest {
    struct eddy_co co;
    long depth;
    struct nest *inner;
    struct eddy_future *on;
};

static long bodies;

static inline struct eddy_step nest(struct eddy_co *co)
{
    struct nest *self = CO_FRAME(co, nest);

    bodies++;
    CO_BEGIN(co);
    if (self->depth == 0) {
        CO_AWAIT(co, self->on);
        CO_RETURN(co);
    }
    self->inner = malloc(sizeof *self->inner);
    CHECK(self->inner != NULL);
    CO_CALL(co, nest, self->inner, .depth = self->depth - 1, .on = self->on);
    CO_FINALLY(co);
    free(self->inner);
    CO_END(co);
}

#endif
