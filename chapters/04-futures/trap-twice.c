/* Trap: an answer and a time-out both finish one future. The first outcome must stay. */
#include "errors.h"
#include "future.h"
#include "turn.h"

#include <errno.h>
#include <stdio.h>

static struct eddy_loop loop;
static struct eddy_future reply;
static struct eddy_timer patience, letter;

static void on_impatient(struct eddy_handle *handle)
{
    (void)handle;
    printf("the time is up:        set_error()   %s\n",
           eddy_errname(eddy_future_set_error(&reply, -ETIMEDOUT)));
}

static void on_letter(struct eddy_handle *handle)
{
    static char text[] = "an answer";

    (void)handle;
    printf("the answer comes late: set_result()  %s\n",
           eddy_errname(eddy_future_set_result(&reply, text)));
}

/* Nobody sets `text` where there is no result: it is NULL. */
static void show(const char *when)
{
    void *text;
    int outcome = eddy_future_result(&reply, &text);

    printf("%-22s result()      %s, %s\n", when, eddy_errname(outcome),
           text ? (const char *)text : "no result");
}

int main(void)
{
    int err = eddy_loop_open(&loop, NULL);

    eddy_future_init(&reply, &loop);
    eddy_timer_init(&patience, on_impatient);
    eddy_timer_init(&letter, on_letter);
    if (err == 0)
        err = eddy_loop_call_later(&loop, &patience, 0.01);
    if (err == 0)
        err = eddy_loop_call_later(&loop, &letter, 0.02);
    if (err == 0) {
        show("before:");
        err = eddy_loop_run_until_stuck(&loop);
        show("at the end:");
    }
    eddy_loop_close(&loop);
    return err != EDDY_ESTUCK;
}
