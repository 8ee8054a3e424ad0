/* The wrapped calls that make threads, processes and what they share, and those of files. */
#include "faults_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const int faults_process_linked = 1;

/* A child has its parent's plan, and goes on counting where it was born. */
WRAP(pid_t, fork, (void), ())
WRAP(pid_t, waitpid, (pid_t pid, int *status, int options), (pid, status, options))
WRAP(int, waitid, (idtype_t type, id_t id, siginfo_t *info, int options), (type, id, info, options))
WRAP(int, kill, (pid_t pid, int signo), (pid, signo))
WRAP(int, fsync, (int fd), (fd))
WRAP_MOVE(pread, (int fd, void *buf, size_t n, off_t at), (fd, buf, n, at))
WRAP(int, lstat, (const char *path, struct stat *info), (path, info))
WRAP(int, fflush, (FILE * file), (file))

/* How a program is started: the search for it, and what a new process does before it becomes that. */
WRAP(int, access, (const char *path, int mode), (path, mode))
WRAP(int, dup2, (int fd, int as), (fd, as))
WRAP(int, setpgid, (pid_t pid, pid_t group), (pid, group))
WRAP(int, chdir, (const char *path), (path))
WRAP(int, execve, (const char *path, char *const arguments[], char *const environment[]),
     (path, arguments, environment))

/* One that finds nothing: somebody else has removed it. */
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __wrap_unlink(const char *path)
{
    int error;

    if (!faults_fail("unlink", NULL))
        return __real_unlink(path);
    error = errno;
    if (error == ENOENT)
        (void)__real_unlink(path);
    errno = error;
    return -1;
}

DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
DIR *__wrap_opendir(const char *path)
{
    return faults_fail("opendir", NULL) ? NULL : __real_opendir(path);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list args;
    mode_t mode = 0;

    va_start(args, flags);
    if (flags & O_CREAT)
        mode = va_arg(args, mode_t);
    va_end(args);
    return faults_fail("open", NULL) ? -1 : __real_open(path, flags, mode);
}

/* These return their error. */
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*fn)(void *argument), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*fn)(void *argument), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*fn)(void *argument), void *argument)
{
    return faults_fail("pthread_create", NULL)
               ? errno
               : __real_pthread_create(thread, attributes, fn, argument);
}

int __real_pthread_condattr_init(pthread_condattr_t *attributes);
int __wrap_pthread_condattr_init(pthread_condattr_t *attributes);
int __wrap_pthread_condattr_init(pthread_condattr_t *attributes)
{
    return faults_fail("pthread_condattr_init", NULL) ? errno
                                                      : __real_pthread_condattr_init(attributes);
}

int __real_pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attributes);
int __wrap_pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attributes);
int __wrap_pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attributes)
{
    return faults_fail("pthread_cond_init", NULL) ? errno
                                                  : __real_pthread_cond_init(cond, attributes);
}
