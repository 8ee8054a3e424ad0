#include "program.h"

#include "net.h"
#include "net_new.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIGNALS = 128, ANY_FD = 65536 };

/* ---- Which file ------------------------------------------------------------------------------------ */

/* 0, -ENOENT, or -EACCES: it is there, and cannot be executed. */
static int look_at(const char *path)
{
    struct stat info;

    if (stat(path, &info) < 0)
        return errno == EACCES ? -EACCES : -ENOENT;
    return S_ISREG(info.st_mode) && access(path, X_OK) == 0 ? 0 : -EACCES;
}

/* An empty directory is the present one. */
static int find_in(const char *directory, size_t length, const char *name, char *path, size_t n)
{
    int written = length == 0 ? snprintf(path, n, "%s", name)
                              : snprintf(path, n, "%.*s/%s", (int)length, directory, name);

    return written < 0 || (size_t)written >= n ? -ENAMETOOLONG : look_at(path);
}

int eddy_program_find(const char *name, const char *search, char *path, size_t n)
{
    int err = -ENOENT;

    if (strchr(name, '/') || !*name)
        return snprintf(path, n, "%s", name) >= (int)n ? -ENAMETOOLONG : *name ? 0 : -ENOENT;
    for (const char *at = search; at;) {
        size_t length = strcspn(at, ":");
        int found = find_in(at, length, name, path, n);
        if (found == 0)
            return 0;
        if (found != -ENOENT)
            err = found; /* a later one may be better */
        at = at[length] ? at + length + 1 : NULL;
    }
    return err;
}

/* ---- By fork and exec ------------------------------------------------------------------------------ */

/* In the child, from here to the exec, nothing is called but what POSIX allows in a signal handler: another
 * thread may have held any lock when this one forked. */
static void reset_signals(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t none;

    sigemptyset(&none);
    sigemptyset(&action.sa_mask);
    for (int signo = 1; signo < SIGNALS; signo++)
        sigaction(signo, &action, NULL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int set_descriptors(const struct eddy_launch *launch, int but, long most)
{
    for (int i = 0; i < 3; i++)
        if (launch->fds[i] >= 0 && dup2(launch->fds[i], i) < 0)
            return -errno;
    for (int fd = 3; fd < most; fd++)
        if (fd != but)
            close(fd);
    return 0;
}

static int become_program(const struct eddy_launch *launch, int errors, long most)
{
    int err = set_descriptors(launch, errors, most);

    reset_signals();
    if (err == 0 && launch->own_group && setpgid(0, 0) < 0)
        err = -errno;
    if (err == 0 && launch->directory && chdir(launch->directory) < 0)
        err = -errno;
    if (err == 0)
        execve(launch->path, launch->arguments, launch->environment);
    return err < 0 ? err : -errno;
}

/* The pipe's end is closed by the exec: then there is nothing to read, and that is success. What cannot be
 * read may be an error of exec, so that is the end of the process, too. (The pipe blocks; if it is said to be
 * empty all the same, it is read again.) */
static int hear_error(int errors, pid_t pid)
{
    int err = 0;
    ssize_t n;

    do
        n = read(errors, &err, sizeof err);
    while (n < 0 && (errno == EINTR || errno == EAGAIN));
    if (n == 0)
        return 0;
    if (n < 0) {
        err = -errno;
        kill(pid, SIGKILL);
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return err;
}

int eddy_program_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0 ? -errno : 0;
}

int eddy_program_above(int fd)
{
    int copy;

    if (fd > 2)
        return fd;
    copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (copy < 0)
        copy = -errno;
    eddy_net_close(fd);
    return copy;
}

/* The end for the child is above 2, where no dup2() overwrites it, though 0, 1 or 2 may be free here. */
static int error_pipe(int fds[2])
{
    int err = eddy_net_pipe(fds);

    if (err < 0)
        return err;
    err = eddy_program_blocking(fds[0]);
    fds[1] = eddy_program_above(fds[1]);
    if (err == 0 && fds[1] >= 0)
        return 0;
    eddy_net_close(fds[0]);
    if (fds[1] < 0)
        return fds[1];
    eddy_net_close(fds[1]);
    return err;
}

static pid_t fork_program(const struct eddy_launch *launch, int fds[2])
{
    long most = sysconf(_SC_OPEN_MAX);
    sigset_t all, before;
    pid_t pid;
    int err;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* no handler of ours runs in the child */
    pid = fork();
    if (pid == 0) {
        err = become_program(launch, fds[1], most < 0 || most > ANY_FD ? ANY_FD : most);
        (void)!write(fds[1], &err, sizeof err);
        _exit(127);
    }
    err = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid < 0 ? -err : pid;
}

pid_t eddy_program_fork(const struct eddy_launch *launch)
{
    int fds[2], err = error_pipe(fds);
    pid_t pid;

    if (err < 0)
        return err;
    pid = fork_program(launch, fds);
    eddy_net_close(fds[1]);
    err = pid < 0 ? pid : hear_error(fds[0], pid);
    eddy_net_close(fds[0]);
    return err < 0 ? err : pid;
}
