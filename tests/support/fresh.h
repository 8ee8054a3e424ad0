/*
 * fresh.h - what a process inherits without asking: ignored signals, blocked signals, open descriptors,
 * a low limit of these. No test may depend on any of it. So the harness, the player of transcripts, and
 * the program fresh, which the shell scripts use, all begin with fresh_start().
 */
#ifndef FRESH_H
#define FRESH_H

#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <unistd.h>

enum { FRESH_FDS = 256, FRESH_LIMIT = 1024 };

/* A shell can neither give a signal back its default that it found ignored, nor let in one that is
 * blocked. Handlers are left alone: they are a sanitizer's. */
static inline void fresh_signals(void)
{
    struct sigaction action;
    sigset_t none;

    for (int signo = 1; signo < 65; signo++) {
        if (sigaction(signo, NULL, &action) < 0 || action.sa_handler != SIG_IGN)
            continue;
        action = (struct sigaction){.sa_handler = SIG_DFL};
        sigemptyset(&action.sa_mask);
        sigaction(signo, &action, NULL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Never lower: a test that needs more has raised it. */
static inline void fresh_limits(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= FRESH_LIMIT)
        return;
    limit.rlim_cur = limit.rlim_max < FRESH_LIMIT ? limit.rlim_max : FRESH_LIMIT;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static inline void fresh_start(void)
{
    fresh_signals();
    for (int fd = 3; fd < FRESH_FDS; fd++)
        close(fd);
    fresh_limits();
}

#endif
