#include "worker.h"

#include "errors.h"
#include "future.h"
#include "net.h"
#include "net_new.h"
#include "parcel.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE = 110 }; /* moments, of a millisecond first, then of ten */

/* ---- Whoever is forked --------------------------------------------------------------------------- */

/*
 * A worker knows that its parent has gone by the end of its socket, and a parent that its worker has. That
 * end comes when the last copy is closed. So a child process closes what it inherits of these: a worker
 * the ends of its brothers; a job's own child that of the worker.
 */
static struct {
    pthread_mutex_t lock;
    struct eddy_list all; /* workers, while they have a socket */
    int own;              /* in a worker: its end; -1 in all others */
    bool watches;
} ends = {.lock = PTHREAD_MUTEX_INITIALIZER, .all = {&ends.all, &ends.all}, .own = -1};

static void lock_ends(void)
{
    pthread_mutex_lock(&ends.lock);
}

static void unlock_ends(void)
{
    pthread_mutex_unlock(&ends.lock);
}

static void close_end(struct eddy_worker *worker)
{
    eddy_net_close(worker->fd);
    worker->fd = -1;
    eddy_list_remove(&worker->link);
}

static void close_inherited(void)
{
    while (!eddy_list_empty(&ends.all))
        close_end(container_of(ends.all.next, struct eddy_worker, link));
    if (ends.own >= 0)
        eddy_net_close(ends.own);
    ends.own = -1;
    unlock_ends();
}

static int watch_forks(void)
{
    int error = 0;

    lock_ends();
    if (!ends.watches)
        error = pthread_atfork(lock_ends, unlock_ends, close_inherited);
    ends.watches = error == 0;
    unlock_ends();
    return -error;
}

/* ---- Starting ------------------------------------------------------------------------------------ */

static void add_end(struct eddy_worker *worker, int fd)
{
    lock_ends();
    worker->fd = fd;
    eddy_list_append(&ends.all, &worker->link);
    unlock_ends();
}

void eddy_worker_close(struct eddy_worker *worker)
{
    lock_ends();
    if (worker->fd >= 0)
        close_end(worker);
    unlock_ends();
}

/* A new process has its maker's handlers, and until it ignores SIGINT, a Ctrl-C would kill it. So all
 * signals wait; eddy_serve() lets them come. */
static pid_t fork_quietly(void)
{
    sigset_t all, before;
    pid_t pid;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid = fork();
    error = errno;
    if (pid != 0)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid < 0 ? -error : pid;
}

int eddy_worker_start(struct eddy_worker *worker, const struct eddy_worker_setup *setup)
{
    int fds[2], err = watch_forks();

    *worker = (struct eddy_worker){.fd = -1};
    if (err == 0)
        err = eddy_net_pair(fds);
    if (err < 0)
        return err;
    add_end(worker, fds[0]);
    worker->pid = fork_quietly();
    if (worker->pid == 0) {
        ends.own = fds[1]; /* by now fds[0] is closed, with those of all brothers */
        eddy_serve(fds[1], setup);
    }
    if (worker->pid < 0) {
        err = worker->pid;
        worker->pid = 0;
        eddy_worker_close(worker);
    }
    eddy_net_close(fds[1]);
    return err;
}

/* ---- One job ------------------------------------------------------------------------------------- */

static int check_answer(const struct eddy_answer *answer, const struct eddy_work *work)
{
    return answer->magic == EDDY_ANSWER && answer->out_size <= work->out_room &&
                   eddy_is_outcome(answer->err) && answer->unusable <= 1 &&
                   memchr(answer->message, '\0', sizeof answer->message)
               ? 0
               : -EPROTO;
}

static int take_answer(struct eddy_worker *worker, struct eddy_work *work,
                       struct eddy_answer *answer)
{
    int err = eddy_parcel_recv(worker->fd, answer, sizeof *answer);

    if (err == 0)
        err = check_answer(answer, work);
    if (err == 0)
        err = eddy_parcel_recv(worker->fd, work->out, answer->out_size);
    if (err == 0) {
        work->out_size = answer->out_size;
        memcpy(work->message, answer->message, sizeof work->message);
    }
    return err;
}

static int break_worker(struct eddy_worker *worker, struct eddy_work *work, int err)
{
    worker->broken = true;
    work->out_size = 0;
    work->message[0] = '\0';
    if (err == -EPROTO)
        eddy_work_fail(work, err, "worker %ld has sent what is no answer", (long)worker->pid);
    else if (err != EDDY_ECLOSED)
        eddy_work_fail(work, err, "worker %ld cannot be reached: %s", (long)worker->pid,
                       eddy_strerror(err));
    return EDDY_EBROKEN;
}

static int break_unusable(struct eddy_worker *worker, struct eddy_work *work, int err)
{
    worker->broken = true;
    return eddy_work_fail(work, EDDY_EBROKEN, "the initializer has failed: %s", eddy_strerror(err));
}

int eddy_worker_run(struct eddy_worker *worker, struct eddy_work *work,
                    int (*fn)(struct eddy_work *work))
{
    struct eddy_request request = {EDDY_REQUEST, fn, work->in_size, work->out_room};
    struct eddy_answer answer;
    int err = eddy_parcel_send(worker->fd, &request, sizeof request, work->in, work->in_size);

    if (err == 0)
        err = take_answer(worker, work, &answer);
    if (err < 0)
        return break_worker(worker, work, err);
    return answer.unusable ? break_unusable(worker, work, answer.err) : answer.err;
}

/* ---- Ending -------------------------------------------------------------------------------------- */

/* Whether it has ended; it is not waited for. *info is how; all 0: somebody else has waited for it. */
static bool has_ended(const struct eddy_worker *worker, siginfo_t *info, int options)
{
    int result;

    memset(info, 0, sizeof *info);
    do
        result = waitid(P_PID, (id_t)worker->pid, info, WEXITED | WNOWAIT | options);
    while (result < 0 && errno == EINTR);
    return result < 0 || info->si_pid != 0;
}

/*
 * A number that was waited for may be another process's by now, which must get no signal: also when somebody
 * else has waited for it, or the program ignores SIGCHLD. So the system is asked whether it is our child.
 */
void eddy_worker_kill(struct eddy_worker *worker)
{
    siginfo_t info;

    if (worker->pid > 0 && !has_ended(worker, &info, WNOHANG))
        kill(worker->pid, SIGKILL);
}

static void wait_for_end(struct eddy_worker *worker, siginfo_t *info)
{
    for (int i = 0; i < PATIENCE; i++) {
        if (has_ended(worker, info, WNOHANG))
            return;
        (void)poll(NULL, 0, i < 10 ? 1 : 10);
    }
    eddy_worker_kill(worker);
    has_ended(worker, info, 0);
}

void eddy_worker_fate(struct eddy_worker *worker, char *how, size_t n)
{
    siginfo_t info;

    wait_for_end(worker, &info);
    if (info.si_pid == 0)
        snprintf(how, n, "worker %ld has gone", (long)worker->pid);
    else if (info.si_code == CLD_EXITED)
        snprintf(how, n, "worker %ld has ended, with status %d", (long)worker->pid, info.si_status);
    else
        snprintf(how, n, "worker %ld was killed by signal %d", (long)worker->pid, info.si_status);
}

void eddy_worker_end(struct eddy_worker *worker)
{
    siginfo_t info;

    eddy_worker_close(worker);
    if (worker->pid == 0)
        return;
    wait_for_end(worker, &info);
    while (info.si_pid != 0 && waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    worker->pid = 0;
}
