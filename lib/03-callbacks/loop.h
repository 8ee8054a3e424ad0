/*
 * loop - the event loop: it sleeps until a descriptor is ready, a timer is due or a handle has been
 * queued, and calls them, one after the other, in one thread. All else in eddy is built from these
 * calls. (The words and the order of a turn are asyncio's.)
 *
 * Times are seconds, as a double; inside, nanoseconds of a clock that nobody can set.
 *
 * Errors: negative codes; on an error nothing has changed. EDDY_ECLOSED on a loop that is closed or
 * was never opened. In debug mode (EDDY_DEBUG=1, or eddy_loop_set_debug), a call from another
 * thread than the one that runs the loop is EDDY_ETHREAD, and that, a handle that is used twice,
 * and a callback that keeps all others waiting are reported.
 * Memory: handles, timers and watches are the caller's, and stay until they have run, were
 * cancelled or removed. Only the heap of timers and the table of descriptors allocate.
 * Threads: a loop belongs to the thread that runs it. Only eddy_loop_call_soon_threadsafe() and its
 * cancel are for others. One loop runs at a time in a thread; after fork(), none of the parent's
 * (EDDY_EFORK).
 */
#ifndef EDDY_LOOP_H
#define EDDY_LOOP_H

#include "clock.h"
#include "guest.h"
#include "handle.h"
#include "heap.h"
#include "version.h"
#include "wakeup.h"
#include "watch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A handle that is called at a time. */
struct eddy_timer {
    struct eddy_handle handle;
    struct eddy_heap_node node;
};

/* `function` will be called. Not for a timer that is set; cancel it first. */
#define eddy_timer_init(timer, function) eddy_timer_init_named(timer, function, #function)

/* What the macro calls, with a name of your own, as eddy_handle_init_named(). */
static inline void eddy_timer_init_named(struct eddy_timer *timer,
                                         void (*fn)(struct eddy_handle *handle), const char *name)
{
    eddy_handle_init_named(&timer->handle, fn, name);
    timer->node.slot = 0; /* in no heap */
}

struct eddy_loop;

/* What an exception handler is told. (asyncio's context) */
struct eddy_context {
    const char *message; /* what happened, a sentence */
    int err;             /* a code, or 0 */
    const char *who;     /* the function, task or place concerned; NULL: none */
};

/* Read `slow_callback_duration` and set it; touch no other field. */
struct eddy_loop {
    struct eddy_list ready;  /* in line for the next turn */
    struct eddy_list batch;  /* being called in this turn */
    struct eddy_heap timers; /* keys: when, in nanoseconds of the clock */
    struct eddy_watches watches;
    struct eddy_wakeup wakeup;
    struct eddy_list guests; /* what modules keep for it, the last one added first */
    struct eddy_clock *clock;
    void (*exception_handler)(struct eddy_loop *loop, const struct eddy_context *context);
    double slow_callback_duration; /* seconds, 0.1 unless set: in debug mode, longer is reported */
    long keeps;                    /* calls of eddy_loop_keep(), less those of unkeep */
    pthread_t thread;              /* that runs it; `running` and this under the wakeup's lock */
    bool running, stopping, open;
    bool looks_closer; /* debug mode; without it, that costs a test of this flag */
};

/* Zero or NULL is the usual choice. */
struct eddy_loop_options {
    const char *selector;                /* its name; NULL: as eddy_selector_open() chooses */
    const struct eddy_selector_ops *ops; /* or a backend of your own */
    struct eddy_clock *clock;            /* NULL: the monotonic clock */
    bool debug;                          /* debug mode, also without EDDY_DEBUG=1 */
};

/* ---- Opening and closing ----------------------------------------------------------------------- */

/* What eddy_loop_open() calls, with what the header knows: its version, and how large a loop is. If
 * one of the two differs from the library's, the library writes `size` zeros to `loop`, and uses
 * nothing else of it. So these parameters are the same in all versions. */
int eddy_loop_open_checked(struct eddy_loop *loop, const struct eddy_loop_options *options,
                           int version, size_t size);

/*
 * Open a loop. `options` may be NULL. EDDY_EVERSION: the program was compiled with the headers of
 * another version than the library that it runs on; both are reported.
 */
static inline int eddy_loop_open(struct eddy_loop *loop, const struct eddy_loop_options *options)
{
    return eddy_loop_open_checked(loop, options, EDDY_VERSION_NUMBER, sizeof(struct eddy_loop));
}

/*
 * Close it: nothing in line is called; handles, timers and watches are forgotten, and can be used
 * with another loop. In debug mode they are reported. EDDY_ERUNNING while it runs, and what a guest
 * answers that does not allow it, such as EDDY_ETASKS for tasks that have not ended (chapter 6).
 * Twice is harmless, and so is a loop that was zeroed. A thread that calls in late gets
 * EDDY_ECLOSED, so keep the loop's memory until no thread will.
 */
int eddy_loop_close(struct eddy_loop *loop);

/*
 * `guest` stays with the loop until it is closed, and is called then, before all is forgotten: the
 * last one added first. `type` stays. EDDY_EQUEUED: it is some loop's guest already.
 */
int eddy_loop_add_guest(struct eddy_loop *loop, struct eddy_guest *guest,
                        const struct eddy_guest_type *type);

/* The loop's guest of this type; NULL: it has none. */
static inline struct eddy_guest *eddy_loop_guest(const struct eddy_loop *loop,
                                                 const struct eddy_guest_type *type)
{
    return loop->open ? eddy_guest_find(&loop->guests, type) : NULL;
}

/* ---- While it runs (eddy_loop_run_forever() is in turn.h) ------------------------------------ */

/* End the run after this turn: all that is in line now is called, what they queue is called in the
 * next run. If the loop does not run, the next run is one turn that does not sleep. */
void eddy_loop_stop(struct eddy_loop *loop);

/* Something that the loop cannot see, such as a thread, will queue a handle: until the unkeep, the
 * loop is not stuck. An unkeep alone (skip: chapter 6): one thing that the loop does see, a watch or
 * a timer that is set, is no reason to go on. */
void eddy_loop_keep(struct eddy_loop *loop);
void eddy_loop_unkeep(struct eddy_loop *loop);

bool eddy_loop_is_running(struct eddy_loop *loop);
static inline bool eddy_loop_is_closed(const struct eddy_loop *loop)
{
    return !loop->open;
}

/* ---- Calls ------------------------------------------------------------------------------------- */

/* Call `handle` in the next turn, after what is in line. EDDY_EQUEUED when it is in line. O(1),
 * and nothing is allocated. */
int eddy_loop_call_soon(struct eddy_loop *loop, struct eddy_handle *handle);

/* The same for a list of handles, in their order; afterwards the list is empty. O(1), however many
 * there are. For a module that wakes all who wait in a list of its own. */
int eddy_loop_call_all_soon(struct eddy_loop *loop, struct eddy_list *handles);

/*
 * eddy_loop_call_soon() from any thread; a loop that sleeps wakes. The handle may be posted again
 * at any time, by several threads: a bell that they ring. Rings that come before the loop has
 * called it are one call. After each ring that returns 0 or EDDY_EQUEUED (it was posted already), at
 * least one call begins, unless the loop is closed before. What a thread has written down before it
 * rings, that call can read. EDDY_ECLOSED, and EDDY_EWAKEUP, when somebody has closed the loop's own
 * descriptors: it will not be called.
 * Not for a signal handler: it takes a lock, which the interrupted code may hold (signals.h). The
 * loop's memory must stay until no thread posts any more.
 * The handles that one thread posts are called in the order of posting. They join the line when the
 * loop looks at its descriptors, so after what is in line by then.
 * A handle that threads post is for that alone: no eddy_loop_call_soon() for it (debug mode tells
 * where it can), and eddy_handle_cancel() does not reach it.
 */
int eddy_loop_call_soon_threadsafe(struct eddy_loop *loop, struct eddy_handle *handle);

/*
 * The posted handle will not be called. Returns whether it was to. Afterwards its memory may go, if
 * no thread posts it any more and the loop is not calling it just now. (In the loop's own thread
 * only the handle's callback must think of that.) O(posted handles). Any thread.
 */
bool eddy_loop_cancel_threadsafe(struct eddy_loop *loop, struct eddy_handle *handle);

/*
 * Call `timer` in `delay` seconds, or at the time `when` of eddy_loop_time(): not earlier, and in
 * the order of time; at equal times in the order of setting. What has passed, or is negative, is
 * due at once. -EINVAL: NaN. -ERANGE: +infinite, or more than 290 years. EDDY_EQUEUED when it is
 * set, or due and in line. O(log n).
 */
int eddy_loop_call_later(struct eddy_loop *loop, struct eddy_timer *timer, double delay);
int eddy_loop_call_at(struct eddy_loop *loop, struct eddy_timer *timer, double when);

/* What the loop's clock says, also when the loop is closed. NaN for one that was never opened. */
double eddy_loop_time(struct eddy_loop *loop);

/* It will not be called. Returns whether it was to. O(log n); nothing stays in the heap. */
bool eddy_timer_cancel(struct eddy_loop *loop, struct eddy_timer *timer);

/* When `timer` is due. NaN when it is not set. */
double eddy_timer_when(const struct eddy_loop *loop, const struct eddy_timer *timer);

/* ---- Descriptors ------------------------------------------------------------------------------- */

/*
 * Call `watch` in each turn in which `fd` is ready for reading, or writing; an error and the end
 * count as ready. It replaces the watch that was there; the same watch once more keeps its
 * place. EDDY_EQUEUED: it watches another descriptor, or the other event. Else errors as of
 * eddy_selector_add(). A number that was closed and opened again without a word is a new
 * descriptor.
 */
int eddy_loop_add_reader(struct eddy_loop *loop, int fd, struct eddy_watch *watch);
int eddy_loop_add_writer(struct eddy_loop *loop, int fd, struct eddy_watch *watch);

/* The watch is not called any more, not even if it is in line. Returns whether there was one. Do
 * this before closing. */
bool eddy_loop_remove_reader(struct eddy_loop *loop, int fd);
bool eddy_loop_remove_writer(struct eddy_loop *loop, int fd);

/* Close `fd`. A watch that is still there is called for the last time, with EDDY_ECLOSED in
 * watch->err, so that nobody waits for ever. (Before you free a watch of your own, remove it.) Debug
 * mode reports a descriptor of 0, 1 or 2: most often that is a field that was never set. */
int eddy_loop_close_fd(struct eddy_loop *loop, int fd);

/* ---- Errors and debug mode --------------------------------------------------------------------- */

/* `handler` is told of errors that can be returned to nobody. NULL: eddy_report() is told. */
void eddy_loop_set_exception_handler(struct eddy_loop *loop,
                                     void (*handler)(struct eddy_loop *loop,
                                                     const struct eddy_context *context));

/* Tell the handler; or eddy_report(), if it is the handler itself that calls this. */
void eddy_loop_call_exception_handler(struct eddy_loop *loop, const struct eddy_context *context);

/* Debug mode for this loop. Names of callbacks are noted only with EDDY_DEBUG=1. */
void eddy_loop_set_debug(struct eddy_loop *loop, bool debug);

int eddy_loop_look_at_thread(struct eddy_loop *loop, const char *call);

/* The first line of every call that has a loop. In debug mode, in another thread than the one that
 * runs the loop: EDDY_ETHREAD, and a report that names `call`. Else 0. */
static inline int eddy_loop_check_thread(struct eddy_loop *loop, const char *call)
{
    return loop->looks_closer ? eddy_loop_look_at_thread(loop, call) : 0;
}

#ifdef __cplusplus
}
#endif

#endif
