#include "micro.h"

int back_open(int fds[2])
{
    return pipe(fds) < 0 ? -errno : 0;
}
