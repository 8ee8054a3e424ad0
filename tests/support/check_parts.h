/*
 * check_parts - what the files of the harness share with each other, and with nobody else.
 */
#ifndef CHECK_PARTS_H
#define CHECK_PARTS_H

#include <stdbool.h>
#include <stdio.h>

/* How a failed case ends. Not with 1: sanitizers end a program with that. */
enum { CHECK_FAILED = 3 };

/* What a case says of itself, in memory shared with the parent, so that it outlives a crash. */
struct check_words {
    char did[512], cause[512], if_crash[512], if_hang[512], waiting[256], skip[256];
    bool finished; /* it came to its end; an exit() on the way is none */
};

extern struct check_words *check_words;
extern FILE *check_report; /* the case writes what failed, the parent reads it */

/* Ends the case: it has failed, and the report says why. */
_Noreturn void check_end_failed(const char *file, int line);

/* Adds the likely cause of `what` to the report, unless the test has named its own. */
void check_put_likely_cause(const char *what);

/* Tells, as TAP diagnostics, how a case ended that had no time to say it. `noise` is its stderr;
 * `overdue` is how many seconds it was given, if it did not end by itself. */
void check_tell_sudden_end(int status, FILE *noise, unsigned overdue);

/* The test's own guess at the cause is about its checks: it fits a hang only where the test said what
 * it waits for, and no crash. */
bool check_guess_fits(int status, bool overdue);

/* What `from` holds of a program's own words, without a sanitizer's trace: its last lines, each as
 * "said ..." behind `mark`. */
void check_copy_said(FILE *from, FILE *to, const char *mark);

#endif
