/*
 * What exercise 04.1 asks, asked of real futures. Each line it prints is a line of the exercise's
 * file, with the answer.
 */
#include "scripted.h"
#include "turn.h"
#include "until_complete.h"

#include <stdio.h>
#include <unistd.h>

enum { CALLBACKS = 5 };

struct callback {
    struct eddy_handle handle;
    void (*then)(void); /* what it does when it is called; NULL: nothing */
};

static struct eddy_loop loop;
static struct eddy_future future, other;
static struct callback callbacks[CALLBACKS]; /* by number; there is no 0 */
static long order;                           /* the numbers of those that ran, as digits */
static long last_turn;                       /* in which the last of them ran */
static int line;

static void tell(const char *text, long answer)
{
    printf("%c. %-66s: %ld\n", 'a' + line, text, answer);
    line++;
}

/* Noted at its end: whoever was called in the middle of it stands before it. */
static void on_call(struct eddy_handle *handle)
{
    struct callback *callback = container_of(handle, struct callback, handle);

    if (callback->then)
        callback->then();
    order = 10 * order + (callback - callbacks);
    last_turn = scripted_waits();
}

/* ---- A scene: a new loop and new futures ----------------------------------------------------- */

static void begin(void)
{
    scripted_start();
    eddy_loop_open(&loop, &scripted);
    eddy_future_init(&future, &loop);
    eddy_future_init(&other, &loop);
    order = 0;
    for (int i = 0; i < CALLBACKS; i++) {
        callbacks[i].then = NULL;
        eddy_handle_init(&callbacks[i].handle, on_call);
    }
}

static void in_line(int number)
{
    eddy_loop_call_soon(&loop, &callbacks[number].handle);
}

static void wait_for(struct eddy_future *one, int number)
{
    eddy_future_add_done_callback(one, &callbacks[number].handle);
}

static void one_and_two_wait(void)
{
    wait_for(&future, 1);
    wait_for(&future, 2);
}

static void set_result(void)
{
    eddy_future_set_result(&future, NULL);
}

/* Runs until nothing is left to do. Returns who has run in this scene. */
static long run(void)
{
    eddy_loop_run_until_stuck(&loop);
    return order;
}

static void end(void)
{
    eddy_loop_close(&loop);
}

/* ---- What callbacks do ----------------------------------------------------------------------- */

static void finish_both(void)
{
    eddy_future_set_result(&other, NULL);
    set_result();
}

static void make_3_wait(void)
{
    wait_for(&future, 3);
}

static void remove_2(void)
{
    eddy_future_remove_done_callback(&future, &callbacks[2].handle);
}

static void cancel_2(void)
{
    eddy_handle_cancel(&callbacks[2].handle);
}

static void queue_2(void)
{
    in_line(2);
}

static void make_3_wait_and_finish(void)
{
    make_3_wait();
    set_result();
}

/* ---- The scenes ------------------------------------------------------------------------------ */

static void finishing(void)
{
    begin();
    one_and_two_wait();
    set_result();
    tell("1 and 2 wait; set_result(). Before the loop runs, these have run", order);
    end();

    begin();
    in_line(3);
    one_and_two_wait();
    set_result();
    in_line(4);
    tell("3 is in line; 1 and 2 wait; set_result(); then 4 is put in line", run());
    end();

    begin();
    wait_for(&future, 1);
    wait_for(&other, 2);
    callbacks[4].then = finish_both;
    in_line(4);
    tell("1 waits for A, 2 for B. 4 is in line: it finishes B, then A", run());
    end();

    begin();
    one_and_two_wait();
    callbacks[1].then = make_3_wait;
    set_result();
    run();
    tell("1 and 2 wait; set_result(); 1 makes 3 wait. 3 runs in turn number", last_turn);
    end();
}

static long order_when_1_does(void (*then)(void))
{
    begin();
    one_and_two_wait();
    callbacks[1].then = then;
    set_result();
    run();
    end();
    return order;
}

static void changing(void)
{
    static int five = 5, six = 6;
    void *result;

    tell("1 and 2 wait; set_result(); 1 calls remove_done_callback() for 2",
         order_when_1_does(remove_2));
    tell("... and with eddy_handle_cancel() instead, these run", order_when_1_does(cancel_2));

    begin();
    one_and_two_wait();
    eddy_future_cancel(&future);
    tell("1 and 2 wait. Nobody finishes the future, but it is cancelled", run());
    end();

    begin();
    eddy_future_set_result(&future, &five);
    eddy_future_set_result(&future, &six);
    eddy_future_cancel(&future);
    eddy_future_result(&future, &result);
    tell("its result is set to 5, then to 6; then it is cancelled. It is",
         result ? *(int *)result : 0);
    end();
}

static void until_complete(void)
{
    begin();
    wait_for(&future, 1);
    callbacks[1].then = queue_2;
    callbacks[4].then = make_3_wait_and_finish;
    in_line(4);
    eddy_loop_run_until_complete(&loop, &future);
    tell("1 waits. 4 makes 3 wait, then set_result(); 1 puts 2 in line", order);
    order = 0;
    tell("... the loop is run once more. This run calls", run());
    end();
}

int main(void)
{
    alarm(10); /* a library that is being changed may hang */
    finishing();
    changing();
    until_complete();
    return line != 10;
}
