/*
 * signals - signals as callbacks: the loop calls a handle when a signal has come, at a time when
 * everything is allowed, and not in the middle of whatever the signal has interrupted.
 *
 * The real signal handler only sets a flag and sends a byte to a socket that the loop reads. Like
 * the kernel, it does not count: signals of one kind that come before the handle has run are one.
 *
 * Signals belong to the process, so they belong to one loop: the first that asks. EDDY_EOTHER for
 * any other, until the first has removed its handlers or is closed. A child process begins anew:
 * until a loop of its own asks, a signal does there what it did before the parent's loop asked.
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
 * The same for a signal that asks the program to end, such as SIGINT and SIGTERM. For the first such
 * signal, the loop calls its handle. A second one, of the same kind or of another that was added
 * with this function, does at once what it did before: it kills, unless somebody handled or ignored
 * it. So the program can be ended even when its loop never looks, because a callback computes for
 * ever. When all of these handlers have been removed, the next one is a first one again.
 */
int eddy_loop_add_end_handler(struct eddy_loop *loop, int signo, struct eddy_handle *handle);

/* The handler for `signo` is no reason for the loop to go on: it is only there to end the program.
 * A handler that replaces it is a reason again. */
void eddy_loop_unkeep_signal_handler(struct eddy_loop *loop, int signo);

/* The signal does again what it did before. Returns whether there was a handler. Closing the loop
 * does this for all of them. */
bool eddy_loop_remove_signal_handler(struct eddy_loop *loop, int signo);

/* The handle that is called for `signo`. NULL: none of this loop's. */
struct eddy_handle *eddy_loop_signal_handler(struct eddy_loop *loop, int signo);

/* Whether `fd` is one of the two that the process keeps for its signals: for code that counts the open
 * descriptors, or closes those that nobody needs. Any thread. */
bool eddy_signals_own(int fd);

#ifdef __cplusplus
}
#endif

#endif
