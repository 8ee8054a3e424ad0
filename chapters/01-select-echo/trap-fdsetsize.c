/* Trap: an fd_set is an array of bits with room for FD_SETSIZE descriptors, and FD_SET() does not
 * look. This program computes where the bit would go; it does not set it. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

int main(void)
{
    struct rlimit limit;
    int fd;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 2048 ? limit.rlim_max : 2048;
    setrlimit(RLIMIT_NOFILE, &limit);
    fd = fcntl(0, F_DUPFD, 2000); /* as a busy server gets one */
    if (fd < 0) {
        printf("this system gives no process a descriptor of 2000\n");
        return 0;
    }
    printf("FD_SETSIZE:                %d\n", FD_SETSIZE);
    printf("an fd_set has:             %zu bytes\n", sizeof(fd_set));
    printf("a descriptor can be:       %d\n", fd);
    printf("FD_SET() would write to:   byte %d, which is somebody else's\n", fd / CHAR_BIT);
    close(fd);
    return 0;
}
