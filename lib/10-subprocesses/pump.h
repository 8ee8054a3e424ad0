/*
 * pump - from a descriptor into a reader: a pipe, standard input, a terminal, a socket, a file. It reads
 * while somebody wants bytes, and pauses when enough lie there.
 *
 *     err = eddy_pump_open(&self->in, loop, STDIN_FILENO, 0);
 *     CO_AWAIT(co, eddy_reader_readline(&self->in.reader));
 *     CO_FINALLY(co);
 *     eddy_pump_close(&self->in);
 *
 * The descriptor may block, as a terminal does: fdio.h says why that is no harm. It stays the caller's; close
 * it after the pump, or through the loop (eddy_loop_close_fd), which is an error of the reader: EDDY_ECLOSED.
 * (A pump that is paused does not hear of that.) While the pump reads, nobody else may wait for that
 * descriptor (EDDY_EWATCHED, an error of the reader, too).
 *
 * Errors: the reader's, which each read returns. Memory: as reader.h says. Threads: the loop's.
 */
#ifndef EDDY_PUMP_H
#define EDDY_PUMP_H

#include "io.h"
#include "opened.h"
#include "reader.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Use `reader`; touch no other field. Valid when zeroed: closed. */
struct eddy_pump {
    struct eddy_reader reader;
    struct eddy_io io;
    struct eddy_handle stopped; /* after the end, an error, or a pause */
    struct eddy_opened opened;
    int fd;
};

/* Read `fd` from now on. `limit` and the errors are those of eddy_reader_open(); -ENOMEM. */
int eddy_pump_open(struct eddy_pump *pump, struct eddy_loop *loop, int fd, size_t limit);

/* Read no more, and close the reader. Nothing is taken from `fd`. Twice is harmless. */
void eddy_pump_close(struct eddy_pump *pump);

#ifdef __cplusplus
}
#endif

#endif
