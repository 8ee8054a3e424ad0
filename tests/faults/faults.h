/*
 * faults - a kernel that fails on demand. Test programs and the tested copies of the demos are
 * linked with the linker's --wrap for every call below, so that each call of our own objects
 * comes here first. (Calls that libc makes inside itself do not.)
 *
 * A plan is a list of rules, from the variable EDDY_FAULTS or by faults_plan():
 *
 *     recv%1             each recv() moves at most 1 byte
 *     accept@3=EMFILE    the third accept() fails with EMFILE
 *     malloc@2+=ENOMEM   the second and each later malloc() fails
 *
 * Rules are separated by commas.
 */
#ifndef FAULTS_H
#define FAULTS_H

/* Makes `plan` the plan, and counts calls from 0 again. "" is no faults. Ends the program on a
 * rule that it does not understand: a test that plans nothing tests nothing. */
void faults_plan(const char *plan);

/* How often `call` was called since the plan was made, and how many faults were injected. */
long faults_calls(const char *call);
long faults_injected(void);

#endif
