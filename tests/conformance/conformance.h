/*
 * conformance - what every echo server of the course must do, whatever engine is inside. The
 * driver starts the server anew for each case, talks to it as clients do, and stops it as Ctrl-C
 * does. It knows no more of it than a client and its owner know: the port that it prints, its
 * bytes, and how it ends. So the same cases hold for select(), callbacks and coroutines.
 *
 *     conformance.c  the command line, the server, and a long message with a slow reader
 *     bytes.c        cases: what one client sends comes back
 *     clients.c      cases: many clients, and how they leave
 *     process.c      cases: signals, CPU, memory
 */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include "check.h"
#include "program.h"

/* As in every test, but --only can leave a case out. */
#undef CASE
#define CASE(sentence) if (wanted(sentence) && check_case(sentence))

bool wanted(const char *sentence);

/* The server under test, and how many bytes a long message has. */
extern struct program server;
extern size_t long_message;

/* Starts the server that the command line names. Returns its port. */
int server_start(void);

/* Ctrl-C: it must end with status 0, and leave nothing behind. */
void server_stop(void);

/* Stops the server as Ctrl-Z does, and returns when it stands still. */
void server_freeze(void);
void server_thaw(void);

/* Sends `text` and expects it back. */
void expect_echo(int fd, const char *text);

/* Expects that a new client is served. */
void expect_served(int port);

void set_blocking(int fd, bool blocking);

/* A message that is longer than what the kernel keeps, sent by a client that reads late. Its text
 * is numbered lines, so that a failure shows which part is missing. */
struct stream {
    int fd;
    size_t total, sent, received;
    char *text, *back;
};

void stream_open(struct stream *stream, int port, size_t total);

/* Sends without reading, until all is sent or nobody takes more. */
void stream_stall(struct stream *stream);

/* Reads without sending, until nothing more comes. */
void stream_read_some(struct stream *stream);

/* Sends what is left. Expects all to come back, each byte at its place. */
void stream_read_rest(struct stream *stream);

/* Frees the text. The connection stays: close or reset stream->fd. */
void stream_free(struct stream *stream);

void byte_cases(void);
void client_cases(void);
void process_cases(void);

#endif
