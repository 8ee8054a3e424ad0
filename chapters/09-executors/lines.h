/*
 * lines - what a client types, line by line. It belongs to the course, not to the library.
 */
#ifndef LINES_H
#define LINES_H

#include "errors.h"
#include "sockio.h"
#include "task.h"

#include <stdbool.h>

enum { LINE_ROOM = 256 };

/* What was received, and is no line yet. */
struct intake {
    int fd;
    size_t at, length;
    char bytes[LINE_ROOM];
};

struct read_line {
    struct eddy_co co;
    struct eddy_io io;
    struct intake *from;
    char *line; /* has room for LINE_ROOM */
    size_t length;
};

/* Moves bytes into the line, up to its end. False: there are not enough yet. What is too long is cut. */
static inline bool take_line(struct read_line *self)
{
    struct intake *from = self->from;

    while (from->at < from->length) {
        char byte = from->bytes[from->at++];
        if (byte == '\n')
            return true;
        if (self->length + 1 < LINE_ROOM && byte != '\r')
            self->line[self->length++] = byte;
    }
    return false;
}

/* Ends with EDDY_ECLOSED when there are no more lines. */
static inline struct eddy_step read_line(struct eddy_co *co)
{
    struct read_line *self = CO_FRAME(co, read_line);
    struct intake *from = self->from;

    CO_BEGIN(co);
    while (!take_line(self)) {
        CO_AWAIT(co,
                 eddy_recv(&self->io, eddy_co_loop(co), from->fd, from->bytes, sizeof from->bytes));
        if (self->io.n == 0)
            CO_FAIL(co, EDDY_ECLOSED);
        from->at = 0;
        from->length = (size_t)self->io.n;
    }
    self->line[self->length] = '\0';
    CO_END(co);
}

#endif
