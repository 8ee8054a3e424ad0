/* POSIX cannot list the open descriptors: each number is tried. The build takes this file or
 * descriptors_linux.c. */
#include "descriptors.h"

#include <unistd.h>

void eddy_descriptors_close_but(int fd)
{
    long most = sysconf(_SC_OPEN_MAX);

    for (int each = STDERR_FILENO + 1; each < (most < 0 ? 65536 : most); each++)
        if (each != fd)
            close(each);
}
