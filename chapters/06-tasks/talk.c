/*
 * talk - the keyboard and one nc, in one chat: what you type goes to the guest, what the guest types
 * comes to your screen. A terminal is awaited like a socket.
 */
#include "../demo.h"

#include "fdio.h"
#include "run.h"
#include "sockio.h"

/* Whatever comes from one descriptor goes to another one, until the end; then that is told that no
 * more will come, if it is a socket. */
struct carry {
    struct eddy_co co;
    struct eddy_io io;
    int from, to;
    char buf[512];
};

static struct eddy_step carry(struct eddy_co *co)
{
    struct carry *self = CO_FRAME(co, carry);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    for (;;) {
        CO_AWAIT(co, eddy_read(&self->io, loop, self->from, self->buf, sizeof self->buf));
        if (self->io.n == 0)
            break;
        CO_AWAIT(co, eddy_write(&self->io, loop, self->to, self->buf, (size_t)self->io.n));
    }
    shutdown(self->to, SHUT_WR);
    CO_END(co);
}

struct talk {
    struct eddy_co co;
    const struct demo *demo;
    struct eddy_io io;
    struct eddy_task saying, hearing;
    struct carry say, hear;
    int listener, guest, err;
};

static void start_both(struct talk *self, struct eddy_loop *loop)
{
    printf("talk: somebody is there: type, and end with Ctrl-D\n");
    eddy_task_start(&self->saying, loop, carry, &self->say, .from = STDIN_FILENO,
                    .to = self->guest);
    eddy_task_start(&self->hearing, loop, carry, &self->hear, .from = self->guest,
                    .to = STDOUT_FILENO);
}

static struct eddy_step talk(struct eddy_co *co)
{
    struct talk *self = CO_FRAME(co, talk);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    self->listener = self->guest = -1;
    self->err = demo_try_listen(self->demo, &self->listener, 1);
    if (self->err < 0)
        CO_FAIL(co, self->err);
    CO_AWAIT(co, eddy_accept(&self->io, loop, self->listener));
    self->guest = (int)self->io.n;
    start_both(self, loop);
    CO_AWAIT(co, &self->hearing.future); /* until the guest hangs up */
    printf("talk: the guest has gone\n");
    CO_FINALLY(co);
    eddy_task_cancel(&self->saying);
    CO_TRY_AWAIT(co, &self->saying.future);
    eddy_task_cancel(&self->hearing);
    CO_TRY_AWAIT(co, &self->hearing.future);
    if (self->guest >= 0)
        eddy_loop_close_fd(loop, self->guest);
    if (self->listener >= 0)
        eddy_loop_close_fd(loop, self->listener);
    CO_END(co);
}

int main(int argc, char *argv[])
{
    struct demo demo = demo_start(argc, argv, "Connects the keyboard with the first who connects.");

    if (strcmp(demo.host, "localhost") == 0)
        demo.host = "127.0.0.1"; /* one address of its two, so that one accept is enough */
    return demo_status(&demo, eddy_run(talk, .demo = &demo));
}
