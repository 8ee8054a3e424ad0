/* Trap: what a read has returned is kept across the next read. It lies in the reader's buffer, whose place
 * the next bytes take. */
#include "delay.h"
#include "reader.h"
#include "run.h"

#include <stdio.h>

struct form {
    struct eddy_co co;
    struct eddy_reader reader;
    const char *name; /* points into the buffer: that is the mistake */
    struct eddy_task typist;
    struct typist {
        struct eddy_co co;
        struct eddy_reader *to;
    } typing;
};

static struct eddy_step typist(struct eddy_co *co)
{
    struct typist *self = CO_FRAME(co, typist);

    CO_BEGIN(co);
    eddy_reader_feed(self->to, "Al\n", 3);
    CO_AWAIT(co, eddy_next_turn());
    eddy_reader_feed(self->to, "42\n", 3);
    CO_END(co);
}

static struct eddy_step form(struct eddy_co *co)
{
    struct form *self = CO_FRAME(co, form);

    CO_BEGIN(co);
    eddy_reader_open(&self->reader, eddy_co_loop(co), 0, NULL);
    eddy_task_start(&self->typist, eddy_co_loop(co), typist, &self->typing, .to = &self->reader);
    CO_AWAIT(co, eddy_reader_readline(&self->reader));
    self->name = self->reader.data;
    printf("name: %.2s\n", self->name);
    CO_AWAIT(co, eddy_reader_readline(&self->reader));
    printf("age: %.2s\n", self->reader.data);
    printf("%.2s is %.2s\n", self->name, self->reader.data);
    CO_FINALLY(co);
    eddy_reader_close(&self->reader);
    CO_TRY_AWAIT(co, &self->typist.future);
    CO_END(co);
}

int main(void)
{
    return eddy_run(form) < 0;
}
