/* Trap: an array on the stack is sent. Its function pauses before the kernel has taken all of it, and
 * then the stack is another function's. */
#include "net_new.h"
#include "run.h"
#include "sockio.h"

#include <stdio.h>
#include <string.h>

enum { LENGTH = 40000 };

struct reader {
    struct eddy_co co;
    struct eddy_io io;
    int fd;
    bool wrong;
    char buf[4096];
};

/* What every function does that has local variables. */
static int use_the_stack(void)
{
    volatile char other[LENGTH];

    for (int i = 0; i < LENGTH; i++)
        other[i] = 'b';
    return other[0];
}

static struct eddy_step reader(struct eddy_co *co)
{
    struct reader *self = CO_FRAME(co, reader);

    CO_BEGIN(co);
    (void)use_the_stack();
    do {
        CO_AWAIT(co, eddy_recv(&self->io, eddy_co_loop(co), self->fd, self->buf, sizeof self->buf));
        for (int i = 0; i < self->io.n; i++)
            self->wrong = self->wrong || self->buf[i] != 'a';
    } while (self->io.n > 0);
    CO_END(co);
}

struct letter {
    struct eddy_co co;
    struct eddy_io io;
    struct eddy_task task;
    struct reader reader;
    int fds[2];
    bool keep;
    char text[LENGTH];
};

static struct eddy_step letter(struct eddy_co *co)
{
    struct letter *self = CO_FRAME(co, letter);
    struct eddy_loop *loop = eddy_co_loop(co);
    char text[LENGTH];

    CO_BEGIN(co);
    memset(text, 'a', LENGTH);
    memset(self->text, 'a', LENGTH);
    eddy_task_start(&self->task, loop, reader, &self->reader, .fd = self->fds[0]);
    CO_AWAIT(co,
             eddy_sendall(&self->io, loop, self->fds[1], self->keep ? self->text : text, LENGTH));
    eddy_loop_close_fd(loop, self->fds[1]);
    CO_AWAIT(co, &self->task.future);
    printf("%s %s\n", self->keep ? "a field of the frame:  came" : "an array on the stack: came",
           self->reader.wrong ? "with wrong letters in it" : "as it was sent");
    CO_FINALLY(co);
    eddy_loop_close_fd(loop, self->fds[0]);
    CO_END(co);
}

static int send_letter(bool keep)
{
    int fds[2], little = 4096; /* what the kernel takes at once */
    int err = eddy_net_pair(fds);

    if (err < 0)
        return err;
    setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
    return eddy_run(letter, .fds = {fds[0], fds[1]}, .keep = keep);
}

int main(void)
{
    return send_letter(true) < 0 || send_letter(false) < 0;
}
