/* micro_limit_spawn - the part of micro_limit that starts programs: posix_spawn(), and a wait for any child. */
#include "micro_limit.h"

#include <spawn.h>
#include <sys/wait.h>

enum { IN_FLIGHT = 16 };

extern char **environ;

static void start(void)
{
    static char name[] = TRUE, *const argv[] = {name, NULL};
    pid_t pid;

    must(-posix_spawn(&pid, TRUE, NULL, NULL, argv, environ), TRUE);
}

static double run_programs(long n, long in_flight)
{
    double begin = now();
    long to_start = n, left = n;
    int status;

    for (; in_flight > 0 && to_start > 0; in_flight--, to_start--)
        start();
    for (; left > 0; left--) {
        must_errno(wait(&status), "wait");
        must(status == 0 ? 0 : -EIO, TRUE);
        if (to_start-- > 0)
            start();
    }
    return (now() - begin) / (double)n;
}

void bench_spawn(void)
{
    long n = number("N_SPAWN", 400);

    report("spawn_wait", run_programs(n, 1));
    report("spawn_16", run_programs(n, IN_FLIGHT));
}
