#define _XOPEN_SOURCE 700 /* SA_ONSTACK is of POSIX's XSI part */

#include "signals.h"

#include "errors.h"
#include "net.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

enum {
    SIGNALS = 128
}; /* numbers below this; POSIX does not say where they end, sigaction() does */

struct handled {
    struct eddy_handle *handle; /* NULL: not handled */
    bool keeps;                 /* it is a reason for the loop to go on */
    struct sigaction before;
};

/* The process has one of these, as it has one table of signal handlers. */
static struct {
    pthread_mutex_t lock;    /* of the owner, and of the pair */
    struct eddy_loop *owner; /* NULL: nobody */
    int count, enders;       /* handlers, and those that ask the program to end */
    struct eddy_guest guest;
    struct handled by_number[SIGNALS];
} signals = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- The real handler -------------------------------------------------------------------------- */

/*
 * It may run in any thread, also when it was removed a moment ago; and in a child process that has
 * inherited it. So this is all that it touches, and `before` of its own signal.
 */
static atomic_bool has_come[SIGNALS], ends[SIGNALS], end_asked;
static atomic_int home;                  /* the process whose handlers these are; 0: nobody's yet */
static _Atomic(struct eddy_pair *) pair; /* NULL: none yet. Opened once, and never closed. */

/* If somebody closes one of the pair, a new one is opened. Two places take turns, so that a handler
 * that reads the old one is not disturbed. */
static struct eddy_pair pairs[2];
static struct eddy_watch watches[2]; /* of their first ends */

/* If a stranger has closed the pair, its number may be a file's by now, which gets no byte. If the
 * pair is full, that is no error: it is readable, which wakes the loop. */
static void tell_owner(void)
{
    struct eddy_pair *known = pair;

    if (eddy_pair_ours(known, 1))
        (void)eddy_pair_send(known);
}

/* As if there were no handler. What the signal does then, it does when this one returns. */
static void do_as_before(int signo)
{
    sigaction(signo, &signals.by_number[signo].before, NULL);
    raise(signo);
}

static void on_signal(int signo)
{
    int error = errno; /* the code that was interrupted may be about to read it */

    if (home != getpid() || (ends[signo] && atomic_exchange(&end_asked, true))) {
        do_as_before(signo);
    } else {
        has_come[signo] = true; /* before the byte, so that whoever reads the byte sees it */
        tell_owner();
    }
    errno = error;
}

/* ---- The pair, and who has it ------------------------------------------------------------------ */

static struct eddy_watch *watch_of(const struct eddy_pair *of)
{
    return &watches[of - pairs];
}

static void on_bytes(struct eddy_handle *handle);

static int start_watching(struct eddy_loop *loop, const struct eddy_pair *of)
{
    eddy_watch_init(watch_of(of), on_bytes);
    return eddy_loop_add_reader(loop, of->fds[0], watch_of(of));
}

/* The number may be another file's by now, with a watch of its own. */
static void stop_watching(struct eddy_loop *loop, const struct eddy_pair *of)
{
    if (eddy_pair_ours(of, 0))
        eddy_loop_remove_reader(loop, of->fds[0]);
    else
        eddy_watches_leave(&loop->watches, of->fds[0], EDDY_READ, watch_of(of));
}

/* The first time, or after somebody has closed one. A loop that watched the old pair watches the new one. */
static int renew_pair(void)
{
    struct eddy_pair *old = pair, *fresh = old == &pairs[0] ? &pairs[1] : &pairs[0];
    int err = eddy_pair_open(fresh);

    if (err < 0)
        return err;
    if (signals.owner)
        err = start_watching(signals.owner, fresh);
    if (err < 0) {
        eddy_pair_close(fresh);
        return err;
    }
    if (signals.owner)
        stop_watching(signals.owner, old);
    pair = fresh;
    if (old) {
        eddy_pair_close(old); /* what is left of it */
        tell_owner();         /* a signal that has come meanwhile could not */
    }
    return 0;
}

static int open_pair(void)
{
    if (pair && eddy_pair_ours(pair, 0) && eddy_pair_ours(pair, 1))
        return 0;
    return renew_pair();
}

static void detach_loop(void)
{
    eddy_guest_leave(&signals.guest);
    eddy_loop_keep(signals.owner);
    stop_watching(signals.owner, pair);
    signals.owner = NULL;
}

static void give_up_loop(void)
{
    pthread_mutex_lock(&signals.lock);
    detach_loop();
    pthread_mutex_unlock(&signals.lock);
}

static void remove_handlers(void)
{
    struct eddy_loop *loop = signals.owner;

    for (int signo = 1; signo < SIGNALS; signo++)
        eddy_loop_remove_signal_handler(loop, signo);
}

static void close_guest(struct eddy_loop *loop, struct eddy_guest *guest)
{
    (void)loop;
    (void)guest;
    remove_handlers();
}

static const struct eddy_guest_type guest_type = {.name = "signals", .close = close_guest};

/* Perhaps one of the pair is gone. */
static void mend_pair(void)
{
    struct eddy_context context = {.message = "no new sockets for signals: all are given back"};

    pthread_mutex_lock(&signals.lock);
    context.err = open_pair();
    pthread_mutex_unlock(&signals.lock);
    if (context.err == 0)
        return;
    eddy_loop_call_exception_handler(signals.owner, &context);
    remove_handlers();
}

/* The bytes first, then the flags: a signal in between leaves a byte for the next time. */
static void on_bytes(struct eddy_handle *handle)
{
    char bytes[512];
    ssize_t n = eddy_net_recv(pair->fds[0], bytes, sizeof bytes);

    (void)handle; /* what is left makes another turn, and finds no flags */
    for (int signo = 1; signo < SIGNALS; signo++) {
        struct eddy_handle *wanted = signals.by_number[signo].handle;
        if (atomic_exchange(&has_come[signo], false) && wanted && !eddy_handle_queued(wanted))
            eddy_loop_call_soon(signals.owner, wanted);
    }
    if (n <= 0 && n != -EAGAIN)
        mend_pair();
}

static int attach_loop(struct eddy_loop *loop)
{
    int err = open_pair();

    if (err < 0)
        return err;
    err = eddy_loop_add_guest(loop, &signals.guest, &guest_type);
    if (err == 0)
        err = start_watching(loop, pair);
    if (err < 0) {
        eddy_guest_leave(&signals.guest);
        return err;
    }
    eddy_loop_unkeep(loop); /* the pair is no reason to go on; each handler is */
    signals.owner = loop;
    return 0;
}

/* In a child process that inherited all of this: the parent's loop does not run here, and its pair is
 * the parent's. */
static void forget_parent(void)
{
    for (int signo = 1; signo < SIGNALS; signo++) {
        struct handled *handled = &signals.by_number[signo];
        if (handled->handle)
            sigaction(signo, &handled->before, NULL);
        handled->handle = NULL;
        handled->keeps = false;
        has_come[signo] = ends[signo] = false;
    }
    if (signals.owner)
        detach_loop();
    eddy_pair_close(pair);
    pair = NULL;
    signals.count = signals.enders = 0;
}

static int take_over(struct eddy_loop *loop)
{
    int err = EDDY_EOTHER;

    pthread_mutex_lock(&signals.lock);
    if (pair && home != getpid())
        forget_parent();
    home = getpid();
    if (!signals.owner)
        err = attach_loop(loop);
    else if (signals.owner == loop)
        err = open_pair();
    pthread_mutex_unlock(&signals.lock);
    return err;
}

static bool is_owner(struct eddy_loop *loop)
{
    bool owner;

    pthread_mutex_lock(&signals.lock);
    owner = loop && signals.owner == loop;
    pthread_mutex_unlock(&signals.lock);
    return owner;
}

bool eddy_signals_own(int fd)
{
    struct eddy_pair *known;
    bool own = false;

    pthread_mutex_lock(&signals.lock);
    known = pair;
    for (int end = 0; end < 2 && known; end++)
        own = own || (known->fds[end] == fd && eddy_pair_ours(known, end));
    pthread_mutex_unlock(&signals.lock);
    return own;
}

/* ---- Adding and removing ----------------------------------------------------------------------- */

/* `before` is known before the handler is there, which may need it at once. */
static int install_handler(int signo)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK}, found;

    sigemptyset(&action.sa_mask);
    if (sigaction(signo, NULL, &found) < 0)
        return -errno;
    has_come[signo] = false;
    signals.by_number[signo].before = found;
    return sigaction(signo, &action, &found) < 0 ? -errno : 0;
}

/* Whether `signo` asks the program to end. The first that asks begins anew. */
static void set_ends(int signo, bool to_end)
{
    if (ends[signo] == to_end)
        return;
    if (to_end ? signals.enders++ == 0 : --signals.enders == 0)
        end_asked = false;
    ends[signo] = to_end;
}

/* A signal that has come already, and whose handler is in line, is the new one's. */
static void replace_handle(struct eddy_loop *loop, struct eddy_handle *old,
                           struct eddy_handle *handle)
{
    if (old != handle && eddy_handle_cancel(old))
        eddy_loop_call_soon(loop, handle);
}

static int add_handler(struct eddy_loop *loop, int signo, struct eddy_handle *handle, bool to_end)
{
    struct handled *handled = &signals.by_number[signo];
    int err = take_over(loop);

    if (err == 0 && !handled->handle) {
        err = install_handler(signo);
        if (err < 0 && signals.count == 0)
            give_up_loop();
    }
    if (err < 0)
        return err;
    if (handled->handle) {
        replace_handle(loop, handled->handle, handle);
    } else {
        signals.count++;
    }
    if (!handled->keeps)
        eddy_loop_keep(loop);
    handled->keeps = true;
    handled->handle = handle;
    set_ends(signo, to_end);
    return 0;
}

static int check_and_add(struct eddy_loop *loop, int signo, struct eddy_handle *handle, bool to_end)
{
    int err = eddy_loop_is_closed(loop) ? EDDY_ECLOSED
                                        : eddy_loop_check_thread(loop, "add_signal_handler");

    if (err < 0)
        return err;
    if (signo < 1 || signo >= SIGNALS)
        return -EINVAL;
    return add_handler(loop, signo, handle, to_end);
}

int eddy_loop_add_signal_handler(struct eddy_loop *loop, int signo, struct eddy_handle *handle)
{
    return check_and_add(loop, signo, handle, false);
}

int eddy_loop_add_end_handler(struct eddy_loop *loop, int signo, struct eddy_handle *handle)
{
    return check_and_add(loop, signo, handle, true);
}

struct eddy_handle *eddy_loop_signal_handler(struct eddy_loop *loop, int signo)
{
    if (signo < 1 || signo >= SIGNALS || !is_owner(loop))
        return NULL;
    return signals.by_number[signo].handle;
}

void eddy_loop_unkeep_signal_handler(struct eddy_loop *loop, int signo)
{
    if (!eddy_loop_signal_handler(loop, signo) || !signals.by_number[signo].keeps)
        return;
    signals.by_number[signo].keeps = false;
    eddy_loop_unkeep(loop);
}

bool eddy_loop_remove_signal_handler(struct eddy_loop *loop, int signo)
{
    struct eddy_handle *handle = eddy_loop_signal_handler(loop, signo);

    if (!handle || eddy_loop_check_thread(loop, "remove_signal_handler") < 0)
        return false;
    sigaction(signo, &signals.by_number[signo].before, NULL);
    eddy_handle_cancel(handle);
    eddy_loop_unkeep_signal_handler(loop, signo);
    signals.by_number[signo].handle = NULL;
    set_ends(signo, false);
    has_come[signo] = false;
    if (--signals.count == 0)
        give_up_loop();
    return true;
}
