/*
 * Exercise 06.4, find the bug: a house with three seats. Whoever connects is a guest; when all seats are
 * taken, the door is closed at once. A guest says
 *
 *     all out   and all other guests are thrown out: their tasks are cancelled
 *     ?         or anything else, and is told how many are seated
 *
 *     make check-06.4        builds it, comes in, and says what goes wrong
 *     build/learn/exercises/06.4/4-guests 8081      then, in other terminals:  nc localhost 8081
 *
 * As long as guests go by themselves, all is well. But the house fills with guests whom nobody sees.
 * One function is wrong.
 */
#include "../../chapters/demo.h"

#include "run.h"
#include "sockio.h"

enum { SEATS = 3, LINE_MOST = 64 };

struct house {
    struct eddy_list guests; /* all whose tasks have begun, seated or not */
    int free;                /* seats */
};

/* ---- A guest ----------------------------------------------------------------------------------- */

struct read_line {
    struct eddy_co co;
    struct guest *guest;
    struct eddy_io io;
    size_t length;
};

struct guest {
    struct eddy_co co;
    struct house *house;
    int fd;
    struct eddy_task *task;
    struct eddy_list link;
    bool seated;
    struct read_line reading;
    struct eddy_io io;
    char line[LINE_MOST], answer[LINE_MOST];
};

/* To guest->line, a byte at a time. Ends with EDDY_ECLOSED when there are no more. */
static struct eddy_step read_line(struct eddy_co *co)
{
    struct read_line *self = CO_FRAME(co, read_line);
    struct guest *guest = self->guest;

    CO_BEGIN(co);
    for (self->length = 0; self->length < LINE_MOST - 1; self->length++) {
        CO_AWAIT(co,
                 eddy_recv(&self->io, eddy_co_loop(co), guest->fd, guest->line + self->length, 1));
        if (self->io.n == 0)
            CO_FAIL(co, EDDY_ECLOSED);
        if (guest->line[self->length] == '\n')
            break;
    }
    guest->line[self->length] = '\0';
    CO_END(co);
}

static void throw_out_others(const struct guest *guest)
{
    struct eddy_list *guests = &guest->house->guests;

    for (struct eddy_list *link = guests->next; link != guests; link = link->next) {
        struct guest *other = container_of(link, struct guest, link);
        if (other != guest)
            eddy_task_cancel(other->task);
    }
}

static struct eddy_future *answer(struct guest *guest, struct eddy_loop *loop)
{
    int n =
        snprintf(guest->answer, sizeof guest->answer, "%d seated\n", SEATS - guest->house->free);

    return eddy_sendall(&guest->io, loop, guest->fd, guest->answer, (size_t)n);
}

static bool sit_down(struct guest *guest)
{
    guest->task = eddy_current_task();
    eddy_list_append(&guest->house->guests, &guest->link);
    if (guest->house->free == 0)
        return false;
    guest->house->free--;
    guest->seated = true;
    return true;
}

static struct eddy_step guest(struct eddy_co *co)
{
    struct guest *self = CO_FRAME(co, guest);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    if (!sit_down(self))
        CO_RETURN(co);
    for (;;) {
        CO_TRY_CALL(co, read_line, &self->reading, .guest = self);
        if (eddy_co_error(co) == EDDY_ECLOSED)
            break;
        if (eddy_co_error(co) < 0)
            CO_FAIL(co, eddy_co_error(co));
        if (strcmp(self->line, "all out") == 0)
            throw_out_others(self);
        else
            CO_AWAIT(co, answer(self, loop));
    }
    CO_FINALLY(co);
    if (self->seated)
        self->house->free++;
    if (eddy_list_linked(&self->link))
        eddy_list_remove(&self->link);
    eddy_loop_close_fd(loop, self->fd);
    eddy_co_handled(co); /* a guest that has gone is no failure of ours */
    CO_END(co);
}

/* ---- The door ---------------------------------------------------------------------------------- */

struct door {
    struct eddy_co co;
    const struct demo *demo;
    struct house *house;
    int listener;
    struct eddy_io io;
};

static struct eddy_step door(struct eddy_co *co)
{
    struct door *self = CO_FRAME(co, door);
    struct eddy_loop *loop = eddy_co_loop(co);
    int err;

    CO_BEGIN(co);
    err = demo_try_listen(self->demo, &self->listener, 1);
    if (err < 0)
        CO_FAIL(co, err);
    for (;;) {
        CO_AWAIT(co, eddy_accept(&self->io, loop, self->listener));
        err = eddy_spawn(loop, guest, .house = self->house, .fd = (int)self->io.n);
        if (err < 0)
            eddy_loop_close_fd(loop, (int)self->io.n);
    }
    CO_FINALLY(co);
    if (self->listener >= 0)
        eddy_loop_close_fd(loop, self->listener);
    CO_END(co);
}

int main(int argc, char *argv[])
{
    struct demo demo = demo_start(argc, argv, "A house with three seats.");
    struct house house = {.free = SEATS};
    int err;

    demo.host = "127.0.0.1";
    eddy_list_init(&house.guests);
    err = eddy_run(door, .demo = &demo, .house = &house, .listener = -1);
    printf("the house is closed: %d of %d seats are free\n", house.free, SEATS);
    return demo_status(&demo, err);
}
