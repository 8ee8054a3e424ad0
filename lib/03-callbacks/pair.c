#include "pair.h"

#include "net.h"
#include "net_new.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

enum { TRIES = 5 };

int eddy_pair_open(struct eddy_pair *pair)
{
    struct stat info[2];
    int err = eddy_net_pair(pair->fds);

    if (err < 0)
        return err;
    if (fstat(pair->fds[0], &info[0]) < 0 || fstat(pair->fds[1], &info[1]) < 0) {
        err = -errno;
        eddy_net_close(pair->fds[0]);
        eddy_net_close(pair->fds[1]);
        return err;
    }
    for (int end = 0; end < 2; end++)
        pair->inodes[end] = info[end].st_ino;
    return 0;
}

/* The inode alone: a file of another device may have the same, but a socket has not. */
bool eddy_pair_ours(const struct eddy_pair *pair, int end)
{
    struct stat info;

    if (fstat(pair->fds[end], &info) < 0)
        return errno != EBADF;
    return S_ISSOCK(info.st_mode) && info.st_ino == pair->inodes[end];
}

/* (sendmsg() and not send(), so that the fault sweeps can tell a broken network from a broken pair.) */
int eddy_pair_send(const struct eddy_pair *pair)
{
    struct iovec byte = {.iov_base = &(char){0}, .iov_len = 1};
    const struct msghdr message = {.msg_iov = &byte, .msg_iovlen = 1};
    ssize_t n = 0;

    for (int tries = 0; tries < TRIES && n != 1; tries++)
        n = sendmsg(pair->fds[1], &message, MSG_NOSIGNAL);
    return n == 1 ? 0 : -errno;
}

void eddy_pair_close(struct eddy_pair *pair)
{
    for (int end = 0; end < 2; end++)
        if (eddy_pair_ours(pair, end))
            eddy_net_close(pair->fds[end]);
}
