#include "plausible.h"

#include "errors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct row {
    const char *call;
    enum outcome outcome;
    int errors[8]; /* 0 behind the last */
    int code;      /* what the user is told of them; 0: -errno */
};

/* A call without errors is one that cannot fail in a way that a correct program meets. */
static const struct row rows[] = {
    {"socket", REPORTED, {EMFILE, ENFILE, ENOBUFS, ENOMEM, EACCES}, 0},
    /* One address of several may be of a family that is switched off. */
    {"socket", EITHER, {EAFNOSUPPORT}, 0},
    {"bind", REPORTED, {EACCES, ENOMEM}, 0},
    {"bind", EITHER, {EADDRNOTAVAIL}, 0},
    {"bind", RETRIED, {EADDRINUSE}, 0}, /* sweeps listen on port 0: another is picked */
    {"listen", REPORTED, {EACCES, ENOBUFS}, 0},
    {"listen", RETRIED, {EADDRINUSE}, 0},
    {"accept", REPORTED, {EAGAIN, EMFILE, ENFILE, ENOBUFS, ENOMEM, EPERM}, 0},
    {"accept", AGAIN, {EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT}, 0},
    {"accept", AGAIN, {EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH}, 0},
    {"getsockname", REPORTED, {ENOBUFS}, 0},
    {"getpeername", REPORTED, {ENOTCONN, ENOBUFS}, 0},
    {"shutdown", REPORTED, {ENOBUFS}, 0},
    {"shutdown", IGNORED, {ENOTCONN}, 0}, /* the peer has gone already, and has the end */
    {"setsockopt_reuseaddr", REPORTED, {ENOMEM, ENOBUFS}, 0},
    {"setsockopt_v6only", REPORTED, {ENOMEM, ENOBUFS}, 0},
    {"setsockopt_nodelay", IGNORED, {EINVAL, ENOBUFS}, 0}, /* EINVAL: the peer has reset */
    {"setsockopt_sndbuf", IGNORED, {ENOMEM, ENOBUFS}, 0},  /* of demos: it is a wish */
    {"fcntl_getfl", REPORTED, {EINVAL}, 0},
    {"fcntl_setfl", REPORTED, {EINVAL}, 0},
    {"fcntl_setfd", REPORTED, {EINVAL}, 0},
    {"fcntl_getfd", REPORTED, {0}, 0}, /* EBADF is the truth, or else does not come */
    {"fcntl_dupfd", REPORTED, {EMFILE}, 0},
    {"fstat", EITHER, {EIO, ENOMEM, EOVERFLOW}, 0}, /* before closing, no answer is one as well */
    {"pipe", REPORTED, {EMFILE, ENFILE}, 0},
    {"socketpair", REPORTED, {EMFILE, ENFILE, ENOBUFS, ENOMEM}, 0},
    {"close", REPORTED, {EIO}, 0},
    {"close", IGNORED, {EINTR}, 0}, /* it has closed */

    {"recv", REPORTED, {ECONNRESET, ETIMEDOUT, ENOMEM, EAGAIN, EHOSTUNREACH}, 0},
    {"recv", AGAIN, {EINTR}, 0},
    {"send", REPORTED, {EPIPE, ECONNRESET, ENOBUFS, EAGAIN, ETIMEDOUT}, 0},
    {"send", AGAIN, {EINTR}, 0},
    {"sendmsg_one", AGAIN, {EINTR, EAGAIN, ENOBUFS, ENOMEM}, 0}, /* of a loop to itself */
    {"sendmsg_many", REPORTED, {EPIPE, ECONNRESET, ENOBUFS, ENOMEM}, 0},
    {"sendmsg_many", AGAIN, {EINTR, EAGAIN}, 0},
    {"recvmsg", REPORTED, {ECONNREFUSED, ENOMEM, EAGAIN}, 0},
    {"recvmsg", AGAIN, {EINTR}, 0},
    {"sendto", REPORTED, {ENOBUFS, EMSGSIZE, ECONNREFUSED, EAGAIN}, 0},
    {"sendto", AGAIN, {EINTR}, 0},
    {"recvfrom", REPORTED, {ECONNREFUSED, ENOMEM, EAGAIN}, 0},
    {"recvfrom", AGAIN, {EINTR}, 0},
    {"connect", REPORTED, {ECONNREFUSED, ENETUNREACH, EADDRNOTAVAIL, ETIMEDOUT, EACCES}, 0},
    {"connect", AGAIN, {EINTR, EINPROGRESS}, 0}, /* it goes on */
    {"getsockopt", REPORTED, {ENOBUFS, ENOMEM}, 0},
    {"read", REPORTED, {EIO, EAGAIN}, 0},
    {"read", AGAIN, {EINTR}, 0},
    {"write", REPORTED, {EPIPE, EAGAIN}, 0},
    {"write", AGAIN, {EINTR}, 0},
    {"pread", REPORTED, {EIO}, 0},
    {"pread", AGAIN, {EINTR}, 0},
    {"open", REPORTED, {EMFILE, ENFILE, ENOENT, EACCES, ENOSPC}, 0},
    {"open", AGAIN, {EINTR}, 0},
    /* Of a Unix socket's path. What cannot be looked at, or removed, stays: it is somebody's, who
     * listens there; and after the last close it is too late to tell. */
    {"lstat", EITHER, {EACCES, EIO, ENOMEM}, -EADDRINUSE},
    {"unlink", EITHER, {EACCES, EPERM, EBUSY, EROFS}, 0},
    {"unlink", IGNORED, {ENOENT}, 0}, /* somebody else has removed it */
    {"fsync", REPORTED, {EIO, ENOSPC}, 0},
    {"fsync", AGAIN, {EINTR}, 0},

    {"select", REPORTED, {ENOMEM, EINVAL}, 0},
    {"select", EITHER, {EBADF}, 0}, /* a closed one is dropped, and the rest asked again, once */
    {"select", AGAIN, {EINTR}, 0},
    {"pselect", REPORTED, {ENOMEM, EINVAL}, 0},
    {"pselect", AGAIN, {EINTR}, 0},
    {"poll", REPORTED, {ENOMEM, EINVAL}, 0},
    {"poll", AGAIN, {EINTR}, 0},
    {"pthread_mutex_init", REPORTED, {EAGAIN, ENOMEM}, 0},
    {"pthread_atfork", REPORTED, {ENOMEM}, 0},
    {"pthread_create", REPORTED, {EAGAIN}, 0},
    {"pthread_cond_init", REPORTED, {EAGAIN, ENOMEM}, 0},
    {"pthread_condattr_init", REPORTED, {ENOMEM}, 0},
    {"fork", REPORTED, {EAGAIN, ENOMEM}, 0},
    {"kill", IGNORED, {0}, 0}, /* of a child that was not waited for: it is there, and is ours */
    {"waitid", AGAIN, {EINTR}, 0},
    {"waitpid", AGAIN, {EINTR}, 0},
    /* How a program is started. (ENOENT and the like of posix_spawn() are exec's.) */
    {"access", EITHER, {EACCES, ELOOP, EIO, ETXTBSY}, -EACCES}, /* the next directory may have it */
    {"spawn_actions", REPORTED, {ENOMEM}, 0},
    {"spawn_adddup2", REPORTED, {ENOMEM}, 0},
    {"spawn_attributes", REPORTED, {ENOMEM}, 0},
    {"posix_spawn", REPORTED, {EAGAIN, ENOMEM, ENOENT, EACCES, E2BIG, ENOEXEC, EMFILE}, 0},
    {"dup2", REPORTED, {EMFILE}, 0},
    {"setpgid", REPORTED, {EPERM}, 0},
    {"chdir", REPORTED, {ENOENT, EACCES, ENOTDIR, ENOMEM}, 0},
    {"execve", REPORTED, {ENOMEM, ENOENT, EACCES, E2BIG, ENOEXEC}, 0},
    {"opendir", IGNORED, {EMFILE, ENFILE, ENOMEM, ENOENT, EACCES}, 0}, /* a worker's, of /proc */
    {"fflush", IGNORED, {EIO, ENOSPC, EPIPE}, 0}, /* it is the printing one's to hear of it */
    {"sigaction_install", REPORTED, {EINVAL}, 0}, /* the C library keeps a few for itself */
    {"sigaction_restore", REPORTED, {0}, 0},      /* it was handled, so it can be */
    {"epoll_create1", REPORTED, {EMFILE, ENFILE, ENOMEM}, 0},
    {"epoll_ctl_add", REPORTED, {ENOSPC, ENOMEM}, 0},
    {"epoll_ctl_mod", REPORTED, {ENOMEM}, 0},
    {"epoll_ctl_del", IGNORED, {EBADF, ENOENT}, 0}, /* closed before, or reused: it has left */
    {"epoll_wait", REPORTED, {EINVAL}, 0},
    {"epoll_wait", AGAIN, {EINTR}, 0},

    {"getaddrinfo", REPORTED, {ENOMEM, EMFILE, EIO}, 0},
    {"getaddrinfo", REPORTED, {EAGAIN}, EDDY_ERESOLVE},
    {"malloc", REPORTED, {ENOMEM}, 0},
    {"calloc", REPORTED, {ENOMEM}, 0},
    {"realloc", REPORTED, {ENOMEM}, 0},
};

enum { ROWS = sizeof rows / sizeof rows[0], EXPECTED = 40, ALSO = 8 };

/* What one sweep expects otherwise than the table. */
static struct expected {
    const char *call;
    int error, code; /* 0: as the table says */
    enum outcome outcome;
} expected[EXPECTED];
static int expected_count;

static struct {
    const char *call;
    int code;
} also[ALSO];
static int also_count;

void plausible_also(const char *call, int code)
{
    also[also_count].call = call;
    also[also_count++].code = code;
}

static int also_of(const char *call)
{
    for (int i = 0; i < also_count; i++)
        if (strcmp(also[i].call, call) == 0)
            return also[i].code;
    return 0;
}

void plausible_expect(const char *call, int error, enum outcome outcome)
{
    expected[expected_count++] = (struct expected){call, error, 0, outcome};
}

void plausible_absorbed(const char *call, int error)
{
    plausible_expect(call, error, IGNORED);
}

/* What this sweep expects of it; NULL: nothing of its own. */
static const struct expected *find_expected(const struct row *row, int error)
{
    for (int i = 0; i < expected_count; i++)
        if (expected[i].error == error && strcmp(expected[i].call, row->call) == 0)
            return &expected[i];
    return NULL;
}

void plausible_own_pair(void)
{
    static const int gone[] = {ECONNRESET, ETIMEDOUT, EHOSTUNREACH};

    plausible_absorbed("recv", EAGAIN);
    for (int i = 0; i < 3; i++)
        expected[expected_count++] = (struct expected){"recv", gone[i], EDDY_EWAKEUP, REPORTED};
}

static enum outcome outcome_of(const struct row *row, int error)
{
    const struct expected *own = find_expected(row, error);

    return own ? own->outcome : row->outcome;
}

static int code_of(const struct row *row, int error)
{
    const struct expected *own = find_expected(row, error);

    if (own && own->code)
        return own->code;
    return row->code ? row->code : -error;
}

static bool moves_bytes(const char *call)
{
    return strcmp(call, "recv") == 0 || strcmp(call, "send") == 0 || strcmp(call, "read") == 0 ||
           strcmp(call, "write") == 0;
}

/* The `i`-th error of a call. NULL when it has no more. */
static const struct row *nth_error(const char *call, int i, int *error)
{
    for (const struct row *row = rows; row < rows + ROWS; row++)
        for (int k = 0; k < 8 && row->errors[k] && strcmp(row->call, call) == 0; k++)
            if (i-- == 0) {
                *error = row->errors[k];
                return row;
            }
    return NULL;
}

static bool has_row(const char *call)
{
    for (const struct row *row = rows; row < rows + ROWS; row++)
        if (strcmp(row->call, call) == 0)
            return true;
    return false;
}

static bool try_error(const struct row *row, int error, long from, bool onward, fault_try try_fault,
                      void *data)
{
    struct fault fault = {.call = row->call, .onward = onward};

    fault.outcome = outcome_of(row, error);
    fault.code = code_of(row, error);
    fault.also = also_of(row->call);
    snprintf(fault.rule, sizeof fault.rule, "%s@%ld%s=%s", row->call, from, onward ? "+" : "",
             eddy_errname(-error));
    return try_fault(&fault, data);
}

static void try_one_byte(const char *call, fault_try try_fault, void *data)
{
    struct fault fault = {.call = call, .outcome = IGNORED};

    snprintf(fault.rule, sizeof fault.rule, "%s%%1", call);
    try_fault(&fault, data);
}

/* In turn: each call another error, and the seed makes other scenarios begin elsewhere. Besides,
 * what asks for the call to be made again comes once in each: EINTR is what is forgotten. */
static void try_sample(const char *call, long calls, unsigned seed, fault_try try_fault, void *data)
{
    const struct row *row;
    int count = 0, error = 0;
    bool goes_on = true;

    for (; (row = nth_error(call, count, &error)) != NULL; count++)
        if (outcome_of(row, error) == AGAIN)
            try_error(row, error, 1, false, try_fault, data);
    for (long from = 1; from <= calls && count > 0 && goes_on; from++, seed++) {
        row = nth_error(call, (int)(seed % (unsigned)count), &error);
        goes_on = try_error(row, error, from,
                            outcome_of(row, error) != AGAIN && seed / (unsigned)count % 2,
                            try_fault, data);
    }
}

static void try_all(const char *call, long calls, fault_try try_fault, void *data)
{
    const struct row *row;
    int error = 0;

    for (int i = 0; (row = nth_error(call, i, &error)) != NULL; i++)
        for (int onward = 0; onward <= (outcome_of(row, error) != AGAIN); onward++)
            for (long from = 1; from <= calls; from++)
                if (!try_error(row, error, from, onward, try_fault, data))
                    break;
}

bool plausible_each(const char *call, long calls, bool full, unsigned seed, fault_try try_fault,
                    void *data)
{
    if (!has_row(call))
        return false;
    if (full)
        try_all(call, calls, try_fault, data);
    else
        try_sample(call, calls, seed, try_fault, data);
    if (moves_bytes(call))
        try_one_byte(call, try_fault, data);
    return true;
}
