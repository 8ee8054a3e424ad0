/*
 * What exercise 06.1 asks, asked of real tasks. Each line it prints is a line of the exercise's file,
 * with the answer.
 */
#include "delay.h"
#include "scripted.h"
#include "task.h"
#include "turn.h"

#include <stdio.h>
#include <unistd.h>

static struct eddy_loop loop;
static struct eddy_future first, second;
static long said; /* as digits, in their order */
static int line;

static void tell(const char *text)
{
    printf("%c. %-66s: %ld\n", 'a' + line, text, said);
    line++;
}

static void say(int number)
{
    said = 10 * said + number;
}

/* ---- Those who talk ---------------------------------------------------------------------------- */

struct talker {
    struct eddy_co co;
    int number;
    struct eddy_future *on; /* what it waits for before it says its number again; NULL: nothing */
};

static struct eddy_step talker(struct eddy_co *co)
{
    struct talker *self = CO_FRAME(co, talker);

    CO_BEGIN(co);
    say(self->number);
    if (self->on) {
        CO_AWAIT(co, self->on);
        say(self->number);
    }
    CO_END(co);
}

static struct eddy_task task, other;
static struct talker talkers[4];

struct starter {
    struct eddy_co co;
};

static struct eddy_step starter(struct eddy_co *co)
{
    CO_BEGIN(co);
    eddy_task_start(&task, &loop, talker, &talkers[1], .number = 1);
    eddy_task_start(&other, &loop, talker, &talkers[2], .number = 2);
    say(9);
    CO_END(co);
}

struct caller {
    struct eddy_co co;
    bool as_task;
    struct talker talker;
    struct eddy_task task;
};

static struct eddy_step caller(struct eddy_co *co)
{
    struct caller *self = CO_FRAME(co, caller);

    CO_BEGIN(co);
    say(1);
    if (self->as_task)
        CO_AWAIT(co, eddy_task_start(&self->task, &loop, talker, &self->talker, .number = 2));
    else
        CO_CALL(co, talker, &self->talker, .number = 2);
    say(1);
    CO_END(co);
}

/* The one that is cancelled: 1, first, 2, second, 3; and 9 in its cleanup section. */
struct patient {
    struct eddy_co co;
    bool tries, sleeps;
    struct eddy_sleep sleep;
};

static struct eddy_step patient(struct eddy_co *co)
{
    struct patient *self = CO_FRAME(co, patient);

    CO_BEGIN(co);
    say(1);
    CO_TRY_AWAIT(co, &first);
    if (!self->tries && eddy_co_error(co) < 0)
        CO_FAIL(co, eddy_co_error(co));
    say(2);
    CO_AWAIT(co, &second);
    say(3);
    CO_FINALLY(co);
    say(9);
    if (self->sleeps) {
        CO_AWAIT(co, eddy_sleep(&self->sleep, &loop, 1));
        say(9);
    }
    CO_END(co);
}

struct relative {
    struct eddy_co co;
    struct eddy_task *of;
};

static struct eddy_step relative(struct eddy_co *co)
{
    struct relative *self = CO_FRAME(co, relative);

    CO_BEGIN(co);
    CO_TRY_AWAIT(co, &self->of->future);
    say(5);
    CO_END(co);
}

/* ---- A scene: a new loop and new futures ----------------------------------------------------- */

static void begin(void)
{
    scripted_start();
    eddy_loop_open(&loop, &scripted);
    eddy_future_init(&first, &loop);
    eddy_future_init(&second, &loop);
    said = 0;
}

static void turn(void)
{
    eddy_loop_stop(&loop);
    eddy_loop_run_forever(&loop);
}

static void end(const char *text)
{
    eddy_loop_run_until_stuck(&loop);
    tell(text);
    eddy_loop_close(&loop);
}

/* ---- The scenes ------------------------------------------------------------------------------ */

static void two_talk(struct eddy_future *on, const char *text)
{
    begin();
    eddy_task_start(&task, &loop, talker, &talkers[1], .number = 1, .on = on);
    eddy_task_start(&other, &loop, talker, &talkers[2], .number = 2, .on = on);
    end(text);
}

static void one_calls(bool as_task, const char *text)
{
    static struct caller frame;

    begin();
    eddy_task_start(&task, &loop, caller, &frame, .as_task = as_task);
    eddy_task_start(&other, &loop, talker, &talkers[3], .number = 3);
    end(text);
}

static void starting(void)
{
    static struct eddy_future done;
    static struct starter frame;
    static struct eddy_task nine;

    begin();
    eddy_task_start(&nine, &loop, starter, &frame);
    end("9 starts 1, starts 2, then says 9. 1 and 2 say their numbers");
    two_talk(eddy_next_turn(), "1 and 2 are started; each says its number, sleeps 0 s, says it");
    two_talk(eddy_future_init_done(&done, &loop, 0),
             "... and awaits a future that is done, instead of sleeping");
    one_calls(false, "1 and 3 are started. 1 says 1, calls 2 with CO_CALL, says 1");
    one_calls(true, "... and 1 starts 2 as a task and awaits that, instead of calling");
}

static struct patient patient_frame;

static void cancelling(void)
{
    static struct relative frame;

    begin();
    eddy_task_start(&task, &loop, patient, &patient_frame);
    eddy_task_cancel(&task);
    end("P is started, and cancelled before the loop has run");

    begin();
    eddy_task_start(&task, &loop, patient, &patient_frame);
    turn();
    eddy_future_set_result(&first, NULL);
    eddy_task_cancel(&task);
    end("P waits for A. A's result is set; then, in the same turn, cancel");

    begin();
    eddy_task_start(&task, &loop, patient, &patient_frame, .tries = true);
    turn();
    eddy_task_cancel(&task);
    turn();
    eddy_future_set_result(&second, NULL);
    end("P waits for A with CO_TRY_AWAIT. Cancel; later B's result is set");

    begin();
    eddy_task_start(&task, &loop, patient, &patient_frame, .sleeps = true);
    turn();
    eddy_task_cancel(&task);
    turn();
    eddy_task_cancel(&task);
    end("P waits for A. Cancel; and cancel again while its cleanup sleeps");

    begin();
    eddy_task_start(&task, &loop, patient, &patient_frame, .sleeps = true);
    eddy_task_start(&other, &loop, relative, &frame, .of = &task);
    turn();
    eddy_task_cancel(&other);
    end("P waits for A, 5 for P with CO_TRY_AWAIT; then 5 says 5. Cancel 5");
}

int main(void)
{
    alarm(10); /* a library that is being changed may hang */
    starting();
    cancelling();
    return line != 10;
}
