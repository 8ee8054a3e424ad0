/* Trap: bytes come in pieces, and a piece ends where it likes. `trap-cut by-piece` looks at each piece
 * alone; without the word, a generator is sent the bytes. */
#include "gen.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 64 };

static const char *const pieces[] = {"say hel", "lo to an", "n"}; /* as recv() may give them */

/* ---- Each piece alone -------------------------------------------------------------------------- */

static void split_piece(const char *piece)
{
    char text[WORD_MAX], *rest = text;

    snprintf(text, sizeof text, "%s", piece);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        printf("  %s", word);
}

/* ---- A generator ------------------------------------------------------------------------------- */

struct words {
    struct eddy_gen gen;
    size_t n;
    char word[WORD_MAX];
};

/* The byte that was sent; 0 at the end. */
static char byte(const struct eddy_gen *gen)
{
    return gen->value ? *(const char *)gen->value : '\0';
}

/* Is sent a char *, or NULL at the end; yields a word when it is whole, and else NULL. */
static struct eddy_step words(struct eddy_gen *gen)
{
    struct words *self = GEN_FRAME(gen, words);

    GEN_BEGIN(gen);
    GEN_YIELD(gen, NULL); /* it has begun, and waits for the first byte */
    while (gen->value) {
        self->n = 0;
        while (byte(gen) > ' ') {
            if (self->n + 1 < WORD_MAX)
                self->word[self->n++] = byte(gen);
            GEN_YIELD(gen, NULL);
        }
        self->word[self->n] = '\0';
        GEN_YIELD(gen, self->n > 0 ? self->word : NULL);
    }
    GEN_END(gen);
}

/* `byte` is NULL at the end. */
static void send_byte(struct words *self, char *byte)
{
    void *word;

    if (eddy_gen_send(&self->gen, byte, &word) == EDDY_YIELDED && word)
        printf("  %s", (char *)word);
}

static void send_piece(struct words *self, const char *piece)
{
    for (; *piece; piece++) {
        char byte = *piece;
        send_byte(self, &byte);
    }
}

/* ------------------------------------------------------------------------------------------------ */

int main(int argc, char *argv[])
{
    bool by_piece = argc > 1 && strcmp(argv[1], "by-piece") == 0;
    struct words self = {.gen = GEN_INIT(words)};

    send_byte(&self, NULL); /* to the first yield */
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        printf("%-9s has come:", pieces[i]);
        if (by_piece)
            split_piece(pieces[i]);
        else
            send_piece(&self, pieces[i]);
        printf("\n");
    }
    printf("%-9s has come:", "the end");
    if (!by_piece)
        send_byte(&self, NULL);
    printf("\n");
    eddy_gen_close(&self.gen);
    return 0;
}
