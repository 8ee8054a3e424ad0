/*
 * subprocess - a program as a transport: its protocol is told what the program writes, when a pipe has ended,
 * and when the program has. (asyncio's loop.subprocess_exec)
 *
 *     static const struct eddy_subprocess_protocol watcher = {
 *         .name = "watcher", .pipe_data_received = print_it, .connection_lost = say_goodbye};
 *
 *     err = eddy_subprocess_open(&self->build, loop, &program, &watcher);
 *
 * In order: connection_made; pipe_data_received, pipe_connection_lost once for each pipe, and process_exited
 * once, in any order; connection_lost, when all of these have come. To write: eddy_transport_write on
 * pipes[0]. To end its input: eddy_transport_write_eof there.
 *
 * Errors: as process.h. Memory: the struct is the caller's, and stays until connection_lost has been called.
 * Threads: the loop's.
 */
#ifndef EDDY_SUBPROCESS_H
#define EDDY_SUBPROCESS_H

#include "pipes.h"
#include "process.h"

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_subprocess;

/* The functions that are called; each may be NULL. `fd` is 0, 1 or 2, as the program sees it. */
struct eddy_subprocess_protocol {
    const char *name;
    void (*connection_made)(struct eddy_subprocess *subprocess);
    /* An error ends this pipe. */
    int (*pipe_data_received)(struct eddy_subprocess *subprocess, int fd, const char *bytes,
                              size_t n);
    void (*pipe_connection_lost)(struct eddy_subprocess *subprocess, int fd, int err);
    /* process.code and process.signal say how. */
    void (*process_exited)(struct eddy_subprocess *subprocess);
    /* The last call. */
    void (*connection_lost)(struct eddy_subprocess *subprocess);
    /* Of its stdin: pipes[0]. */
    void (*pause_writing)(struct eddy_subprocess *subprocess);
    void (*resume_writing)(struct eddy_subprocess *subprocess);
};

/* Read pid, code, signal and ended of `process`, and signal it (process.h); use pipes and data. Valid when
 * zeroed: closed. */
struct eddy_subprocess {
    struct eddy_process process;
    struct eddy_transport pipes[3]; /* of those that are EDDY_PIPE */
    void *data;                     /* yours */
    const struct eddy_subprocess_protocol *protocol;
    struct eddy_process_wait wait;
    struct eddy_handle made, exited;
    struct eddy_opened opened;
    int under_way; /* pipes that are open, and 1 for the process */
};

/* Start `program`, whose EDDY_PIPEs become transports. Errors of eddy_process_start(), eddy_transport_open();
 * then nothing is left. */
int eddy_subprocess_open(struct eddy_subprocess *subprocess, struct eddy_loop *loop,
                         const struct eddy_program *program,
                         const struct eddy_subprocess_protocol *protocol);

/* Kill the program, and close its pipes; connection_lost comes after that. A loop that was closed has closed
 * the pipes; close this one, too: then the program is waited for, and nobody is told. */
void eddy_subprocess_close(struct eddy_subprocess *subprocess);

#ifdef __cplusplus
}
#endif

#endif
