/* Programs where POSIX is all there is: posix_spawn() cannot change the directory, nor close what it does not
 * know of. The build takes this file or program_linux.c. */
#include "program.h"

pid_t eddy_program_start(const struct eddy_launch *launch)
{
    return eddy_program_fork(launch);
}
