#include "serve.h"

#include "descriptors.h"
#include "errors.h"
#include "parcel.h"
#include "thread.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- The parent ---------------------------------------------------------------------------------- */

/* While a job computes, nobody reads the socket. So this thread watches it: no event is asked for, and the
 * end is told all the same. */
static void *watch_parent(void *argument)
{
    struct pollfd polled = {.fd = *(const int *)argument};

    while (poll(&polled, 1, -1) >= 0 || errno == EINTR)
        if (polled.revents)
            _exit(0);
    return NULL;
}

/* Without the thread, the worker ends when it has computed, and meets the end of the socket. */
static void start_watching(const int *fd)
{
    pthread_t thread;

    (void)eddy_thread_start(&thread, watch_parent, (void *)fd);
}

/* What the parent has blocked or ignored in the thread that opened the pool is no matter of a job's. */
static void prepare_signals(void)
{
    struct sigaction action = {.sa_handler = SIG_IGN};
    sigset_t none;

    sigemptyset(&none);
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
}

/* ---- One job ------------------------------------------------------------------------------------- */

/* Room for `n` bytes, also for none: a function may be given no NULL that the caller did not give. */
static void *room_for(size_t n)
{
    return malloc(n > 0 ? n : 1);
}

static int run_request(const struct eddy_request *request, struct eddy_work *work, int unusable)
{
    if (unusable < 0)
        return unusable;
    if (!work->in || !work->out)
        return eddy_work_fail(work, -ENOMEM, "the worker has no room for %zu and %zu bytes",
                              request->in_size, request->out_room);
    return eddy_work_run(work, request->fn);
}

static int send_answer(int fd, const struct eddy_work *work, int err, bool unusable)
{
    struct eddy_answer answer = {EDDY_ANSWER, work->out_size, err, unusable, ""};

    memcpy(answer.message, work->message, sizeof answer.message);
    return eddy_parcel_send(fd, &answer, sizeof answer, work->out, work->out_size);
}

/* What the job has printed leaves now: the process may be killed before the next. */
static int serve_job(int fd, const struct eddy_request *request, int unusable)
{
    void *in = room_for(request->in_size), *out = room_for(request->out_room);
    struct eddy_work work = {
        .in = in, .in_size = request->in_size, .out = out, .out_room = request->out_room};
    int err =
        in ? eddy_parcel_recv(fd, in, request->in_size) : eddy_parcel_skip(fd, request->in_size);

    if (err == 0) {
        err = run_request(request, &work, unusable);
        fflush(stdout);
        err = send_answer(fd, &work, err, unusable < 0);
    }
    free(in);
    free(out);
    return err;
}

/* ---- All of them --------------------------------------------------------------------------------- */

void eddy_serve(int fd, const struct eddy_worker_setup *setup)
{
    struct eddy_request request;
    int unusable;

    prepare_signals();
    eddy_thread_name("eddy-worker");
    if (!setup->keep_descriptors)
        eddy_descriptors_close_but(fd);
    start_watching(&fd);
    unusable = setup->initializer ? setup->initializer(setup->argument) : 0;
    fflush(stdout); /* there may be no job that would do it */
    while (eddy_parcel_recv(fd, &request, sizeof request) == 0 && request.magic == EDDY_REQUEST)
        if (serve_job(fd, &request, unusable) < 0)
            break;
    _exit(0);
}
