/* POSIX.1-2008 gives threads no names. The build takes this file or thread_linux.c. */
#include "thread.h"

void eddy_thread_name(const char *name)
{
    (void)name;
}
