/*
 * check - the harness of eddy's C tests. A test program is a list of cases:
 *
 *     #include "check.h"
 *
 *     TESTS
 *     {
 *         CASE("a port is a whole number from 0 to 65535") {
 *             DID("parsed the text \"80x\" as a port");
 *             CAUSE("strtol() reads as far as it can and calls that a number");
 *             CHECK_CODE(eddy_net_parse_port("80x"), EDDY_EPORT);
 *         }
 *     }
 *
 * Each case runs in a child process of its own, so a crash or a hang is one case's failure, told
 * with its place, and ends with the leak ledger: descriptors, children, threads and heap blocks
 * are as many as at its start. The output is TAP, which bats speaks too. A failed check ends its
 * case.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define TESTS                        \
    static void check_cases(void);   \
    int main(int argc, char *argv[]) \
    {                                \
        check_start(argc, argv);     \
        check_cases();               \
        return check_end();          \
    }                                \
    static void check_cases(void)

#define CASE(sentence) if (check_case(sentence))

/* What the test does from here on, best as a command that a person could type. printf's format. */
#define DID check_did
/* The likely mistake if one of the next checks fails. DID ends it. */
#define CAUSE check_cause
/* ... and if it crashes next, or hangs: that is mostly another one. DID ends these, too. */
#define IF_CRASH check_if_crash
#define IF_HANG check_if_hang
/* What the test waits for, told if it hangs. */
#define WAITING check_waiting

#define CHECK(condition) \
    ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition, "false"))
#define CHECK_INT(got, want) check_int(__FILE__, __LINE__, #got, (long long)(got), #want, (want))
/* Return codes: shown with their names, and with what they most likely mean in this chapter. */
#define CHECK_CODE(got, want) check_code(__FILE__, __LINE__, #got, (long long)(got), #want, (want))
/* Anything but an error code. */
#define CHECK_OK(got) check_ok(__FILE__, __LINE__, #got, (long long)(got))
#define CHECK_TEXT(got, want) check_text(__FILE__, __LINE__, #got, got, want)
#define CHECK_BYTES(got, n, want, m) check_bytes(__FILE__, __LINE__, #got, got, n, want, m)
/* Fails the case: expected this, that came. Both in words. */
#define FAIL(expected, ...) check_failed(__FILE__, __LINE__, expected, __VA_ARGS__)
/* This case cannot run here: say why. It is counted as skipped, not as passed. */
#define SKIP check_skip

#define FORMAT(n) __attribute__((format(printf, n, n + 1)))

void check_start(int argc, char *argv[]);
int check_end(void);
bool check_case(const char *sentence);

/* Seconds that a case may compute, or do nothing at all, before it counts as hanging: 10 unless said
 * otherwise before the case. How busy the machine is does not matter to either. */
void check_limit(unsigned seconds);

void check_did(const char *format, ...) FORMAT(1);
void check_cause(const char *format, ...) FORMAT(1);
void check_if_crash(const char *format, ...) FORMAT(1);
void check_if_hang(const char *format, ...) FORMAT(1);
void check_waiting(const char *format, ...) FORMAT(1);
_Noreturn void check_skip(const char *format, ...) FORMAT(1);
_Noreturn void check_failed(const char *file, int line, const char *expected, const char *came, ...)
    FORMAT(4);

void check_int(const char *file, int line, const char *expr, long long got, const char *want_expr,
               long long want);
void check_code(const char *file, int line, const char *expr, long long got, const char *want_expr,
                long long want);
void check_ok(const char *file, int line, const char *expr, long long got);
void check_text(const char *file, int line, const char *expr, const char *got, const char *want);
void check_bytes(const char *file, int line, const char *expr, const void *got, size_t n,
                 const void *want, size_t m);

/* Called when a case fails, to add what it knows: lines "word<spaces>text" to the report. */
extern void (*check_on_failure)(FILE *report);

/* The likely cause of an error ("ECONNRESET", "EOF", "SIGSEGV", "hang") in the chapter under test,
 * from the file that EDDY_CAUSES names; NULL when it knows none. */
const char *check_likely_cause(const char *what);

/* The place in our own sources that a sanitizer's report names first, as "function, file:line". */
bool check_crash_place(FILE *report, char *place, size_t n);

/* Puts what a program has printed into the report of the case that fails: its last lines, as `said`. What
 * the case itself prints stands there anyway. */
void check_put_said(FILE *printed);

/* For a check that runs a program by itself: what that has printed is the case's own words, which a
 * failure shows. If eddy has reported a stray await, that is the cause. */
void check_replay(const char *printed, FILE *errors);

/* What a sanitizer's verdict most likely means in the chapter under test, or in any. */
const char *check_crash_cause(const char *verdict);

/* What a sanitizer's report says in one phrase, such as "heap-use-after-free on address ...". */
bool check_crash_verdict(FILE *report, char *text, size_t n);

#endif
