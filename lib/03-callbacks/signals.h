/*
 * signals - signals as callbacks: the loop calls a handle when a signal has come, at a time when
 * everything is allowed, and not in the middle of whatever the signal has interrupted.
 *
 * The real signal handler only sets a flag and writes a byte to a pipe that the loop reads. Like the
 * kernel, it does not count: signals of one kind that come before the handle has run are one.
 *
 * Signals belong to the process, so they belong to one loop: the first that asks. EDDY_EOTHER for
 * any other, until the first has removed its handlers or is closed. (A child process begins anew.)
 * Threads: the loop's. Errors: negative codes.
 */
#ifndef EDDY_SIGNALS_H
#define EDDY_SIGNALS_H

#include "loop.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Call `handle` in the loop when the signal `signo` has come. It replaces the handle that was there.
 * The handle is the caller's, one for each signal, and stays until it is removed. -EINVAL: no such signal, or one that
 * nobody can handle (SIGKILL, SIGSTOP).
 * While there is a handler, the loop is not stuck; take that back with eddy_loop_unkeep() if it is
 * only there to end the program.
 */
int eddy_loop_add_signal_handler(struct eddy_loop *loop, int signo, struct eddy_handle *handle);

/* The signal does again what it did before. Returns whether there was a handler. Closing the loop
 * does this for all of them. */
bool eddy_loop_remove_signal_handler(struct eddy_loop *loop, int signo);

#ifdef __cplusplus
}
#endif

#endif
