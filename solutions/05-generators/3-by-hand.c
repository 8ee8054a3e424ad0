/*
 * Exercise 05.3, build: a generator by hand, with a switch and an enum, and no macro. 3-by-hand.h says
 * what it promises; the function that is to be written has about 35 lines. Try it:  make check-05.3
 */
#include "3-by-hand.h"

#include <errno.h>

/* Where it can go on: one name for each place in which runs_next() pauses. */
enum { AT_START, AT_PIECE, AT_BYTE, AT_END };

void runs_send(struct runs *self, const char *piece, size_t n)
{
    self->piece = piece;
    self->left = n;
    self->ended = n == 0;
}

static bool is_digit(int byte)
{
    return byte >= '0' && byte <= '9';
}

/* The next byte of the piece, which has one, becomes self->byte. */
static void take_byte(struct runs *self)
{
    self->byte = (unsigned char)*self->piece++;
    self->left--;
}

int runs_next(struct runs *self)
{
    switch (self->at) {
    case AT_START:
        for (;;) {
            self->count = 0;
            self->counted = false;
            for (;;) {
                if (self->left == 0) {
                    self->at = AT_PIECE;
                    return RUNS_MORE;
                case AT_PIECE:
                    if (self->ended)
                        break;
                }
                take_byte(self);
                if (!is_digit(self->byte))
                    break;
                self->counted = true;
                self->count = 10 * self->count + (self->byte - '0');
                if (self->count > RUNS_MOST)
                    break;
            }
            if (self->ended || self->count > RUNS_MOST)
                break;
            for (self->count = self->counted ? self->count : 1; self->count > 0; self->count--) {
                self->at = AT_BYTE;
                return self->byte;
            case AT_BYTE:;
            }
        }
        self->outcome = self->counted ? RUNS_BAD : RUNS_END;
        self->at = AT_END;
    }
    return self->outcome;
}
