/*
 * demo.h - what every demo does the same way: read its command line, say where it listens, and
 * end on Ctrl-C with nothing left behind. It belongs to the course, not to the library.
 */
#ifndef EDDY_DEMO_H
#define EDDY_DEMO_H

#include "errors.h"
#include "net.h"
#include "net_new.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct demo {
    const char *name; /* what its lines begin with */
    const char *host; /* "localhost", or what --host says */
    int port;         /* the demo's own, or what the command line says; 0 picks a free one */
};

/* What one demo has beside the usual: an option with a number of seconds after it. */
struct demo_option {
    const char *name; /* such as "--idle" */
    const char *what; /* for --help */
    double value;     /* what it is unless it is given */
};

/* What must stand first on a demo's command line, such as "ITS_PORT ": for --help. */
static const char *demo_first_word = "";

static inline void demo_help(const struct demo *demo, const char *purpose,
                             const struct demo_option *option)
{
    printf("usage: %s %s[--host HOST] %s%s%s[PORT]\n\n%s\n\n"
           "  PORT            where to listen; %d unless given, 0 picks a free port\n"
           "  --host HOST     the address to listen on; localhost unless given\n",
           demo->name, demo_first_word, option ? "[" : "", option ? option->name : "",
           option ? " SECONDS] " : "", purpose, demo->port);
    if (option)
        printf("  %s SECONDS  %s; %g unless given\n", option->name, option->what, option->value);
    printf("  --help          print this\n");
}

/* Reads what stands after the option. Ends the program (status 1) when that is no number. */
static inline void demo_option_value(const struct demo *demo, struct demo_option *option,
                                     const char *text)
{
    char *end = NULL;
    double value = text ? strtod(text, &end) : 0;

    if (!text || end == text || *end || !(value > 0 && value < 1e9)) {
        fprintf(stderr, "%s: %s: it needs a number of seconds after it; try --help\n", demo->name,
                option->name);
        exit(1);
    }
    option->value = value;
}

/* Ends the program when the command line is wrong (status 1) or asks for help (status 0). `option`
 * is the demo's own, or NULL; `port` is the one that it listens on unless it is told another. */
static inline struct demo demo_start_on(int port, int argc, char *argv[], const char *purpose,
                                        struct demo_option *option)
{
    const char *slash = strrchr(argv[0], '/');
    struct demo demo = {slash ? slash + 1 : argv[0], "localhost", port};
    int ports = 0;

    /* Each line at once, also into a file or a pipe. */
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            demo_help(&demo, purpose, option);
            exit(0);
        }
        if (strcmp(argv[i], "--host") == 0 && i + 1 < argc) {
            demo.host = argv[++i];
            continue;
        }
        if (option && strcmp(argv[i], option->name) == 0) {
            demo_option_value(&demo, option, argv[i + 1]);
            i++;
            continue;
        }
        if (argv[i][0] == '-' && argv[i][1] == '-') {
            fprintf(stderr, "%s: %s: %s; try --help\n", demo.name, argv[i],
                    strcmp(argv[i], "--host") == 0 ? "it needs a host after it"
                                                   : "there is no such option");
            exit(1);
        }
        demo.port = eddy_net_parse_port(argv[i]);
        if (demo.port < 0 || ++ports > 1) {
            fprintf(stderr, "%s: '%s': %s; try --help\n", demo.name, argv[i],
                    ports > 1 ? "one port is enough" : eddy_strerror(EDDY_EPORT));
            exit(1);
        }
    }
    return demo;
}

static inline struct demo demo_start_with(int argc, char *argv[], const char *purpose,
                                          struct demo_option *option)
{
    return demo_start_on(8081, argc, argv, purpose, option);
}

static inline struct demo demo_start(int argc, char *argv[], const char *purpose)
{
    return demo_start_with(argc, argv, purpose, NULL);
}

/* Calls `stop` on Ctrl-C (SIGINT) and on SIGTERM. No SA_RESTART: a system call that waits ends. */
static inline void demo_on_stop(void (*stop)(int))
{
    struct sigaction action = {.sa_handler = stop};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* A pipe to oneself: a signal becomes a byte, and a byte is something that select() sees. */
static int demo_pipe[2];

static inline void demo_signalled(int signo)
{
    int error = errno; /* the code that was interrupted may be about to read it */
    ssize_t n = write(demo_pipe[1], "", 1);

    (void)signo;
    (void)n; /* a full pipe is readable, too */
    errno = error;
}

static inline void demo_end(void)
{
    if (demo_pipe[1] == 0)
        return; /* there was none: 0 is the terminal's */
    demo_on_stop(SIG_DFL);
    close(demo_pipe[0]);
    close(demo_pipe[1]);
}

/* Returns a descriptor that becomes readable on Ctrl-C (SIGINT) and on SIGTERM. demo_end() closes
 * it. Ends the program (status 1) if there is none to be had. */
static inline int demo_stop_fd(void)
{
    int err = eddy_net_pipe(demo_pipe);

    if (err < 0) {
        fprintf(stderr, "no pipe for signals: %s\n", eddy_strerror(err));
        exit(1);
    }
    demo_on_stop(demo_signalled);
    return demo_pipe[0];
}

/* The program has said already why it ends. */
static bool demo_told;

/* The status to end with after `err`; says what it means. To be cancelled is what Ctrl-C does. */
static inline int demo_status(const struct demo *demo, int err)
{
    if (err == 0 || err == -ECANCELED)
        return 0;
    if (!demo_told)
        fprintf(stderr, "%s: %s\n", demo->name, eddy_strerror(err));
    return 1;
}

/* Listens, and says what to type in another terminal. Says why if it cannot, and returns the error. */
static inline int demo_try_listen(const struct demo *demo, int fds[], int max)
{
    int n = eddy_net_listen(demo->host, demo->port, fds, max);
    int port = n < 0 ? n : eddy_net_port(fds[0]);

    if (port < 0) {
        while (n > 0)
            eddy_net_close(fds[--n]);
        fprintf(stderr, "%s: cannot listen on %s port %d: %s%s\n", demo->name, demo->host,
                demo->port, eddy_strerror(port),
                port == -EADDRINUSE ? " (port 0 picks a free one)" : "");
        demo_told = true;
        return port;
    }
    printf("%s: listening on port %d; in another terminal, type:  nc %s %d\n", demo->name, port,
           demo->host, port);
    printf("%s: Ctrl-C ends it\n", demo->name);
    return n;
}

/* The same, and ends the program (status 1) if it cannot. */
static inline int demo_listen(const struct demo *demo, int fds[], int max)
{
    int n = demo_try_listen(demo, fds, max);

    if (n < 0) {
        demo_end();
        exit(1);
    }
    return n;
}

#endif
