/*
 * pair - two sockets for messages to oneself: what is sent to one can be read from the other. A byte
 * that a thread or a signal handler sends wakes a loop that sleeps in its selector.
 *
 * A pipe would do as well, but for two things. Writing to a pipe whose other end is gone raises
 * SIGPIPE; and the number of a descriptor that a stranger has closed may be a file's by now: a byte
 * that is *sent* lands in no file. The inode of each end tells whether it is still ours.
 *
 * Errors: negative codes. Threads: any, one at a time; eddy_pair_ours() also in a signal handler.
 */
#ifndef EDDY_PAIR_H
#define EDDY_PAIR_H

#include <stdbool.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_pair {
    int fds[2];      /* one reads from [0] */
    ino_t inodes[2]; /* of the two, when they were opened */
};

/* Open both, non-blocking and close-on-exec. Returns 0 or an error. */
int eddy_pair_open(struct eddy_pair *pair);

/* Whether fds[end] is still what was opened: false when somebody else has closed it, whatever has
 * got its number since. */
bool eddy_pair_ours(const struct eddy_pair *pair, int end);

/*
 * Send a byte from [1] to [0]. Returns 0, -EAGAIN when it is full (so there is something to read),
 * or another error. Some errors pass, such as want of memory, and a signal handler has nobody to tell
 * of them: so sending is tried a few times. Async-signal-safe; never SIGPIPE.
 */
int eddy_pair_send(const struct eddy_pair *pair);

/* Close those that are still ours. */
void eddy_pair_close(struct eddy_pair *pair);

#ifdef __cplusplus
}
#endif

#endif
