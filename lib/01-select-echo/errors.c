#include "errors.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct code {
    int err;
    const char *name;
    const char *text; /* NULL: the system has one */
};

/* clang-format off */
#define SYSTEM(name)    {-name, #name, NULL}
#define OWN(name, text) {name, #name, text}
/* clang-format on */

/* Searched from the top: a lookup is O(n), and happens when something has gone wrong. */
/* clang-format off */
static const struct code codes[] = {
    OWN(EDDY_ENOHOST, "no such host"),
    OWN(EDDY_ERESOLVE, "the name service does not answer"),
    OWN(EDDY_EPORT, "not a port: a port is a whole number from 0 to 65535"),
    OWN(EDDY_ECLOSED, "it is closed"),
    OWN(EDDY_EFORK, "it belongs to the process that opened it, before fork()"),
    OWN(EDDY_ESELECTOR, "this build has no selector of that name (EDDY_SELECTOR: epoll, poll or select)"),
    OWN(EDDY_EQUEUED, "it is queued or set already; cancel it first"),
    OWN(EDDY_ERUNNING, "it is running"),
    OWN(EDDY_ETHREAD, "called from another thread than the loop's"),
    OWN(EDDY_EOTHER, "it belongs to another loop"),
    OWN(EDDY_EPENDING, "the future is not done yet"),
    OWN(EDDY_EDONE, "the future is done already"),
    OWN(EDDY_ESTOPPED, "the loop was stopped before the future was done"),
    OWN(EDDY_ESTUCK, "nothing can happen any more, and it is still waited for"),
    OWN(EDDY_EYIELDED, "it was told to end, and yielded once more"),
    OWN(EDDY_ESTRAY, "a yield or await stood in a switch: the function could not go on"),
    OWN(EDDY_EDEADLOCK, "it would wait for itself"),
    OWN(EDDY_EWATCHED, "another task waits for that descriptor already"),
    OWN(EDDY_ETASKS, "there are tasks that have not ended"),
    OWN(EDDY_EDEPTH, "too many generators, each asked by the one before"),
    OWN(EDDY_EWAKEUP, "the loop's own descriptors were closed by somebody else"),
    OWN(EDDY_EVERSION, "compiled with the headers of another version of eddy than the library's"),
    OWN(EDDY_EBROKEN, "it is broken: some who belong to it cannot go on"),
    OWN(EDDY_ETHREADS, "it forks, so it must be opened before threads are started"),
    OWN(EDDY_EINCOMPLETE, "the end came before all that was wanted"),
    OWN(EDDY_ELIMIT, "it is more than the limit allows"),

    SYSTEM(EAGAIN),       SYSTEM(EINTR),           SYSTEM(EPIPE),        SYSTEM(ECONNRESET),
    SYSTEM(ECONNREFUSED), SYSTEM(ECONNABORTED),    SYSTEM(EADDRINUSE),   SYSTEM(EADDRNOTAVAIL),
    SYSTEM(EAFNOSUPPORT), SYSTEM(EALREADY),        SYSTEM(EDESTADDRREQ), SYSTEM(EHOSTUNREACH),
    SYSTEM(EINPROGRESS),  SYSTEM(EISCONN),         SYSTEM(EMSGSIZE),     SYSTEM(ENETDOWN),
    SYSTEM(ENETRESET),    SYSTEM(ENETUNREACH),     SYSTEM(ENOBUFS),      SYSTEM(ENOPROTOOPT),
    SYSTEM(ENOTCONN),     SYSTEM(ENOTSOCK),        SYSTEM(EOPNOTSUPP),   SYSTEM(EPROTO),
    SYSTEM(EPROTOTYPE),   SYSTEM(EPROTONOSUPPORT), SYSTEM(ETIMEDOUT),    SYSTEM(EWOULDBLOCK),
    SYSTEM(EMFILE),       SYSTEM(ENFILE),          SYSTEM(ENOMEM),       SYSTEM(EINVAL),
    SYSTEM(EBADF),        SYSTEM(EACCES),          SYSTEM(EPERM),        SYSTEM(EFAULT),
    SYSTEM(ENOENT),       SYSTEM(EEXIST),          SYSTEM(ENOTDIR),      SYSTEM(EISDIR),
    SYSTEM(ENAMETOOLONG), SYSTEM(ELOOP),           SYSTEM(EBUSY),        SYSTEM(ETXTBSY),
    SYSTEM(ENOEXEC),      SYSTEM(E2BIG),           SYSTEM(ECHILD),       SYSTEM(ESRCH),
    SYSTEM(EDEADLK),      SYSTEM(ECANCELED),       SYSTEM(ENOSYS),       SYSTEM(ENOTSUP),
    SYSTEM(EOVERFLOW),    SYSTEM(ERANGE),          SYSTEM(EDOM),         SYSTEM(EIO),
    SYSTEM(ENOSPC),       SYSTEM(EFBIG),           SYSTEM(EROFS),        SYSTEM(ESPIPE),
    SYSTEM(ENODEV),       SYSTEM(ENXIO),           SYSTEM(ENOTTY),       SYSTEM(EXDEV),
    SYSTEM(EMLINK),       SYSTEM(ENOTEMPTY),       SYSTEM(EILSEQ),       SYSTEM(ENOLCK),
    SYSTEM(ENOMSG),       SYSTEM(EIDRM),           SYSTEM(EBADMSG),
};
/* clang-format on */

static const struct code *find_code(int err)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].err == err)
            return &codes[i];
    return NULL;
}

const char *eddy_errname(int err)
{
    const struct code *code = find_code(err);

    if (err == 0)
        return "OK";
    return code ? code->name : "unknown";
}

const char *eddy_strerror(int err)
{
    /* strerror() may share one buffer between threads; strerror_r() fills ours. */
    static _Thread_local char text[128];
    const struct code *code = find_code(err);

    if (err == 0)
        return "success";
    if (code && code->text)
        return code->text;
    if (err > 0 || err < -4095 || strerror_r(-err, text, sizeof text) != 0)
        snprintf(text, sizeof text, "unknown error %d", err);
    return text;
}
