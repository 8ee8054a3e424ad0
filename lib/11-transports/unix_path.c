#include "unix_path.h"

#include "fork.h"
#include "net.h"
#include "net_new.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int eddy_unix_address(const char *path, struct sockaddr_un *address)
{
    size_t n = strlen(path);

    if (n == 0)
        return -ENOENT;
    if (n >= sizeof address->sun_path)
        return -ENAMETOOLONG;
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->sun_path, path, n + 1);
    return 0;
}

/* 0: nobody listens there any more, which only a connect can tell. */
static int check_stale(const struct sockaddr_un *address)
{
    struct stat info;
    int fd, failed;

    if (lstat(address->sun_path, &info) < 0 || !S_ISSOCK(info.st_mode))
        return -EADDRINUSE;
    fd = eddy_net_socket(AF_UNIX, SOCK_STREAM);
    if (fd < 0)
        return fd;
    failed = connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 ? errno : 0;
    eddy_net_close(fd);
    return failed == ECONNREFUSED ? 0 : -EADDRINUSE;
}

static int bind_path(int fd, const struct sockaddr_un *address)
{
    const struct sockaddr *any = (const struct sockaddr *)address;
    int err;

    if (bind(fd, any, sizeof *address) == 0)
        return 0;
    if (errno != EADDRINUSE)
        return -errno;
    err = check_stale(address);
    if (err < 0)
        return err;
    if (unlink(address->sun_path) < 0 && errno != ENOENT)
        return -errno;
    return bind(fd, any, sizeof *address) < 0 ? -errno : 0;
}

static void note_file(const struct sockaddr_un *address, struct eddy_unix_file *file)
{
    struct stat info;

    file->path[0] = '\0';
    if (stat(address->sun_path, &info) < 0)
        return;
    memcpy(file->path, address->sun_path, sizeof file->path);
    file->device = info.st_dev;
    file->number = info.st_ino;
    file->forks = eddy_fork_count();
}

int eddy_unix_listen(const char *path, struct eddy_unix_file *file)
{
    struct sockaddr_un address;
    int fd, err = eddy_unix_address(path, &address);

    if (err == 0)
        err = eddy_fork_watch();
    if (err < 0)
        return err;
    fd = eddy_net_socket(AF_UNIX, SOCK_STREAM);
    if (fd < 0)
        return fd;
    err = bind_path(fd, &address);
    if (err == 0) {
        note_file(&address, file);
        err = listen(fd, SOMAXCONN) < 0 ? -errno : 0;
        if (err == 0)
            return fd;
        eddy_unix_remove(file);
    }
    eddy_net_close(fd);
    return err;
}

void eddy_unix_remove(struct eddy_unix_file *file)
{
    struct stat info;

    if (file->path[0] && file->forks == eddy_fork_count() && lstat(file->path, &info) == 0 &&
        info.st_dev == file->device && info.st_ino == file->number)
        unlink(file->path);
    file->path[0] = '\0';
}
