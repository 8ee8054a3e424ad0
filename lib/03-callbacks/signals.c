#include "signals.h"

#include "errors.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

enum {
    SIGNALS = 128
}; /* numbers below this; POSIX does not say where they end, sigaction() does */

struct handled {
    struct eddy_handle *handle; /* NULL: not handled */
    struct sigaction before;
};

/* The process has one of these, as it has one table of signal handlers. */
static struct {
    struct eddy_loop *owner; /* NULL: nobody; under the lock */
    pid_t process;           /* whose loop that is */
    pthread_mutex_t lock;
    int count;
    int pipe[2];
    struct eddy_watch watch; /* of pipe[0] */
    struct eddy_guest guest;
    struct handled by_number[SIGNALS];
} signals = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* What the handler touches: nothing else is safe there. */
static atomic_int has_come[SIGNALS];
static atomic_int tell_fd;

static void on_signal(int signo)
{
    int error = errno; /* the code that was interrupted may be about to read it */
    ssize_t n;

    has_come[signo] = 1; /* before the byte, so that who reads the byte sees it */
    n = write(tell_fd, "", 1);
    (void)n; /* a full pipe is readable, too */
    errno = error;
}

/* The bytes first, then the flags: a signal in between leaves a byte for the next time. */
static void on_bytes(struct eddy_handle *handle)
{
    char bytes[512];
    ssize_t n = read(signals.pipe[0], bytes, sizeof bytes);

    (void)handle;
    (void)n; /* what is left makes another turn, and finds no flags */
    for (int signo = 1; signo < SIGNALS; signo++) {
        struct eddy_handle *wanted = signals.by_number[signo].handle;
        if (atomic_exchange(&has_come[signo], 0) && wanted && !eddy_handle_queued(wanted))
            eddy_loop_call_soon(signals.owner, wanted);
    }
}

/* ---- The pipe, and who has it ------------------------------------------------------------------ */

static void give_up(void)
{
    eddy_guest_leave(&signals.guest);
    eddy_loop_keep(signals.owner);
    eddy_loop_remove_reader(signals.owner, signals.pipe[0]);
    close(signals.pipe[0]);
    close(signals.pipe[1]);
    pthread_mutex_lock(&signals.lock);
    signals.owner = NULL;
    pthread_mutex_unlock(&signals.lock);
}

static void close_guest(struct eddy_loop *loop, struct eddy_guest *guest)
{
    (void)guest;
    for (int signo = 1; signo < SIGNALS; signo++)
        eddy_loop_remove_signal_handler(loop, signo);
}

static const struct eddy_guest_type guest_type = {.name = "signals", .close = close_guest};

static int open_pipe(struct eddy_loop *loop)
{
    struct eddy_pair pair;
    int err = eddy_pair_open(&pair);

    if (err < 0)
        return err;
    signals.pipe[0] = pair.fds[0];
    signals.pipe[1] = pair.fds[1];
    eddy_watch_init(&signals.watch, on_bytes);
    err = eddy_loop_add_guest(loop, &signals.guest, &guest_type);
    if (err == 0)
        err = eddy_loop_add_reader(loop, signals.pipe[0], &signals.watch);
    if (err < 0) {
        eddy_guest_leave(&signals.guest);
        close(signals.pipe[0]);
        close(signals.pipe[1]);
        return err;
    }
    eddy_loop_unkeep(loop); /* the pipe is no reason to go on; each handler is */
    tell_fd = signals.pipe[1];
    return 0;
}

/* In a child process that inherited all of this: the parent's loop does not run here, and its pipe is
 * the parent's. */
static void forget_parent(void)
{
    for (int signo = 1; signo < SIGNALS; signo++) {
        struct handled *handled = &signals.by_number[signo];
        if (handled->handle)
            sigaction(signo, &handled->before, NULL);
        handled->handle = NULL;
        has_come[signo] = 0;
    }
    eddy_guest_leave(&signals.guest);
    eddy_loop_remove_reader(signals.owner, signals.pipe[0]);
    close(signals.pipe[0]);
    close(signals.pipe[1]);
    signals.count = 0;
    signals.owner = NULL;
}

static int take_over(struct eddy_loop *loop)
{
    int err = EDDY_EOTHER;

    pthread_mutex_lock(&signals.lock);
    if (signals.owner && signals.process != getpid())
        forget_parent();
    if (!signals.owner) {
        err = open_pipe(loop);
        if (err == 0) {
            signals.owner = loop;
            signals.process = getpid();
        }
    } else if (signals.owner == loop) {
        err = 0;
    }
    pthread_mutex_unlock(&signals.lock);
    return err;
}

/* ---- Adding and removing ----------------------------------------------------------------------- */

/* A signal that has come already, and whose handler is in line, is the new one's. */
static void replace(struct eddy_loop *loop, struct eddy_handle *old, struct eddy_handle *handle)
{
    if (old != handle && eddy_handle_cancel(old))
        eddy_loop_call_soon(loop, handle);
}

int eddy_loop_add_signal_handler(struct eddy_loop *loop, int signo, struct eddy_handle *handle)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, before;
    struct handled *handled;
    int err;

    if (eddy_loop_is_closed(loop))
        return EDDY_ECLOSED;
    if (signo < 1 || signo >= SIGNALS)
        return -EINVAL;
    err = take_over(loop);
    if (err < 0)
        return err;
    handled = &signals.by_number[signo];
    sigemptyset(&action.sa_mask);
    if (!handled->handle && sigaction(signo, &action, &before) < 0) {
        err = -errno;
        if (signals.count == 0)
            give_up();
        return err;
    }
    if (handled->handle) {
        replace(loop, handled->handle, handle);
    } else {
        handled->before = before;
        signals.count++;
        eddy_loop_keep(loop);
    }
    handled->handle = handle;
    return 0;
}

static bool is_owner(struct eddy_loop *loop)
{
    bool owner;

    pthread_mutex_lock(&signals.lock);
    owner = loop && signals.owner == loop;
    pthread_mutex_unlock(&signals.lock);
    return owner;
}

bool eddy_loop_remove_signal_handler(struct eddy_loop *loop, int signo)
{
    struct handled *handled;

    if (signo < 1 || signo >= SIGNALS || !is_owner(loop))
        return false;
    handled = &signals.by_number[signo];
    if (!handled->handle)
        return false;
    sigaction(signo, &handled->before, NULL);
    eddy_handle_cancel(handled->handle);
    handled->handle = NULL;
    has_come[signo] = 0;
    eddy_loop_unkeep(loop);
    if (--signals.count == 0)
        give_up();
    return true;
}
