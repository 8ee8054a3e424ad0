/*
 * co - coroutines: generators that yield futures. CO_AWAIT hands a future to the task that runs the
 * coroutine and pauses; when the future is done, the task goes on after it.
 *
 *     struct echo_client { struct eddy_co co; int fd; struct eddy_io io; char buf[4096]; };
 *
 *     static struct eddy_step echo_client(struct eddy_co *co)
 *     {
 *         struct echo_client *self = CO_FRAME(co, echo_client);
 *         struct eddy_loop *loop = eddy_co_loop(co);
 *
 *         CO_BEGIN(co);
 *         for (;;) {
 *             CO_AWAIT(co, eddy_recv(&self->io, loop, self->fd, self->buf, sizeof self->buf));
 *             if (self->io.n == 0)
 *                 break;
 *             CO_AWAIT(co, eddy_sendall(&self->io, loop, self->fd, self->buf, (size_t)self->io.n));
 *         }
 *         CO_FINALLY(co);
 *         eddy_loop_close_fd(loop, self->fd);
 *         CO_END(co);
 *     }
 *
 * WHEN AN AWAIT RETURNS - WITH A RESULT, AN ERROR OR A CANCEL - NOTHING IN THE LIBRARY POINTS INTO
 * YOUR FRAME. Whatever is started is awaited at once, or is a task that the cleanup section cancels
 * and awaits.
 *
 * An await that fails goes to CO_FINALLY, and the coroutine ends with that error; CO_TRY_AWAIT
 * leaves it to the caller. In the cleanup section awaits are allowed; they are not cut short by a
 * cancel, and their errors are left to the caller. What holds for generators (gen.h) holds here:
 * what lives across an await is a field, no await in a switch of your own, no two on a line, and
 * C++ writes none.
 */
#ifndef EDDY_CO_H
#define EDDY_CO_H

#include "future.h"
#include "gen.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_co {
    struct eddy_place place;
    struct eddy_step (*body)(struct eddy_co *co);
    struct eddy_task *task; /* that runs it */
    struct eddy_co *caller; /* goes on when it has ended; NULL: it is the task's own */
};

/* What runs it (task.h). Here because an await concerns both. */
struct eddy_task {
    struct eddy_future future;   /* the outcome; the result is the eddy_co of its frame */
    struct eddy_handle handle;   /* in line for a step, or among what it awaits' waiters */
    struct eddy_list link;       /* among all tasks of the loop */
    struct eddy_co *co;          /* its coroutine */
    struct eddy_co *inner;       /* the one that awaits: co, or what it has called */
    struct eddy_future *waiting; /* what it awaits; NULL: nothing */
    uint32_t co_size;            /* of the frame, from its eddy_co on */
    uint32_t in_cleanup;         /* how many of its coroutines are in their cleanup section */
    uint16_t requests;           /* to cancel, and not taken back */
    uint16_t unlanded;           /* of these, have not come to an await yet */
    uint16_t spent;              /* of its turn, since it last paused: see eddy_co_spend() */
    bool passed_on : 1;          /* a request has cancelled what is awaited */
    bool again : 1;              /* debug mode: it has paused, and goes on at once */
    bool spawned : 1;            /* block and all are the loop's */
};

/* The frame that `coroutine` is in. A frame and its function share one name. */
#define CO_FRAME(coroutine, name) container_of(coroutine, struct name, co)

/* The first statement. Before it, only pointers that are the same each time. */
#define CO_BEGIN(co) EDDY_BEGIN_(&(co)->place)

/*
 * Wait until `future` is done; an expression that starts an operation, best. It is evaluated once;
 * and not at all if a cancel lands here, so that nothing is started that nobody wants. A future
 * that is done already does not pause; but after a hundred of them in a row, or when 64 KiB have
 * moved since the last pause, the task gives up its turn, so that nothing starves. An error goes to
 * the cleanup section. In debug mode the body returns at each await, and goes on at once where
 * there is nothing to wait for: so no order changes, and a local variable that should have been a
 * field, or an await in a switch, shows the first time.
 */
#define CO_AWAIT(co, future)          \
    do {                              \
        CO_TRY_AWAIT(co, future);     \
        EDDY_LEAVE_IF_(&(co)->place); \
    } while (0)

/* The same, but the error is left to you to look at, with eddy_co_error(). */
#define CO_TRY_AWAIT(co, future)                                                  \
    do {                                                                          \
        if (eddy_co_lands(co) ? eddy_co_again(co) : eddy_co_pauses(co, future)) { \
            EDDY_PAUSE_(&(co)->place);                                            \
            eddy_co_wake(co);                                                     \
        }                                                                         \
    } while (0)

/*
 * Run another coroutine to its end, in this task, as a function call: its awaits are this one's.
 * CO_CALL(co, read_line, &self->line, .fd = self->fd) fills the frame self->line (a struct
 * read_line) and runs read_line(). Its outcome is the error of this await; what it found is in its
 * frame. This body always returns to the task meanwhile, so its local variables are gone
 * afterwards. The task goes on where it has paused, at the innermost call: a step costs the same at
 * any depth, and calls take no room on the C stack.
 */
#define CO_CALL(co, ...)              \
    do {                              \
        CO_TRY_CALL(co, __VA_ARGS__); \
        EDDY_LEAVE_IF_(&(co)->place); \
    } while (0)

#define CO_TRY_CALL(co, ...) EDDY_CALL_(co, __VA_ARGS__, .co = {.body = NULL})

/* End, with success; or with an error, a negative code: any other number ends it with -EINVAL, and
 * is reported. The cleanup section comes first. */
#define CO_RETURN(co)              \
    do {                           \
        (co)->place.outcome = 0;   \
        EDDY_LEAVE_(&(co)->place); \
    } while (0)

#define CO_FAIL(co, error)             \
    do {                               \
        (co)->place.outcome = (error); \
        EDDY_LEAVE_(&(co)->place);     \
    } while (0)

/* What stands after it runs once, however the body ends; also if a task is cancelled before its
 * first step, so that what it was given is given back. */
#define CO_FINALLY(co) EDDY_FINALLY_(&(co)->place, eddy_co_finally(co))

/* The last statement. */
#define CO_END(co) EDDY_END_(&(co)->place)

/* What the last await came back with: 0, or an error. */
static inline int eddy_co_error(const struct eddy_co *co)
{
    return co->place.err;
}

/* How the body ends, for its cleanup section: 0, or an error. */
static inline int eddy_co_outcome(const struct eddy_co *co)
{
    return co->place.outcome;
}

/* In the cleanup section: the error has been dealt with, and the body ends with success. */
static inline void eddy_co_handled(struct eddy_co *co)
{
    co->place.outcome = 0;
}

/* The loop that it runs in. */
struct eddy_loop *eddy_co_loop(const struct eddy_co *co);

/* Ask it to end, by the rules in task.h; so does eddy_future_cancel(). False: it is done. */
bool eddy_task_cancel(struct eddy_task *task);

/*
 * Take one request back: one that has not landed, if there is one. Returns how many are left. For
 * whoever has asked, and does not want it any more, such as a time-out that is over: so that it
 * cannot strike an await that it was not meant for. (An await that the request has cancelled by then
 * still comes back cancelled.)
 */
unsigned eddy_task_uncancel(struct eddy_task *task);

/* How many requests were made and not taken back, whether they have landed or not. (Whoever
 * compares the number before and after learns whether there was another one than their own.) */
static inline unsigned eddy_task_cancelling(const struct eddy_task *task)
{
    return task->requests;
}

/* "echo_client (echo.c:31) awaits recv": who, where, what for. */
void eddy_task_describe(const struct eddy_task *task, char *text, size_t n);

/* The task whose step runs in this thread now; NULL in a plain callback. */
struct eddy_task *eddy_current_task(void);

/* Whether `pointer` leads into the frame of `task`. */
static inline bool eddy_task_holds(const struct eddy_task *task, const void *pointer)
{
    const char *frame = (const char *)task->co, *byte = (const char *)pointer;

    return byte >= frame && byte < frame + task->co_size;
}

/* ---- What these are made of (make expand shows it) --------------------------------------------- */

#define EDDY_CALL_(co_, name, frame, ...)      \
    do {                                       \
        *(frame) = (struct name){__VA_ARGS__}; \
        eddy_co_call(co_, &(frame)->co, name); \
        EDDY_PAUSE_(&(co_)->place);            \
    } while (0)

/* A request to cancel becomes this await's error: it is spent. Several become one error. */
static inline bool eddy_co_lands(struct eddy_co *co)
{
    if (co->task->unlanded == 0 || co->task->in_cleanup > 0)
        return false;
    co->task->unlanded = 0;
    co->place.err = -ECANCELED;
    return true;
}

/* Whether the body returns, although it need not wait: in debug mode it does. */
static inline bool eddy_co_again(struct eddy_co *co)
{
    co->task->again = co->task->future.loop->looks_closer;
    return co->task->again;
}

/* Begin to wait for `future`. False: there is nothing to wait for. */
bool eddy_co_await(struct eddy_co *co, struct eddy_future *future);

static inline bool eddy_co_pauses(struct eddy_co *co, struct eddy_future *future)
{
    return eddy_co_await(co, future) || eddy_co_again(co);
}

/* After the pause: what came of it. A request that has cancelled what was awaited is spent when
 * that comes back cancelled; if somebody else has cancelled it, the request still waits. */
static inline void eddy_co_wake(struct eddy_co *co)
{
    struct eddy_task *task = co->task;

    if (task->waiting)
        co->place.err = task->waiting->err;
    task->waiting = NULL;
    if (co->place.err == -ECANCELED && task->passed_on)
        eddy_co_lands(co);
    task->passed_on = false;
}

bool eddy_co_finally(struct eddy_co *co);
void eddy_co_call(struct eddy_co *co, struct eddy_co *inner,
                  struct eddy_step (*body)(struct eddy_co *co));

/* For operations that are done at once: `bytes` have been moved. They count against the turn of the
 * task whose step runs now: 64 KiB count as much as a hundred awaits. */
void eddy_co_spend(size_t bytes);

/* ---- For task.c and run.c -------------------------------------------------------------------- */

extern const struct eddy_future_type eddy_task_type;

/* One step of the task that `handle` is in: the function of every task's handle. */
void eddy_co_step(struct eddy_handle *handle);

/* Cancel all tasks of this list, those that have no request yet: O(tasks), however they wait for
 * each other. */
void eddy_task_cancel_all(struct eddy_list *tasks);

/* The body has ended (task.c). */
void eddy_task_end(struct eddy_task *task);

/* The function's name, also before its first step. */
const char *eddy_co_name(const struct eddy_co *co);

/* A name of the task's own (task.c); NULL: it has none. */
const char *eddy_task_own_name(const struct eddy_task *task);

#ifdef __cplusplus
}
#endif

#endif
