/*
 * signals - signals as callbacks: the loop calls a handle when a signal has come, at a time when
 * everything is allowed, and not in the middle of whatever the signal has interrupted.
 *
 * The real signal handler only sets a flag and sends a byte to a socket that the loop reads. Like
 * the kernel, it does not count: signals of one kind that come before the handle has run are one.
 *
 * Signals belong to the process, so they belong to one loop: the first that asks. EDDY_EOTHER for
 * any other, until the first has removed its handlers or is closed. A child process begins anew:
 * a signal that reaches it before it has asked itself does what it did before the parent's loop asked.
 * The two sockets are the process's, too. They are opened once, when the first handler is added,
 * and stay: a signal in another thread may be on its way to them. (If somebody else closes them,
 * the next add opens others.)
 * Threads: the loop's. Errors: negative codes.
 */
#ifndef EDDY_SIGNALS_H
#define EDDY_SIGNALS_H

#include "loop.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Call `handle` in the loop when the signal `signo` has come. It replaces the handle that was
 * there. The handle is the caller's, one for each signal, and stays until it is removed. -EINVAL:
 * no such signal, or one that nobody can handle (SIGKILL, SIGSTOP).
 * While there is a handler, the loop is not stuck; eddy_loop_unkeep_signal_handler() changes that.
 */
int eddy_loop_add_signal_handler(struct eddy_loop *loop, int signo, struct eddy_handle *handle);

/*
 * The same for a signal that asks the program to end, such as SIGINT and SIGTERM. The first one is
 * told to its handle. A second one, of the same kind or of another that was added so, does at once
 * what it did before: it kills, unless somebody handled or ignored it. So a program ends whose loop
 * never comes to look, because a callback computes for ever. That begins anew when all of these
 * handlers have been removed.
 */
int eddy_loop_add_end_handler(struct eddy_loop *loop, int signo, struct eddy_handle *handle);

/* The handler for `signo` is no reason for the loop to go on: it is only there to end the program. The
 * handler that replaces it is a reason again. */
void eddy_loop_unkeep_signal_handler(struct eddy_loop *loop, int signo);

/* The signal does again what it did before. Returns whether there was a handler. Closing the loop
 * does this for all of them. */
bool eddy_loop_remove_signal_handler(struct eddy_loop *loop, int signo);

/* What is called for `signo`. NULL: nothing of this loop's. */
struct eddy_handle *eddy_loop_signal_handler(struct eddy_loop *loop, int signo);

/* Whether `fd` is one of the two that the process keeps for its signals: for whoever counts what is
 * open, or closes what is not needed. Any thread. */
bool eddy_signals_own(int fd);

#ifdef __cplusplus
}
#endif

#endif
