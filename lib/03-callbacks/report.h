/*
 * report - what goes wrong where no return value can tell it: an error that nobody waits for, a
 * loop that is stuck, a warning of debug mode. All of it goes through one function, which a program
 * can replace.
 *
 * Threads: any. The text is the library's, until the function returns.
 */
#ifndef EDDY_REPORT_H
#define EDDY_REPORT_H

#ifdef __cplusplus
extern "C" {
#endif

/* `receiver` gets each report from now on, one or more lines without a newline at the end. NULL:
 * they go to stderr, as at the beginning. Set it before there are threads. */
void eddy_report_to(void (*receiver)(const char *text));

/* Report this. printf's format; cut after 2000 bytes. */
void eddy_report(const char *format, ...) __attribute__((format(printf, 1, 2)));

#ifdef __cplusplus
}
#endif

#endif
