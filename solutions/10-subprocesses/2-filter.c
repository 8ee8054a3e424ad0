/*
 * Exercise 10.2, build: some lines of a text go through a program, and come back. 2-filter.h says what to
 * promise. The three functions that are to be written have about 40 lines together. Try it:  make check-10.2
 */
#include "2-filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where the line after the one that begins at `at` begins, or the text's end. */
static size_t after_line(const struct text *text, size_t at)
{
    const char *newline = memchr(text->bytes + at, '\n', text->size - at);

    return newline ? (size_t)(newline - text->bytes) + 1 : text->size;
}

int find_lines(const struct text *text, int first, int last, struct range *range)
{
    size_t begin = 0, at = 0;

    if (first < 1 || last < first)
        return -EINVAL;
    for (int line = 1; line <= last; line++) {
        if (at == text->size)
            return -EINVAL;
        if (line == first)
            begin = at;
        at = after_line(text, at);
    }
    *range = (struct range){begin, at};
    return 0;
}

int replace_range(struct text *text, struct range range, const char *bytes, size_t n)
{
    size_t rest = text->size - range.end;
    char *all = malloc(range.begin + n + rest + 1);

    if (!all)
        return -ENOMEM;
    if (range.begin > 0)
        memcpy(all, text->bytes, range.begin);
    if (n > 0)
        memcpy(all + range.begin, bytes, n);
    if (rest > 0)
        memcpy(all + range.begin + n, text->bytes + range.end, rest);
    free(text->bytes);
    *text = (struct text){all, range.begin + n + rest};
    return 0;
}

struct eddy_step filter(struct eddy_co *co)
{
    struct filter *self = CO_FRAME(co, filter);
    struct eddy_program program = {.argv = self->argv, .in = EDDY_PIPE, .out = EDDY_PIPE};
    const struct eddy_reader *output = &self->process.out.reader;
    int err;

    CO_BEGIN(co);
    err = find_lines(self->text, self->first, self->last, &self->range);
    if (err == 0)
        err = eddy_process_start(&self->process, eddy_co_loop(co), &program);
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co,
             eddy_communicate(&self->talk, &self->process, self->text->bytes + self->range.begin,
                              self->range.end - self->range.begin, self->most));
    if (self->process.code != 0)
        CO_FAIL(co, -EIO);
    err = replace_range(self->text, self->range, output->data, output->size);
    if (err < 0)
        CO_FAIL(co, err);
    CO_FINALLY(co);
    eddy_process_close(&self->process);
    CO_END(co);
}
