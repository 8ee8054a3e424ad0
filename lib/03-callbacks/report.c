#include "report.h"

#include <stdarg.h>
#include <stdio.h>

static void to_stderr(const char *text)
{
    fprintf(stderr, "eddy: %s\n", text);
}

static void (*receive)(const char *text) = to_stderr;

void eddy_report_to(void (*receiver)(const char *text))
{
    receive = receiver ? receiver : to_stderr;
}

void eddy_report(const char *format, ...)
{
    char text[2000];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    receive(text);
}
