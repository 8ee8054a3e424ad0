#include "loop.h"

#include "errors.h"
#include "net.h"
#include "report.h"
#include "selector_backend.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- Opening and closing ----------------------------------------------------------------------- */

static int open_selector(struct eddy_loop *loop, const struct eddy_loop_options *options)
{
    if (options->ops)
        return eddy_selector_open_with(&loop->watches.selector, options->ops);
    return eddy_selector_open(&loop->watches.selector, options->selector);
}

/* Nothing but its size may be believed of a loop that another version's header has laid out. */
static int refuse_loop(struct eddy_loop *loop, int version, size_t size)
{
    memset(loop, 0, size);
    eddy_report("compiled with the headers of eddy %d.%d.%d, but the library is %s%s: compile the "
                "program anew, or install that library",
                version / 10000, version / 100 % 100, version % 100, eddy_version(),
                size == sizeof *loop ? "" : ", and its loops have another size");
    return EDDY_EVERSION;
}

int eddy_loop_open_checked(struct eddy_loop *loop, const struct eddy_loop_options *options,
                           int version, size_t size)
{
    static const struct eddy_loop_options usual;
    int err;

    if (version != EDDY_VERSION_NUMBER || size != sizeof *loop)
        return refuse_loop(loop, version, size);
    options = options ? options : &usual;
    *loop = (struct eddy_loop){.clock = options->clock ? options->clock : &eddy_clock_monotonic,
                               .slow_callback_duration = 0.1,
                               .looks_closer = options->debug || eddy_debug_wanted()};
    eddy_list_init(&loop->ready);
    eddy_list_init(&loop->batch);
    eddy_list_init(&loop->guests);
    err = eddy_wakeup_open(&loop->wakeup);
    if (err == 0)
        err = open_selector(loop, options);
    /* Registered past the table of watches: nobody waits for them, and they have a way of their own. */
    for (int i = 0; i < 2 && err == 0; i++)
        err = eddy_selector_register(&loop->watches.selector, loop->wakeup.pair.fds[i], EDDY_READ,
                                     &loop->wakeup);
    loop->open = err == 0;
    if (err < 0) {
        eddy_watches_fini(&loop->watches);
        eddy_wakeup_close(&loop->wakeup);
    }
    return err;
}

static size_t drop_list(struct eddy_list *list)
{
    size_t count = 0;

    for (; !eddy_list_empty(list); count++)
        eddy_list_pop(list);
    return count;
}

static void report_leftovers(struct eddy_loop *loop, size_t in_line, size_t timers, int watches)
{
    char text[128];

    if (!loop->looks_closer || (in_line == 0 && timers == 0 && watches == 0))
        return;
    snprintf(text, sizeof text, "closed with callbacks in line: %zu, timers set: %zu, watches: %d",
             in_line, timers, watches);
    eddy_loop_call_exception_handler(loop, &(struct eddy_context){.message = text});
}

/* What was posted by threads and not taken is in line, too. */
static void forget_all(struct eddy_loop *loop)
{
    size_t in_line = eddy_wakeup_close(&loop->wakeup), timers = loop->timers.count;
    int watches = loop->watches.count;

    in_line += drop_list(&loop->ready);
    eddy_heap_fini(&loop->timers);
    eddy_watches_fini(&loop->watches);
    report_leftovers(loop, in_line, timers, watches);
}

static int may_close(struct eddy_loop *loop)
{
    return eddy_loop_is_running(loop) ? EDDY_ERUNNING : eddy_guests_may_close(loop, &loop->guests);
}

int eddy_loop_close(struct eddy_loop *loop)
{
    int err = loop->open ? may_close(loop) : 0;

    if (err < 0 || !loop->open)
        return err;
    loop->open = false; /* before the guests go: what they would start now could never run */
    eddy_guests_close(loop, &loop->guests);
    forget_all(loop);
    eddy_guests_free(&loop->guests);
    return 0;
}

int eddy_loop_add_guest(struct eddy_loop *loop, struct eddy_guest *guest,
                        const struct eddy_guest_type *type)
{
    int err = loop->open ? eddy_loop_check_thread(loop, "add_guest") : EDDY_ECLOSED;

    if (err < 0)
        return err;
    if (eddy_list_linked(&guest->link))
        return EDDY_EQUEUED;
    guest->type = type;
    eddy_list_append(loop->guests.next, &guest->link); /* before the first: it is the first now */
    return 0;
}

/* ---- Debug mode -------------------------------------------------------------------------------- */

void eddy_loop_set_debug(struct eddy_loop *loop, bool debug)
{
    if (eddy_loop_check_thread(loop, "set_debug") == 0)
        loop->looks_closer = debug;
}

void eddy_loop_set_exception_handler(struct eddy_loop *loop,
                                     void (*handler)(struct eddy_loop *loop,
                                                     const struct eddy_context *context))
{
    if (eddy_loop_check_thread(loop, "set_exception_handler") == 0)
        loop->exception_handler = handler;
}

/* The handler may make an error itself, and would be told of it, and make it again. */
void eddy_loop_call_exception_handler(struct eddy_loop *loop, const struct eddy_context *context)
{
    static _Thread_local bool telling;

    if (loop->exception_handler && !telling) {
        telling = true;
        loop->exception_handler(loop, context);
        telling = false;
    } else {
        eddy_report("%s%s%s%s%s", context->who ? context->who : "", context->who ? ": " : "",
                    context->message, context->err ? ": " : "",
                    context->err ? eddy_strerror(context->err) : "");
    }
}

/* Refuses with `err`; debug mode says so aloud, since few callers look. */
static int refuse_call(struct eddy_loop *loop, const char *message, const char *who, int err)
{
    if (loop->looks_closer)
        eddy_loop_call_exception_handler(loop, &(struct eddy_context){message, err, who});
    return err;
}

static bool in_another_thread(struct eddy_loop *loop)
{
    bool other;

    pthread_mutex_lock(&loop->wakeup.lock);
    other = loop->running && !pthread_equal(loop->thread, pthread_self());
    pthread_mutex_unlock(&loop->wakeup.lock);
    return other;
}

int eddy_loop_look_at_thread(struct eddy_loop *loop, const char *call)
{
    return loop->open && in_another_thread(loop) ? refuse_call(loop, call, NULL, EDDY_ETHREAD) : 0;
}

static int look_closer(struct eddy_loop *loop, const struct eddy_handle *handle, bool queued,
                       const char *call)
{
    if (!loop->open)
        return EDDY_ECLOSED;
    if (loop->looks_closer && in_another_thread(loop))
        return refuse_call(loop, call, eddy_handle_name(handle->fn), EDDY_ETHREAD);
    return queued ? refuse_call(loop, call, eddy_handle_name(handle->fn), EDDY_EQUEUED) : 0;
}

/* Before each call. `queued`: the handle is in use. `call` is the call's name, for debug mode. */
static inline int check_call(struct eddy_loop *loop, const struct eddy_handle *handle, bool queued,
                             const char *call)
{
    if (loop->open && !loop->looks_closer && !queued)
        return 0;
    return look_closer(loop, handle, queued, call);
}

/* ---- Calls ------------------------------------------------------------------------------------- */

/* Out of line: with a call in it, the usual way would need a stack frame, and pay for it each time. */
__attribute__((noinline)) static int call_soon_checked(struct eddy_loop *loop,
                                                       struct eddy_handle *handle)
{
    int err = look_closer(loop, handle, eddy_handle_queued(handle), "call_soon");

    if (err == 0)
        eddy_list_append(&loop->ready, &handle->link);
    return err;
}

int eddy_loop_call_soon(struct eddy_loop *loop, struct eddy_handle *handle)
{
    if (!loop->open || loop->looks_closer || eddy_handle_queued(handle))
        return call_soon_checked(loop, handle);
    eddy_list_append(&loop->ready, &handle->link);
    return 0;
}

int eddy_loop_call_all_soon(struct eddy_loop *loop, struct eddy_list *handles)
{
    int err = loop->open ? eddy_loop_check_thread(loop, "call_all_soon") : EDDY_ECLOSED;

    if (err < 0)
        return err;
    eddy_list_move(&loop->ready, handles);
    return 0;
}

int eddy_loop_call_soon_threadsafe(struct eddy_loop *loop, struct eddy_handle *handle)
{
    int err = eddy_wakeup_post(&loop->wakeup, handle);

    /* What was posted has no `prev`: nobody changes it while threads post. */
    if (err == EDDY_EQUEUED && handle->link.prev)
        return refuse_call(loop, "call_soon_threadsafe, and call_soon for the same handle",
                           eddy_handle_name(handle->fn), err);
    return err;
}

bool eddy_loop_cancel_threadsafe(struct eddy_loop *loop, struct eddy_handle *handle)
{
    return eddy_wakeup_cancel(&loop->wakeup, handle);
}

static int set_timer(struct eddy_loop *loop, struct eddy_timer *timer, int64_t when,
                     const char *call)
{
    bool set = eddy_heap_linked(&timer->node) || eddy_handle_queued(&timer->handle);
    int err = check_call(loop, &timer->handle, set, call);

    return err < 0 ? err : eddy_heap_add(&loop->timers, &timer->node, when);
}

/* Whether it is more than 290 years until `when`: a clock may stand below zero. */
static bool too_far(struct eddy_loop *loop, int64_t when)
{
    int64_t now = loop->clock->now(loop->clock);

    return now < 0 && when > INT64_MAX + now;
}

int eddy_loop_call_at(struct eddy_loop *loop, struct eddy_timer *timer, double when)
{
    int64_t ns = 0;
    int err = loop->open ? eddy_clock_ns(when, &ns) : EDDY_ECLOSED;

    if (err == 0 && ns > INT64_MAX / 2 && too_far(loop, ns))
        return -ERANGE;
    return err < 0 ? err : set_timer(loop, timer, ns, "call_at");
}

/* What is so long ago that no number says it is due as well. */
static int64_t add_clamped(int64_t now, int64_t ns)
{
    return now < 0 && ns < INT64_MIN - now ? INT64_MIN : now + ns;
}

int eddy_loop_call_later(struct eddy_loop *loop, struct eddy_timer *timer, double delay)
{
    int64_t now, ns = 0;
    int err = loop->open ? eddy_clock_ns(delay, &ns) : EDDY_ECLOSED;

    if (err < 0)
        return err;
    now = loop->clock->now(loop->clock);
    if (now > 0 && ns > INT64_MAX - now)
        return -ERANGE;
    return set_timer(loop, timer, add_clamped(now, ns), "call_later");
}

double eddy_loop_time(struct eddy_loop *loop)
{
    return loop->clock ? eddy_clock_seconds(loop->clock->now(loop->clock)) : (double)NAN;
}

bool eddy_timer_cancel(struct eddy_loop *loop, struct eddy_timer *timer)
{
    bool set = eddy_heap_linked(&timer->node);

    /* One that was never set may not even know its loop. */
    if ((!set && !eddy_handle_queued(&timer->handle)) ||
        eddy_loop_check_thread(loop, "timer_cancel") < 0)
        return false;
    if (!set)
        return eddy_handle_cancel(&timer->handle); /* it is due, and in line */
    if (!eddy_heap_has(&loop->timers, &timer->node))
        return false; /* another loop's */
    eddy_heap_remove(&loop->timers, &timer->node);
    return true;
}

double eddy_timer_when(const struct eddy_loop *loop, const struct eddy_timer *timer)
{
    if (!eddy_heap_has(&loop->timers, &timer->node))
        return (double)NAN;
    return eddy_clock_seconds(eddy_heap_key(&loop->timers, &timer->node));
}

/* ---- Descriptors ------------------------------------------------------------------------------- */

static int add_watch(struct eddy_loop *loop, int fd, int event, struct eddy_watch *watch,
                     const char *call)
{
    int err = check_call(loop, &watch->handle, false, call);

    return err < 0 ? err : eddy_watches_add(&loop->watches, fd, event, watch);
}

int eddy_loop_add_reader(struct eddy_loop *loop, int fd, struct eddy_watch *watch)
{
    return add_watch(loop, fd, EDDY_READ, watch, "add_reader");
}

int eddy_loop_add_writer(struct eddy_loop *loop, int fd, struct eddy_watch *watch)
{
    return add_watch(loop, fd, EDDY_WRITE, watch, "add_writer");
}

bool eddy_loop_remove_reader(struct eddy_loop *loop, int fd)
{
    return eddy_loop_check_thread(loop, "remove_reader") == 0 &&
           eddy_watches_remove(&loop->watches, fd, EDDY_READ);
}

bool eddy_loop_remove_writer(struct eddy_loop *loop, int fd)
{
    return eddy_loop_check_thread(loop, "remove_writer") == 0 &&
           eddy_watches_remove(&loop->watches, fd, EDDY_WRITE);
}

int eddy_loop_close_fd(struct eddy_loop *loop, int fd)
{
    int err = eddy_loop_check_thread(loop, "close_fd");

    if (err < 0)
        return err;
    if (loop->looks_closer && fd >= 0 && fd <= STDERR_FILENO)
        refuse_call(loop, "close_fd closes the program's own stdin, stdout or stderr", NULL, 0);
    if (loop->open)
        eddy_watches_end(&loop->watches, fd, &loop->ready);
    return eddy_net_close(fd);
}

/* ---- Stopping, keeping, closing ------------------------------------------------------------------ */

void eddy_loop_stop(struct eddy_loop *loop)
{
    if (eddy_loop_check_thread(loop, "stop") == 0)
        loop->stopping = true;
}

void eddy_loop_keep(struct eddy_loop *loop)
{
    if (eddy_loop_check_thread(loop, "keep") == 0)
        loop->keeps++;
}

void eddy_loop_unkeep(struct eddy_loop *loop)
{
    if (eddy_loop_check_thread(loop, "unkeep") == 0)
        loop->keeps--;
}

bool eddy_loop_is_running(struct eddy_loop *loop)
{
    bool running;

    if (!loop->open)
        return false;
    pthread_mutex_lock(&loop->wakeup.lock);
    running = loop->running;
    pthread_mutex_unlock(&loop->wakeup.lock);
    return running;
}
