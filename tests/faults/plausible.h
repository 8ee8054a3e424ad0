/*
 * plausible - which errors each wrapped call can really have, and what the library is to make of
 * each. A sweep walks over them: each call in turn fails, with each of its errors, once and from
 * then on.
 */
#ifndef PLAUSIBLE_H
#define PLAUSIBLE_H

#include <stdbool.h>
#include <stddef.h>

/* What must become of an error. */
enum outcome {
    REPORTED, /* the user is told */
    AGAIN,    /* the call is made again. (Failing from then on would keep any program busy.) */
    RETRIED,  /* the call is made again, and if that does not help, the user is told */
    IGNORED,  /* it says nothing that the user has to know */
    EITHER,   /* it depends: reported or absorbed, but nothing else */
};

struct fault {
    char rule[64]; /* as in EDDY_FAULTS */
    const char *call;
    enum outcome outcome;
    int code;    /* what the user is told */
    int also;    /* or this; 0: nothing else */
    bool onward; /* it fails from then on */
};

/* Tries one fault. False: the program ended before it met it, so it meets no later one either. */
typedef bool (*fault_try)(const struct fault *fault, void *data);

/* Tries the faults of a `call` that a run without faults makes `calls` times. All, or a sample:
 * each of the calls fails once, with an error that depends on `seed`, and the first with EINTR.
 * False when the call has no row in the table; it wants one then. */
bool plausible_each(const char *call, long calls, bool full, unsigned seed, fault_try try_fault,
                    void *data);

/* In this sweep something else is made of `error` of `call` than the table says. At most 40 times. */
void plausible_expect(const char *call, int error, enum outcome outcome);

/* It is absorbed: 0 is what the user is told. */
void plausible_absorbed(const char *call, int error);

/* In this sweep, any error of `call` may also be told as `code`: one call serves two purposes. At most 8
 * times. */
void plausible_also(const char *call, int code);

/* In this sweep, what is received comes from a loop itself, through its own two sockets: empty is all
 * the same to it, and what else can be wrong is that they are gone, or that there is no memory. */
void plausible_own_pair(void);

#endif
