#include "check.h"
#include "check_parts.h"

#include "errors.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

void check_failed(const char *file, int line, const char *expected, const char *came, ...)
{
    va_list args;

    fprintf(check_report, "expected  %s\ncame      ", expected);
    va_start(args, came);
    vfprintf(check_report, came, args);
    va_end(args);
    fputc('\n', check_report);
    check_end_failed(file, line);
}

static void put_code(long long code)
{
    fprintf(check_report, "%lld", code);
    if (code == -1) /* which is -EPERM, too, but hardly ever means it */
        fprintf(check_report, " (a system call's -1, it seems)");
    else if (code < 0)
        fprintf(check_report, " (%s: %s)", eddy_errname((int)code), eddy_strerror((int)code));
    fputc('\n', check_report);
}

/* What the learner's file still has to write, as check.sh has found it there (EDDY_TODO). None: then
 * -ENOSYS comes from somewhere else, and no TODO is to blame. */
static bool put_todo(void)
{
    const char *todo = getenv("EDDY_TODO");

    if (!todo)
        return false;
    check_words->cause[0] = '\0';
    if (todo[0])
        fprintf(check_report, "cause     -ENOSYS is what a TODO returns; still to write: %s\n",
                todo);
    return true;
}

/* The test's own guess comes first, but not before "you have not written this yet". */
void check_put_likely_cause(const char *what)
{
    const char *cause;

    if (strcmp(what, "ENOSYS") == 0) {
        if (put_todo())
            return;
        check_words->cause[0] = '\0';
    }
    cause = check_words->cause[0] ? NULL : check_likely_cause(what);
    if (cause)
        fprintf(check_report, "cause     %s\n", cause);
}

/* Of a negative code. -1 is no guess's: whatever was to be done, errno was not returned. */
static void put_cause_of_code(long long code)
{
    if (code == -1) {
        check_words->cause[0] = '\0';
        fprintf(check_report, "cause     return -errno in the place of a system call's -1: the "
                              "caller wants to know why it failed\n");
        return;
    }
    check_put_likely_cause(eddy_errname((int)code));
}

void check_int(const char *file, int line, const char *expr, long long got, const char *want_expr,
               long long want)
{
    if (got == want)
        return;
    if (got == -ENOSYS) /* what an exercise's function returns that is still to be written */
        check_code(file, line, expr, got, want_expr, want);
    fprintf(check_report, "expected  %s == %s", expr, want_expr);
    if (want_expr[strspn(want_expr, "-0123456789")] != '\0')
        fprintf(check_report, ", that is %lld", want);
    fprintf(check_report, "\ncame      %lld\n", got);
    check_end_failed(file, line);
}

void check_code(const char *file, int line, const char *expr, long long got, const char *want_expr,
                long long want)
{
    if (got == want)
        return;
    fprintf(check_report, "expected  %s == %s\ncame      ", expr, want_expr);
    put_code(got);
    if (got < 0)
        put_cause_of_code(got);
    check_end_failed(file, line);
}

void check_ok(const char *file, int line, const char *expr, long long got)
{
    if (got >= 0)
        return;
    fprintf(check_report, "expected  %s to succeed\ncame      ", expr);
    put_code(got);
    put_cause_of_code(got);
    check_end_failed(file, line);
}

/* One byte as C would write it. Returns how many characters that took. */
static int put_escaped(unsigned char c)
{
    static const char letters[] = "\n\r\t\\\"", names[] = "nrt\\\"";
    const char *known = c ? strchr(letters, c) : NULL;

    if (known)
        return fprintf(check_report, "\\%c", names[known - letters]);
    return fprintf(check_report, c >= ' ' && c < 127 ? "%c" : "\\x%02x", c);
}

/* At most 40 bytes of `bytes` from `from` on, in quotes. Returns the column of byte `mark`. */
static int put_bytes(const unsigned char *bytes, size_t n, size_t from, size_t mark)
{
    size_t to = n - from > 40 ? from + 40 : n;
    int column = fprintf(check_report, from > 0 ? "...\"" : "\""), marked = column;

    for (size_t i = from; i < to; i++) {
        if (i == mark)
            marked = column;
        column += put_escaped(bytes[i]);
    }
    fprintf(check_report, to < n ? "\"... (%zu bytes)\n" : "\" (%zu bytes)\n", n);
    return mark >= to ? column : marked;
}

void check_bytes(const char *file, int line, const char *expr, const void *got, size_t n,
                 const void *want, size_t m)
{
    size_t same = 0, from;
    const unsigned char *a = got, *b = want;

    while (same < n && same < m && a[same] == b[same])
        same++;
    if (same == n && same == m)
        return;
    from = same > 20 ? same - 20 : 0;
    fprintf(check_report, "what      %s\nexpected  ", expr);
    put_bytes(b, m, from, same);
    fprintf(check_report, "came      ");
    fprintf(check_report, "          %*s^ the first difference, at byte %zu\n",
            put_bytes(a, n, from, same), "", same);
    check_end_failed(file, line);
}

void check_text(const char *file, int line, const char *expr, const char *got, const char *want)
{
    check_bytes(file, line, expr, got ? got : "(null)", strlen(got ? got : "(null)"), want,
                strlen(want));
}
