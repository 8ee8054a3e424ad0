/*
 * unix_path - addresses of Unix sockets: a path in the file system, which bind() makes and nobody removes.
 *
 * Used by server.c and create_connection.c. Errors: negative codes. Memory: nothing is kept. Threads: any.
 */
#ifndef EDDY_UNIX_PATH_H
#define EDDY_UNIX_PATH_H

#include <sys/stat.h>
#include <sys/un.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which file it was that bind() has made: another one may have taken its name. */
struct eddy_unix_file {
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* empty: none */
    dev_t device;
    ino_t number;
    unsigned forks; /* eddy_fork_count() of the process that has made it */
};

/* The address that `path` is. -ENAMETOOLONG: there is room for some 100 bytes. -ENOENT: it is empty. */
int eddy_unix_address(const char *path, struct sockaddr_un *address);

/*
 * Listen at `path`. A socket that is there, and at which nobody listens any more, is replaced. -EADDRINUSE:
 * somebody listens there, or it is no socket; then it is left alone. Returns the descriptor, and fills `file`.
 */
int eddy_unix_listen(const char *path, struct eddy_unix_file *file);

/* Remove the file, if it is still the same. Before the socket is closed: after that, another file may get its
 * number. In a child that has been forked it stays: it is the parent's. Twice is harmless. */
void eddy_unix_remove(struct eddy_unix_file *file);

#ifdef __cplusplus
}
#endif

#endif
