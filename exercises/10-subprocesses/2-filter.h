/*
 * Exercise 10.2: the command `!` of an old line editor. Some lines of a text go through a program, and what
 * comes back takes their place: sort them, number them, make them upper case. The editor knows nothing of
 * any of that.
 */
#ifndef FILTER_H
#define FILTER_H

#include "communicate.h"
#include "task.h"

/* A text. No zero byte is at its end. */
struct text {
    char *bytes; /* of malloc(); NULL: it is empty */
    size_t size;
};

/* Its bytes from `begin` up to, but without, `end`. */
struct range {
    size_t begin, end;
};

/* Find lines `first` to `last`, of which the text's first one is 1, the newlines included. The last line of a
 * text need not have one. -EINVAL: there are no such lines; `*range` is as before. */
int find_lines(const struct text *text, int first, int last, struct range *range);

/* Put `n` bytes in the place of that range; n may be 0. They are copied. -ENOMEM: the text is as before. */
int replace_range(struct text *text, struct range range, const char *bytes, size_t n);

/*
 * A coroutine: lines `first` to `last` go through the program `argv`, and its output takes their place.
 * Errors: -EINVAL, there are no such lines, and nothing was started; those of a start; EDDY_ELIMIT, more than
 * `most` bytes have come back; -EIO, the program was killed, or has ended with another code than 0.
 * After any error, and after a cancel, the text is as before. However it ends, no process is left.
 */
struct filter {
    struct eddy_co co;
    struct text *text; /* these five are set by the caller */
    int first, last;
    const char *const *argv;
    size_t most;
    struct range range; /* these three are for filter() */
    struct eddy_process process;
    struct eddy_communicate talk;
};

struct eddy_step filter(struct eddy_co *co);

#endif
