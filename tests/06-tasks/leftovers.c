/* Debug mode: what is still under way in the frame of a task that ends is named. (Tasks in a frame:
 * describe.c.) */
#include "tasks.h"

#include "net.h"
#include "sockio.h"

#include <sys/socket.h>
#include <unistd.h>

static struct eddy_task task;

/* Starts what `what` says, and awaits it or forgets to. */
struct forgetful {
    struct eddy_co co;
    struct eddy_sleep sleep;
    struct eddy_io io;
    char byte;
    int fd;
    bool receives, awaits;
};

static struct eddy_future *begin(struct forgetful *self, struct eddy_loop *on)
{
    if (self->receives)
        return eddy_recv(&self->io, on, self->fd, &self->byte, 1);
    return eddy_sleep(&self->sleep, on, 1);
}

static struct eddy_step forgetful(struct eddy_co *co)
{
    struct forgetful *self = CO_FRAME(co, forgetful);
    struct eddy_loop *on = eddy_co_loop(co);

    CO_BEGIN(co);
    if (self->awaits)
        CO_AWAIT(co, begin(self, on));
    else
        begin(self, on);
    CO_AWAIT(co, eddy_next_turn());
    CO_END(co);
}

static struct forgetful frame; /* stays, so that the test itself is in order */

static void expect_named(bool receives, int fd, const char *want)
{
    DID("a body starts %s; it is %s", receives ? "a receive" : "a sleep",
        *want ? "not awaited" : "awaited");
    reported[0] = '\0';
    eddy_task_start(&task, &loop, forgetful, &frame, .receives = receives, .fd = fd,
                    .awaits = *want == '\0');
    turns(*want ? 3 : 1);
    if (!*want && receives)
        CHECK(write(fd + 1, "x", 1) == 1);
    if (!*want)
        eddy_loop_run_until_complete(&loop, &task.future);
    CHECK(eddy_task_done(&task));
    CHECK_TEXT(reported, want);
}

/* Two descriptors side by side, of which the first does not block. */
static void make_pair(int fds[2])
{
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    CHECK_INT(fds[1], fds[0] + 1);
    CHECK_CODE(eddy_net_prepare(fds[0]), 0);
}

TESTS
{
    CASE("a sleep that was started and not awaited is named when its frame ends") {
        set_up();
        eddy_loop_set_debug(&loop, true);
        expect_named(false, -1,
                     "forgetful: it ends while the timer of a callback in its frame is set: a "
                     "forgotten await?\n");
        CHECK(eddy_timer_cancel(&loop, &frame.sleep.timer));
        expect_named(false, -1, "");
        DID("without debug mode nobody looks");
        eddy_loop_set_debug(&loop, false);
        eddy_task_start(&task, &loop, forgetful, &frame);
        turns(3);
        CHECK_TEXT(reported, "");
        tear_down();
    }

    CASE("so is an operation that waits for a descriptor") {
        char want[200];
        int fds[2];
        struct eddy_loop_options options = {.selector = "poll"};
        make_pair(fds);
        eddy_report_to(on_report);
        CHECK_OK(eddy_loop_open(&loop, &options));
        eddy_loop_set_debug(&loop, true);
        snprintf(
            want, sizeof want,
            "forgetful: it ends while an operation in its frame waits to read descriptor %d: a "
            "forgotten await?\n",
            fds[0]);
        expect_named(true, fds[0], want);
        CHECK_CODE(eddy_loop_close_fd(&loop, fds[0]), 0);
        CHECK_CODE(eddy_loop_close_fd(&loop, fds[1]), 0);
        turns(1); /* the forgotten one learns that it is closed */
        make_pair(fds);
        expect_named(true, fds[0], "");
        CHECK_CODE(eddy_loop_close_fd(&loop, fds[0]), 0);
        CHECK_CODE(eddy_loop_close_fd(&loop, fds[1]), 0);
        tear_down();
    }
}
