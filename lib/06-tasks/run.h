/*
 * run - from main() into the world of tasks and back, in one call: open a loop, run a coroutine as
 * its main task, cancel the tasks that are left when that has ended, run the loop until they have
 * ended, too, and close it. (asyncio.run)
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
 * its body ends: 0 or an error; or why it could not be run, such as EDDY_ERUNNING in a thread where
 * a loop runs, or what eddy_loop_open() says. Ctrl-C (SIGINT) and SIGTERM cancel the main task,
 * which then ends in order, and -ECANCELED is returned. A second signal kills, as it always did,
 * also while the task computes and does not see the first, or while it cleans up. A signal that the
 * program handles or ignores is left alone. In debug mode, SIGUSR1 reports all tasks.
 *
 * Who outlives whom: the main task's frame stays until this function returns. So a task that is
 * left, and is cancelled when the main task has ended, may still point into it. The loop lies on
 * this function's stack, and is gone when it returns. So a thread that posts must have ended by
 * then: join it in the main task's cleanup section. (A loop of your own, in memory that stays,
 * tells a late thread EDDY_ECLOSED; this one is not there any more to tell anything.)
 */
#define eddy_run(...) eddy_run_with(NULL, __VA_ARGS__)

/*
 * The same with a loop of these options: a selector, a clock, debug mode. They are read once.
 *
 *     eddy_run_with(&(struct eddy_loop_options){.selector = "poll", .debug = true}, hello);
 */
#define eddy_run_with(options, ...) EDDY_RUN_(options, __VA_ARGS__, .co = {.body = NULL})

#define EDDY_RUN_(options, name, ...)                                                              \
    eddy_run_frame(EDDY_VERSION_NUMBER, options, &(struct name){__VA_ARGS__}, sizeof(struct name), \
                   offsetof(struct name, co), #name, name, __func__, __FILE__, __LINE__)

/* `version` is the header's, and the first in all versions: when it is not the library's, the rest
 * may mean something else, and is not looked at. */
int eddy_run_frame(int version, const struct eddy_loop_options *options, void *frame,
                   size_t frame_size, size_t co_offset, const char *name,
                   struct eddy_step (*body)(struct eddy_co *co), const char *function,
                   const char *file, int line);

/*
 * Cancel all tasks of `loop` and run it until they have ended, for at most `seconds` of its clock,
 * which begin when all have been cancelled. Tasks that are born meanwhile are cancelled, too,
 * except those that a cleanup section starts in its frame, to await them. A stop() cuts no cleanup
 * short. Those that refuse, and at once those that wait for what nobody can finish, are reported
 * and abandoned: EDDY_ETASKS. Then no task is left, also after an error of the loop. (What a thread
 * of yours will finish needs a keep, or it counts as what nobody can.) -EINVAL, -ERANGE (NaN,
 * infinite) and EDDY_ERUNNING: nothing has happened. O(tasks), however they wait for each other.
 */
int eddy_loop_shutdown(struct eddy_loop *loop, double seconds);

#ifdef __cplusplus
}
#endif

#endif
