/*
 * errors - one way to report failure, everywhere in eddy.
 *
 * A function that can fail returns 0 or a useful number, or a negative code: a negated errno value
 * (-ECONNRESET), or one of eddy's own codes below, which lie where no errno value is. There is no
 * global "last error" to read too late, and no code that means two things.
 * (The convention is the Linux kernel's and libuv's.)
 */
#ifndef EDDY_ERRORS_H
#define EDDY_ERRORS_H

#ifdef __cplusplus
extern "C" {
#endif

enum {
    EDDY_ENOHOST = -20001,   /* the host name is not known */
    EDDY_ERESOLVE = -20002,  /* the name service did not answer; later it may */
    EDDY_EPORT = -20003,     /* not a port number */
    EDDY_ECLOSED = -20004,   /* it is closed */
    EDDY_EFORK = -20005,     /* it belongs to the process that opened it, before fork() */
    EDDY_ESELECTOR = -20006, /* this build has no selector of that name */
    EDDY_EQUEUED = -20007,   /* the handle, timer or watch is queued or set already */
    EDDY_ERUNNING = -20008,  /* it is running */
    EDDY_ETHREAD = -20009,   /* called from another thread than the loop's */
    EDDY_EOTHER = -20010,    /* it belongs to another loop */
    EDDY_EPENDING = -20011,  /* the future is not done yet */
    EDDY_EDONE = -20012,     /* the future is done already */
    EDDY_ESTOPPED = -20013,  /* the loop was stopped before the future was done */
    EDDY_ESTUCK = -20014,    /* nothing can happen any more, and it is still waited for */
    EDDY_EYIELDED = -20015,  /* it was told to end, and yielded once more */
    EDDY_ESTRAY = -20016,    /* a yield or await stood in a switch: the function could not go on */
    EDDY_EDEADLOCK = -20017, /* it would wait for itself */
    EDDY_EWATCHED = -20018,  /* another task waits for that descriptor already */
    EDDY_ETASKS = -20019,    /* there are tasks that have not ended */
    EDDY_EDEPTH = -20020,    /* too many generators, each asked by the one before */
    EDDY_EWAKEUP = -20021,   /* the loop's own descriptors were closed by somebody else */
    EDDY_EVERSION = -20022,  /* compiled with the headers of another version than the library's */
    EDDY_EBROKEN = -20023,   /* it is broken: some who belong to it cannot go on */
    EDDY_ETHREADS = -20024,  /* it must be opened before threads are started */
    EDDY_EINCOMPLETE = -20025, /* the end came before all that was wanted */
    EDDY_ELIMIT = -20026,      /* more than the limit allows */
};

/*
 * What `err` means, in words: for a negative code of either kind, and for 0.
 * The text is static, or this thread's until its next call. Never NULL. Any thread.
 */
const char *eddy_strerror(int err);

/*
 * The name of `err`, as it is written in C: "ECONNRESET" for -ECONNRESET, "EDDY_EPORT".
 * "OK" for 0, "unknown" for what is no code at all. Static text. Any thread.
 */
const char *eddy_errname(int err);

#ifdef __cplusplus
}
#endif

#endif
