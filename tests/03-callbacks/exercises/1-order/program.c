/*
 * What exercise 03.1 asks, asked of the real loop. Each line it prints is a line of the exercise's
 * file, with the answer. The clock is the tests' own, so that ten seconds take no time.
 */
#include "loop.h"
#include "scripted.h"
#include "turn.h"

#include <stdio.h>
#include <unistd.h>

enum { CALLBACKS = 5 };

struct callback {
    struct eddy_timer timer; /* to be put in line, its handle is enough */
    struct eddy_watch watch;
    void (*then)(void); /* what it does when it is called; NULL: nothing */
};

static struct eddy_loop loop;
static struct callback callbacks[CALLBACKS]; /* by number; there is no 0 */
static long order;                           /* the numbers of those that ran, as digits */
static long last_turn;                       /* in which the last of them ran */
static int line;

static void tell(const char *text, long answer)
{
    printf("%c. %-66s: %ld\n", 'a' + line, text, answer);
    line++;
}

static void called(struct callback *callback)
{
    order = 10 * order + (callback - callbacks);
    last_turn = scripted_waits();
    if (callback->then)
        callback->then();
}

static void on_handle(struct eddy_handle *handle)
{
    called(container_of(handle, struct callback, timer.handle));
}

static void on_readable(struct eddy_handle *handle)
{
    called(container_of(handle, struct callback, watch.handle));
}

/* ---- A scene: a new loop, what is set and in line, and then it runs ---------------------------- */

static void begin(void)
{
    scripted_start();
    eddy_loop_open(&loop, &scripted);
    order = 0;
    for (int i = 0; i < CALLBACKS; i++) {
        callbacks[i] = (struct callback){.then = NULL};
        eddy_timer_init(&callbacks[i].timer, on_handle);
        eddy_watch_init(&callbacks[i].watch, on_readable);
    }
}

static void in_line(int number)
{
    eddy_loop_call_soon(&loop, &callbacks[number].timer.handle);
}

static void set(int number, double delay)
{
    eddy_loop_call_later(&loop, &callbacks[number].timer, delay);
}

static void cancel(int number)
{
    eddy_timer_cancel(&loop, &callbacks[number].timer);
}

/* The numbers of those that run until nothing is left to do. */
static long run(void)
{
    order = 0;
    eddy_loop_run_until_stuck(&loop);
    return order;
}

static void end(void)
{
    eddy_loop_close(&loop);
}

/* ---- What callbacks do ------------------------------------------------------------------------- */

static void queue_3(void)
{
    in_line(3);
}

static void set_2_queue_3(void)
{
    set(2, 0);
    in_line(3);
}

static void cancel_2(void)
{
    cancel(2);
}

static void stop_queue_4(void)
{
    eddy_loop_stop(&loop);
    in_line(4);
}

static void stop(void)
{
    eddy_loop_stop(&loop);
}

static void take_10_s_queue_2(void)
{
    scripted_advance(10);
    in_line(2);
}

/* ---- The scenes -------------------------------------------------------------------------------- */

static void in_turns(void)
{
    begin();
    callbacks[1].then = queue_3;
    in_line(1);
    in_line(2);
    tell("1 and 2 are in line, and 1 puts 3 in line. The order is", run());
    tell("... and of the loop's turns, 3 runs in number", last_turn);
    end();

    begin();
    callbacks[1].then = set_2_queue_3;
    in_line(1);
    tell("1 sets timer 2 for 0 seconds, then puts 3 in line. The order is", run());
    end();
}

static void timers(void)
{
    begin();
    set(1, 20);
    set(2, 10);
    set(3, 10);
    set(4, 5);
    tell("timers are set: 1 for 20 s, 2 for 10 s, 3 for 10 s, 4 for 5 s", run());
    end();

    begin();
    callbacks[1].then = cancel_2;
    for (int number = 1; number <= 3; number++)
        set(number, 10);
    tell("timers 1, 2, 3 are set for 10 s, and 1 cancels 2. The order is", run());
    end();
}

/* 3 watches a descriptor that is ready once. */
static void all_at_once(void)
{
    int fds[2];

    if (pipe(fds) < 0)
        return;
    begin();
    eddy_loop_add_reader(&loop, fds[0], &callbacks[3].watch);
    scripted_event(fds[0], EDDY_READ);
    set(2, 0);
    in_line(1);
    tell("1 is in line, timer 2 is due, what 3 watches is readable", run());
    end();
    close(fds[0]);
    close(fds[1]);
}

static void late(void)
{
    begin();
    callbacks[1].then = take_10_s_queue_2;
    set(1, 5);
    set(3, 12);
    tell("timers: 1 for 5 s, 3 for 12 s. 1 takes 10 s, then puts 2 in line", run());
    end();
}

static void stopping(void)
{
    begin();
    callbacks[1].then = stop_queue_4;
    callbacks[4].then = stop;
    for (int number = 1; number <= 3; number++)
        in_line(number);
    tell("1, 2, 3 are in line. 1 stops the loop, and puts 4 in line", run());
    tell("... the loop is run once more, and 4 stops it. This run calls", run());
    end();

    begin();
    eddy_loop_stop(&loop);
    in_line(1);
    set(2, 10);
    tell("stopped before it runs; 1 is in line, timer 2 is set for 10 s", run());
    end();
}

int main(void)
{
    alarm(10); /* a library that is being changed may hang */
    in_turns();
    timers();
    all_at_once();
    late();
    stopping();
    return line != 10;
}
