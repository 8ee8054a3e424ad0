/* Operations of a program's own, and descriptors whose number comes again while somebody waits. */
#include "sockets.h"

#include "fdio.h"

static struct eddy_task a, b;

/* ---- An attempt that cancels its own task ------------------------------------------------------ */

static int cancel_and_wait(struct eddy_io *io)
{
    char c;

    CHECK(recv(io->fd, &c, 1, 0) == 1);
    eddy_task_cancel(&a);
    return EDDY_IO_NOT_NOW;
}

static struct eddy_future *shake_hands(struct eddy_io *io, int fd)
{
    static const struct eddy_future_type type = {.name = "handshake", .cancel = eddy_io_cancel};

    *io = (struct eddy_io){.fd = fd, .event = EDDY_READ, .attempt = cancel_and_wait};
    return eddy_io_start(io, &loop, &type, true);
}

struct shaker {
    struct eddy_co co;
    struct eddy_io io;
};

static struct eddy_step shaker(struct eddy_co *co)
{
    struct shaker *self = CO_FRAME(co, shaker);

    CO_BEGIN(co);
    CO_AWAIT(co, shake_hands(&self->io, pair[0]));
    CO_FINALLY(co);
    note("%s", eddy_errname(eddy_co_outcome(co)));
    CO_END(co);
}

/* ---- Numbers that come again --------------------------------------------------------------------- */

struct watcher {
    struct eddy_co co;
    struct eddy_io io;
    int fd;
};

static struct eddy_step watcher(struct eddy_co *co)
{
    struct watcher *self = CO_FRAME(co, watcher);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_readable(&self->io, eddy_co_loop(co), self->fd));
    note("readable");
    CO_END(co);
}

static struct watcher frame;

static void await_readable(int fd)
{
    eddy_task_start(&a, &loop, watcher, &frame, .fd = fd);
    turns(2);
}

TESTS
{
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        EACH("an attempt may cancel its own task: nothing stays in the table that leads to it")
        {
            static struct shaker shaking;
            set_up_real();
            eddy_task_start(&a, &loop, shaker, &shaking);
            turns(1);
            say(pair[1], "x");
            complete(&a, -ECANCELED);
            EXPECT("ECANCELED");
            CHECK_INT(loop.watches.count, 0);
            tear_down_real();
        }

        EACH("a library closes its descriptor and opens another one of that number: it is awaited")
        {
            set_up_real();
            say(pair[1], "x");
            await_readable(pair[0]);
            complete(&a, 0);
            DID("the descriptor was closed and is another file's now, and nobody told the loop");
            close(pair[0]);
            CHECK(dup2(pair2[0], pair[0]) == pair[0]);
            await_readable(pair[0]);
            say(pair2[1], "y");
            complete(&a, 0);
            EXPECT("readable readable");
            tear_down_real();
        }

        EACH("what waits for its turn to send is told when its number is adopted by another")
        {
            static struct sender out;
            char text[8] = "";
            set_up_real();
            eddy_task_start(&b, &loop, sender, &out, .fd = pair[0], .from = pattern(1000000),
                            .most = 1000000, .total = 1000000);
            turns(1);
            CHECK_INT(out.io.n, EDDY_IO_MOST);
            DID("64 KiB are sent, and it is in line for more; then its number is another socket's");
            close(pair[0]);
            CHECK(dup2(pair2[0], pair[0]) == pair[0]);
            eddy_adopt_fd(&loop, pair[0]);
            CHECK_CODE(eddy_loop_run_until_complete(&loop, &b.future), EDDY_ECLOSED);
            CHECK(recv(pair2[1], text, sizeof text, 0) == -1 && errno == EAGAIN);
            tear_down_real();
        }
    }
}
