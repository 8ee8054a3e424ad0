#include "micro.h"

#include <sys/eventfd.h>

int back_open(int fds[2])
{
    fds[0] = fds[1] = eventfd(0, EFD_CLOEXEC);
    return fds[0] < 0 ? -errno : 0;
}
