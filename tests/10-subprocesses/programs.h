/*
 * programs - what the tests of processes begin with: a loop, and the test program itself as the program
 * that is started. What it does then is its second argument:
 *
 *     tell FILE ARGUMENTS     write into FILE all that it finds: what 0, 1 and 2 are, which others are open,
 *                             signals that are ignored or blocked, its directory, whether it leads its
 *                             group, its arguments and its environment, an item a line
 *     leave                   end at once
 *
 * It writes into a file, since its descriptors are what is tested.
 */
#ifndef PROGRAMS_H
#define PROGRAMS_H

#include "check.h"
#include "errors.h"
#include "process.h"
#include "report.h"
#include "until_complete.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { OPEN_MOST = 1024 };

static struct eddy_loop loop;
static char here[4096]; /* this program's path */
static char told[65536];
static char told_path[] = "/tmp/eddy-told-XXXXXX";

/* ---- As the program that is started ----------------------------------------------------------------- */

/* Device, number and how it may be used; "-" if it is closed. */
static inline const char *name_of_fd(int fd, char *text, size_t n)
{
    struct stat info;
    int flags = fcntl(fd, F_GETFL);

    snprintf(text, n, "-");
    if (flags >= 0 && fstat(fd, &info) == 0)
        snprintf(text, n, "%lu:%lu:%d%s", (unsigned long)info.st_dev, (unsigned long)info.st_ino,
                 flags & O_ACCMODE, flags & O_NONBLOCK ? ":nonblocking" : "");
    return text;
}

static inline void tell_fds(FILE *out)
{
    char text[64];

    for (int fd = 0; fd < 3; fd++)
        fprintf(out, "fd%d %s\n", fd, name_of_fd(fd, text, sizeof text));
    for (int fd = 3; fd < OPEN_MOST; fd++)
        if (fd != fileno(out) && fcntl(fd, F_GETFD) >= 0)
            fprintf(out, "also %d\n", fd);
}

static inline void tell_signals(FILE *out)
{
    struct sigaction action;
    sigset_t blocked;

    sigprocmask(SIG_SETMASK, NULL, &blocked);
    for (int signo = 1; signo < 65; signo++) {
        if (sigaction(signo, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
            fprintf(out, "ignored %d\n", signo);
        if (sigismember(&blocked, signo) == 1)
            fprintf(out, "blocked %d\n", signo);
    }
}

/* The file is opened above 2, where nothing is told of it. */
static inline int tell_all(const char *path, char **arguments)
{
    char directory[4096];
    int low = open(path, O_WRONLY | O_TRUNC), fd = low < 0 ? -1 : fcntl(low, F_DUPFD, 3);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

    if (!out)
        return 99;
    close(low);
    tell_fds(out);
    tell_signals(out);
    fprintf(out, "directory %s\n", getcwd(directory, sizeof directory));
    fprintf(out, "leader %s\n", getpgrp() == getpid() ? "yes" : "no");
    for (; *arguments; arguments++)
        fprintf(out, "argument [%s]\n", *arguments);
    for (char **variable = environ; *variable; variable++)
        fprintf(out, "variable [%s]\n", *variable);
    return fclose(out) == 0 ? 0 : 98;
}

static inline int act_as_program(char *argv[])
{
    if (strcmp(argv[1], "tell") == 0)
        return tell_all(argv[2], argv + 3);
    return strcmp(argv[1], "leave") == 0 ? 0 : 97;
}

static inline void note_path(const char *path)
{
    char directory[2048];

    if (path[0] == '/' || !getcwd(directory, sizeof directory))
        snprintf(here, sizeof here, "%s", path);
    else
        snprintf(here, sizeof here, "%s/%s", directory, path);
}

#define TESTS_AND_PROGRAM                                                                \
    static void check_cases(void);                                                       \
    int main(int argc, char *argv[])                                                     \
    {                                                                                    \
        if (argc > 1 && (strcmp(argv[1], "tell") == 0 || strcmp(argv[1], "leave") == 0)) \
            return act_as_program(argv);                                                 \
        check_start(argc, argv);                                                         \
        note_path(argv[0]);                                                              \
        check_cases();                                                                   \
        return check_end();                                                              \
    }                                                                                    \
    static void check_cases(void)

/* ---- What it has told ---------------------------------------------------------------------------------- */

static inline void open_told(void)
{
    int fd;

    memcpy(told_path + sizeof told_path - 7, "XXXXXX", 6);
    fd = mkstemp(told_path);
    CHECK_OK(fd);
    close(fd);
}

/* It has ended. */
static inline void read_told(void)
{
    FILE *file = fopen(told_path, "r");
    size_t n;

    CHECK(file != NULL);
    n = fread(told, 1, sizeof told - 1, file);
    told[n] = '\0';
    fclose(file);
    unlink(told_path);
    CHECK(n > 0);
}

/* Whether it has told this line. */
static inline bool has_told(const char *line)
{
    size_t n = strlen(line);

    for (const char *at = told; (at = strstr(at, line)) != NULL; at++)
        if ((at == told || at[-1] == '\n') && at[n] == '\n')
            return true;
    return false;
}

/* Whether there is any line that begins with this. */
static inline bool has_told_of(const char *word)
{
    size_t n = strlen(word);

    for (const char *at = told; *at; at += strcspn(at, "\n"), at += *at == '\n')
        if (strncmp(at, word, n) == 0)
            return true;
    return false;
}

/* ---- A loop, and a process -------------------------------------------------------------------------- */

static inline void on_report(const char *text)
{
    fprintf(stderr, "%s\n", text); /* a failure's report shows it */
}

static inline void open_loop(void)
{
    eddy_report_to(on_report);
    CHECK_OK(eddy_loop_open(&loop, NULL));
    loop.slow_callback_duration = 1000; /* however busy the machine is */
}

static inline void close_loop(void)
{
    CHECK_CODE(eddy_loop_close(&loop), 0);
}

static inline int run(struct eddy_future *future)
{
    return eddy_loop_run_until_complete(&loop, future);
}

/* Until it has ended. */
static inline int wait_for(struct eddy_process *process)
{
    struct eddy_process_wait wait = {.waiter = {.link = {NULL, NULL}}};

    return run(eddy_process_wait(&wait, process));
}

/* A line for a shell. */
static inline int start_line(struct eddy_process *process, const char *line, int in, int out,
                             int err)
{
    return eddy_process_start_shell(process, &loop, line,
                                    &(struct eddy_program){.in = in, .out = out, .err = err});
}

static inline bool nothing_to_wait_for(void)
{
    return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}

/* It has ended, and nobody has waited for it yet. */
static inline void await_death(pid_t pid)
{
    siginfo_t info;

    WAITING("process %ld to end", (long)pid);
    CHECK_OK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
}

static inline bool is_default(int signo)
{
    struct sigaction action;

    return sigaction(signo, NULL, &action) == 0 && action.sa_handler == SIG_DFL;
}

#endif
