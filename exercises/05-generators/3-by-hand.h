/*
 * Exercise 05.3: a decoder for runs. A text in which many bytes come several times in a row is written
 * shorter with numbers: "3a12bc" is three a, twelve b and a c. Pieces of such a text go in, bytes come
 * out, one for each question. It is a generator without gen.h.
 */
#ifndef BY_HAND_H
#define BY_HAND_H

#include <stdbool.h>
#include <stddef.h>

enum { RUNS_MOST = 1000 };

/* What runs_next() can come to, other than a byte. */
enum {
    RUNS_MORE = -1, /* send me a piece, then ask again */
    RUNS_END = -2,  /* that was all */
    RUNS_BAD = -3   /* the text is not right */
};

/* Zeroed: at its start. A caller touches no field. */
struct runs {
    int at; /* where it goes on */
    const char *piece;
    size_t left; /* so many bytes of the piece have not been looked at */
    bool ended;  /* there will be no more pieces */
    int byte;    /* the one that was looked at last */
    int count;
    bool counted; /* a number stands before this byte */
    int outcome;  /* RUNS_END or RUNS_BAD, when it is at its end */
};

/*
 * Returns the next byte of the decoded text, 0 to 255; or one of the three above.
 *
 * A number is made of the digits 0 to 9, and the byte after it comes so many times: not at all if it
 * is 0. A byte without a number comes once. A number above RUNS_MOST is RUNS_BAD, and so is one with
 * no byte after it, at the end of the text. What stands before it comes first, as ever. After
 * RUNS_END or RUNS_BAD, the same comes again whenever it is asked.
 *
 * Pieces end anywhere, in the middle of a number too. A piece that was sent is the sender's again when
 * RUNS_MORE is returned. (When RUNS_MORE has come, nothing is asked before a piece is sent.)
 */
int runs_next(struct runs *self);

/* Send a piece of `n` bytes; 0: the text is at its end. Only when runs_next() has returned RUNS_MORE. */
void runs_send(struct runs *self, const char *piece, size_t n);

#endif
