/*
 * run - from main() into the world of tasks and back, in one call: open a loop, run a coroutine as
 * its main task, cancel what is left when that has ended, run it out, close the loop. (asyncio.run)
 *
 *     int main(void)
 *     {
 *         int err = eddy_run(hello, .name = "world");
 *         ...
 */
#ifndef EDDY_RUN_H
#define EDDY_RUN_H

#include "task.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * eddy_run(hello, .name = "world"): run hello() as a task on a frame with these fields. Returns how
 * its body ends: 0 or an error; or why it could not be run, such as EDDY_ERUNNING in a thread where a
 * loop runs. Ctrl-C (SIGINT) and SIGTERM cancel the main task, which then ends in order, and
 * -ECANCELED is returned; a second one does what it always did. A signal that the program handles or
 * ignores is left alone. In debug mode, SIGUSR1 reports all tasks.
 */
#define eddy_run(...) EDDY_RUN_(__VA_ARGS__, .co = {.body = NULL})

#define EDDY_RUN_(name, ...)                                                                    \
    eddy_run_frame(&(struct name){__VA_ARGS__}, sizeof(struct name), offsetof(struct name, co), \
                   #name, name, __func__, __FILE__, __LINE__)

int eddy_run_frame(void *frame, size_t frame_size, size_t co_offset, const char *name,
                   struct eddy_step (*body)(struct eddy_co *co), const char *function,
                   const char *file, int line);

/*
 * Cancel all tasks of `loop` and run it until they have ended, for at most `seconds` of its clock.
 * Those that refuse, or wait for what nobody can finish, are reported and abandoned: EDDY_ETASKS.
 * Then no task is left, also after an error of the loop. -EINVAL, -ERANGE (NaN, infinite) and
 * EDDY_ERUNNING: nothing has happened.
 */
int eddy_loop_shutdown(struct eddy_loop *loop, double seconds);

#ifdef __cplusplus
}
#endif

#endif
