/*
 * answer - an exercise's program, as the check of a bug hunt runs it: with words for its command line,
 * up to its end, and what it has printed is kept. The check is compiled with PROGRAM, the program's path.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include "check.h"
#include "check_parts.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_WORDS_MOST = 16, ANSWER_QUIET_MS = 5000 };

static char path[] = PROGRAM;
static char text[4096]; /* what it has printed */
static FILE *errors;    /* its stderr */

static inline void answer_become(const char *line, int out)
{
    char words[256], *argv[ANSWER_WORDS_MOST + 1] = {path};
    int count = 1;

    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word && count < ANSWER_WORDS_MOST;
         word = strtok(NULL, " "))
        argv[count++] = word;
    dup2(out, 1);
    dup2(fileno(errors), 2);
    execv(path, argv);
    _exit(127);
}

/* Reads up to the end. False when it says nothing for a while, or more than there is to say. */
static inline bool answer_read(int out)
{
    struct pollfd more = {.fd = out, .events = POLLIN};
    size_t used = 0;
    ssize_t n;

    while (used < sizeof text - 1 && poll(&more, 1, ANSWER_QUIET_MS) > 0) {
        n = read(out, text + used, sizeof text - 1 - used);
        if (n <= 0)
            return true;
        used += (size_t)n;
        text[used] = '\0';
    }
    return false;
}

/* Adds to the report, after `key`, where it was when it was stopped, if that can be told. */
static inline void put_place(const char *key)
{
    char place[256];

    if (check_crash_place(errors, place, sizeof place))
        fprintf(check_report, "%s%s\n", key, place);
}

/* Runs it with the words of `line`. Returns its status from waitpid(); -1 when it would not end. */
static inline int run(const char *line)
{
    int fds[2], status = 0;
    bool ended;
    pid_t child;

    memset(text, 0, sizeof text);
    errors = tmpfile();
    CHECK(errors && pipe(fds) == 0);
    child = fork();
    if (child == 0)
        answer_become(line, fds[1]);
    close(fds[1]);
    ended = answer_read(fds[0]);
    if (!ended)
        kill(child, SIGABRT); /* a sanitizer then says where it was */
    waitpid(child, &status, 0);
    close(fds[0]);
    return ended ? status : -1;
}

#endif
