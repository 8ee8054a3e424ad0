/*
 * fork - notice that this process is a child of the one that opened something.
 *
 * What a child inherits of a selector or a loop is the parent's. To ask getpid() before each use
 * costs a system call. Instead, fork() raises a counter in the child. The module that opens something
 * remembers the count, and later compares.
 *
 * Not noticed: a raw clone(), Linux's or _Fork(), which tell nobody. (vfork() and posix_spawn() do
 * not either, and need not: there the child does nothing but exec.)
 *
 * Errors: negative codes. Memory: none. Threads: any.
 */
#ifndef EDDY_FORK_H
#define EDDY_FORK_H

#ifdef __cplusplus
extern "C" {
#endif

/* Let fork() be counted, in this process and its children. Once is enough, more is harmless. */
int eddy_fork_watch(void);

/* How often fork() has led from the process that called eddy_fork_watch() to this one. O(1), no
 * system call. */
unsigned eddy_fork_count(void);

#ifdef __cplusplus
}
#endif

#endif
