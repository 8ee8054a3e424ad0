/*
 * next_signal - awaiting a signal, as an operation: SIGHUP makes a task read its settings again,
 * and no callback has to tell it.
 *
 *     err = eddy_signal_open(&self->hup, loop, SIGHUP);           in the body
 *     CO_AWAIT(co, eddy_signal_next(&self->hup));                 again and again
 *     eddy_signal_close(&self->hup);                              in the cleanup section
 *
 * A signal that comes between two awaits is kept for the next one. Like the kernel, it does not
 * count: those that come before somebody awaits are one.
 *
 * One of these for each signal, and one task that awaits it. While that waits, another task is
 * refused; and no other may ask between the signal and the return of that await. All that signals.h
 * says of handlers holds: they belong to one loop of the process, and while one is open, the loop
 * is not stuck.
 * Memory: the struct is the caller's, and stays until it is closed and nobody awaits it. Zeroed, it
 * is closed.
 * Threads: the loop's.
 */
#ifndef EDDY_NEXT_SIGNAL_H
#define EDDY_NEXT_SIGNAL_H

#include "future.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_signal {
    struct eddy_future future;  /* of whoever awaits the next */
    struct eddy_future refused; /* of an await that cannot be */
    struct eddy_handle handle;  /* the loop's: it has come */
    struct eddy_loop *loop;     /* NULL: it is closed */
    int signo;
    bool has_come; /* while nobody awaited it */
};

/*
 * From now on `signo` is kept for whoever awaits it. Returns 0, -EEXIST when somebody handles it
 * already (in eddy_run(), SIGINT and SIGTERM cancel the main task, and that is how a task hears of
 * them), or an error of eddy_loop_add_signal_handler().
 */
int eddy_signal_open(struct eddy_signal *signal, struct eddy_loop *loop, int signo);

/* Done when the signal comes; at once if it has come since the last await. EDDY_EWATCHED: another
 * task awaits it. EDDY_ECLOSED: it is not open, or was closed meanwhile. (The future of a signal that
 * was never opened has no loop: it can be awaited, and has no callbacks.) */
struct eddy_future *eddy_signal_next(struct eddy_signal *signal);

/* The signal does again what it did before; whoever awaits it gets EDDY_ECLOSED. Twice is
 * harmless. */
void eddy_signal_close(struct eddy_signal *signal);

#ifdef __cplusplus
}
#endif

#endif
