#include "conformance.h"

#include "errors.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    WATCH_MS = 250,   /* how long a server is watched for being idle */
    WATCHES = 100,    /* how often, before it counts as never idle */
    IDLE_TICKS = 2,   /* clock ticks, most often of 10 ms, that an idle one may use meanwhile */
    MEMORY_KB = 4096, /* what one client may cost, apart from the kernel's buffers */
    FREEZES = 10,
    BUSY = 3, /* connections of each of so many processes: */
    BUSY_PROCESSES = 6
};

/* One line of /proc/PID/`name`. Elsewhere than on Linux the case is skipped. */
static void read_proc(const char *name, char line[1024])
{
    char path[64];
    FILE *file;

    snprintf(path, sizeof path, "/proc/%ld/%s", (long)server.pid, name);
    file = fopen(path, "r");
    if (!file && access("/proc/self/stat", R_OK) < 0)
        SKIP("this machine has no /proc to look into");
    if (!file || !fgets(line, 1024, file))
        FAIL("a running server", "it has ended");
    fclose(file);
}

/* Clock ticks that the server has computed. */
static long server_ticks(void)
{
    char line[1024];
    const char *after;
    long user = 0, system = 0;

    read_proc("stat", line);
    /* The program's name comes first, and may hold blanks and brackets. */
    after = strrchr(line, ')');
    if (!after || sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user,
                         &system) != 2)
        SKIP("/proc does not tell the time that a process has computed");
    return user + system;
}

/* Memory in use, in KB. The kernel's buffers do not count to it. */
static long server_memory(void)
{
    char line[1024];
    long pages = 0;

    read_proc("statm", line);
    if (sscanf(line, "%*d %ld", &pages) != 1)
        SKIP("/proc does not tell the memory of a process");
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Expects the server to come to rest. It may have work left when this is called, so the first
 * watches may find it busy. */
static void expect_idle(void)
{
    long before, used = 0;

    for (int i = 0; i < WATCHES; i++) {
        before = server_ticks();
        poll(NULL, 0, WATCH_MS); /* the interval that is measured; nothing is waited for */
        used = server_ticks() - before;
        if (used <= IDLE_TICKS)
            return;
    }
    FAIL("a server that sleeps while it has nothing to do",
         "it is never idle: of the last %d ms it computed %ld", WATCH_MS,
         used * 1000 / sysconf(_SC_CLK_TCK));
}

/* The server has gone, and the client sees it: the end or a reset, after what was under way. */
static void expect_gone(int fd)
{
    char buf[4096];
    ssize_t n;

    WAITING("the connection to end, with the server that has ended");
    while ((n = recv(fd, buf, sizeof buf, 0)) > 0)
        ;
    if (n < 0 && errno != ECONNRESET)
        FAIL("the end of the stream, or a reset", "%s", eddy_errname(-errno));
    WAITING("%s", "");
    client_close(fd);
}

static void other_signals(void)
{
    CASE("a signal that is not for the server changes nothing") {
        int port = server_start(), fd = client_connect(port);
        DID("kill -STOP, kill -CONT and kill -WINCH the server while a client is connected");
        CAUSE("a call that waits may fail with EINTR though nothing is wrong, also after Ctrl-Z "
              "and fg: go round the loop again");
        for (int i = 0; i < FREEZES; i++) {
            expect_echo(fd, "before\n");
            server_freeze();
            client_send_text(fd, "while it stands still\n");
            server_thaw();
            kill(server.pid, SIGWINCH);
            client_expect_text(fd, "while it stands still\n");
        }
        expect_served(port);
        client_close(fd);
        server_stop();
    }
}

/* One that is silent, one that has been answered, one whose bytes are under way. */
static void end_with_clients(int signo)
{
    struct stream stream;
    int port = server_start(), silent = client_connect(port), served = client_connect(port);

    DID("three clients connected, one of them with bytes under way; then %s",
        signo == SIGINT ? "Ctrl-C" : "kill -TERM");
    expect_echo(served, "served\n");
    stream_open(&stream, port, long_message);
    stream_stall(&stream);
    CAUSE("end the loop, then close each client and the listener, free what they had, return 0 "
          "from main(). What cannot be sent at once is not waited for");
    program_end(&server, signo);
    CAUSE("the server has ended, but somebody holds its connections open: a child of it?");
    expect_gone(silent);
    expect_gone(served);
    expect_gone(stream.fd);
    stream_free(&stream);
}

static void ends(void)
{
    CASE("Ctrl-C ends a server that has no clients, with status 0") {
        server_start();
        DID("Ctrl-C as soon as the port was printed");
        CAUSE("SIGINT needs a handler that ends the loop, installed before the port is printed");
        program_stop(&server);
    }

    CASE("Ctrl-C ends a server with clients and bytes under way, with status 0") {
        end_with_clients(SIGINT);
    }

    CASE("SIGTERM ends a server as Ctrl-C does") {
        end_with_clients(SIGTERM);
    }
}

/* Sends and reads whatever goes. False when the connection has ended. */
static bool move(const struct pollfd *client)
{
    static char bytes[65536];
    ssize_t n = 1;

    if (client->revents & POLLOUT)
        send(client->fd, bytes, sizeof bytes, MSG_NOSIGNAL);
    if (client->revents & ~POLLOUT)
        n = recv(client->fd, bytes, sizeof bytes, 0);
    return n > 0;
}

/* Clients that send all the time, so that the server always finds a descriptor ready. Tells by a
 * byte to `started` that all are connected; returns when one of the connections ends. */
static void keep_busy(int port, int started)
{
    struct pollfd clients[BUSY];
    bool alive = true;

    for (int i = 0; i < BUSY; i++) {
        clients[i] = (struct pollfd){.fd = client_connect(port), .events = POLLIN | POLLOUT};
        expect_echo(clients[i].fd, "here I come\n");
        set_blocking(clients[i].fd, false);
    }
    if (write(started, "", 1) != 1)
        return;
    while (alive && poll(clients, BUSY, client_patience() * 1000) > 0)
        for (int i = 0; i < BUSY && alive; i++)
            alive = move(&clients[i]);
}

/* keep_busy() in processes of their own: together they are faster than the server. */
static void start_busy_clients(int port)
{
    int pipes[2];
    char byte;

    CHECK(pipe(pipes) == 0);
    for (int i = 0; i < BUSY_PROCESSES; i++)
        if (fork() == 0) {
            close(pipes[0]);
            keep_busy(port, pipes[1]);
            _exit(0);
        }
    close(pipes[1]);
    for (int i = 0; i < BUSY_PROCESSES; i++)
        if (read(pipes[0], &byte, 1) != 1)
            FAIL("a server that many clients keep busy", "some of them were not served");
    close(pipes[0]);
}

static void busy(void)
{
    CASE("Ctrl-C ends a server that its clients keep busy") {
        int port = server_start();
        DID("yes | nc localhost PORT >/dev/null, in %d terminals at once; then Ctrl-C",
            BUSY * BUSY_PROCESSES);
        start_busy_clients(port);
        CAUSE("pselect(), ppoll() and epoll_pwait() let a blocked signal in only when they sleep: "
              "with a descriptor ready they do not, so look for the signal in another way too");
        program_stop(&server);
        while (wait(NULL) > 0)
            ;
    }
}

static void idle(void)
{
    CASE("a server with nothing to do uses no CPU") {
        int port = server_start(), silent = client_connect(port), gone = client_connect(port),
            reset = client_connect(port), ended = client_connect(port);
        DID("one client silent, one closed, one reset, one at its end; then: top");
        expect_echo(silent, "hello\n");
        expect_echo(gone, "hello\n");
        expect_echo(reset, "hello\n");
        client_close(gone);
        client_reset(reset);
        client_shutdown(ended);
        CAUSE("a descriptor at its end stays readable until it is closed. One that has room is "
              "writable all the time: watch it for that only while there is something to send");
        expect_idle();
        CAUSE("a client that sends late is a client still");
        expect_echo(silent, "awake?\n");
        client_close(silent);
        client_close(ended);
        server_stop();
    }
}

static void never_reads(void)
{
    CASE("a client that never reads costs no CPU and little memory") {
        struct stream stream;
        long before;
        int port = server_start();
        expect_served(port);
        before = server_memory();
        DID("sent up to %zu bytes to the server and read none back; then: top", 3 * long_message);
        stream_open(&stream, port, 3 * long_message);
        stream_stall(&stream);
        CAUSE("while a client's buffer is full, watch its socket for room to send, and not for "
              "bytes to read: there are always some");
        expect_idle();
        CAUSE("a buffer that grows as long as its client sends: read on only when there is room "
              "for what comes");
        if (server_memory() - before > MEMORY_KB)
            FAIL("a server that takes at most 4 MB for one client",
                 "%ld KB more than before, after %zu bytes sent", server_memory() - before,
                 stream.sent);
        client_close(stream.fd);
        stream_free(&stream);
        expect_served(port);
        server_stop();
    }
}

void process_cases(void)
{
    other_signals();
    ends();
    busy();
    idle();
    never_reads();
}
