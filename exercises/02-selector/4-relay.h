/*
 * Exercise 02.4: a relay between two connections, on one selector.
 */
#ifndef RELAY_H
#define RELAY_H

/*
 * Copies what comes from `a` to `b`, and what comes from `b` to `a`, until both have ended. They are
 * connected sockets that do not block (eddy_net_prepare() was called), and stay open: they are the
 * caller's.
 *
 * When one of them ends, the other is told so (shutdown with SHUT_WR) once all has been passed on;
 * the other direction goes on.
 *
 * Returns 0 when both have ended, or a negative error, at once, of a socket or of the selector:
 * -ECONNRESET, -EPIPE, -ENOMEM ... It leaves nothing behind.
 *
 * It waits with one selector (the default one), and only then: a send() or recv() never does. It
 * sleeps as long as there is nothing to do: room is waited for only while there is something to
 * send; while there is, no more is received from where it came; and an end is received once.
 */
int relay(int a, int b);

#endif
