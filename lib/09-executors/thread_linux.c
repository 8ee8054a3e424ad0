/* A thread's name on Linux. The build takes this file or thread_posix.c. */
#include "thread.h"

#include <stdio.h>
#include <sys/prctl.h>

void eddy_thread_name(const char *name)
{
    char text[16]; /* Linux keeps no more */

    snprintf(text, sizeof text, "%s", name);
    (void)prctl(PR_SET_NAME, text, 0L, 0L, 0L);
}
