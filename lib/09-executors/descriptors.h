/*
 * descriptors - close what a new process has inherited and does not need. (descriptors_linux.c or
 * descriptors_posix.c: the build takes one of the two.)
 */
#ifndef EDDY_DESCRIPTORS_H
#define EDDY_DESCRIPTORS_H

#ifdef __cplusplus
extern "C" {
#endif

/* Close all descriptors above 2, but `fd`. For a process with one thread. O(open ones) on Linux; else
 * O(descriptors that may be open). */
void eddy_descriptors_close_but(int fd);

#ifdef __cplusplus
}
#endif

#endif
