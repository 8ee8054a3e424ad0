#include "faults.h"

#include "errors.h"
#include "faults_parts.h"
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { RULES = 16 };

struct rule {
    char call[24];
    long from;        /* fail the call of this number, counted from 1; 0: none */
    bool onward;      /* and all later ones */
    int error, signo; /* one of them: a call that is interrupted by a signal is made all the same */
    size_t most;      /* bytes that one call may move; 0: no limit */
};

struct counter {
    _Atomic(const char *) call;
    atomic_bool has_kinds;
    atomic_long calls;
};

int __real_sigaction(int signo, const struct sigaction *action, struct sigaction *before);

static struct rule rules[RULES];
static int rule_count;
static atomic_long injected;
static atomic_size_t asked;
static struct counter counters[64]; /* in the order of the first calls */
static atomic_bool on_hold;

/* Threads call, and signal handlers do: so there is no lock. A free counter is taken by whoever puts
 * a name there first; the other one looks whether it is the same name. */
static struct counter *counter_of(const char *call)
{
    for (struct counter *c = counters;; c++) {
        const char *name = NULL;
        if (atomic_compare_exchange_strong(&c->call, &name, call) || strcmp(name, call) == 0)
            return c;
    }
}

static int error_number(const char *name)
{
    for (int error = 1; error < 200; error++)
        if (strcmp(eddy_errname(-error), name) == 0)
            return error;
    return 0;
}

static int signal_number(const char *name)
{
    static const struct {
        const char *name;
        int signo;
    } signals[] = {{"SIGINT", SIGINT}, {"SIGTERM", SIGTERM}, {"SIGUSR1", SIGUSR1}};

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (strcmp(signals[i].name, name) == 0)
            return signals[i].signo;
    return 0;
}

static bool parse_rule(const char *text, struct rule *rule)
{
    char error[24], plus[2] = "";

    memset(rule, 0, sizeof *rule);
    if (sscanf(text, "%23[a-z0-9_]%%%zu", rule->call, &rule->most) == 2)
        return true;
    if (sscanf(text, "%23[a-z0-9_]@%ld%1[+]=%23[A-Z0-9]", rule->call, &rule->from, plus, error) !=
            4 &&
        sscanf(text, "%23[a-z0-9_]@%ld=%23[A-Z0-9]", rule->call, &rule->from, error) != 3)
        return false;
    rule->onward = plus[0] == '+';
    rule->error = error_number(error);
    rule->signo = signal_number(error);
    return rule->error + rule->signo > 0 && rule->from > 0;
}

void faults_plan(const char *plan)
{
    char text[512], *rest = text;

    snprintf(text, sizeof text, "%s", plan);
    rule_count = 0;
    injected = 0;
    asked = 0;
    for (struct counter *c = counters; c->call; c++)
        c->calls = 0;
    for (char *rule; (rule = strtok_r(rest, ",", &rest)) != NULL; rule_count++) {
        if (rule_count < RULES && parse_rule(rule, &rules[rule_count]))
            continue;
        fprintf(stderr, "faults: cannot read the rule '%s'\n", rule);
        exit(2);
    }
}

/* Before main(): a demo knows nothing of this. */
__attribute__((constructor)) static void plan_from_environment(void)
{
    const char *plan = getenv("EDDY_FAULTS");

    if (plan && faults_linked >= 0 && faults_process_linked)
        faults_plan(plan);
}

/* A shell that is no terminal's starts its background programs with SIGINT ignored, and eddy_run()
 * leaves alone what is ignored. The tests' shells are such; and their Ctrl-C is meant. */
__attribute__((constructor)) static void hear_interrupts(void)
{
    struct sigaction action;

    if (__real_sigaction(SIGINT, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
        signal(SIGINT, SIG_DFL);
}

void faults_hold(bool held)
{
    on_hold = held;
}

long faults_calls(const char *call)
{
    return counter_of(call)->calls;
}

long faults_injected(void)
{
    return injected;
}

size_t faults_asked(void)
{
    return asked;
}

const char *faults_name(int i)
{
    for (struct counter *c = counters; c->call; c++)
        if (!c->has_kinds && i-- == 0)
            return c->call;
    return NULL;
}

__attribute__((destructor)) static void write_counts(void)
{
    const char *path = getenv("EDDY_FAULTS_COUNTS"), *name;
    FILE *file = path ? fopen(path, "w") : NULL;

    if (!file)
        return;
    for (int i = 0; (name = faults_name(i)) != NULL; i++)
        fprintf(file, "%s %ld\n", name, faults_calls(name));
    fprintf(file, "injected %ld\n", faults_injected());
    fclose(file);
}

/* Counts a call by one of its names. */
static bool fails(const char *call)
{
    long number = ++counter_of(call)->calls;

    for (int i = 0; i < rule_count; i++) {
        const struct rule *rule = &rules[i];
        if (strcmp(rule->call, call) != 0 || rule->from == 0)
            continue;
        if (number == rule->from || (rule->onward && number > rule->from)) {
            injected++;
            if (rule->signo)
                raise(rule->signo);
            errno = rule->error;
            return rule->error > 0;
        }
    }
    return false;
}

bool faults_fail(const char *call, const char *kind)
{
    bool failed;

    if (on_hold)
        return false;
    failed = fails(call);
    if (kind) {
        counter_of(call)->has_kinds = true;
        failed = fails(kind) || failed;
    }
    return failed;
}

size_t faults_at_most(const char *call, size_t n)
{
    for (int i = 0; i < rule_count && !on_hold; i++)
        if (strcmp(rules[i].call, call) == 0 && rules[i].most > 0 && rules[i].most < n) {
            injected++;
            return rules[i].most;
        }
    return n;
}

WRAP(int, socket, (int family, int type, int protocol), (family, type, protocol))
WRAP(int, bind, (int fd, const struct sockaddr *addr, socklen_t n), (fd, addr, n))
WRAP(int, listen, (int fd, int backlog), (fd, backlog))
WRAP(int, accept, (int fd, struct sockaddr *addr, socklen_t *n), (fd, addr, n))
WRAP(int, getsockname, (int fd, struct sockaddr *addr, socklen_t *n), (fd, addr, n))
WRAP(int, getpeername, (int fd, struct sockaddr *addr, socklen_t *n), (fd, addr, n))
WRAP(int, fstat, (int fd, struct stat *info), (fd, info))
WRAP(int, pipe, (int fds[2]), (fds))
WRAP(int, socketpair, (int family, int type, int protocol, int fds[2]),
     (family, type, protocol, fds))
WRAP(int, poll, (struct pollfd * polled, nfds_t n, int ms), (polled, n, ms))
/* Linux writes the time that is left into `timeout`, most others do not. Nobody is to count on it. */
WRAP(int, select,
     (int top, fd_set *readable, fd_set *writable, fd_set *broken, struct timeval *timeout),
     (top, readable, writable, broken,
      timeout ? &(struct timeval){timeout->tv_sec, timeout->tv_usec} : NULL))
WRAP(int, pselect,
     (int top, fd_set *readable, fd_set *writable, fd_set *broken, const struct timespec *timeout,
      const sigset_t *mask),
     (top, readable, writable, broken, timeout, mask))
WRAP_MOVE(recv, (int fd, void *buf, size_t n, int flags), (fd, buf, n, flags))
WRAP_MOVE(send, (int fd, const void *buf, size_t n, int flags), (fd, buf, n, flags))
WRAP_MOVE(read, (int fd, void *buf, size_t n), (fd, buf, n))
WRAP_MOVE(write, (int fd, const void *buf, size_t n), (fd, buf, n))

/* The first pieces of `from`, as far as this call may move them. Returns how many. */
static int cut_pieces(struct iovec *to, const struct iovec *from, int count)
{
    size_t most = faults_at_most("sendmsg", SIZE_MAX);
    int i = 0;

    for (; i < count && most > 0; i++) {
        to[i] = from[i];
        to[i].iov_len = from[i].iov_len < most ? from[i].iov_len : most;
        most -= to[i].iov_len;
    }
    return i;
}

ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    struct iovec pieces[1024]; /* the kernel takes no more */
    struct msghdr cut = *message;

    if (faults_fail("sendmsg", message->msg_iovlen > 1 ? "sendmsg_many" : "sendmsg_one"))
        return -1;
    if (cut.msg_iovlen > 1024)
        return __real_sendmsg(fd, message, flags);
    cut.msg_iov = pieces;
    cut.msg_iovlen = (size_t)cut_pieces(pieces, message->msg_iov, (int)message->msg_iovlen);
    return __real_sendmsg(fd, &cut, flags);
}

WRAP(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags))
WRAP(ssize_t, sendto,
     (int fd, const void *buf, size_t n, int flags, const struct sockaddr *addr, socklen_t size),
     (fd, buf, n, flags, addr, size))
WRAP(ssize_t, recvfrom,
     (int fd, void *buf, size_t n, int flags, struct sockaddr *addr, socklen_t *size),
     (fd, buf, n, flags, addr, size))
WRAP(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *n),
     (fd, level, name, value, n))

static const char *setsockopt_kind(int level, int name)
{
    if (level == SOL_SOCKET && name == SO_REUSEADDR)
        return "setsockopt_reuseaddr";
    if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY)
        return "setsockopt_v6only";
    if (level == SOL_SOCKET && name == SO_SNDBUF)
        return "setsockopt_sndbuf";
    return level == IPPROTO_TCP && name == TCP_NODELAY ? "setsockopt_nodelay" : "setsockopt_other";
}

WRAP_KIND(int, setsockopt, setsockopt_kind(level, name),
          (int fd, int level, int name, const void *value, socklen_t n),
          (fd, level, name, value, n))

/* A connect() that is interrupted, or does not wait, goes on all the same. */
int __real_connect(int fd, const struct sockaddr *addr, socklen_t n);
int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t n);
int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t n)
{
    int error;

    if (!faults_fail("connect", NULL))
        return __real_connect(fd, addr, n);
    error = errno;
    if (error != EINTR && error != EINPROGRESS)
        return -1;
    if (__real_connect(fd, addr, n) < 0 && errno != EINPROGRESS)
        return -1;
    errno = error;
    return -1;
}

/* A close() that fails has closed all the same, as on Linux. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    int result = __real_close(fd);

    return faults_fail("close", NULL) ? -1 : result;
}

/* A shutdown() that fails finds a peer that has gone: then there is no end to wait for. Here there is. */
int __real_shutdown(int fd, int how);
int __wrap_shutdown(int fd, int how);
int __wrap_shutdown(int fd, int how)
{
    int result = __real_shutdown(fd, how);

    return faults_fail("shutdown", NULL) ? -1 : result;
}

static const char *fcntl_kind(int command)
{
    switch (command) {
    case F_GETFL:
        return "fcntl_getfl";
    case F_SETFL:
        return "fcntl_setfl";
    case F_GETFD:
        return "fcntl_getfd";
    case F_DUPFD_CLOEXEC:
        return "fcntl_dupfd";
    default:
        return command == F_SETFD ? "fcntl_setfd" : "fcntl_other";
    }
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...)
{
    va_list args;
    int value;

    va_start(args, command);
    value = command == F_GETFL || command == F_GETFD ? 0 : va_arg(args, int);
    va_end(args);
    return faults_fail("fcntl", fcntl_kind(command)) ? -1 : __real_fcntl(fd, command, value);
}

/* It has error numbers of its own. */
static int getaddrinfo_code(int error)
{
    return error == EAGAIN ? EAI_AGAIN : error == ENOMEM ? EAI_MEMORY : EAI_SYSTEM;
}

int __real_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **list);
int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **list);
int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **list)
{
    int code = faults_fail("getaddrinfo", NULL) ? getaddrinfo_code(errno)
                                                : __real_getaddrinfo(host, service, hints, list);

    ledger_blocks += code == 0;
    return code;
}

void __real_freeaddrinfo(struct addrinfo *list);
void __wrap_freeaddrinfo(struct addrinfo *list);
void __wrap_freeaddrinfo(struct addrinfo *list)
{
    ledger_blocks -= list != NULL;
    __real_freeaddrinfo(list);
}

/* Installing a handler asks for what was there before; giving that back does not. */
static const char *sigaction_kind(const struct sigaction *before)
{
    return before ? "sigaction_install" : "sigaction_restore";
}

WRAP_KIND(int, sigaction, sigaction_kind(before),
          (int signo, const struct sigaction *action, struct sigaction *before),
          (signo, action, before))

/* These return their error. */
int __real_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes);
int __wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes);
int __wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
    return faults_fail("pthread_mutex_init", NULL) ? errno
                                                   : __real_pthread_mutex_init(mutex, attributes);
}

int __real_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    return faults_fail("pthread_atfork", NULL) ? errno
                                               : __real_pthread_atfork(prepare, parent, child);
}

static void count_asked(size_t n)
{
    asked += on_hold ? 0 : n;
}

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_malloc(size_t n)
{
    void *block = faults_fail("malloc", NULL) ? NULL : __real_malloc(n);

    count_asked(n);
    ledger_blocks += block != NULL;
    return block;
}

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
    void *block = faults_fail("calloc", NULL) ? NULL : __real_calloc(n, size);

    count_asked(n * size);
    ledger_blocks += block != NULL;
    return block;
}

void *__real_realloc(void *old, size_t n);
void *__wrap_realloc(void *old, size_t n);
void *__wrap_realloc(void *old, size_t n)
{
    void *block = faults_fail("realloc", NULL) ? NULL : __real_realloc(old, n);

    count_asked(n);
    ledger_blocks += block != NULL && old == NULL;
    return block;
}

void __real_free(void *block);
void __wrap_free(void *block);
void __wrap_free(void *block)
{
    ledger_blocks -= block != NULL;
    __real_free(block);
}
