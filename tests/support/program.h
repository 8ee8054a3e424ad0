/*
 * program - a server under test, as a child process, and clients that talk to it.
 *
 * Everything here has a time limit and fails the running case with what was expected, what came,
 * and what became of the program: a reset connection says by itself that the server crashed, and
 * where. What the program printed is told, too. Nothing sleeps: a server is ready when it has printed
 * the port that it listens on.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

struct program {
    pid_t pid;  /* 0: none is running */
    int out;    /* its stdout, to read from */
    FILE *said; /* what it has printed there, after the port */
    FILE *err;  /* its stderr */
    int port;   /* where it listens */
    int status; /* how it ended, from waitpid() */
};

/* Seconds that a program gets to start and to end. A client waits as long for bytes, or as long as
 * the variable EDDY_PATIENCE says: somebody who waits for a verdict has less. */
enum { PROGRAM_PATIENCE = 8 };

/* Starts argv[0], and waits until it has printed "... port NUMBER". */
void program_start(struct program *program, char *const argv[]);

/* Sends SIGINT, as Ctrl-C does. The program must end with status 0 and leave nothing behind. */
void program_stop(struct program *program);

/* The same with `signo`: SIGINT or SIGTERM. */
void program_end(struct program *program, int signo);

/* Ends it by force, without a check: for programs that are known to be wrong. */
void program_kill(struct program *program);

/* How often a program that was started with EDDY_FAULTS_COUNTS=`counts` asked the kernel what is ready, as
 * it wrote down at its end: one that sleeps asks seldom, however busy the machine is. */
long program_waits(const char *counts);

/* Seconds that a client waits. */
int client_patience(void);

/* A connection to `port` on this machine, blocking, with a time limit on each operation. */
int client_connect(int port);

void client_send(int fd, const void *bytes, size_t n);
void client_send_text(int fd, const char *text);

/* Receives until `n` bytes have come or the peer ends. Returns how many came; a reset, or nothing
 * for its patience, fails the case. */
size_t client_recv(int fd, void *buf, size_t n);

/* Expects exactly this to come next. */
void client_expect(int fd, const void *bytes, size_t n);
void client_expect_text(int fd, const char *text);

/* Expects the end of the stream. */
void client_expect_eof(int fd);

/* No more from us: the peer reads the end, and can still answer. */
void client_shutdown(int fd);
void client_close(int fd);

/* Closes so that the peer gets a reset. */
void client_reset(int fd);

#endif
