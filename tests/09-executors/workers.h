/*
 * workers - what the tests of worker processes have in common: jobs that do what no job should, and pipes
 * whose end tells that a process has gone.
 */
#ifndef WORKERS_H
#define WORKERS_H

#include "parcel.h"
#include "pools.h"
#include "serve.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Lifelines ------------------------------------------------------------------------------------- */

/* A pipe into which nobody writes. Each process that is forked from now on, and keeps its descriptors, has
 * its end, and so it comes when the last of them has gone. */
static int lifeline[2];

static inline void open_lifeline(void)
{
    CHECK_OK(pipe(lifeline));
}

/* Nobody but those processes has it any more. */
static inline void let_go_of_lifeline(void)
{
    CHECK_OK(close(lifeline[1]));
}

static inline void await_their_end(void)
{
    char byte;

    WAITING("all processes to end that were forked");
    CHECK_INT(read(lifeline[0], &byte, 1), 0);
    CHECK_OK(close(lifeline[0]));
}

/* ---- Jobs ------------------------------------------------------------------------------------------ */

static inline int tell_pid(struct eddy_work *work)
{
    pid_t pid = getpid();

    return eddy_work_put(work, &pid, sizeof pid);
}

/* Says so into the pipe end that it is given, and then computes for ever. */
static inline int compute_for_ever(struct eddy_work *work)
{
    volatile unsigned sum = 0;

    if (write(*(const int *)work->in, "c", 1) == 1)
        for (;;)
            sum++;
    return -EIO;
}

static inline int exit_with_3(struct eddy_work *work)
{
    (void)work;
    exit(3);
}

static inline int become_another_program(struct eddy_work *work)
{
    execl("/bin/sh", "sh", "-c", "exec sleep 1000", (char *)NULL);
    return eddy_work_fail(work, -errno, "there is no /bin/sh");
}

static inline int close_all(struct eddy_work *work)
{
    for (int fd = 0; fd < 1024; fd++)
        close(fd);
    work->out_size = 0;
    return 0;
}

/* The worker's end of its socket: the only one that it has. */
static inline int own_socket(void)
{
    struct stat info;

    for (int fd = 3; fd < 1024; fd++)
        if (fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode))
            return fd;
    return -1;
}

/* Sends the bytes that it is given where its answer belongs. */
static inline int send_them_raw(struct eddy_work *work)
{
    int err = eddy_parcel_send(own_socket(), work->in, work->in_size, NULL, 0);

    work->out_size = 0;
    return err;
}

static inline int send_them_and_die(struct eddy_work *work)
{
    send_them_raw(work);
    return raise(SIGKILL);
}

/* Its child has the pipe's end that it is given, and waits on another until the test lets it go. */
struct orphan {
    int go, pid_to;
};

static inline int leave_an_orphan(struct eddy_work *work)
{
    const struct orphan *orphan = work->in;
    pid_t pid = fork();
    char byte;

    if (pid == 0) {
        pid = getpid();
        if (write(orphan->pid_to, &pid, sizeof pid) == sizeof pid &&
            read(orphan->go, &byte, 1) == 0)
            _exit(0);
        _exit(1);
    }
    _exit(4);
}

/* ---- What is no answer ------------------------------------------------------------------------------- */

struct lie {
    const char *name;
    union {
        struct eddy_answer answer;
        char bytes[sizeof(struct eddy_answer) + 64];
    } as;
    size_t size;
};

enum { LIES = 7 };

/* The job has room for `room` bytes. LIES: one that is none. */
static inline struct lie lie_number(int i, size_t room)
{
    static const char *const names[LIES] = {"zeros",
                                            "a request",
                                            "more bytes than there is room for",
                                            "a positive code",
                                            "the code of what is not done",
                                            "a message without an end",
                                            "a flag that is none"};
    struct lie lie = {.name = i < LIES ? names[i] : "an answer", .size = sizeof lie.as.answer};
    struct eddy_answer *answer = &lie.as.answer;

    memset(&lie.as, 0, sizeof lie.as);
    answer->magic = i == 0 ? 0 : i == 1 ? EDDY_REQUEST : EDDY_ANSWER;
    if (i == 2)
        answer->out_size = room + 1;
    if (i == 3)
        answer->err = 1;
    if (i == 4)
        answer->err = EDDY_EPENDING;
    if (i == 5)
        memset(answer->message, 'x', sizeof answer->message);
    if (i == 6)
        memset(&answer->unusable, 7, sizeof answer->unusable);
    return lie;
}

#endif
