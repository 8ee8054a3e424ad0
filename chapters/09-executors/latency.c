/*
 * latency - how long a client of compute waits for an answer that costs nothing, while others have it
 * compute. For each mode it starts the server, sends two clients who ask for primes without end, and asks
 * for the time, again and again.
 *
 * It is one thread that blocks. The two clients need none: all their questions are in their sockets before.
 */
#include "errors.h"
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MODES = 3, CLIENTS = 2, QUESTIONS = 2000, SAMPLES_MAX = 10000 };

static const char question[] = "prime 112272535095293\n"; /* some hundredths of a second */

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- The server -------------------------------------------------------------------------------- */

struct server {
    pid_t pid;
    FILE *out;
    int port;
};

/* It says its port in its first line, and that it computes in its last. */
static int start_server(struct server *server, const char *program, const char *mode)
{
    int ends[2];
    char line[200] = "";

    if (pipe(ends) < 0)
        return -errno;
    server->pid = fork();
    if (server->pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl(program, program, mode, "0", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    server->out = fdopen(ends[0], "r");
    server->port = 0;
    while (server->pid > 0 && server->out && !strstr(line, "computes"))
        if (!fgets(line, sizeof line, server->out))
            return -ECHILD;
        else if (strstr(line, "port "))
            server->port = atoi(strstr(line, "port ") + 5);
    return server->port > 0 ? 0 : -ECHILD;
}

static void end_server(struct server *server)
{
    if (server->pid > 0)
        kill(server->pid, SIGTERM);
    if (server->out)
        fclose(server->out);
    while (server->pid > 0 && waitpid(server->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* ---- Its clients ------------------------------------------------------------------------------- */

static int dial(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* All that it will ever ask. */
static int dial_busy(int port)
{
    int fd = dial(port);

    for (int k = 0; fd >= 0 && k < QUESTIONS; k++)
        eddy_net_send(fd, question, sizeof question - 1);
    return fd;
}

/* Seconds from the question to the end of its answer; negative: none comes. */
static double ask_time(int fd)
{
    double began = now();
    char byte = 0;

    if (send(fd, "time\n", 5, MSG_NOSIGNAL) != 5)
        return -1;
    while (byte != '\n')
        if (recv(fd, &byte, 1, 0) != 1)
            return -1;
    return now() - began;
}

/* ---- What is measured --------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Asks for some seconds, a millisecond after each answer. Prints median and 99th percentile. */
static int measure(const char *mode, int fd, double seconds)
{
    static double samples[SAMPLES_MAX];
    double end = now() + seconds;
    int n = 0;

    while (n < SAMPLES_MAX && (now() < end || n < 1)) {
        samples[n] = ask_time(fd);
        if (samples[n++] < 0)
            return -EPIPE;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    qsort(samples, (size_t)n, sizeof samples[0], compare);
    printf("%-9s  median %.2f ms, 99 of 100 within %.2f ms\n", mode, samples[n / 2] * 1e3,
           samples[n * 99 / 100] * 1e3);
    return 0;
}

static int measure_mode(const char *program, const char *mode, double seconds)
{
    struct server server = {.pid = 0};
    int fds[CLIENTS + 1], err = start_server(&server, program, mode);

    for (int k = 0; k <= CLIENTS; k++)
        fds[k] = err == 0 ? k < CLIENTS ? dial_busy(server.port) : dial(server.port) : -1;
    if (err == 0)
        err = fds[CLIENTS] < 0 ? -ECONNREFUSED : measure(mode, fds[CLIENTS], seconds);
    for (int k = 0; k <= CLIENTS; k++)
        if (fds[k] >= 0)
            close(fds[k]);
    end_server(&server);
    return err;
}

/* compute lies beside it. */
static void find_program(char *to, size_t room, const char *self)
{
    const char *slash = strrchr(self, '/');

    snprintf(to, room, "%.*scompute", slash ? (int)(slash + 1 - self) : 0, self);
}

int main(int argc, char *argv[])
{
    static const char *const modes[MODES] = {"loop", "threads", "processes"};
    double seconds = argc > 1 ? atof(argv[1]) : 2;
    char program[4096];
    int err = 0;

    if (argc > 2 || !(seconds > 0 && seconds < 1e6)) {
        printf(
            "usage: latency [SECONDS]\n\nMeasures how long compute's clients wait, in each of its "
            "modes, for SECONDS; 2 unless given.\n");
        return argc != 2 || strcmp(argv[1], "--help") != 0;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    find_program(program, sizeof program, argv[0]);
    for (int m = 0; m < MODES && err == 0; m++)
        err = measure_mode(program, modes[m], seconds);
    if (err < 0)
        fprintf(stderr, "latency: %s: %s\n", program, eddy_strerror(err));
    return err < 0;
}
