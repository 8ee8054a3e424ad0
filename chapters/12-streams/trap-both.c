/* Trap: both sides write first, and then read. Each waits until the other one reads, and neither does. Whoever
 * awaits both at once gets all. */
#include "errors.h"
#include "gather.h"
#include "net.h"
#include "net_new.h"
#include "run.h"
#include "stream.h"
#include "wait_for.h"

#include <stdio.h>

enum { SIZE = 4000000 };

static char text[SIZE];

struct talk {
    struct eddy_co co;
    struct eddy_stream *stream;
    bool at_once;
    struct eddy_stream_wait wait;
    struct eddy_gather both;
    struct eddy_awaited each[2];
};

static struct eddy_step talk(struct eddy_co *co)
{
    struct talk *self = CO_FRAME(co, talk);

    CO_BEGIN(co);
    if (self->at_once) {
        CO_AWAIT(co, eddy_gather_of(&self->both, eddy_co_loop(co), self->each,
                                    eddy_stream_write(&self->wait, self->stream, text, SIZE),
                                    eddy_reader_readexactly(&self->stream->reader, SIZE)));
    } else {
        CO_AWAIT(co, eddy_stream_write(&self->wait, self->stream, text, SIZE));
        CO_AWAIT(co, eddy_reader_readexactly(&self->stream->reader, SIZE));
    }
    CO_END(co);
}

struct meeting {
    struct eddy_co co;
    bool at_once;
    int fds[2], err;
    struct eddy_stream streams[2];
    struct eddy_task tasks[2];
    struct talk talks[2];
    struct eddy_gather all;
    struct eddy_awaited each[2];
    struct eddy_wait_for limit;
    struct eddy_stream_wait wait;
};

static int open_streams(struct meeting *meeting)
{
    struct eddy_loop *loop = eddy_co_loop(&meeting->co);
    int err = eddy_net_pair(meeting->fds);

    for (int i = 0; i < 2 && err == 0; i++) {
        err = eddy_stream_open(&meeting->streams[i], loop, meeting->fds[i]);
        if (err == 0)
            meeting->fds[i] = -1;
    }
    return err;
}

static struct eddy_future *start_talk(struct meeting *meeting, int i)
{
    return eddy_task_start(&meeting->tasks[i], eddy_co_loop(&meeting->co), talk, &meeting->talks[i],
                           .stream = &meeting->streams[i], .at_once = meeting->at_once);
}

static struct eddy_step meeting(struct eddy_co *co)
{
    struct meeting *self = CO_FRAME(co, meeting);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    self->err = open_streams(self);
    if (self->err < 0)
        CO_FAIL(co, self->err);
    CO_TRY_AWAIT(co, eddy_wait_for(&self->limit, loop,
                                   eddy_gather_of(&self->all, loop, self->each, start_talk(self, 0),
                                                  start_talk(self, 1)),
                                   self->at_once ? EDDY_FOREVER : 0.2));
    self->err = eddy_co_error(co);
    printf("%s: %s\n", self->at_once ? "both at once" : "write all, then read",
           self->err < 0 ? eddy_errname(self->err) : "all has come");
    CO_FINALLY(co);
    for (int i = 0; i < 2; i++)
        if (self->fds[i] > 0)
            eddy_net_close(self->fds[i]);
    eddy_stream_abort(&self->streams[0]);
    eddy_stream_abort(&self->streams[1]);
    CO_TRY_AWAIT(co, eddy_stream_wait_closed(&self->wait, &self->streams[0]));
    CO_TRY_AWAIT(co, eddy_stream_wait_closed(&self->wait, &self->streams[1]));
    CO_END(co);
}

struct show {
    struct eddy_co co;
    struct meeting meeting;
};

static struct eddy_step show(struct eddy_co *co)
{
    struct show *self = CO_FRAME(co, show);

    CO_BEGIN(co);
    CO_CALL(co, meeting, &self->meeting, .at_once = false);
    CO_CALL(co, meeting, &self->meeting, .at_once = true);
    CO_END(co);
}

int main(void)
{
    return eddy_run(show) < 0;
}
