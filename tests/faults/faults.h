/*
 * faults - a kernel that fails on demand. Test programs and the tested copies of the demos are
 * linked with the linker's --wrap for every call that list.sh lists, so that each call of our own
 * objects comes here first. (Calls that libc makes inside itself do not.)
 *
 * A plan is a list of rules, from the variable EDDY_FAULTS or by faults_plan():
 *
 *     recv%1             each recv() moves at most 1 byte
 *     accept@3=EMFILE    the third accept() fails with EMFILE
 *     malloc@2+=ENOMEM   the second and each later malloc() fails
 *     recv@2=SIGINT      a signal comes before the second recv(), which does not fail
 *
 * Rules are separated by commas. Calls that do several things have a name for each kind too:
 * epoll_ctl_add, _mod, _del; fcntl_getfl, _setfl, _getfd, _setfd, _dupfd; setsockopt_nodelay, _reuseaddr,
 * _v6only.
 *
 * With EDDY_FAULTS_COUNTS a program writes, at its end, how often it made each call to the file of
 * that name, one "CALL NUMBER" a line, and how many faults it met, as "injected NUMBER".
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>
#include <stddef.h>

/* Makes `plan` the plan, and counts calls from 0 again. "" is no faults. Ends the program on a
 * rule that it does not understand: a test that plans nothing tests nothing. */
void faults_plan(const char *plan);

/* While held, calls neither count nor fail: for the other side of a test, which is not tested. */
void faults_hold(bool held);

/* How often `call` was called since the plan was made, and how many faults were injected. */
long faults_calls(const char *call);
long faults_injected(void);

/* Bytes that malloc(), calloc() and realloc() have been asked for since the plan was made. Nothing is taken off
 * when they are given back. */
size_t faults_asked(void);

/* The `i`-th name that was called since the program began; NULL behind the last. Of a call that has
 * kinds, only these are named. */
const char *faults_name(int i);

#endif
