/*
 * load - keeps an echo server on this machine busy, and tells what each message cost the server.
 *
 *     load -c ACTIVE -i IDLE -f FIREHOSES -s BYTES -t SECONDS -n MESSAGES -p SERVER_PID PORT
 *
 * Each active connection sends a message, waits for the whole echo, and sends the next; an idle one
 * is only there; and a firehose, in a process of its own, sends and receives as fast as it can. Prints
 * "metric value unit" lines: messages, rate, ping: the median of the times that a message took to come
 * back; and, with -p, cpu: the CPU time that the server, with all its threads, took for one message.
 * Its own cost does not count, so poll() is good enough here.
 *
 * It ends by itself, at the latest half a minute after SECONDS. Status 1: something went wrong.
 * Status 3: the server did not take all the connections.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 20000,
    SIZE_MAX_BYTES = 1 << 20,
    SECONDS_MAX = 60,
    BATCH = 64,      /* less than the shortest queue of connections that a server may have */
    PATIENCE = 5000, /* milliseconds without any answer */
    FIREHOSES_MAX = 64,
    FLOOD = 1 << 16,    /* bytes that a firehose sends at once */
    WARM = 64 * FLOOD,  /* bytes that have come back before the others begin */
    PINGS_MAX = 1 << 16 /* later ones are not noted */
};

struct connection {
    size_t to_send, to_receive; /* of the message under way */
    double begun;
};

struct load {
    int active, idle, firehoses, port;
    size_t size;
    double seconds;
    long messages;        /* 0: no limit but the time */
    pid_t server;         /* 0: not known */
    struct pollfd *polls; /* of all connections; the active ones come first */
    struct connection *connections;
    double end;    /* of the run, on now()'s clock */
    int under_way; /* messages that were sent and have not come back yet */
    long done;
};

static char message[SIZE_MAX_BYTES], answer[SIZE_MAX_BYTES];
static double pings[PINGS_MAX];
static int ping_count;

/* ---- Clocks, and how it ends when it fails ----------------------------------------------------- */

_Noreturn static void fail(int status, const char *what)
{
    fprintf(stderr, "load: %s\n", what);
    exit(status);
}

_Noreturn static void fail_errno(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double seconds_of(clockid_t clock)
{
    struct timespec time = {0, 0};

    if (clock_gettime(clock, &time) < 0)
        fail_errno("no such clock");
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double now(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

/* The clock counts nanoseconds of all the server's threads. (The ticks of /proc/PID/stat are 10 ms
 * long, and /proc/PID/schedstat knows one thread.) */
static double server_cpu(const struct load *load)
{
    clockid_t clock;

    if (load->server == 0)
        return 0;
    errno = clock_getcpuclockid(load->server, &clock);
    if (errno != 0)
        fail_errno("the server's CPU time");
    return seconds_of(clock);
}

/* ---- Connections ------------------------------------------------------------------------------- */

static int connect_to(int port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct linger reset = {1, 0};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        fail_errno("socket");
    if (connect(fd, (struct sockaddr *)&addr, sizeof addr) < 0)
        fail_errno("connect");
    /* Ended by a reset, thousands of connections do not keep their ports for a minute more. */
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        fail_errno("fcntl");
    return fd;
}

/* A connection is made when it is in the kernel's queue; the server may never take it. Connections
 * are taken in order, so one byte that comes back on the last says that it has taken all `n`. An
 * earlier one that is ready has been closed. */
static void prove_taken(struct pollfd *polls, int n)
{
    struct pollfd *last = &polls[n - 1];

    if (send(last->fd, "?", 1, MSG_NOSIGNAL) != 1)
        fail(3, "the server has closed a connection");
    if (poll(polls, (nfds_t)n, PATIENCE) <= 0)
        fail(3, "the server does not take all connections");
    for (int i = 0; i < n - 1; i++)
        if (polls[i].revents)
            fail(3, "the server has closed a connection");
    if (recv(last->fd, answer, sizeof answer, 0) != 1)
        fail(3, "the server has closed a connection");
}

static void connect_all(struct load *load)
{
    int all = load->active + load->idle, first = 0;

    load->polls = calloc((size_t)all, sizeof *load->polls);
    load->connections = calloc((size_t)load->active, sizeof *load->connections);
    if (!load->polls || !load->connections)
        fail_errno("memory");
    for (int i = 0; i < all; i++) {
        load->polls[i] = (struct pollfd){.fd = connect_to(load->port), .events = POLLIN};
        if (i + 1 - first == BATCH || i + 1 == all) {
            prove_taken(load->polls + first, i + 1 - first);
            first = i + 1;
        }
    }
}

/* An idle connection that has something to tell is not one: it was closed meanwhile. */
static void check_idle(struct load *load)
{
    if (load->idle > 0 && poll(load->polls + load->active, (nfds_t)load->idle, 0) != 0)
        fail(3, "the server has closed an idle connection");
}

/* ---- Firehoses --------------------------------------------------------------------------------- */

static void flood(struct pollfd *polls, int n, int warm)
{
    size_t back = 0;

    for (;;) {
        if (poll(polls, (nfds_t)n, PATIENCE) <= 0)
            fail(1, "a firehose is stuck");
        for (int i = 0; i < n; i++) {
            ssize_t got = polls[i].revents & ~POLLOUT ? recv(polls[i].fd, answer, FLOOD, 0) : 0;
            if (polls[i].revents & POLLOUT && send(polls[i].fd, message, FLOOD, MSG_NOSIGNAL) < 0 &&
                errno != EAGAIN)
                fail_errno("a firehose's send");
            if (got > 0)
                back += (size_t)got;
        }
        if (back > WARM && warm >= 0) {
            close(warm); /* the one who waits sees the end */
            warm = -1;
        }
    }
}

/* Returns when they are in full swing. */
static pid_t start_firehoses(const struct load *load)
{
    struct pollfd polls[FIREHOSES_MAX], warm = {.events = POLLIN};
    int fds[2];
    pid_t pid;

    if (load->firehoses == 0)
        return 0;
    if (pipe(fds) < 0 || (pid = fork()) < 0)
        fail_errno("a process for the firehoses");
    if (pid == 0) {
        alarm((unsigned)load->seconds + 30);
        close(fds[0]);
        for (int i = 0; i < load->firehoses; i++)
            polls[i] = (struct pollfd){.fd = connect_to(load->port), .events = POLLIN | POLLOUT};
        flood(polls, load->firehoses, fds[1]);
    }
    close(fds[1]);
    warm.fd = fds[0];
    if (poll(&warm, 1, PATIENCE) <= 0)
        fail(1, "the firehoses do not come into swing");
    close(fds[0]);
    return pid;
}

static void end_firehoses(pid_t pid)
{
    if (pid == 0)
        return;
    if (waitpid(pid, NULL, WNOHANG) == pid)
        fail(1, "the firehoses have ended by themselves");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* ---- Messages ---------------------------------------------------------------------------------- */

static void send_on(struct load *load, int i)
{
    struct connection *connection = &load->connections[i];
    ssize_t n = send(load->polls[i].fd, message, connection->to_send, MSG_NOSIGNAL);

    if (n < 0 && errno != EAGAIN)
        fail_errno("send");
    if (n > 0)
        connection->to_send -= (size_t)n;
    load->polls[i].events = (short)(connection->to_send > 0 ? POLLIN | POLLOUT : POLLIN);
}

static void begin_message(struct load *load, int i)
{
    load->connections[i].to_send = load->connections[i].to_receive = load->size;
    load->connections[i].begun = now();
    load->under_way++;
    send_on(load, i);
}

static bool is_over(const struct load *load)
{
    if (load->messages > 0 && load->done + load->under_way >= load->messages)
        return true;
    return now() >= load->end;
}

static void receive_on(struct load *load, int i)
{
    struct connection *connection = &load->connections[i];
    ssize_t n = recv(load->polls[i].fd, answer, sizeof answer, 0);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n < 0)
        fail_errno("recv");
    if (n == 0)
        fail(1, "the server has closed a connection");
    if ((size_t)n > connection->to_receive - connection->to_send)
        fail(1, "more came back than was sent");
    connection->to_receive -= (size_t)n;
    if (connection->to_receive > 0)
        return;
    if (ping_count < PINGS_MAX)
        pings[ping_count++] = now() - connection->begun;
    load->under_way--;
    load->done++;
    if (!is_over(load))
        begin_message(load, i);
}

/* Begins and ends with nothing under way: all that the server does meanwhile is for these messages. */
static void run(struct load *load, double seconds)
{
    load->done = ping_count = 0;
    load->end = now() + seconds;
    for (int i = 0; i < load->active && (i == 0 || !is_over(load)); i++)
        begin_message(load, i);
    while (load->under_way > 0) {
        if (poll(load->polls, (nfds_t)load->active, PATIENCE) <= 0)
            fail(1, "no answer came");
        for (int i = 0; i < load->active; i++) {
            if (load->polls[i].revents & POLLOUT)
                send_on(load, i);
            if (load->polls[i].revents & ~POLLOUT)
                receive_on(load, i);
        }
    }
}

static int by_size(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;

    return (a > b) - (a < b);
}

static double median_ping(void)
{
    qsort(pings, (size_t)ping_count, sizeof pings[0], by_size);
    return ping_count > 0 ? pings[ping_count / 2] : 0;
}

static void measure(struct load *load)
{
    double cpu = server_cpu(load), start = now(), took;

    run(load, load->seconds);
    took = now() - start;
    cpu = server_cpu(load) - cpu;
    check_idle(load);
    printf("messages %ld\n", load->done);
    printf("rate %.0f messages/s\n", (double)load->done / took);
    printf("ping %.0f ns\n", median_ping() * 1e9);
    if (load->server > 0)
        printf("cpu %.0f ns\n", cpu * 1e9 / (double)load->done);
}

/* ---- The command line -------------------------------------------------------------------------- */

_Noreturn static void usage(void)
{
    fail(2,
         "usage: load [-c ACTIVE] [-i IDLE] [-f FIREHOSES] [-s BYTES] [-t SECONDS] [-n MESSAGES] "
         "[-p SERVER_PID] PORT");
}

static double number(const char *text, double min, double max)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !(value >= min && value <= max))
        usage();
    return value;
}

static void option(struct load *load, int letter, const char *text)
{
    switch (letter) {
    case 'c':
        load->active = (int)number(text, 1, CONNECTIONS_MAX);
        break;
    case 'i':
        load->idle = (int)number(text, 0, CONNECTIONS_MAX);
        break;
    case 'f':
        load->firehoses = (int)number(text, 0, FIREHOSES_MAX);
        break;
    case 's':
        load->size = (size_t)number(text, 1, SIZE_MAX_BYTES);
        break;
    case 't':
        load->seconds = number(text, 0, SECONDS_MAX);
        break;
    case 'n':
        load->messages = (long)number(text, 1, 1e9);
        break;
    case 'p':
        load->server = (pid_t)number(text, 1, 1e9);
        break;
    default:
        usage();
    }
}

int main(int argc, char *argv[])
{
    struct load load = {.active = 50, .size = 100, .seconds = 1};
    int letter;
    pid_t firehoses;

    while ((letter = getopt(argc, argv, "c:i:f:s:t:n:p:")) != -1)
        option(&load, letter, optarg);
    if (optind != argc - 1)
        usage();
    load.port = (int)number(argv[optind], 1, 65535);
    alarm((unsigned)load.seconds + 30);
    connect_all(&load);
    firehoses = start_firehoses(&load);
    run(&load, load.seconds / 4); /* the server's memory and caches are warm after this */
    measure(&load);
    end_firehoses(firehoses);
    return 0;
}
