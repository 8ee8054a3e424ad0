/*
 * selector - "tell me which of these descriptors are ready", asked of select(), poll() or epoll.
 *
 * One interface, several kernels' mechanisms behind it, and the same answers from each: readiness
 * is told as long as it lasts (level-triggered), the end and an error of a descriptor count as
 * ready for whatever was asked, and what was unregistered meanwhile is not told at all.
 * (The words are those of Python's selectors module: register, modify, unregister, key.)
 *
 *     eddy_selector_register(&selector, fd, EDDY_READ, thing);
 *     ...
 *     eddy_selector_wait(&selector, EDDY_FOREVER);
 *     while (eddy_selector_next(&selector, &event))
 *         ... event.fd, event.events, event.data
 *
 * Errors: negative codes; on an error nothing has changed. EDDY_ECLOSED after close, and EDDY_EFORK
 * in a child process that inherited the selector. Threads: one at a time.
 */
#ifndef EDDY_SELECTOR_H
#define EDDY_SELECTOR_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What to wait for, and what is ready: one or both. */
enum { EDDY_READ = 1, EDDY_WRITE = 2 };

/* No time limit. */
#define EDDY_FOREVER ((double)INFINITY)

/* What a descriptor is registered with. */
struct eddy_selector_key {
    int events;    /* EDDY_READ, EDDY_WRITE, or both; 0: not registered */
    uint32_t id;   /* of this registration: a number that is used again gets another */
    void *data;    /* the user's */
    uint64_t file; /* see eddy_waitable(); 0 where the kernel knows the file by itself */
};

/* What eddy_selector_next() tells. */
struct eddy_event {
    int fd;
    int events; /* which of the wanted ones are ready */
    void *data; /* as registered */
};

struct eddy_selector_ready; /* selector_backend.h */
struct eddy_selector_ops;

/* Read `name`-d things by the functions below; touch no field. */
struct eddy_selector {
    const struct eddy_selector_ops *ops; /* NULL: closed */
    void *state;                         /* the backend's own */
    struct eddy_selector_key *keys;      /* by descriptor */
    int key_count;                       /* how many `keys` has room for */
    int registered;
    uint32_t last_id;
    struct eddy_selector_ready *ready; /* what the last wait found, told up to `told` */
    int ready_room, ready_count, told;
    unsigned forks; /* eddy_fork_count() when it was opened */
};

/*
 * Open a selector: the one called `name` ("epoll", "poll", "select"), or with NULL the one that the
 * environment variable EDDY_SELECTOR names, or, if that is unset or empty, the best there is.
 * EDDY_ESELECTOR when there is none of that name. `selector` is the caller's; close it.
 */
int eddy_selector_open(struct eddy_selector *selector, const char *name);

/* Release all that it holds, except the descriptors, which are the user's. Twice is harmless, and
 * so is a selector that was zeroed and never opened. */
void eddy_selector_close(struct eddy_selector *selector);

/* Which one it is: "epoll", "poll" or "select"; "closed" after close. */
const char *eddy_selector_name(const struct eddy_selector *selector);

/* The name of the `i`-th selector that this build has, best first; NULL after the last. */
const char *eddy_selector_nth(int i);

/*
 * Watch `fd` for `events`. `data` comes back with each event.
 * -EINVAL: no such events, or a negative descriptor. -EBADF: it is not open. -EEXIST: it is
 * registered, even if it was closed meanwhile. -EPERM: a regular file, a directory, /dev/null;
 * these are always ready, there is nothing to wait for. -ERANGE: select() cannot watch so high a
 * number.
 * -ENOMEM, -ENOSPC: the kernel's or our memory is full.
 */
int eddy_selector_register(struct eddy_selector *selector, int fd, int events, void *data);

/*
 * Watch `fd` for `events`, too: the same as register, or as modify with these events added. But the
 * kernel is asked in any case, because the number may have been closed and opened again without a
 * word. Returns 1 if it was: nothing of the old registration counts then; 0 otherwise. epoll knows.
 * poll and select watch numbers, and so the new file; whether it is new they see by its device and
 * inode, which sockets and pipes have for themselves, and eventfds and the like share.
 */
int eddy_selector_add(struct eddy_selector *selector, int fd, int events, void *data);

/* Change what is watched, and the data. No events at all unregisters. -ENOENT: not registered. */
int eddy_selector_modify(struct eddy_selector *selector, int fd, int events, void *data);

/*
 * Watch it no longer. -ENOENT: not registered. Do this before closing the descriptor. After closing
 * it, the call is allowed, too. But between the two calls it depends on the mechanism what is told
 * if a new file gets the number, or if a dup() of the old file still lives; the closed number itself
 * is passed over. (epoll may wake once more for such a dup(); that once costs O(registered).)
 */
int eddy_selector_unregister(struct eddy_selector *selector, int fd);

/* What `fd` is registered with, until the next call that changes it; NULL: not registered. O(1). */
const struct eddy_selector_key *eddy_selector_get(const struct eddy_selector *selector, int fd);

/*
 * Sleep until something is ready, at most `timeout` seconds: 0 or less only looks, EDDY_FOREVER has
 * no limit, and any other is rounded up to what the kernel can count. Returns how many are ready,
 * 0 when the time has passed. Signals are survived, and do not make it longer. -EINVAL: NaN.
 * What an earlier wait found and was not yet told is forgotten (it will be found again).
 * Cost: epoll O(ready), poll O(registered), select O(highest descriptor).
 */
int eddy_selector_wait(struct eddy_selector *selector, double timeout);

/*
 * Tell the next descriptor that the last wait found ready. False when there are no more. One that
 * was unregistered since is passed over, also when its number is registered anew by now; events
 * that are no longer wanted are left out. So an event's handler may do what it likes to other
 * descriptors.
 */
bool eddy_selector_next(struct eddy_selector *selector, struct eddy_event *event);

#ifdef __cplusplus
}
#endif

#endif
