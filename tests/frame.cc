// frame.cc - callbacks and futures as a C++ program uses them, each macro of theirs once. Coroutines
// are C's alone (gen.h). Compiled and run by frame.bats, against an installed library.
#include <eddy.h>

#include <csignal>
#include <cstdio>
#include <unistd.h>

namespace
{

struct program {
    struct eddy_loop loop;
    struct eddy_handle soon, signal, told;
    struct eddy_watch watch;
    struct eddy_timer timer;
    struct eddy_future future;
    int fds[2];
};

void on_soon(struct eddy_handle *handle)
{
    struct program *self = container_of(handle, struct program, soon);

    if (write(self->fds[1], "x", 1) == 1)
        std::printf("soon, ");
}

void on_readable(struct eddy_handle *handle)
{
    struct program *self = container_of(handle, struct program, watch.handle);

    std::printf("readable, ");
    eddy_loop_remove_reader(&self->loop, self->fds[0]);
    if (eddy_loop_call_later(&self->loop, &self->timer, 0.001) != 0)
        eddy_loop_stop(&self->loop);
}

void on_timer(struct eddy_handle *handle)
{
    struct program *self = container_of(handle, struct program, timer.handle);

    std::printf(eddy_handle_queued(&self->soon) ? "still in line, " : "timer, ");
    std::raise(SIGUSR1);
}

void on_signal(struct eddy_handle *handle)
{
    struct program *self = container_of(handle, struct program, signal);

    std::printf("signal, ");
    eddy_loop_remove_signal_handler(&self->loop, SIGUSR1);
    eddy_future_set_result(&self->future, self);
}

void on_done(struct eddy_handle *handle)
{
    struct program *self = container_of(handle, struct program, told);
    void *result = NULL;
    int err = eddy_future_result(&self->future, &result);

    std::printf("done: %s\n", result == self ? eddy_strerror(err) : "another result");
}

int start(struct program *self)
{
    int err = eddy_loop_add_signal_handler(&self->loop, SIGUSR1, &self->signal);

    if (err == 0)
        err = eddy_loop_add_reader(&self->loop, self->fds[0], &self->watch);
    if (err == 0)
        err = eddy_loop_call_soon(&self->loop, &self->soon);
    if (err == 0)
        err = eddy_future_add_done_callback(&self->future, &self->told);
    return err;
}

} // namespace

int main()
{
    static struct program self;
    struct eddy_pair pair;
    int err = eddy_loop_open(&self.loop, NULL);

    if (err != 0 || eddy_pair_open(&pair) != 0)
        return 1;
    self.fds[0] = pair.fds[0];
    self.fds[1] = pair.fds[1];
    eddy_handle_init(&self.soon, on_soon);
    eddy_handle_init(&self.signal, on_signal);
    eddy_handle_init(&self.told, on_done);
    eddy_watch_init(&self.watch, on_readable);
    eddy_timer_init(&self.timer, on_timer);
    eddy_future_init(&self.future, &self.loop);
    err = start(&self);
    if (err == 0)
        err = eddy_loop_run_until_complete(&self.loop, &self.future);
    if (err != 0)
        std::printf("%s\n", eddy_strerror(err));
    close(self.fds[0]);
    close(self.fds[1]);
    return err == 0 && eddy_loop_close(&self.loop) == 0 ? 0 : 1;
}
