/*
 * questions - what compute is asked. answer() is the function of a job: a question in, its answer out, and
 * nothing else is touched, so it works in a loop, in a thread, and in another process.
 * It belongs to the course, not to the library.
 */
#ifndef QUESTIONS_H
#define QUESTIONS_H

#include "work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORD_ROOM = 256, ANSWER_ROOM = 600, TEXT_ROOM = 4096, STEPS = 1 << 16 };

/* A thread cannot be stopped from outside: it has to look here, each so many steps. */
static atomic_bool nobody_waits;

/* What is said is the answer. */
__attribute__((format(printf, 2, 3))) static int say(struct eddy_work *work, const char *format,
                                                     ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(work->out, work->out_room, format, args);
    va_end(args);
    work->out_size = strlen(work->out) + 1;
    return 0;
}

/* ---- prime N ----------------------------------------------------------------------------------- */

/* Slow on purpose, and honest: it tries all divisors up to the root. */
static int answer_prime(struct eddy_work *work, const char *text)
{
    char *end;
    unsigned long long n, d;

    errno = 0;
    n = strtoull(text, &end, 10);
    if (end == text || *end || errno || strchr(text, '-'))
        return say(work, "'%s' is no number that fits; try prime 97", text);
    for (d = 2; d <= n / d; d++) {
        if (n % d == 0)
            return say(work, "%llu is %llu times %llu", n, d, n / d);
        if (d % STEPS == 0 && nobody_waits)
            return -ECANCELED;
    }
    return say(work, "%llu is %s", n, n < 2 ? "no prime" : "a prime");
}

/* ---- sum PATH ---------------------------------------------------------------------------------- */

/* Only a file: whoever opens a pipe may wait for ever. (O_NONBLOCK changes nothing for a file.) */
static FILE *open_file(const char *path, int *error)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat info;
    FILE *file = NULL;

    *error = fd < 0 || fstat(fd, &info) < 0 ? errno : S_ISREG(info.st_mode) ? 0 : EISDIR;
    if (*error == 0 && !(file = fdopen(fd, "r")))
        *error = errno;
    if (!file && fd >= 0)
        close(fd);
    return file;
}

static int cannot_read(struct eddy_work *work, const char *path, int error)
{
    return say(work, "cannot read %s: %s", path,
               error == EISDIR ? "it is no plain file" : strerror(error));
}

/* A bit at a time, also slow on purpose. */
static uint32_t add_byte(uint32_t sum, unsigned byte)
{
    sum ^= (uint32_t)byte << 24;
    for (int bit = 0; bit < 8; bit++)
        sum = sum & 0x80000000 ? sum << 1 ^ 0x04C11DB7 : sum << 1;
    return sum;
}

/* What cksum prints. */
static int answer_sum(struct eddy_work *work, const char *path)
{
    int error, byte;
    FILE *file = open_file(path, &error);
    uint32_t sum = 0;
    unsigned long long size = 0;

    if (!file)
        return cannot_read(work, path, error);
    while ((byte = getc(file)) != EOF && (size % STEPS != 0 || !nobody_waits)) {
        sum = add_byte(sum, (unsigned)byte);
        size++;
    }
    error = ferror(file) ? EIO : 0;
    fclose(file);
    if (error || byte != EOF)
        return error ? cannot_read(work, path, error) : -ECANCELED;
    for (unsigned long long left = size; left > 0; left >>= 8)
        sum = add_byte(sum, (unsigned)(left & 0xFF));
    return say(work, "%lu %llu %s", (unsigned long)~sum & 0xFFFFFFFF, size, path);
}

/* ---- find TEXT PATH ---------------------------------------------------------------------------- */

/* A line that is longer than the room for it counts as several. */
static int answer_find(struct eddy_work *work, const char *text, const char *path)
{
    int error;
    FILE *file = open_file(path, &error);
    char line[TEXT_ROOM];
    unsigned long lines = 0, found = 0, first = 0;

    if (!file)
        return cannot_read(work, path, error);
    while (!nobody_waits && fgets(line, TEXT_ROOM, file)) {
        lines++;
        if (strstr(line, text) && found++ == 0)
            first = lines;
    }
    fclose(file);
    if (found == 0)
        return say(work, "no line of %lu has %s", lines, text);
    return say(work, "%lu of %lu lines have %s, line %lu is the first", found, lines, text, first);
}

/* ---- All of them ------------------------------------------------------------------------------- */

static int answer(struct eddy_work *work)
{
    char verb[WORD_ROOM], text[WORD_ROOM], path[WORD_ROOM];
    int words = sscanf(work->in, "%255s %255s %255[^\n]", verb, text, path);

    if (words == 2 && strcmp(verb, "prime") == 0)
        return answer_prime(work, text);
    if (words == 2 && strcmp(verb, "sum") == 0)
        return answer_sum(work, text);
    if (words == 3 && strcmp(verb, "find") == 0)
        return answer_find(work, text, path);
    return say(work, "%s? Type prime N, sum PATH, find TEXT PATH or time",
               words > 0 ? verb : "What");
}

#endif
