#include "program.h"

#include "check.h"
#include "errors.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DYING_MS = 200 };

/* The one that runs, so that a failing client can say what became of it. */
static struct program *current;

static void become(char *const argv[], int out, FILE *err)
{
    signal(SIGINT, SIG_DFL); /* a shell may have started us with it ignored */
    dup2(out, 1);
    dup2(fileno(err), 2);
    for (int fd = 3; fd < 256; fd++)
        close(fd);
    execv(argv[0], argv);
    fprintf(stderr, "cannot run %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

/* Waits until the program ends, at most `ms`: its stdout ends when it does. */
static bool ends_within(struct program *program, int ms)
{
    char part[4096];
    struct pollfd out = {.fd = program->out, .events = POLLIN};

    while (poll(&out, 1, ms) > 0) {
        ssize_t n = read(program->out, part, sizeof part);
        if (n > 0) {
            fwrite(part, 1, (size_t)n, program->said);
            continue;
        }
        waitpid(program->pid, &program->status, 0);
        program->pid = 0;
        return true;
    }
    return false;
}

static bool ends(struct program *program)
{
    return ends_within(program, PROGRAM_PATIENCE * 1000);
}

static void put_ending(FILE *report, const struct program *program)
{
    char place[256], verdict[256];
    const char *cause;

    if (check_crash_verdict(program->err, verdict, sizeof verdict)) {
        fprintf(report, "program   it was stopped: %s\n", verdict);
        cause = check_crash_cause(verdict);
    } else if (WIFEXITED(program->status)) {
        fprintf(report, "program   it has ended, with status %d\n", WEXITSTATUS(program->status));
        cause = check_likely_cause("ended");
    } else {
        fprintf(report, "program   it has crashed: signal %d\n", WTERMSIG(program->status));
        cause = check_likely_cause(WTERMSIG(program->status) == SIGPIPE ? "SIGPIPE" : "SIGSEGV");
    }
    if (check_crash_place(program->err, place, sizeof place))
        fprintf(report, "where     %s\n", place);
    if (cause)
        fprintf(report, "cause     %s\n", cause);
}

/* The case has failed: did the program die, or does it hang? SIGABRT makes a sanitizer tell. */
static void explain(FILE *report)
{
    char text[256];

    if (current->pid == 0) { /* program_end() has told how it ended; a sanitizer knows more */
        if (check_crash_verdict(current->err, text, sizeof text))
            put_ending(report, current);
    } else if (ends_within(current, DYING_MS)) {
        /* A client sees the reset a little before the program that crashed can be waited for. */
        put_ending(report, current);
    } else {
        kill(current->pid, SIGABRT);
        kill(current->pid, SIGCONT); /* a case may have stopped it */
        if (ends(current) && check_crash_place(current->err, text, sizeof text))
            fprintf(report, "program   it lives, and was in %s\n", text);
    }
}

static void on_failure(FILE *report)
{
    if (!current)
        return;
    explain(report);
    check_put_said(current->said);
    check_put_said(current->err);
    if (current->pid > 0)
        program_kill(current);
}

/* Reads stdout, line by line, until one names the port. */
static bool read_port(struct program *program)
{
    char text[2048];
    size_t n = 0;
    struct pollfd out = {.fd = program->out, .events = POLLIN};

    while (n < sizeof text - 1 && poll(&out, 1, PROGRAM_PATIENCE * 1000) > 0) {
        ssize_t got = read(program->out, text + n, 1);
        if (got <= 0)
            return false;
        n += (size_t)got;
        text[n] = '\0';
        if (text[n - 1] != '\n')
            continue;
        if (strstr(text, "port ") && sscanf(strstr(text, "port "), "port %d", &program->port) == 1)
            return true;
        n = 0;
    }
    return false;
}

void program_start(struct program *program, char *const argv[])
{
    int pipes[2];

    *program = (struct program){.said = tmpfile(), .err = tmpfile()};
    if (!program->said || !program->err || pipe(pipes) < 0)
        FAIL("two temporary files and a pipe", "%s", strerror(errno));
    fcntl(pipes[0], F_SETFD, FD_CLOEXEC);
    program->pid = fork();
    if (program->pid == 0)
        become(argv, pipes[1], program->err);
    close(pipes[1]);
    program->out = pipes[0];
    current = program;
    check_on_failure = on_failure;
    WAITING("the program to print the port that it listens on");
    if (!read_port(program))
        FAIL("a line of its output with \"port NUMBER\", once it listens", "none");
    WAITING("%s", "");
}

static void close_pipes(struct program *program)
{
    close(program->out);
    fclose(program->said);
    fclose(program->err);
    current = NULL;
}

void program_kill(struct program *program)
{
    if (program->pid > 0) {
        kill(program->pid, SIGKILL);
        waitpid(program->pid, &program->status, 0);
        program->pid = 0;
    }
    close_pipes(program);
}

/* What it printed about its ledger, or about a leak that a sanitizer found. */
static void check_ledger_line(struct program *program)
{
    char line[1024];

    rewind(program->err);
    while (fgets(line, sizeof line, program->err)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "ledger: left", 12) == 0)
            FAIL("nothing left behind when it ends", "%s", line + 8);
    }
}

void program_end(struct program *program, int signo)
{
    const char *by = signo == SIGINT ? "Ctrl-C (SIGINT)" : "kill (SIGTERM)";
    char expected[128];

    if (program->pid > 0)
        kill(program->pid, signo);
    WAITING("the program to end after %s", by);
    if (program->pid > 0 && !ends(program)) {
        snprintf(expected, sizeof expected, "an end within seconds after %s", by);
        FAIL(expected, "it still runs");
    }
    check_ledger_line(program);
    if (!WIFEXITED(program->status) || WEXITSTATUS(program->status) != 0) {
        program->pid = 0;
        snprintf(expected, sizeof expected, "status 0 after %s", by);
        FAIL(expected, "%s %d", WIFEXITED(program->status) ? "status" : "signal",
             WIFEXITED(program->status) ? WEXITSTATUS(program->status) : WTERMSIG(program->status));
    }
    WAITING("%s", "");
    close_pipes(program);
}

void program_stop(struct program *program)
{
    program_end(program, SIGINT);
}

long program_waits(const char *counts)
{
    static const char *const waits[] = {"epoll_wait", "poll", "ppoll", "select", "pselect"};
    char name[32];
    long calls, sum = 0;
    FILE *file = fopen(counts, "r");

    while (file && fscanf(file, "%31s %ld", name, &calls) == 2)
        for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++)
            if (strcmp(name, waits[i]) == 0)
                sum += calls;
    if (file)
        fclose(file);
    return sum;
}

int client_patience(void)
{
    const char *seconds = getenv("EDDY_PATIENCE");

    return seconds ? atoi(seconds) : PROGRAM_PATIENCE;
}

int client_connect(int port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    struct timeval patience = {.tv_sec = client_patience()};
    int err, fd = socket(AF_INET, SOCK_STREAM, 0);

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    WAITING("the server to accept a connection on port %d", port);
    err = connect(fd, (struct sockaddr *)&addr, sizeof addr) < 0 ? -errno : 0;
    if (err == -EINPROGRESS)
        FAIL("the server to accept a connection", "it did not for %d s", client_patience());
    check_ok(__FILE__, __LINE__, "connect() to the server's port", err);
    WAITING("%s", "");
    return fd;
}

void client_send(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;
    ssize_t sent;

    for (size_t at = 0; at < n; at += (size_t)sent) {
        sent = send(fd, p + at, n - at, MSG_NOSIGNAL);
        if (sent >= 0)
            continue;
        if (errno == EAGAIN)
            FAIL("the server to take what is sent", "it took %zu of %zu bytes, then none for %d s",
                 at, n, client_patience());
        FAIL("the server to take what is sent", "%s after %zu of %zu bytes", eddy_errname(-errno),
             at, n);
    }
}

void client_send_text(int fd, const char *text)
{
    client_send(fd, text, strlen(text));
}

size_t client_recv(int fd, void *buf, size_t n)
{
    size_t at = 0;
    ssize_t got;

    while (at < n && (got = recv(fd, (char *)buf + at, n - at, 0)) != 0) {
        if (got > 0)
            at += (size_t)got;
        else if (errno == EAGAIN)
            FAIL("bytes from the server", "%zu of %zu bytes, then none for %d s", at, n,
                 client_patience());
        else if (errno != EINTR)
            FAIL("bytes from the server", "%zu of %zu bytes, then %s", at, n, eddy_errname(-errno));
    }
    return at;
}

void client_expect(int fd, const void *bytes, size_t n)
{
    char *buf = malloc(n ? n : 1);
    size_t got = buf ? client_recv(fd, buf, n) : 0;

    check_bytes(__FILE__, __LINE__, "the bytes that come back", buf, got, bytes, n);
    free(buf);
}

void client_expect_text(int fd, const char *text)
{
    client_expect(fd, text, strlen(text));
}

void client_expect_eof(int fd)
{
    char byte;

    if (client_recv(fd, &byte, 1) == 1)
        FAIL("the end of the stream (recv returns 0)", "one more byte, \\x%02x",
             (unsigned char)byte);
}

void client_shutdown(int fd)
{
    shutdown(fd, SHUT_WR);
}

void client_close(int fd)
{
    close(fd);
}

void client_reset(int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}
