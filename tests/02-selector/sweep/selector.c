/* Each scenario runs on each selector that this build has. */
#include "sweep.h"

#include "errors.h"
#include "faults.h"
#include "plausible.h"
#include "selector.h"

#include <errno.h>

enum { PAIRS = 20 }; /* more than the tables have room for at first */

static const char *which; /* the selector that is swept */
static struct eddy_selector selector;
static int pairs[PAIRS][2]; /* [0] is watched, [1] is the peer's */
static int open_pairs;

/* ---- Before and after ------------------------------------------------------------------------ */

static int set_up(int count)
{
    int err = 0;

    for (open_pairs = 0; open_pairs < count && err == 0; open_pairs += err == 0)
        err = sweep_pair(pairs[open_pairs]);
    return err < 0 ? err : eddy_selector_open(&selector, which);
}

static int tear_down(int err)
{
    eddy_selector_close(&selector);
    while (open_pairs > 0) {
        sweep_hang_up(pairs[--open_pairs][0]);
        sweep_hang_up(pairs[open_pairs][1]);
    }
    return err;
}

/* ---- On an error nothing has changed --------------------------------------------------------- */

/* The kernel has recovered: then what failed must work, as if it were the first attempt. */
static int register_again(int fd)
{
    int err;

    faults_hold(true);
    err = eddy_selector_register(&selector, fd, EDDY_READ, NULL);
    if (err == 0)
        err = eddy_selector_unregister(&selector, fd);
    faults_hold(false);
    return err;
}

static int watch(int fd, int events)
{
    int registered = selector.registered, err = eddy_selector_register(&selector, fd, events, NULL);

    if (err == 0)
        return 0;
    if (selector.registered != registered || eddy_selector_get(&selector, fd))
        return sweep_wrong("eddy_selector_register() failed, and registered it");
    if (register_again(fd) != 0)
        return sweep_wrong("eddy_selector_register() failed, and fails when the fault is over");
    return err;
}

static int change(int fd, int events)
{
    int before = eddy_selector_get(&selector, fd)->events;
    int err = eddy_selector_modify(&selector, fd, events, NULL);

    if (err < 0 && eddy_selector_get(&selector, fd)->events != before)
        return sweep_wrong("eddy_selector_modify() failed, and changed it");
    return err;
}

/* Waits, and expects to be told of `fd`, ready for `events`, and of nothing else. */
static int expect_ready(int fd, int events)
{
    struct eddy_event event;
    int n = eddy_selector_wait(&selector, 1.0);

    if (n < 0)
        return n;
    if (!eddy_selector_next(&selector, &event) || event.fd != fd || event.events != events)
        return sweep_wrong("eddy_selector_next() did not tell what is ready");
    return eddy_selector_next(&selector, &event) ? sweep_wrong("something is ready that is not")
                                                 : 0;
}

/* ---- The scenarios --------------------------------------------------------------------------- */

static int opens_and_closes(void)
{
    return tear_down(eddy_selector_open(&selector, which));
}

static int registers_several(void)
{
    int err = set_up(PAIRS);

    for (int i = 0; i < PAIRS && err == 0; i++)
        err = watch(pairs[i][0], EDDY_READ);
    if (err == 0)
        err = sweep_say(pairs[PAIRS - 1][1], "x");
    if (err == 0)
        err = expect_ready(pairs[PAIRS - 1][0], EDDY_READ);
    for (int i = 0; i < PAIRS && err == 0; i++)
        err = eddy_selector_unregister(&selector, pairs[i][0]);
    return tear_down(err);
}

static int changes_what_is_watched(void)
{
    int err = set_up(2), fd = pairs[0][0];

    if (err == 0)
        err = watch(fd, EDDY_READ);
    if (err == 0)
        err = change(fd, EDDY_WRITE);
    if (err == 0)
        err = expect_ready(fd, EDDY_WRITE);
    if (err == 0)
        err = sweep_say(pairs[0][1], "x");
    if (err == 0)
        err = change(fd, EDDY_READ | EDDY_WRITE);
    if (err == 0)
        err = expect_ready(fd, EDDY_READ | EDDY_WRITE);
    if (err == 0)
        err = eddy_selector_modify(&selector, fd, 0, NULL);
    return tear_down(err);
}

static int gives_up_and_takes_again(void)
{
    int err = set_up(2);

    for (int i = 0; i < 3 && err == 0; i++) {
        err = watch(pairs[0][0], EDDY_READ);
        if (err == 0)
            err = watch(pairs[1][0], EDDY_WRITE);
        if (err == 0)
            err = expect_ready(pairs[1][0], EDDY_WRITE);
        if (err == 0)
            err = eddy_selector_unregister(&selector, pairs[0][0]);
        if (err == 0)
            err = eddy_selector_unregister(&selector, pairs[1][0]);
    }
    return tear_down(err);
}

static int lets_the_time_pass(void)
{
    int err = set_up(1);

    if (err == 0)
        err = watch(pairs[0][0], EDDY_READ);
    if (err == 0)
        err = eddy_selector_wait(&selector, 0.002);
    if (err == 0)
        err = eddy_selector_wait(&selector, 0);
    return tear_down(err);
}

/* One that was closed without a word must not keep the other one from being told. */
static int survives_a_closed_one(void)
{
    int err = set_up(2);

    for (int i = 0; i < 2 && err == 0; i++)
        err = watch(pairs[i][0], EDDY_READ);
    if (err == 0)
        err = sweep_say(pairs[0][1], "x");
    if (err == 0) {
        int closed = pairs[1][0];
        sweep_hang_up(closed);
        err = expect_ready(pairs[0][0], EDDY_READ);
        if (err == 0)
            err = eddy_selector_unregister(&selector, closed);
    }
    return tear_down(err);
}

static int add_anew(int fd)
{
    uint32_t id = eddy_selector_get(&selector, fd)->id;
    int err = eddy_selector_add(&selector, fd, EDDY_READ, NULL);

    if (err < 0 && eddy_selector_get(&selector, fd)->id != id)
        return sweep_wrong("eddy_selector_add() failed, and changed it");
    return err < 0 ? err : err == 1 ? 0 : sweep_wrong("it is another file, and that was not seen");
}

/* A number that was closed and opened again is another file's, and is told of that one. */
static int takes_a_reused_number(void)
{
    int err = set_up(1);

    if (err == 0)
        err = watch(pairs[0][0], EDDY_READ);
    if (err == 0) {
        sweep_hang_up(pairs[0][0]);
        sweep_hang_up(pairs[0][1]);
        open_pairs = 0;
        err = sweep_pair(pairs[0]);
        open_pairs = err == 0;
    }
    if (err == 0)
        err = add_anew(pairs[0][0]);
    if (err == 0)
        err = sweep_say(pairs[0][1], "x");
    if (err == 0)
        err = expect_ready(pairs[0][0], EDDY_READ);
    return tear_down(err);
}

SWEEP
{
    static const int asked[] = {EIO, ENOMEM, EOVERFLOW};

    for (int i = 0; i < 3; i++)
        plausible_expect("fstat", asked[i], REPORTED);
    sweep_ignored("close"); /* eddy_selector_close() returns nothing: it can do nothing about it */
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        SCENARIO_ON(which, "opens and closes", opens_and_closes);
        SCENARIO_ON(which, "watches several descriptors", registers_several);
        SCENARIO_ON(which, "changes what is watched", changes_what_is_watched);
        SCENARIO_ON(which, "gives up and takes again", gives_up_and_takes_again);
        SCENARIO_ON(which, "lets the time pass", lets_the_time_pass);
        SCENARIO_ON(which, "survives a closed descriptor", survives_a_closed_one);
        SCENARIO_ON(which, "takes a number that is used again", takes_a_reused_number);
    }
}
