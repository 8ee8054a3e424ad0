/*
 * Exercise 04.4: one answer for many who ask. It stands in front of an operation that is slow or
 * costs something: a question over the network, a file to be read. Those who ask while it is under
 * way share it: no other one is started for them.
 */
#ifndef ONCE_H
#define ONCE_H

#include "future.h"

/* Touch no field; embed it in what start() needs, and let container_of() lead back there. */
struct once {
    struct eddy_loop *loop;
    struct eddy_future *(*start)(struct once *once);
    struct eddy_list askers;       /* by their links, in the order in which they have asked */
    struct eddy_future *under_way; /* the operation; NULL: none */
    struct eddy_handle on_done;    /* waits for it */
};

/* Somebody who asks: caller's memory, until `future` is done. */
struct ask {
    struct eddy_future future; /* done when there is an answer */
    struct eddy_list link;
    struct once *once;
};

/*
 * `start` starts the operation and returns its future. As always in eddy, a start that fails
 * returns a future that is done already, with the error; and a cancel of that future ends the
 * operation at once, so that it can be started anew.
 */
void once_init(struct once *once, struct eddy_loop *loop,
               struct eddy_future *(*start)(struct once *once));

/*
 * Ask. Returns &ask->future, which is this asker's own, never NULL. Its outcome is that of the
 * operation: the result, the error, or -ECANCELED if somebody else has cancelled it.
 *
 * If nobody waits for an answer now, the operation is started; otherwise this asker joins those who
 * wait. All get the same outcome, in the same turn and in the order in which they have asked. After
 * that, the next one to ask starts the operation anew. An old answer is never given.
 *
 * An asker may cancel its own future (eddy_future_cancel). That future is cancelled at once, and the
 * other askers are answered as before. Only when the last of them has cancelled is
 * the operation cancelled too, at once. Whoever asks then, even in the same turn, starts it anew.
 *
 * When ask->future is done, nothing points to `ask` any more: it may be used to ask again, or freed.
 * Nothing is allocated.
 */
struct eddy_future *once_ask(struct once *once, struct ask *ask);

#endif
