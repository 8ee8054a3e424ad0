/*
 * Exercise 01.4: a wait with a limit, on top of select().
 */
#ifndef WAIT_READABLE_H
#define WAIT_READABLE_H

/*
 * Waits until `fd` is readable, or until `milliseconds` have passed; 0 only looks, and a negative
 * number waits without a limit.
 *
 * Returns 1 when it is readable, 0 when the time has passed, or a negative error:
 * -ERANGE when select() cannot watch `fd` because it is FD_SETSIZE or more, -EBADF when it is
 * negative or not open.
 *
 * A signal that is handled meanwhile changes nothing: neither the result nor the time.
 */
int wait_readable(int fd, int milliseconds);

#endif
