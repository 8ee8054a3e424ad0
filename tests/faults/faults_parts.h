/*
 * faults_parts - what the files of wrapped calls share with each other, and with nobody else.
 */
#ifndef FAULTS_PARTS_H
#define FAULTS_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Counts a call, and its kind (NULL: it has none). True when it is to fail; errno is set then. */
bool faults_fail(const char *call, const char *kind);

/* How many of `n` bytes this call may move. */
size_t faults_at_most(const char *call, size_t n);

/* In faults_epoll.c, and in faults_posix.c, which stands in for it. faults.c asks for it: else the
 * linker, which has seen no call of epoll yet, would take neither out of the archive. */
extern const int faults_linked;

/* The same, in faults_process.c. */
extern const int faults_process_linked;

/* list.sh finds the names by these macros, or by "__wrap_" in a line that begins a definition. */

/* WRAP(type, name, parameters, arguments): name() fails on demand, else is the real one. */
#define WRAP(type, name, parameters, arguments) WRAP_KIND(type, name, NULL, parameters, arguments)

/* The same for a call that does several things; `kind` is an expression that names this one. */
#define WRAP_KIND(type, name, kind, parameters, arguments)              \
    type __real_##name parameters;                                      \
    type __wrap_##name parameters;                                      \
    type __wrap_##name parameters                                       \
    {                                                                   \
        return faults_fail(#name, kind) ? -1 : __real_##name arguments; \
    }

/* The same for calls that move n bytes. */
#define WRAP_MOVE(name, parameters, arguments) \
    ssize_t __real_##name parameters;          \
    ssize_t __wrap_##name parameters;          \
    ssize_t __wrap_##name parameters           \
    {                                          \
        if (faults_fail(#name, NULL))          \
            return -1;                         \
        n = faults_at_most(#name, n);          \
        return __real_##name arguments;        \
    }

#endif
