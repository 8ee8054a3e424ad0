/*
 * program - start another program in a new process: an argument vector, and what its three standard
 * descriptors are. No shell is involved, so no argument can mean anything but itself.
 *
 * The new process has descriptors 0, 1 and 2, and no other; no signal is ignored or blocked in it, but by
 * default. Errors of exec come back here, with the true errno.
 * (program_linux.c or program_posix.c: the build takes one of the two.)
 *
 * Used by process.c. Errors: negative codes; on an error there is no process. Memory: nothing is kept.
 * Threads: any.
 */
#ifndef EDDY_PROGRAM_H
#define EDDY_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What it takes to start one. */
struct eddy_launch {
    const char *path;       /* of the file */
    char *const *arguments; /* NULL at the end; the first one is its name */
    char *const *environment;
    const char *directory; /* NULL: this process's */
    int fds[3];            /* what its 0, 1, 2 are copies of, all above 2; -1: as here */
    bool own_group;        /* it leads a process group of its own: no Ctrl-C of the terminal */
};

/* Start it. Returns its process number, or an error: of fork(), and of exec. */
pid_t eddy_program_start(const struct eddy_launch *launch);

/* The same by fork() and exec(), which is all that POSIX has where a directory is asked for. */
pid_t eddy_program_fork(const struct eddy_launch *launch);

/* The file that `name` means: itself, if there is a slash in it, else the first that can be executed in the
 * directories of `search`, as in the variable PATH. 0; -ENOENT; -EACCES; -ENAMETOOLONG. */
int eddy_program_find(const char *name, const char *search, char *path, size_t n);

/* The same file by a number above 2: `fd` itself, or a copy, and `fd` is closed in any case. An error:
 * -EMFILE. */
int eddy_program_above(int fd);

/* `fd` blocks from now on, as programs expect of their descriptors. */
int eddy_program_blocking(int fd);

#ifdef __cplusplus
}
#endif

#endif
