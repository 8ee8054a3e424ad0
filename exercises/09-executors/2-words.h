/*
 * Exercise 09.2, build: how many words has a text? It lies in pieces of at most 60 bytes. A job counts the
 * words of one piece, in a pool of threads or of processes, and the counts are put together in order. Words
 * are what stands between blanks, tabs and newlines. A cut may go through a word, which is one all the same.
 */
#ifndef WORDS_H
#define WORDS_H

#include "job_map.h"

enum { PIECE = 60 };

struct piece {
    unsigned n; /* bytes; 0 is allowed */
    char text[PIECE];
};

/* What is known of a piece, or of several in a row, when their words have been counted. */
struct tally {
    size_t bytes, words;
    bool begins, ends; /* the first byte, and the last, is one of a word */
};

/* `next` follows what is in `all`: now both are in it. An empty one changes nothing. */
void add_tally(struct tally *all, struct tally next);

/*
 * The job's function: in is a struct piece, out a struct tally. -EINVAL, with a message: the piece says that
 * it has more than PIECE bytes. It runs in another process, too: so it knows nothing but its bytes.
 */
int count_piece(struct eddy_work *work);

/*
 * Count the words of `n` pieces, with a job for each in `executor`; all are submitted before the first is
 * waited for. jobs and tallies have room for `n`. 0, and *words; or the first error, in the order of the
 * pieces. When it returns, no job is in line or runs any more.
 */
int count_words(struct eddy_executor *executor, const struct piece *pieces, size_t n,
                struct eddy_job *jobs, struct tally *tallies, size_t *words);

#endif
