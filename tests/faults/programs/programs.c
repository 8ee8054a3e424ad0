/*
 * programs [--full] SENTENCE PROGRAM - sweeps one demo's tested copy, from outside: it is started
 * once for each fault of each call that it makes, clients come and go, and SIGTERM ends it. It may
 * end by itself, with status 0 or 1; it must not crash, hang, or leave anything behind.
 * Prints one line of TAP without its plan. With EDDY_FAULTS it tries that alone.
 */
#include "plausible.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LIMIT = 5,   /* seconds that a run may take */
    TOLD = 3,    /* failures that are told; then the program is given up */
    ANSWER = 60, /* milliseconds that a client waits. No answer is no failure here. */
    CALLS = 64,
};

struct run {
    pid_t pid;
    int out; /* its stdout */
    int port;
    int status;
};

struct count {
    char call[24];
    long calls;
};

static const char *program, *sentence, *only;
static char counts_path[] = "/tmp/eddy-sweep-XXXXXX";
static int noise; /* a file: the program's stderr */
static long faults;
static int told;

/* ---- The clients ----------------------------------------------------------------------------- */

static int dial(int port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Reads until `text` has come, or (NULL) the end. False when it does not come. */
static bool hear(int fd, const char *text)
{
    char heard[4096] = "";
    size_t at = 0;
    struct pollfd one = {.fd = fd, .events = POLLIN};

    while (at < sizeof heard - 1 && (!text || !strstr(heard, text)) && poll(&one, 1, ANSWER) > 0) {
        ssize_t got = recv(fd, heard + at, sizeof heard - 1 - at, 0);
        if (got <= 0)
            return !text;
        at += (size_t)got;
        heard[at] = '\0';
    }
    return text && strstr(heard, text);
}

/* A client that comes, speaks and goes. What it says suits an echo as well as a room, which takes
 * it for a name. */
static void talk(int port)
{
    static const char said[] = "ann\nhello\n";
    int fd = dial(port);

    if (fd < 0)
        return;
    send(fd, said, sizeof said - 1, MSG_NOSIGNAL);
    if (hear(fd, "ann")) {
        shutdown(fd, SHUT_WR);
        hear(fd, NULL);
    }
    close(fd);
}

/* ---- One run --------------------------------------------------------------------------------- */

static void become(int out, const char *rule)
{
    const char *option = getenv("EDDY_OPTION");

    dup2(out, 1);
    dup2(noise, 2);
    setenv("EDDY_FAULTS", rule, 1);
    setenv("EDDY_FAULTS_COUNTS", counts_path, 1);
    if (option && *option)
        execl(program, program, "0", option, getenv("EDDY_SECONDS"), (char *)NULL);
    else
        execl(program, program, "0", (char *)NULL);
    _exit(127);
}

static void start(struct run *run, const char *rule)
{
    int pipes[2];

    *run = (struct run){0};
    if (ftruncate(noise, 0) < 0 || truncate(counts_path, 0) < 0 || pipe(pipes) < 0) {
        perror("programs");
        exit(2);
    }
    lseek(noise, 0, SEEK_SET);
    fcntl(pipes[0], F_SETFD, FD_CLOEXEC);
    fflush(stdout);
    run->pid = fork();
    if (run->pid == 0)
        become(pipes[1], rule);
    close(pipes[1]);
    run->out = pipes[0];
}

/* Appends what the program prints to `text`. False when it has ended, or says nothing for long. */
static bool listen_to(const struct run *run, char *text, size_t n)
{
    struct pollfd out = {.fd = run->out, .events = POLLIN};
    size_t at = strlen(text);
    ssize_t got = poll(&out, 1, LIMIT * 1000) > 0 ? read(run->out, text + at, n - 1 - at) : 0;

    if (got > 0)
        text[at + (size_t)got] = '\0';
    return got > 0;
}

/* The port that it says it listens on; 0 when it does not come so far. */
static int port_of(const struct run *run)
{
    char text[1024] = "";
    const char *place;
    int port = 0;

    while (port == 0 && listen_to(run, text, sizeof text))
        if ((place = strstr(text, "port ")) != NULL && strchr(place, '\n'))
            port = atoi(place + 5);
    return port;
}

/* Its stdout ends when it does. One that does not end is killed. False then. */
static bool ends(struct run *run)
{
    char rest[1024];
    struct pollfd out = {.fd = run->out, .events = POLLIN};
    bool ended = false;

    while (!ended && poll(&out, 1, LIMIT * 1000) > 0)
        ended = read(run->out, rest, sizeof rest) <= 0;
    if (!ended)
        kill(run->pid, SIGKILL);
    waitpid(run->pid, &run->status, 0);
    close(run->out);
    return ended;
}

/* One client talks, and another is still there when the program is told to end. */
static bool runs_to_its_end(struct run *run, const char *rule, int pause)
{
    struct pollfd its_end = {.fd = -1};
    int guest = -1;
    bool ended;

    start(run, rule);
    run->port = port_of(run);
    if (run->port > 0) {
        guest = dial(run->port);
        talk(run->port);
    }
    if (run->port != 0) {
        its_end.fd = run->out;
        poll(&its_end, 1, pause);
        kill(run->pid, SIGTERM);
    }
    ended = ends(run);
    if (guest >= 0)
        close(guest);
    return ended;
}

/* A program that ends by itself because of the fault, and has given up its signal handlers already,
 * is killed by SIGTERM. Then it is run again, and has its time. */
static bool runs(struct run *run, const char *rule)
{
    bool ended = runs_to_its_end(run, rule, 0);

    if (ended && WIFSIGNALED(run->status) && WTERMSIG(run->status) == SIGTERM)
        ended = runs_to_its_end(run, rule, 300);
    return ended;
}

/* ---- What became of it ----------------------------------------------------------------------- */

static struct count counts[CALLS];
static int counted;
static long injected;

static void read_counts(void)
{
    FILE *file = fopen(counts_path, "r");
    struct count *count = counts;

    injected = 0;
    while (file && count < counts + CALLS &&
           fscanf(file, "%23s %ld", count->call, &count->calls) == 2)
        if (strcmp(count->call, "injected") == 0)
            injected = count->calls;
        else
            count++;
    counted = (int)(count - counts);
    if (file)
        fclose(file);
}

/* The line of its stderr that says what is wrong; NULL when none does. */
static const char *complaint(void)
{
    static char text[16384];
    static const char *const signs[] = {"ledger: left", "Sanitizer", "runtime error"};
    ssize_t n = pread(noise, text, sizeof text - 1, 0);

    text[n < 0 ? 0 : n] = '\0';
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        char *sign = strstr(text, signs[i]);
        if (!sign)
            continue;
        sign[strcspn(sign, "\n")] = '\0';
        while (sign > text && sign[-1] != '\n')
            sign--;
        return sign;
    }
    return strstr(text, "ledger: nothing left") ? NULL : "no line about its ledger";
}

static const char *what_is_wrong(const struct run *run, bool ended, const char *rule)
{
    static char text[128];
    int status = run->status, worst = rule[0] ? 1 : 0;

    snprintf(text, sizeof text, "it hangs: no end within %d seconds", LIMIT);
    if (!ended)
        return text;
    if (WIFSIGNALED(status)) {
        snprintf(text, sizeof text, "a crash: signal %d", WTERMSIG(status));
        return text;
    }
    if (run->port < 0) {
        snprintf(text, sizeof text, "it says that it listens on port %d", run->port);
        return text;
    }
    snprintf(text, sizeof text, "status %d", WEXITSTATUS(status));
    return WEXITSTATUS(status) > worst ? text : complaint();
}

static bool run_with(const char *rule)
{
    struct run run;
    bool ended = runs(&run, rule);
    const char *wrong = what_is_wrong(&run, ended, rule);

    read_counts();
    if (!wrong)
        return true;
    if (told++ == 0)
        printf("not ok - %s\n", sentence);
    printf("# did       EDDY_FAULTS=%s %s 0, and two clients, and kill (SIGTERM)\n", rule, program);
    printf("# expected  status 0%s, and nothing left behind\n# came      %s\n",
           rule[0] ? " or 1" : "", wrong);
    return false;
}

static bool try_fault(const struct fault *fault, void *unused)
{
    bool good;

    (void)unused;
    if (told >= TOLD)
        return false;
    if (only && strcmp(only, fault->rule) != 0)
        return true;
    good = run_with(fault->rule);
    faults += injected > 0 || !good;
    return injected > 0 || !good;
}

/* What no test can make fail for a program as a whole: write() puts the byte that says that a
 * signal has come; it goes to a pipe that is not full. Without it, nothing ends the program. */
static bool is_spared(const char *call)
{
    return strcmp(call, "write") == 0;
}

static void try_all(bool full)
{
    struct count made[CALLS];
    int n = counted;

    memcpy(made, counts, sizeof made);
    for (int i = 0; i < n; i++)
        if (made[i].calls > 0 && !is_spared(made[i].call) &&
            !plausible_each(made[i].call, made[i].calls, full, (unsigned)i, try_fault, NULL) &&
            told++ == 0)
            printf("not ok - %s\n# came      no row for %s() in tests/faults/plausible.c\n",
                   sentence, made[i].call);
}

/* A file that has no name any more. */
static int nameless_file(void)
{
    char path[] = "/tmp/eddy-sweep-XXXXXX";
    int fd = mkstemp(path);

    if (fd < 0 || unlink(path) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        perror("programs: cannot make a temporary file");
        exit(2);
    }
    return fd;
}

int main(int argc, char *argv[])
{
    bool full = argc == 4 && strcmp(argv[1], "--full") == 0;
    int fd;

    if (argc != (full ? 4 : 3) || (fd = mkstemp(counts_path)) < 0) {
        fprintf(stderr, "usage: programs [--full] SENTENCE PROGRAM\n");
        return 2;
    }
    close(fd);
    sentence = argv[argc - 2];
    program = argv[argc - 1];
    only = getenv("EDDY_FAULTS");
    noise = nameless_file();
    if (run_with(""))
        try_all(full || only);
    unlink(counts_path);
    if (told == 0)
        printf("ok - %s (%ld faults)\n", sentence, faults);
    return told > 0;
}
