#include "subprocess.h"

#include "errors.h"
#include "net.h"
#include "net_new.h"
#include "program.h"

/* ---- What is told -------------------------------------------------------------------------------- */

/* data of each pipe's transport is the subprocess. */
static struct eddy_subprocess *subprocess_of(const struct eddy_transport *transport)
{
    return transport->data;
}

static int number_of(const struct eddy_transport *transport)
{
    return (int)(transport - subprocess_of(transport)->pipes);
}

static void count_end(struct eddy_subprocess *subprocess)
{
    if (--subprocess->under_way > 0)
        return;
    eddy_opened_remove(&subprocess->opened);
    eddy_process_close(&subprocess->process);
    if (subprocess->protocol->connection_lost)
        subprocess->protocol->connection_lost(subprocess);
}

static int pipe_data_received(struct eddy_transport *transport, const char *bytes, size_t n)
{
    struct eddy_subprocess *subprocess = subprocess_of(transport);

    if (!subprocess->protocol->pipe_data_received)
        return 0;
    return subprocess->protocol->pipe_data_received(subprocess, number_of(transport), bytes, n);
}

static void pipe_connection_lost(struct eddy_transport *transport, int err)
{
    struct eddy_subprocess *subprocess = subprocess_of(transport);

    if (subprocess->protocol->pipe_connection_lost)
        subprocess->protocol->pipe_connection_lost(subprocess, number_of(transport), err);
    count_end(subprocess);
}

static void pause_writing(struct eddy_transport *transport)
{
    struct eddy_subprocess *subprocess = subprocess_of(transport);

    if (subprocess->protocol->pause_writing)
        subprocess->protocol->pause_writing(subprocess);
}

static void resume_writing(struct eddy_transport *transport)
{
    struct eddy_subprocess *subprocess = subprocess_of(transport);

    if (subprocess->protocol->resume_writing)
        subprocess->protocol->resume_writing(subprocess);
}

static const struct eddy_protocol pipe_protocol = {.name = "subprocess",
                                                   .data_received = pipe_data_received,
                                                   .connection_lost = pipe_connection_lost,
                                                   .pause_writing = pause_writing,
                                                   .resume_writing = resume_writing};

static void on_exited(struct eddy_handle *handle)
{
    struct eddy_subprocess *subprocess = container_of(handle, struct eddy_subprocess, exited);

    if (subprocess->protocol->process_exited)
        subprocess->protocol->process_exited(subprocess);
    count_end(subprocess);
}

/* ---- Opening and closing ------------------------------------------------------------------------- */

/* Of each pipe, both ends; -1: none. */
struct ends {
    int theirs[3], ours[3];
};

static void close_ends(int fds[3])
{
    for (int i = 0; i < 3; i++) {
        if (fds[i] >= 0)
            eddy_net_close(fds[i]);
        fds[i] = -1;
    }
}

/* Above 2: a number that is closed here is not to be what the program inherits, of a sudden. */
static int open_pipe(struct ends *ends, int which)
{
    int fds[2], err = eddy_net_pipe(fds), theirs = which == 0 ? 0 : 1;

    if (err < 0)
        return err;
    err = eddy_program_blocking(fds[theirs]);
    ends->theirs[which] = eddy_program_above(fds[theirs]);
    ends->ours[which] = eddy_program_above(fds[1 - theirs]);
    if (err == 0 && ends->theirs[which] < 0)
        err = ends->theirs[which];
    return err == 0 && ends->ours[which] < 0 ? ends->ours[which] : err;
}

/* What was to be a pipe is a descriptor now, of which the program gets a copy. */
static int open_ends(struct ends *ends, struct eddy_program *program)
{
    int *const kinds[3] = {&program->in, &program->out, &program->err};
    int err = 0;

    *ends = (struct ends){{-1, -1, -1}, {-1, -1, -1}};
    for (int i = 0; i < 3 && err == 0; i++) {
        if (*kinds[i] != EDDY_PIPE)
            continue;
        err = open_pipe(ends, i);
        *kinds[i] = EDDY_FD(ends->theirs[i]);
    }
    return err;
}

static int open_pipes(struct eddy_subprocess *subprocess, struct eddy_loop *loop, struct ends *ends)
{
    int err = 0;

    for (int i = 0; i < 3 && err == 0; i++) {
        struct eddy_transport *pipe = &subprocess->pipes[i];
        if (ends->ours[i] < 0)
            continue;
        pipe->data = subprocess;
        err = i == 0 ? eddy_connect_write_pipe(pipe, loop, ends->ours[i], &pipe_protocol)
                     : eddy_connect_read_pipe(pipe, loop, ends->ours[i], &pipe_protocol);
        if (err < 0)
            break;
        ends->ours[i] = -1;
        subprocess->under_way++;
    }
    return err;
}

static void on_made(struct eddy_handle *handle)
{
    struct eddy_subprocess *subprocess = container_of(handle, struct eddy_subprocess, made);

    if (subprocess->protocol->connection_made)
        subprocess->protocol->connection_made(subprocess);
}

/* Without a word to the protocol. */
static void discard_subprocess(struct eddy_subprocess *subprocess)
{
    eddy_opened_remove(&subprocess->opened);
    eddy_handle_cancel(&subprocess->made);
    eddy_future_remove_done_callback(&subprocess->wait.waiter.future, &subprocess->exited);
    eddy_handle_cancel(&subprocess->exited);
    for (int i = 0; i < 3; i++)
        eddy_transport_discard(&subprocess->pipes[i]);
    eddy_process_close(&subprocess->process);
    subprocess->under_way = 0;
}

static void leave_frame(struct eddy_opened *opened)
{
    discard_subprocess(container_of(opened, struct eddy_subprocess, opened));
}

/* The pipes first: when the program runs, nothing may fail any more. */
static int open_all(struct eddy_subprocess *subprocess, struct eddy_loop *loop,
                    struct eddy_program *program, struct ends *ends)
{
    int err = open_ends(ends, program);

    if (err == 0)
        err = open_pipes(subprocess, loop, ends);
    if (err == 0)
        err = eddy_process_start(&subprocess->process, loop, program);
    return err;
}

int eddy_subprocess_open(struct eddy_subprocess *subprocess, struct eddy_loop *loop,
                         const struct eddy_program *program,
                         const struct eddy_subprocess_protocol *protocol)
{
    struct eddy_program changed = *program;
    void *data = subprocess->data;
    struct ends ends;
    int err = subprocess->under_way > 0 ? EDDY_EQUEUED : 0;

    if (err < 0)
        return err;
    *subprocess = (struct eddy_subprocess){.data = data, .protocol = protocol};
    eddy_handle_init(&subprocess->made, on_made);
    eddy_handle_init(&subprocess->exited, on_exited);
    err = eddy_opened_add_here(&subprocess->opened, subprocess, leave_frame);
    if (err < 0)
        return err;
    err = open_all(subprocess, loop, &changed, &ends);
    close_ends(ends.theirs);
    close_ends(ends.ours);
    if (err < 0) {
        discard_subprocess(subprocess);
        return err;
    }
    subprocess->under_way++;
    eddy_loop_call_soon(loop, &subprocess->made); /* first: the program may have ended by now */
    eddy_future_add_done_callback(eddy_process_wait(&subprocess->wait, &subprocess->process),
                                  &subprocess->exited);
    return 0;
}

void eddy_subprocess_close(struct eddy_subprocess *subprocess)
{
    if (subprocess->under_way == 0)
        return;
    if (eddy_loop_is_closed(subprocess->process.loop)) {
        discard_subprocess(subprocess);
        return;
    }
    if (eddy_loop_check_thread(subprocess->process.loop, "subprocess_close") < 0)
        return;
    eddy_process_kill(&subprocess->process);
    for (int i = 0; i < 3; i++)
        eddy_transport_abort(&subprocess->pipes[i]);
}
