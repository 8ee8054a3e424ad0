#include "process.h"

#include "children.h"
#include "errors.h"
#include "net.h"
#include "net_new.h"
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---- Its three descriptors --------------------------------------------------------------------------- */

/* The ends of one start: what the program gets, and what stays here; -1: nothing. */
struct ends {
    int theirs[3], ours[3];
};

/* Theirs are above 2, so that no dup2() in the child overwrites one that is still needed, also when 0, 1 or 2
 * are closed here, or when two of them are exchanged. So are ours: a closed one is not to be the program's
 * stdout of a sudden. */
static int copy_above(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

    return copy < 0 ? -errno : copy;
}

static int open_pipe(struct ends *ends, int which)
{
    int fds[2], err = eddy_net_pipe(fds), theirs = which == 0 ? 0 : 1;

    if (err < 0)
        return err;
    err = eddy_program_blocking(fds[theirs]); /* ours does not, theirs does */
    ends->theirs[which] = eddy_program_above(fds[theirs]);
    ends->ours[which] = eddy_program_above(fds[1 - theirs]);
    if (err < 0)
        return err;
    return ends->ours[which] < 0 ? ends->ours[which] : ends->theirs[which];
}

static int open_null(struct ends *ends, int which)
{
    int fd;

    do
        fd = open("/dev/null", (which == 0 ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    ends->theirs[which] = fd < 0 ? -errno : eddy_program_above(fd);
    return ends->theirs[which];
}

/* Where its stdout goes, which is known by now. */
static int copy_stdout(struct ends *ends)
{
    ends->theirs[2] = copy_above(ends->theirs[1] >= 0 ? ends->theirs[1] : STDOUT_FILENO);
    return ends->theirs[2];
}

static int open_end(struct ends *ends, int which, int kind)
{
    if (kind == EDDY_INHERIT)
        return 0;
    if (kind == EDDY_PIPE)
        return open_pipe(ends, which);
    if (kind == EDDY_NULL)
        return open_null(ends, which);
    if (kind == EDDY_STDOUT && which == 2)
        return copy_stdout(ends);
    if (kind < EDDY_FD_FIRST)
        return -EINVAL;
    ends->theirs[which] = copy_above(kind - EDDY_FD_FIRST);
    return ends->theirs[which];
}

static void close_ends(int fds[3])
{
    for (int i = 0; i < 3; i++) {
        if (fds[i] >= 0)
            eddy_net_close(fds[i]);
        fds[i] = -1;
    }
}

static int open_ends(struct ends *ends, const struct eddy_program *program)
{
    const int kinds[3] = {program->in, program->out, program->err};
    int err = 0;

    *ends = (struct ends){{-1, -1, -1}, {-1, -1, -1}};
    for (int i = 0; i < 3 && err >= 0; i++)
        err = open_end(ends, i, kinds[i]);
    if (err < 0) {
        close_ends(ends->theirs);
        close_ends(ends->ours);
    }
    return err < 0 ? err : 0;
}

/* ---- How it ends ------------------------------------------------------------------------------------- */

static struct eddy_process *process_of(struct eddy_list *link)
{
    return container_of(link, struct eddy_process, link);
}

static void end_process(struct eddy_process *process, int outcome, int status)
{
    process->ended = true;
    process->outcome = outcome;
    process->code = outcome == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    process->signal = outcome == 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (eddy_list_linked(&process->link))
        eddy_list_remove(&process->link);
    eddy_loop_unkeep(process->loop);
    eddy_waiter_wake_all(&process->waiters, outcome);
    eddy_children_rest(process->loop);
}

/* Wait for it, with these options of waitpid(). -ECHILD: somebody else has. */
static void look_for_end(struct eddy_process *process, int options)
{
    int status = 0;
    pid_t pid;

    do
        pid = waitpid(process->pid, &status, options);
    while (pid < 0 && errno == EINTR);
    if (pid != 0)
        end_process(process, pid < 0 ? -errno : 0, status);
}

static void look_at(struct eddy_list *link)
{
    look_for_end(process_of(link), WNOHANG);
}

bool eddy_process_poll(struct eddy_process *process)
{
    if (process->loop && !process->ended &&
        eddy_loop_check_thread(process->loop, "process_poll") == 0)
        look_for_end(process, WNOHANG);
    return process->ended;
}

/* ---- Starting ---------------------------------------------------------------------------------------- */

static const char *search_path(const struct eddy_program *program)
{
    const char *path = program->env ? NULL : getenv("PATH");

    for (size_t i = 0; program->env && program->env[i]; i++)
        if (strncmp(program->env[i], "PATH=", 5) == 0)
            path = program->env[i] + 5;
    return path ? path : "/usr/bin:/bin";
}

/* (exec changes neither strings nor arrays; its const is missing for the sake of old programs.) */
static int launch_program(const struct eddy_program *program, const struct ends *ends)
{
    char path[PATH_MAX];
    struct eddy_launch launch = {.path = path,
                                 .arguments = (char *const *)program->argv,
                                 .environment =
                                     program->env ? (char *const *)program->env : environ,
                                 .directory = program->cwd,
                                 .own_group = program->own_group};
    int err = eddy_program_find(program->file ? program->file : program->argv[0],
                                search_path(program), path, sizeof path);

    memcpy(launch.fds, ends->theirs, sizeof launch.fds);
    return err < 0 ? err : eddy_program_start(&launch);
}

static int refusal(const struct eddy_process *process, struct eddy_loop *loop,
                   const struct eddy_program *program)
{
    if (process->loop)
        return EDDY_EQUEUED;
    if (eddy_loop_is_closed(loop))
        return EDDY_ECLOSED;
    if (!program->argv || !program->argv[0])
        return -EINVAL;
    return eddy_loop_check_thread(loop, "process_start");
}

static void leave_frame(struct eddy_opened *opened)
{
    eddy_process_close(container_of(opened, struct eddy_process, opened));
}

/* From here on it can be waited for; nothing of this fails. */
static void attach_process(struct eddy_process *process, struct eddy_loop *loop, pid_t pid,
                           struct eddy_children *children, const struct ends *ends)
{
    process->pid = pid;
    process->code = -1;
    process->signal = process->outcome = 0;
    process->ended = false;
    process->loop = loop;
    process->in = ends->ours[0];
    process->out_fd = ends->ours[1];
    process->err_fd = ends->ours[2];
    eddy_list_init(&process->waiters);
    eddy_list_append(&children->running, &process->link);
    eddy_loop_keep(loop);
}

static int open_pumps(struct eddy_process *process, size_t limit)
{
    int err = 0;

    if (process->out_fd >= 0)
        err = eddy_pump_open(&process->out, process->loop, process->out_fd, limit);
    if (err == 0 && process->err_fd >= 0)
        err = eddy_pump_open(&process->err, process->loop, process->err_fd, limit);
    return err;
}

static int start_process(struct eddy_process *process, struct eddy_loop *loop,
                         const struct eddy_program *program, struct eddy_children *children)
{
    struct ends ends;
    int err = open_ends(&ends, program);
    pid_t pid;

    if (err < 0)
        return err;
    pid = launch_program(program, &ends);
    close_ends(ends.theirs);
    if (pid < 0) {
        close_ends(ends.ours);
        return pid;
    }
    attach_process(process, loop, pid, children, &ends);
    err = open_pumps(process, program->limit);
    if (err < 0)
        eddy_process_close(process);
    return err;
}

/* The readers' futures stay: whoever was closed upon in this turn has not looked at them yet. */
static void clear_process(struct eddy_process *process)
{
    *process = (struct eddy_process){
        .in = -1,
        .out.reader.future = process->out.reader.future,
        .err.reader.future = process->err.reader.future,
        .out_fd = -1,
        .err_fd = -1,
    };
}

/* What may fail comes before the program runs, as far as that can be. */
int eddy_process_start(struct eddy_process *process, struct eddy_loop *loop,
                       const struct eddy_program *program)
{
    struct eddy_children *children;
    int err = refusal(process, loop, program);

    if (err < 0)
        return err;
    clear_process(process);
    err = eddy_opened_add_here(&process->opened, process, leave_frame);
    if (err == 0)
        err = eddy_children_watch(loop, look_at, &children);
    if (err == 0)
        err = start_process(process, loop, program, children);
    if (err < 0) {
        eddy_opened_remove(&process->opened);
        eddy_children_rest(loop);
    }
    return err;
}

int eddy_process_start_shell(struct eddy_process *process, struct eddy_loop *loop,
                             const char *command, const struct eddy_program *program)
{
    const char *argv[] = {"sh", "-c", "--", command, NULL};
    struct eddy_program shell = program ? *program : (struct eddy_program){.argv = NULL};

    if (!command)
        return -EINVAL;
    shell.argv = argv;
    shell.file = "/bin/sh";
    return eddy_process_start(process, loop, &shell);
}

/* ---- Waiting ----------------------------------------------------------------------------------------- */

static const struct eddy_future_type type = {
    .name = "process", .cancel = eddy_waiter_cancel, .guarded = true};

struct eddy_future *eddy_process_wait(struct eddy_process_wait *wait, struct eddy_process *process)
{
    int err = process->loop ? eddy_waiter_refusal(&wait->waiter, process->loop, "process_wait")
                            : EDDY_ECLOSED;

    if (err < 0)
        return eddy_future_init_done(&wait->refused, process->loop, err);
    if (!process->ended)
        look_for_end(process, WNOHANG);
    if (process->ended)
        return eddy_waiter_done(&wait->waiter, process->loop, process->outcome, NULL);
    return eddy_waiter_start(&wait->waiter, process->loop, &type, &process->waiters);
}

/* ---- Signals ----------------------------------------------------------------------------------------- */

/* Not yet waited for, its number is its own, even if it is dead. But somebody else may have waited for it. */
int eddy_process_send_signal(struct eddy_process *process, int signo)
{
    siginfo_t info = {.si_pid = 0};
    int found;

    if (!process->loop || process->ended)
        return -ESRCH;
    do
        found = waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    while (found < 0 && errno == EINTR);
    if (found < 0) {
        look_for_end(process, WNOHANG);
        return -ESRCH;
    }
    if (info.si_pid != 0)
        return -ESRCH;
    return kill(process->pid, signo) < 0 ? -errno : 0;
}

int eddy_process_terminate(struct eddy_process *process)
{
    return eddy_process_send_signal(process, SIGTERM);
}

int eddy_process_kill(struct eddy_process *process)
{
    return eddy_process_send_signal(process, SIGKILL);
}

/* ---- Closing ----------------------------------------------------------------------------------------- */

static void close_own(struct eddy_process *process, int *fd)
{
    if (*fd >= 0)
        eddy_loop_close_fd(process->loop, *fd);
    *fd = -1;
}

void eddy_process_close_in(struct eddy_process *process)
{
    if (process->loop)
        close_own(process, &process->in);
}

void eddy_process_close(struct eddy_process *process)
{
    if (!process->loop || eddy_loop_check_thread(process->loop, "process_close") < 0)
        return;
    eddy_opened_remove(&process->opened);
    eddy_waiter_wake_all(&process->waiters, EDDY_ECLOSED);
    eddy_process_kill(process); /* first, or it takes the end of its stdin for all of its input */
    eddy_pump_close(&process->out);
    eddy_pump_close(&process->err);
    close_own(process, &process->in);
    close_own(process, &process->out_fd);
    close_own(process, &process->err_fd);
    if (!process->ended)
        look_for_end(process, 0);
    process->loop = NULL;
}
