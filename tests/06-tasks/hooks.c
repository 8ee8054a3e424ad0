/* What a module that keeps something for each task is told: of births, ends, and frames that go. */
#include "tasks.h"

/* Tells all in the trace, and may refuse a birth. */
struct teller {
    struct eddy_task_hooks hooks;
    const char *name;
    int refusal;
};

static struct teller *teller_of(struct eddy_task_hooks *hooks)
{
    return container_of(hooks, struct teller, hooks);
}

static int tell_birth(struct eddy_task_hooks *hooks, struct eddy_task *task,
                      struct eddy_task *parent)
{
    struct teller *teller = teller_of(hooks);

    (void)task;
    note("%s:born%s%s", teller->name, parent ? "-of-" : "", parent ? eddy_co_name(parent->co) : "");
    return teller->refusal;
}

static void tell_end(struct eddy_task_hooks *hooks, struct eddy_task *task)
{
    (void)task;
    note("%s:ended", teller_of(hooks)->name);
}

static void tell_let_go(struct eddy_task_hooks *hooks, struct eddy_task *task)
{
    (void)task;
    note("%s:let-go", teller_of(hooks)->name);
}

static const char *tell_name(struct eddy_task_hooks *hooks, const struct eddy_task *task)
{
    (void)task;
    return teller_of(hooks)->name;
}

static struct eddy_task a, b;
static struct waiter frame;
static struct sleeper sleep_frame;
static struct eddy_future future;

/* A loop has tasks from its first on; this one has ended. */
static void set_up_tasks(void)
{
    set_up();
    eddy_task_start(&a, &loop, sleeper, &sleep_frame, .name = "first");
    run_out();
    EXPECT("first first.OK");
    eddy_future_init(&future, &loop);
}

static const struct teller all = {
    .hooks = {.born = tell_birth, .ended = tell_end, .let_go = tell_let_go, .name = tell_name},
    .name = "one"};

static void births_and_ends(void)
{
    CASE("a task's birth is told before its first step, and its end after its last") {
        struct teller one = all;
        set_up_tasks();
        CHECK_OK(eddy_task_add_hooks(&loop, &one.hooks));
        eddy_task_start(&a, &loop, sleeper, &sleep_frame, .name = "a", .seconds = 1);
        EXPECT("one:born");
        run_out();
        EXPECT("a a.OK one:ended");
        CHECK_OK(eddy_spawn(&loop, sleeper, .name = "b"));
        run_out();
        EXPECT("one:born b b.OK one:ended");
        tear_down();
    }

    CASE("several are told in the order in which they came; one that refuses is the last") {
        struct teller one = all, two = all, three = all;
        set_up_tasks();
        two.name = "two";
        two.refusal = -ENOMEM;
        three.name = "three";
        CHECK_OK(eddy_task_add_hooks(&loop, &one.hooks));
        CHECK_OK(eddy_task_add_hooks(&loop, &two.hooks));
        CHECK_OK(eddy_task_add_hooks(&loop, &three.hooks));
        eddy_task_start(&a, &loop, sleeper, &sleep_frame, .name = "a");
        CHECK_CODE(outcome(&a), -ENOMEM);
        EXPECT("one:born two:born one:ended");
        CHECK_CODE(eddy_spawn(&loop, sleeper, .name = "b"), -ENOMEM);
        EXPECT("one:born two:born one:ended");
        CHECK(eddy_next_task(&loop, NULL) == NULL);
        run_out();
        EXPECT("");
        tear_down();
    }

    CASE("a hook that is NULL is not called, and no hook is added twice, or to a loop without "
         "tasks") {
        struct teller none = {.name = "none"};
        set_up();
        CHECK_CODE(eddy_task_add_hooks(&loop, &none.hooks), -EINVAL);
        tear_down();
        set_up_tasks();
        CHECK_OK(eddy_task_add_hooks(&loop, &none.hooks));
        CHECK_CODE(eddy_task_add_hooks(&loop, &none.hooks), EDDY_EQUEUED);
        eddy_task_start(&a, &loop, sleeper, &sleep_frame, .name = "a");
        run_out();
        EXPECT("a a.OK");
        tear_down();
    }
}

/* A future that notes whether its cancel comes from a task that is let go of. */
static void note_cancel(struct eddy_future *cancelled)
{
    note(eddy_task_lets_go() ? "let-go" : "cancel");
    eddy_future_set_error(cancelled, -ECANCELED);
}

static const struct eddy_future_type noted = {.name = "noted", .cancel = note_cancel};

static void abandon_b(struct eddy_task_hooks *hooks, struct eddy_task *task)
{
    (void)hooks;
    if (task == &a)
        eddy_task_abandon(&b);
}

static void letting_go(void)
{
    CASE("a task that is abandoned is let go of first, and so is what it awaits") {
        struct teller one = all;
        set_up_tasks();
        CHECK_OK(eddy_task_add_hooks(&loop, &one.hooks));
        eddy_future_init_type(&future, &loop, &noted);
        eddy_task_start(&a, &loop, waiter, &frame, .name = "a", .on = &future);
        turns(1);
        EXPECT("one:born a");
        eddy_task_abandon(&a);
        EXPECT("one:let-go let-go one:ended");
        DID("an ordinary cancel is none of that");
        eddy_future_init_type(&future, &loop, &noted);
        eddy_task_start(&b, &loop, waiter, &frame, .name = "b", .on = &future);
        turns(1);
        cancel_task(&b);
        run_out();
        EXPECT("one:born b cancel b.ECANCELED one:ended");
        tear_down();
    }

    CASE("a hook abandons another task on the way: the first one is still let go of") {
        struct eddy_task_hooks hooks = {.let_go = abandon_b};
        set_up_tasks();
        CHECK_OK(eddy_task_add_hooks(&loop, &hooks));
        eddy_future_init_type(&future, &loop, &noted);
        eddy_task_start(&a, &loop, waiter, &frame, .name = "a", .on = &future);
        eddy_task_start(&b, &loop, sleeper, &sleep_frame, .name = "b", .seconds = 1);
        turns(1);
        eddy_task_abandon(&a);
        EXPECT("a b let-go");
        CHECK_CODE(outcome(&b), EDDY_ETASKS);
        CHECK(eddy_task_lets_go() == NULL);
        tear_down();
    }
}

static void names(void)
{
    CASE("a task's own name stands in reports, after its function's") {
        struct teller one = all;
        char text[200];
        set_up_tasks();
        CHECK_OK(eddy_task_add_hooks(&loop, &one.hooks));
        one.name = "nr-7";
        eddy_task_start(&a, &loop, waiter, &frame, .name = "a", .on = &future);
        turns(1);
        eddy_task_describe(&a, text, sizeof text);
        CHECK(strncmp(text, "waiter nr-7 (", strlen("waiter nr-7 (")) == 0);
        eddy_future_set_result(&future, NULL);
        run_out();
        tear_down();
    }
}

TESTS
{
    births_and_ends();
    letting_go();
    names();
}
