#include "waitable.h"

#include <errno.h>
#include <sys/stat.h>

int eddy_waitable(int fd, uint64_t *file)
{
    struct stat info;

    if (fstat(fd, &info) < 0)
        return -errno;
    *file = (uint64_t)info.st_dev << 32 ^ (uint64_t)info.st_ino;
    if (S_ISSOCK(info.st_mode) || S_ISFIFO(info.st_mode))
        return 0;
    return eddy_waitable_probe(fd, &info);
}
