/*
 * terminal.h - a reader's terminals: in each a command, on a pseudo-terminal, and its screen.
 *
 *     runner == master [pty] slave == sh -c COMMAND    in the foreground, so that ^C reaches it
 *        |                              |
 *        +------ socket ------------- keeper           leads the session, as a reader's shell does
 *
 * The keeper outlives the command, as a shell does: when the leader of a session ends, the kernel
 * takes the terminal from all that the command has left behind. And it reaps the command last of
 * all, so that nobody else can get its number and be killed in its place.
 *
 * Who includes this defines _XOPEN_SOURCE as 600 before, for posix_openpt() and its like.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { TERMINALS = 4, SCREEN = 1 << 18, KEPT = 2048, LINE_SIZE = 8192, NEWS = 3 };

struct terminal {
    int master;     /* -1 when no command was started, or it was reaped, */
    int news;       /* and so is the socket to its keeper */
    pid_t keeper;   /* the leader of the session */
    pid_t command;  /* the leader of the foreground group */
    bool silent;    /* all who had the slave open have closed it */
    bool over;      /* the command has ended, and `result` is known */
    int result;     /* its exit status, or the signal that ended it as a negative number */
    int keys;       /* ^C pressed whose echo has not been seen */
    size_t seen, n; /* screen[seen..n) has come and was not yet compared */
    char screen[SCREEN];
};

enum came { A_LINE, THE_END, NOTHING };

static struct terminal terminals[TERMINALS];

static _Noreturn void bail_out(const char *what)
{
    printf("Bail out! cannot have %s: %s\n", what, strerror(errno));
    exit(1);
}

/* Milliseconds of a clock that nobody can set. */
static long long clock_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (long long)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void set_signals(void (*handler)(int))
{
    static const int signals[] = {SIGINT, SIGQUIT, SIGPIPE, SIGTTOU};
    struct sigaction action = {.sa_handler = handler};

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
}

/* The names that make exports would make the lesson's own make behave as a part of ours. */
static void set_environment(void)
{
    setenv("TERM", "dumb", 1);
    setenv("NO_COLOR", "1", 1);
    setenv("LC_ALL", "C", 1);
    unsetenv("MAKEFLAGS");
    unsetenv("MFLAGS");
    unsetenv("MAKELEVEL");
}

/* In the command's process. The number is sent when ^C can reach it and would end it. */
static _Noreturn void become(const char *command)
{
    pid_t self = getpid();
    sigset_t none;

    setpgid(0, 0);
    tcsetpgrp(0, self);
    set_signals(SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (write(NEWS, &self, sizeof self) != sizeof self)
        _exit(127);
    close(NEWS);
    set_environment();
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* The keeper's life. It holds nothing of the runner's: if that is killed, the terminals hang up, the
 * keepers die of SIGHUP, and that sends it to the commands. Nor the slave: the last to close it is
 * the command. */
static _Noreturn void keep(const char *slave, int news, const char *command)
{
    siginfo_t info = {0};
    int tty, result;
    pid_t child;

    setsid();
    tty = open(slave, O_RDWR);
#ifdef TIOCSCTTY
    ioctl(tty, TIOCSCTTY, 0);
#endif
    dup2(news, NEWS);
    for (int fd = 0; fd < NEWS; fd++)
        dup2(tty, fd);
    for (int fd = NEWS + 1; fd < 256; fd++)
        close(fd);
    set_signals(SIG_IGN);
    signal(SIGHUP, SIG_DFL);
    child = tty < 0 ? -1 : fork();
    if (child < 0)
        _exit(1);
    if (child == 0)
        become(command);
    for (int fd = 0; fd < NEWS; fd++)
        close(fd);
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    result = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
    if (write(NEWS, &result, sizeof result) == sizeof result)
        while (read(NEWS, &result, sizeof result) < 0 && errno == EINTR)
            ;
    waitpid(child, NULL, 0);
    _exit(0);
}

/* No flush on ^C: a person is slow enough to have seen all output before. */
static void set_up_tty(int slave)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    struct termios modes;

    if (tcgetattr(slave, &modes) < 0)
        bail_out("a pseudo-terminal's modes");
    modes.c_lflag |= NOFLSH;
    tcsetattr(slave, TCSANOW, &modes);
    ioctl(slave, TIOCSWINSZ, &size);
}

/* A new pty's master, and its slave if that can be had; else -1. */
static int open_pty(int *slave)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);

    *slave = -1;
    if (master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0 && ptsname(master))
        *slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    return master;
}

/* Whether there are ptys at all. A bare container may have no /dev/pts. */
static bool has_terminals(void)
{
    int slave, master = open_pty(&slave);

    if (master >= 0)
        close(master);
    if (slave >= 0)
        close(slave);
    return slave >= 0;
}

/* Each command has a pty of its own: a session cannot take over the one of another. */
static void terminal_start(struct terminal *t, const char *command)
{
    int news[2], slave;

    t->seen = t->n = 0;
    t->keys = 0;
    t->over = t->silent = false;
    t->master = open_pty(&slave);
    if (slave < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, news) < 0)
        bail_out("a pseudo-terminal");
    set_up_tty(slave);
    fcntl(t->master, F_SETFL, O_NONBLOCK);
    fflush(NULL);
    t->keeper = fork();
    if (t->keeper == 0)
        keep(ptsname(t->master), news[1], command);
    close(slave);
    close(news[1]);
    t->news = news[0];
    if (t->keeper < 0 || read(t->news, &t->command, sizeof t->command) != sizeof t->command)
        bail_out("a process");
}

/* Kills what is left of the command, and of what it started. */
static void terminal_close(struct terminal *t)
{
    if (t->news < 0)
        return;
    kill(-t->command, SIGKILL);
    close(t->news);
    waitpid(t->keeper, NULL, 0);
    close(t->master);
    t->master = t->news = -1;
}

static bool terminal_ended(const struct terminal *t)
{
    return t->news < 0 || (t->silent && t->over);
}

static void append(struct terminal *t, const char *text)
{
    size_t n = strlen(text);

    if (n > SCREEN - t->n)
        n = SCREEN - t->n;
    memcpy(t->screen + t->n, text, n);
    t->n += n;
}

static void read_screen(struct terminal *t)
{
    ssize_t n = read(t->master, t->screen + t->n, SCREEN - t->n);

    if (n > 0) {
        t->n += (size_t)n;
        return;
    }
    /* At the end, Linux says EIO, others say end of file. To close now would hang up on whoever
     * has closed the terminal and yet runs. */
    t->silent = n == 0 || (errno != EAGAIN && errno != EINTR);
}

/* The reader's shell tells of a crash, but `sh -c` need not: it may have become the command. */
static void tell_signal(struct terminal *t)
{
    if (t->result >= 0 || t->result == -SIGINT || t->result == -SIGPIPE)
        return;
    append(t, strsignal(-t->result));
    append(t, "\n");
}

static void read_news(struct terminal *t)
{
    if (read(t->news, &t->result, sizeof t->result) != sizeof t->result)
        t->result = -SIGKILL; /* somebody has killed the keeper */
    t->over = true;
}

static void make_room(struct terminal *t)
{
    size_t old = t->seen > KEPT ? t->seen - KEPT : 0;

    if (t->n < SCREEN || old == 0)
        return;
    memmove(t->screen, t->screen + old, t->n - old);
    t->n -= old;
    t->seen -= old;
}

/* Waits until something comes on any terminal: one that nobody reads would stop its program.
 * Returns false when nothing does before the deadline. */
static bool terminals_wait(long long deadline)
{
    struct pollfd fds[2 * TERMINALS];
    long long left = deadline - clock_ms();
    int n;

    for (int i = 0; i < TERMINALS; i++) {
        struct terminal *t = &terminals[i];
        make_room(t);
        fds[2 * i] = (struct pollfd){t->silent || t->n == SCREEN ? -1 : t->master, POLLIN, 0};
        fds[2 * i + 1] = (struct pollfd){t->over ? -1 : t->news, POLLIN, 0};
    }
    n = poll(fds, 2 * TERMINALS, left > 0 ? (int)left : 0);
    for (int i = 0; i < TERMINALS && n > 0; i++) {
        bool ended = terminal_ended(&terminals[i]);
        if (fds[2 * i].revents)
            read_screen(&terminals[i]);
        if (fds[2 * i + 1].revents)
            read_news(&terminals[i]);
        if (!ended && terminal_ended(&terminals[i]))
            tell_signal(&terminals[i]);
    }
    return n != 0;
}

/* Cuts what the terminal adds to a line: the echo of a pressed key. Whether a text is left. */
static bool without_keys(struct terminal *t, char *line)
{
    char *echo = t->keys > 0 ? strstr(line, "^C") : NULL;
    char *eof = strstr(line, "^D\b\b"); /* not on Linux */

    if (eof)
        memmove(eof, eof + 4, strlen(eof + 4) + 1);
    if (echo) {
        t->keys--;
        memmove(echo, echo + 2, strlen(echo + 2) + 1);
    }
    return *line || !(echo || eof);
}

/* Takes the next line off the screen, if there is a whole one. */
static bool take_line(struct terminal *t, char line[LINE_SIZE])
{
    const char *from = t->screen + t->seen, *end;
    size_t left = t->n - t->seen, n = 0;

    end = left ? memchr(from, '\n', left) : NULL;
    if (!end && !(left && terminal_ended(t)))
        return false;
    for (const char *p = from; p < (end ? end : from + left) && n < LINE_SIZE - 1; p++)
        if (*p != '\r' && *p != '\0')
            line[n++] = *p;
    line[n] = '\0';
    t->seen += end ? (size_t)(end - from) + 1 : left;
    return without_keys(t, line) || take_line(t, line);
}

/* The next line of the screen, or the end of the command, or nothing before the deadline. */
static enum came terminal_line(struct terminal *t, char line[LINE_SIZE], long long deadline)
{
    while (!take_line(t, line)) {
        if (terminal_ended(t))
            return THE_END;
        if (!terminals_wait(deadline))
            return NOTHING;
    }
    return A_LINE;
}

/* Where the last few lines begin of what has come. */
static const char *terminal_tail(const struct terminal *t, int lines)
{
    const char *p = t->screen + t->n;

    if (p > t->screen && p[-1] == '\n')
        p--;
    while (p > t->screen && (p[-1] != '\n' || --lines > 0))
        p--;
    return p;
}

/* What is not taken is then missing on the screen, and found so. */
static void terminal_type(struct terminal *t, const char *text)
{
    t->keys += strcmp(text, "\003") == 0;
    if (write(t->master, text, strlen(text)) < 0)
        return;
}

#endif
