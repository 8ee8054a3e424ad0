/* Programs on Linux, by posix_spawn(), which does not copy the parent's page tables. The build takes this file
 * or program_posix.c. */
#include "program.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>

/* The C library may have these or not: glibc has both, musl the first. */
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions,
                                                const char *path) __attribute__((weak));
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from)
    __attribute__((weak));

static int add_actions(posix_spawn_file_actions_t *actions, const struct eddy_launch *launch)
{
    int error = 0;

    for (int i = 0; i < 3 && error == 0; i++)
        if (launch->fds[i] >= 0)
            error = posix_spawn_file_actions_adddup2(actions, launch->fds[i], i);
    if (error == 0 && launch->directory)
        error = posix_spawn_file_actions_addchdir_np(actions, launch->directory);
    if (error == 0)
        error = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    return error;
}

static void set_attributes(posix_spawnattr_t *attributes, const struct eddy_launch *launch)
{
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    sigset_t set;

    sigfillset(&set);
    posix_spawnattr_setsigdefault(attributes, &set);
    sigemptyset(&set);
    posix_spawnattr_setsigmask(attributes, &set);
    if (launch->own_group)
        flags |= POSIX_SPAWN_SETPGROUP; /* 0, the default: a group of its own */
    posix_spawnattr_setflags(attributes, flags);
}

static pid_t spawn_program(const struct eddy_launch *launch, posix_spawn_file_actions_t *actions,
                           const posix_spawnattr_t *attributes)
{
    pid_t pid;
    int error = add_actions(actions, launch);

    if (error == 0)
        error = posix_spawn(&pid, launch->path, actions, attributes, launch->arguments,
                            launch->environment);
    return error ? -error : pid;
}

pid_t eddy_program_start(const struct eddy_launch *launch)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t pid;
    int error;

    if (!posix_spawn_file_actions_addchdir_np || !posix_spawn_file_actions_addclosefrom_np)
        return eddy_program_fork(launch);
    error = posix_spawn_file_actions_init(&actions);
    if (error)
        return -error;
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        set_attributes(&attributes, launch);
        pid = spawn_program(launch, &actions, &attributes);
        posix_spawnattr_destroy(&attributes);
    } else {
        pid = -error;
    }
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}
