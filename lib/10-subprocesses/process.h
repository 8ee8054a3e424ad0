/*
 * process - other programs as peers: started with an argument vector, read and written through pipes while
 * they run, waited for, and ended. (asyncio.create_subprocess_exec)
 *
 *     struct eddy_program program = {.argv = (const char *[]){"ping", "-c", "4", host, NULL},
 *                                    .out = EDDY_PIPE};
 *
 *     err = eddy_process_start(&self->ping, loop, &program);
 *     ...
 *     CO_AWAIT(co, eddy_reader_readline(&self->ping.out.reader));
 *     ...
 *     CO_AWAIT(co, eddy_process_wait(&self->wait, &self->ping));
 *     printf("%d", self->ping.code);
 *     CO_FINALLY(co);
 *     eddy_process_close(&self->ping);
 *
 * The end of the process is one thing, and the end of its output another: a grandchild may keep a pipe
 * open. Wait is for the first, the reader for the second, and communicate.h for both.
 *
 * Children belong to one loop of the process, as signals do. A start is EDDY_EOTHER while another loop has
 * children, or handles any signal, as that of eddy_run() does; and -EEXIST while this one handles SIGCHLD for
 * you. Nothing has run then. Leave SIGCHLD alone while one runs, and blocked in no more than some of the
 * threads: nobody would hear of the end. A handler that sigaction() has installed before a start is not called
 * meanwhile, and is back when none runs any more.
 *
 * Only the processes that were started here are waited for; no other child of yours is touched. A process
 * that has been waited for gets no signal: its number may be another's by then.
 *
 * Errors: negative codes. Memory: the struct is the caller's, and stays until it is closed and nobody awaits
 * its readers; what runs keeps the loop from being stuck. Threads: the loop's.
 */
#ifndef EDDY_PROCESS_H
#define EDDY_PROCESS_H

#include "opened.h"
#include "pump.h"
#include "waiter.h"

#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What one of the three standard descriptors of a program is. */
enum {
    EDDY_INHERIT,         /* the same as here */
    EDDY_PIPE,            /* a pipe, whose other end is here */
    EDDY_NULL,            /* /dev/null */
    EDDY_STDOUT,          /* of err alone: where stdout goes */
    EDDY_FD_FIRST = 65536 /* an error in the place of a descriptor is none of the above */
};

/* A copy of this descriptor of yours, such as a file. */
#define EDDY_FD(fd) (EDDY_FD_FIRST + (fd))

/* Zero is the usual choice for all but argv. */
struct eddy_program {
    const char *const *argv; /* the program and its arguments, and NULL */
    const char
        *file; /* what is executed; NULL: argv[0]. Without a slash it is looked for in PATH */
    const char *const *env; /* "NAME=value" each, and NULL; NULL alone: as here; {NULL}: empty */
    const char *cwd;        /* its working directory; NULL: as here */
    int in, out, err;       /* EDDY_INHERIT, ... */
    size_t limit;           /* of the readers; 0: the usual one */
    bool own_group;         /* Ctrl-C of the terminal does not come to it */
};

/* Read pid, code, signal and ended; use in, out and err; touch no other field. Valid when zeroed: closed. */
struct eddy_process {
    pid_t pid;
    int code;   /* 0 to 255, when it has ended by itself; else -1 */
    int signal; /* that has killed it, or 0 */
    bool ended;
    int in;                    /* of EDDY_PIPE: its stdin, for eddy_write(); else -1 */
    struct eddy_pump out, err; /* of EDDY_PIPE: out.reader is its stdout */
    int out_fd, err_fd;
    int outcome;            /* of waiting: 0; -ECHILD: somebody else has waited for it */
    struct eddy_loop *loop; /* NULL: closed */
    struct eddy_list link;
    struct eddy_list waiters;
    struct eddy_opened opened;
};

/*
 * Start it. 0: it runs, which means that exec has succeeded. -ENOENT, -EACCES, -ENOEXEC, -E2BIG, ...: what exec
 * says, and there is no process. -EINVAL: argv is empty, or one of the three is none of the above.
 * EDDY_EQUEUED: `process` is open. EDDY_EOTHER, -EEXIST: see above. Blocks for about a millisecond.
 */
int eddy_process_start(struct eddy_process *process, struct eddy_loop *loop,
                       const struct eddy_program *program);

/* The same for a line that a shell reads: sh -c -- `command`. Never put into it what comes from somebody else.
 * argv and file of `program` are not looked at; NULL: all of it is as here. */
int eddy_process_start_shell(struct eddy_process *process, struct eddy_loop *loop,
                             const char *command, const struct eddy_program *program);

/* Close it. A process that runs is killed, with SIGKILL, and waited for, which blocks until it has ended;
 * so it leaves no zombie. All pipes are closed; whoever waits gets EDDY_ECLOSED. Twice is harmless. */
void eddy_process_close(struct eddy_process *process);

struct eddy_process_wait {
    struct eddy_waiter waiter;
    struct eddy_future refused;
};

/* Until it has ended: code and signal tell how. Several tasks may wait. -ECHILD: somebody else has waited for
 * it, so nobody knows how. EDDY_EQUEUED: `wait` waits already. EDDY_ECLOSED. */
struct eddy_future *eddy_process_wait(struct eddy_process_wait *wait, struct eddy_process *process);

/* Look whether it has ended, now. */
bool eddy_process_poll(struct eddy_process *process);

/* Send it a signal. -ESRCH: it has ended. -EINVAL: no such signal. */
int eddy_process_send_signal(struct eddy_process *process, int signo);

/* SIGTERM, and SIGKILL. */
int eddy_process_terminate(struct eddy_process *process);
int eddy_process_kill(struct eddy_process *process);

/* Close its stdin: a program that reads finds the end. Twice is harmless. */
void eddy_process_close_in(struct eddy_process *process);

#ifdef __cplusplus
}
#endif

#endif
