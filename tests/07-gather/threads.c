/* In debug mode a call from another thread than the one that runs the loop is refused, and told. */
#include "many.h"

#include "completed.h"
#include "context.h"
#include "gather.h"
#include "group.h"
#include "shield.h"
#include "timeout.h"
#include "wait_for.h"
#include "waiting.h"

#include <pthread.h>

/* What is open in the loop's thread. */
struct host {
    struct eddy_co co;
    struct eddy_group group;
    struct eddy_as_completed each;
    struct eddy_awaited places[1];
    struct eddy_future future;
};

static struct host host_frame;
static struct eddy_task task;

/* All that a thread can ask for, in its own memory. */
struct thief {
    struct eddy_member member;
    struct eddy_gather gather;
    struct eddy_wait wait;
    struct eddy_wait_for limit;
    struct eddy_shield shield;
    struct eddy_awaited places[1];
    struct eddy_group group;
    struct eddy_timeout timeout;
    struct eddy_as_completed each;
};

static void look(const char *call, int err)
{
    note("%s%s%s", call, err == EDDY_ETHREAD ? "" : "=",
         err == EDDY_ETHREAD ? "" : eddy_errname(err));
}

static void *call_all(void *arg)
{
    static struct thief its;
    struct eddy_future *future = &host_frame.future;
    struct eddy_awaited *places = its.places;

    (void)arg;
    places[0].future = future;
    look("spawn", eddy_group_spawn(&host_frame.group, sleeper, .name = "s"));
    look("add", eddy_group_add(&host_frame.group, &its.member, future));
    look("join", eddy_group_join(&host_frame.group)->err);
    look("close", eddy_group_close(&host_frame.group)->err);
    look("group", eddy_group_open(&its.group, &host_frame.co));
    look("scope", eddy_timeout_open(&its.timeout, &host_frame.co, EDDY_FOREVER));
    look("gather", eddy_gather(&its.gather, &loop, places, 1)->err);
    look("wait", eddy_wait(&its.wait, &loop, places, 1, EDDY_ALL_COMPLETED, EDDY_FOREVER)->err);
    look("wait_for", eddy_wait_for(&its.limit, &loop, future, EDDY_FOREVER)->err);
    look("shield", eddy_shield(&its.shield, &loop, future)->err);
    look("open", eddy_as_completed_open(&its.each, &loop, places, 1, EDDY_FOREVER));
    look("next", eddy_as_completed_next(&host_frame.each)->err);
    look("name", eddy_task_set_name(&task, "stolen"));
    return NULL;
}

static struct eddy_step host(struct eddy_co *co)
{
    struct host *self = CO_FRAME(co, host);
    pthread_t thread;

    CO_BEGIN(co);
    eddy_future_init(&self->future, eddy_co_loop(co));
    self->places[0].future = &self->future;
    CHECK_CODE(eddy_group_open(&self->group, co), 0);
    CHECK_CODE(eddy_as_completed_open(&self->each, &loop, self->places, 1, EDDY_FOREVER), 0);
    CHECK(pthread_create(&thread, NULL, call_all, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_INT(waiters_of(&self->future), 1);
    CHECK_TEXT(eddy_task_name(co->task), "host");
    CO_AWAIT(co, eddy_group_join(&self->group));
    CO_FINALLY(co);
    eddy_as_completed_close(&self->each);
    CO_AWAIT(co, eddy_group_close(&self->group));
    CO_END(co);
}

TESTS
{
    CASE("in debug mode, from another thread, all is refused with EDDY_ETHREAD, nothing changes") {
        set_up();
        eddy_loop_set_debug(&loop, true);
        eddy_task_start(&task, &loop, host, &host_frame);
        run_out();
        CHECK_CODE(outcome(&task), 0);
        EXPECT("spawn add join close group scope gather wait wait_for shield open next name");
        CHECK(reports >= 13);
        tear_down();
    }
}
