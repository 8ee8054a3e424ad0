#include "ledger.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOMENTS = 500 }; /* milliseconds that a thread is given to be gone */

atomic_long ledger_blocks;

/* Where the system lists them. Elsewhere: 1, and a thread left is not seen. */
static int count_threads(void)
{
    DIR *dir = opendir("/proc/self/task");
    int n = 0;

    if (!dir)
        return 1;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2;
}

/* A thread that was joined is still listed for a moment, and one that was left is listed on. */
static int count_threads_above(int before)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    int n = count_threads();

    for (int i = 0; i < MOMENTS && n > before; i++) {
        nanosleep(&moment, NULL);
        n = count_threads();
    }
    return n - before;
}

/* The thread sanitizer has a thread of its own, which comes with the first one that is created. So
 * one is created before they are counted, where that sanitizer is. */
extern void __tsan_init(void) __attribute__((weak));

/* Another default for it: a process with threads ends at once, and not after a second, in which a pool
 * would give its workers up. */
const char *__tsan_default_options(void);

const char *__tsan_default_options(void)
{
    return "atexit_sleep_ms=0";
}

static void *end_at_once(void *unused)
{
    return unused;
}

static void bring_in_the_sanitizer(void)
{
    pthread_t thread;

    if (__tsan_init && pthread_create(&thread, NULL, end_at_once, NULL) == 0)
        pthread_join(thread, NULL);
}

static int highest_fd(void)
{
    long most = sysconf(_SC_OPEN_MAX);

    return most < 0 || most > LEDGER_FDS ? LEDGER_FDS : (int)most;
}

void ledger_open(struct ledger *ledger)
{
    memset(ledger, 0, sizeof *ledger);
    bring_in_the_sanitizer();
    for (int fd = 0, top = highest_fd(); fd < top; fd++)
        ledger->fds[fd] = fcntl(fd, F_GETFD) >= 0;
    ledger->threads = count_threads();
    ledger->blocks = ledger_blocks;
}

static const char *kind_of(int fd)
{
    struct stat info;

    if (fstat(fd, &info) < 0)
        return "?";
    if (S_ISSOCK(info.st_mode))
        return "a socket";
    if (S_ISFIFO(info.st_mode))
        return "a pipe";
    return S_ISREG(info.st_mode) ? "a file" : S_ISCHR(info.st_mode) ? "a device" : "epoll or alike";
}

/* The process keeps two for its signals, as long as it lives, from the first handler on. (Chapters 1
 * and 2 have none.) */
extern bool eddy_signals_own(int fd) __attribute__((weak));

static bool is_the_process_own(int fd)
{
    return eddy_signals_own && eddy_signals_own(fd);
}

/* Children that have not been waited for, whether they live or not. Reaps the dead ones. */
static int count_children(void)
{
    int dead = 0;
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        dead++;
    return dead + (pid == 0);
}

/* Appends to `text` at `*at`. */
__attribute__((format(printf, 4, 5))) static void add(char *text, size_t n, size_t *at,
                                                      const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = *at < n ? vsnprintf(text + *at, n - *at, format, args) : 0;
    va_end(args);
    *at += length > 0 ? (size_t)length : 0;
}

bool ledger_left(const struct ledger *before, char *text, size_t n)
{
    int children = count_children(), threads = count_threads_above(before->threads);
    long blocks = ledger_blocks - before->blocks;
    size_t at = 0;

    text[0] = '\0';
    for (int fd = 0, top = highest_fd(); fd < top; fd++) {
        if (!before->fds[fd] && fcntl(fd, F_GETFD) >= 0 && !is_the_process_own(fd))
            add(text, n, &at, "descriptor %d (%s) still open; ", fd, kind_of(fd));
        if (before->fds[fd] && fcntl(fd, F_GETFD) < 0)
            add(text, n, &at, "descriptor %d closed, which was open before; ", fd);
    }
    if (children > 0)
        add(text, n, &at, "a child process not waited for; ");
    if (threads > 0)
        add(text, n, &at, "%d thread%s still running; ", threads, threads > 1 ? "s" : "");
    if (blocks > 0)
        add(text, n, &at, "%ld heap block%s not freed; ", blocks, blocks > 1 ? "s" : "");
    if (blocks < 0)
        add(text, n, &at, "%ld more heap blocks freed than allocated; ", -blocks);
    if (at >= 2 && at <= n)
        text[at - 2] = '\0';
    return at > 0;
}
