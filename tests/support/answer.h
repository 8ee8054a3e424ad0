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

enum { ANSWER_WORDS_MOST = 24, ANSWER_QUIET_MS = 5000 };

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

/* ---- What came of it ----------------------------------------------------------------------------- */

/* A program that has ended in the middle says too little, too: but that is not what is wrong with it. */
static inline bool has_crashed(int status)
{
    char verdict[256];

    return WIFSIGNALED(status) || check_crash_verdict(errors, verdict, sizeof verdict);
}

/* `whole`, in all of these, is what was expected: "a day that comes to its end". `stuck` is what is said
 * of one that would not end. */
static inline void expect_no_hang(int status, const char *whole, const char *stuck)
{
    if (status != -1)
        return;
    put_place("program   it was in ");
    FAIL(whole, "%s", stuck);
}

/* A sanitizer has stopped it. `leaked`: the cause, if that was for a leak; NULL: the usual. */
static inline void expect_not_stopped(const char *whole, const char *leaked)
{
    const char *cause;
    char verdict[256];

    if (!check_crash_verdict(errors, verdict, sizeof verdict))
        return;
    cause = leaked && strstr(verdict, "memory leaks") ? leaked : check_crash_cause(verdict);
    if (cause)
        CAUSE("%s", cause);
    put_place("where     ");
    FAIL(whole, "it was stopped: %s", verdict);
}

static inline void expect_not_killed(int status, const char *whole)
{
    if (WIFSIGNALED(status))
        FAIL(whole, "it crashed: signal %d", WTERMSIG(status));
}

/* All three. How it has left is another question. */
static inline void expect_whole(int status, const char *whole, const char *stuck)
{
    expect_no_hang(status, whole, stuck);
    expect_not_stopped(whole, NULL);
    expect_not_killed(status, whole);
}

/* The next line of `text` from `at` on that begins with `name`, or the end. */
static inline const char *answer_line(const char *at, const char *name)
{
    while (*at && strncmp(at, name, strlen(name)) != 0) {
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    return at;
}

/* Of what it has printed, the lines that begin with `name` ("": all) are these, and no others. `none` says that
 * there is none: "no further line about this child". */
static inline void expect_lines(const char *name, const char *expected, const char *none)
{
    const char *want = expected, *came = answer_line(text, name);
    char line[160];

    while (*want || *came) {
        int n = (int)strcspn(want, "\n"), m = (int)strcspn(came, "\n");
        if (n != m || strncmp(want, came, (size_t)n) != 0) {
            snprintf(line, sizeof line, "the line \"%.*s\"", n, want);
            FAIL(*want ? line : none, "%s%.*s", m ? "" : none, m, came);
        }
        want += n + (want[n] == '\n');
        came = answer_line(came + m + (came[m] == '\n'), name);
    }
}

static inline void expect_these_lines(const char *expected)
{
    expect_lines("", expected, "no further line");
}

/* Runs it with the words of `line`; `expect_said` looks at what it has said, and `expect_end`, which is told its
 * status, at how it has ended. If it hangs or was killed, that comes first: it has said too little then. */
static inline void expect_answer(const char *line, const char *cause,
                                 void (*expect_said)(const char *expected), const char *expected,
                                 void (*expect_end)(int status))
{
    int status;

    DID("%s %s", path, line);
    CAUSE("%s", cause);
    status = run(line);
    check_replay(text, errors);
    if (status == -1 || WIFSIGNALED(status))
        expect_end(status);
    expect_said(expected);
    expect_end(status);
    CHECK_INT(WEXITSTATUS(status), 0);
    fclose(errors);
}

/* The ledger, at its end. `cause`: of a leak; NULL: as it was said. */
static inline void expect_nothing_left(const char *cause)
{
    char line[256];

    rewind(errors);
    while (fgets(line, sizeof line, errors)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "ledger: left", 12) != 0)
            continue;
        if (cause)
            CAUSE("%s", cause);
        FAIL("nothing left behind when it ends", "%s", line + 8);
    }
    fclose(errors);
}

#endif
