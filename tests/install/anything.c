/* Awaits the keyboard, a pipe, an eventfd (Linux) and a socket at once. What comes from one is passed
 * on to the next: so the last speaks only if all four are heard, and the keyboard begins. */
#include <eddy.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct ear {
    struct eddy_co co;
    struct eddy_io io;
    const char *name;
    int from, to;
    char word[8]; /* what an eventfd takes and gives */
};

static struct eddy_step ear(struct eddy_co *co)
{
    struct ear *self = CO_FRAME(co, ear);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_read(&self->io, eddy_co_loop(co), self->from, self->word, 8));
    printf("%s: %.7s\n", self->name, self->word);
    if (self->to >= 0)
        CO_AWAIT(co, eddy_write(&self->io, eddy_co_loop(co), self->to, self->word, 8));
    CO_END(co);
}

struct listen_to_all {
    struct eddy_co co;
    struct ear ears[4];
    struct eddy_task tasks[4];
    int pipe[2], pair[2], event, i;
};

static void start_tasks(struct listen_to_all *self, struct eddy_loop *loop)
{
    static const char *const names[] = {"socket", "eventfd", "pipe", "keyboard"};
    int from[] = {self->pair[0], self->event, self->pipe[0], STDIN_FILENO};
    int to[] = {-1, self->pair[1], self->event, self->pipe[1]};

    for (int i = 0; i < 4; i++)
        eddy_task_start(&self->tasks[i], loop, ear, &self->ears[i], .name = names[i],
                        .from = from[i], .to = to[i]);
}

static struct eddy_step listen_to_all(struct eddy_co *co)
{
    struct listen_to_all *self = CO_FRAME(co, listen_to_all);

    CO_BEGIN(co);
    self->event = eventfd(0, EFD_CLOEXEC);
    if (pipe(self->pipe) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, self->pair) < 0)
        CO_FAIL(co, -errno);
    start_tasks(self, eddy_co_loop(co));
    CO_FINALLY(co);
    for (self->i = 0; self->i < 4; self->i++)
        CO_AWAIT(co, &self->tasks[self->i].future);
    CO_END(co);
}

int main(void)
{
    return eddy_run(listen_to_all) < 0;
}
