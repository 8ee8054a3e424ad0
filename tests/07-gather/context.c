/* What a task has of its own: a name, and values that its children inherit. */
#include "limits.h"

#include "context.h"
#include "faults.h"
#include "group.h"

static struct eddy_task a, b;

static char one[] = "one", two[] = "two", three[] = "three", none[] = "none";
static const struct eddy_context_var request = {"request", none}, user = {"user", NULL};

static void note_values(const char *who)
{
    const char *of_user = eddy_context_var_get(&user);

    note("%s:%s,%s", who, (const char *)eddy_context_var_get(&request), of_user ? of_user : "-");
}

/* Says what it has; sets what it is told to; says it again after a second. */
struct child {
    struct eddy_co co;
    const char *name;
    char *set;
    double seconds;
    struct eddy_sleep sleep;
};

static struct eddy_step child(struct eddy_co *co)
{
    struct child *self = CO_FRAME(co, child);

    CO_BEGIN(co);
    note_values(self->name);
    if (self->set)
        CHECK_CODE(eddy_context_var_set(&request, self->set), 0);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), self->seconds));
    CO_FINALLY(co);
    note_values(self->name);
    CO_END(co);
}

/* Starts a child, then sets a value, starts another one, and so on. */
struct parent {
    struct eddy_co co;
    struct eddy_task tasks[3];
    struct child frames[3];
    struct child called;
    int i;
};

static struct eddy_step parent(struct eddy_co *co)
{
    struct parent *self = CO_FRAME(co, parent);
    struct eddy_loop *on = eddy_co_loop(co);

    CO_BEGIN(co);
    eddy_task_start(&self->tasks[0], on, child, &self->frames[0], .name = "x", .seconds = 1);
    CHECK_CODE(eddy_context_var_set(&request, one), 0);
    eddy_task_start(&self->tasks[1], on, child, &self->frames[1], .name = "y", .seconds = 2,
                    .set = three);
    CHECK_CODE(eddy_context_var_set(&request, two), 0);
    CHECK_CODE(eddy_context_var_set(&user, one), 0);
    eddy_task_start(&self->tasks[2], on, child, &self->frames[2], .name = "z", .seconds = 3);
    CHECK_CODE(eddy_context_var_set(&user, NULL), 0);
    for (; self->i < 3; self->i++)
        CO_AWAIT(co, &self->tasks[self->i].future);
    note_values("p");
    CO_CALL(co, child, &self->called, .name = "called", .set = one);
    note_values("p");
    CO_FINALLY(co);
    CO_END(co);
}

/* Sets a value, spawns children of each kind, and is gone before they are. */
struct ancestor {
    struct eddy_co co;
    struct eddy_group group;
};

static struct eddy_step ancestor(struct eddy_co *co)
{
    struct ancestor *self = CO_FRAME(co, ancestor);

    CO_BEGIN(co);
    CHECK_CODE(eddy_context_var_set(&request, one), 0);
    CHECK_CODE(eddy_group_open(&self->group, co), 0);
    CHECK_CODE(eddy_group_spawn(&self->group, child, .name = "member", .seconds = 1), 0);
    CHECK_CODE(eddy_spawn(eddy_co_loop(co), child, .name = "spawned", .seconds = 5), 0);
    CO_AWAIT(co, eddy_group_join(&self->group));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->group));
    note("ancestor@%g", now());
    CO_END(co);
}

static int code;

static void set_in_callback(void)
{
    code = eddy_context_var_set(&request, one);
    note_values("callback");
}

static struct child born_later;

static void start_in_callback(void)
{
    eddy_task_start(&b, &loop, child, &born_later, .name = "b", .seconds = 1);
}

static void values(void)
{
    CASE("a child has what its parent had at its birth, and what either sets then is its own") {
        for (int mode = 0; mode < 2; mode++) {
            struct parent frame;
            set_up_in(mode);
            eddy_task_start(&a, &loop, parent, &frame);
            run_out();
            EXPECT("x:none,- y:one,- z:two,one x:none,- y:three,- z:two,one p:two,- called:two,- "
                   "called:one,- p:one,-");
            tear_down();
        }
    }

    CASE("children that outlive their parent keep what they have") {
        for (int mode = 0; mode < 2; mode++) {
            set_up_in(mode);
            CHECK_OK(eddy_spawn(&loop, ancestor));
            run_out();
            EXPECT("member:one,- spawned:one,- member:one,- ancestor@1 spawned:one,-");
            tear_down();
        }
    }

    CASE("a task that another one's address is given to later begins with nothing") {
        for (int mode = 0; mode < 2; mode++) {
            struct child frame;
            set_up_in(mode);
            CAUSE("the record of the task that had this memory before is still there");
            for (int i = 0; i < 3; i++) {
                eddy_task_start(&a, &loop, child, &frame, .name = "a", .set = one);
                run_out();
                EXPECT("a:none,- a:one,-");
            }
            eddy_task_start(&a, &loop, child, &frame, .name = "a", .set = one, .seconds = 9);
            turns(1);
            eddy_task_abandon(&a);
            eddy_task_start(&a, &loop, child, &frame, .name = "a");
            run_out();
            EXPECT("a:none,- a:none,- a:none,-");
            tear_down();
        }
    }

    CASE("in a plain callback there is no task: nothing is set, and a child of it has nothing") {
        for (int mode = 0; mode < 2; mode++) {
            struct child frame;
            struct later first, second;
            set_up_in(mode);
            code = 0;
            CHECK_CODE(eddy_context_var_set(&request, one), -EINVAL);
            note_values("main");
            eddy_task_start(&a, &loop, child, &frame, .name = "a", .set = two, .seconds = 9);
            call_in(&first, 1, set_in_callback);
            call_in(&second, 1, start_in_callback);
            run_out();
            EXPECT("main:none,- a:none,- callback:none,- b:none,- b:none,- a:two,-");
            CHECK_CODE(code, -EINVAL);
            tear_down();
        }
    }

    CASE("a name needs memory: without any the task has none, and later it works") {
        const char *plans[] = {"calloc@1=ENOMEM", "calloc@2=ENOMEM", "calloc@3=ENOMEM"};
        for (int i = 0; i < 3; i++) {
            struct child frame;
            set_up_in(0);
            eddy_task_start(&a, &loop, child, &frame, .name = "a", .seconds = 1);
            turns(1);
            faults_plan(plans[i]);
            CHECK_CODE(eddy_task_set_name(&a, "alpha"), -ENOMEM);
            CHECK_INT(faults_injected(), 1);
            CHECK_TEXT(eddy_task_name(&a), "child");
            CHECK_CODE(eddy_task_set_name(&a, "alpha"), 0);
            faults_plan("");
            CHECK_TEXT(eddy_task_name(&a), "alpha");
            run_out();
            tear_down();
        }
    }
}

/* ---- Without memory ------------------------------------------------------------------------------ */

/* Sets values and starts children, with and without memory. */
struct poor {
    struct eddy_co co;
    struct eddy_task task;
    struct child frame;
};

static struct eddy_step poor(struct eddy_co *co)
{
    struct poor *self = CO_FRAME(co, poor);
    struct eddy_loop *on = eddy_co_loop(co);

    CO_BEGIN(co);
    for (int i = 1; i <= 3; i++) {
        faults_plan(i == 1 ? "calloc@1=ENOMEM" : i == 2 ? "calloc@2=ENOMEM" : "calloc@3=ENOMEM");
        CHECK_CODE(eddy_context_var_set(&request, one), -ENOMEM);
        faults_plan("");
        note_values("poor");
    }
    CHECK_CODE(eddy_context_var_set(&request, one), 0);
    faults_plan("realloc@1=ENOMEM");
    CHECK_CODE(eddy_context_var_set(&user, two), -ENOMEM);
    CHECK_CODE(eddy_context_var_set(&request, three), 0); /* that needs none */
    faults_plan("");
    note_values("poor");
    CHECK_CODE(eddy_context_var_set(&user, two), 0);
    note_values("poor");
    faults_plan("calloc@1=ENOMEM");
    CO_TRY_AWAIT(co, eddy_task_start(&self->task, on, child, &self->frame, .name = "never"));
    CHECK_CODE(eddy_co_error(co), -ENOMEM);
    faults_plan("calloc@1=ENOMEM");
    CHECK_CODE(eddy_spawn(on, child, .name = "never"), -ENOMEM);
    faults_plan("");
    CO_TRY_AWAIT(co, eddy_task_start(&self->task, on, child, &self->frame, .name = "later"));
    CHECK_CODE(eddy_co_error(co), 0);
    CO_FINALLY(co);
    CO_END(co);
}

/* A member cannot be born either. */
struct poor_owner {
    struct eddy_co co;
    struct eddy_group group;
};

static struct eddy_step poor_owner(struct eddy_co *co)
{
    struct poor_owner *self = CO_FRAME(co, poor_owner);

    CO_BEGIN(co);
    CHECK_CODE(eddy_context_var_set(&request, one), 0);
    CHECK_CODE(eddy_group_open(&self->group, co), 0);
    CHECK_CODE(eddy_group_spawn(&self->group, child, .name = "first"), 0);
    faults_plan("calloc@1=ENOMEM");
    CHECK_CODE(eddy_group_spawn(&self->group, child, .name = "never"), -ENOMEM);
    faults_plan("");
    CO_AWAIT(co, eddy_group_join(&self->group));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->group));
    CO_END(co);
}

static void without_memory(void)
{
    CASE("without memory a value is as it was, and a child that would inherit is not born") {
        struct poor frame;
        set_up_in(0);
        eddy_task_start(&a, &loop, poor, &frame);
        run_out();
        EXPECT("poor:none,- poor:none,- poor:none,- poor:three,- poor:three,two "
               "later:three,two later:three,two");
        CHECK_CODE(outcome(&a), 0);
        tear_down();
    }

    CASE("a member that would inherit is not born without memory, and the group goes on") {
        struct poor_owner frame;
        set_up_in(0);
        eddy_task_start(&a, &loop, poor_owner, &frame);
        run_out();
        EXPECT("first:one,- first:one,-");
        CHECK_CODE(outcome(&a), 0);
        tear_down();
    }
}

/* ---- Many ---------------------------------------------------------------------------------------- */

enum { MANY = 3000, VARS = 200 };

static struct eddy_context_var many_vars[VARS];

/* Has a value of its own, and must find it after all others have set theirs. */
struct one_of_many {
    struct eddy_co co;
    int *number, *right;
    struct eddy_sleep sleep;
};

static struct eddy_step one_of_many(struct eddy_co *co)
{
    struct one_of_many *self = CO_FRAME(co, one_of_many);

    CO_BEGIN(co);
    CHECK_CODE(eddy_context_var_set(&request, self->number), 0);
    CHECK_CODE(eddy_task_set_name(co->task, "of many"), 0);
    CO_AWAIT(co, eddy_sleep(&self->sleep, eddy_co_loop(co), 1 + *self->number % 7));
    *self->right += eddy_context_var_get(&request) == self->number;
    CO_FINALLY(co);
    CO_END(co);
}

static int run_many(const char *plan)
{
    static int numbers[MANY];
    int right = 0;

    set_up_in(0);
    for (int i = 0; i < MANY; i++) {
        numbers[i] = i;
        CHECK_OK(eddy_spawn(&loop, one_of_many, .number = &numbers[i], .right = &right));
    }
    faults_plan(plan);
    run_out();
    tear_down();
    return right;
}

/* Sets very many values. */
struct collector {
    struct eddy_co co;
    bool heir;
};

static struct eddy_step collector(struct eddy_co *co)
{
    struct collector *self = CO_FRAME(co, collector);

    CO_BEGIN(co);
    for (int i = 0; i < VARS; i++)
        if (self->heir)
            CHECK(eddy_context_var_get(&many_vars[i]) == &many_vars[i]);
        else
            CHECK_CODE(eddy_context_var_set(&many_vars[i], &many_vars[i]), 0);
    if (!self->heir)
        CHECK_OK(eddy_spawn(eddy_co_loop(co), collector, .heir = true));
    note("%s", self->heir ? "heir" : "collector");
    CO_END(co);
}

static void many(void)
{
    CASE("three thousand tasks each find their own value, also when the table does not grow") {
        CHECK_INT(run_many(""), MANY);
        /* Two are the table's, 65 are records; with the last of these it would grow. */
        CHECK_INT(run_many("calloc@68=ENOMEM"), MANY);
        CHECK_INT(faults_injected(), 1);
    }

    CASE("two hundred values in one task are inherited, all of them") {
        set_up_in(0);
        CHECK_OK(eddy_spawn(&loop, collector));
        run_out();
        EXPECT("collector heir");
        tear_down();
    }
}

/* ---- Names --------------------------------------------------------------------------------------- */

/* Names itself, has a child, fails. */
struct named {
    struct eddy_co co;
    const char *name;
    struct eddy_task task;
    struct child frame;
    struct eddy_future never;
};

static struct eddy_step named(struct eddy_co *co)
{
    struct named *self = CO_FRAME(co, named);

    CO_BEGIN(co);
    CHECK_CODE(eddy_task_set_name(co->task, self->name), 0);
    eddy_task_start(&self->task, eddy_co_loop(co), child, &self->frame, .name = "c", .seconds = 1);
    CHECK_TEXT(eddy_task_name(&self->task), "child");
    CO_AWAIT(co, &self->task.future);
    eddy_future_init(&self->never, eddy_co_loop(co));
    CO_AWAIT(co, &self->never);
    CO_FINALLY(co);
    CHECK_TEXT(eddy_task_name(co->task), self->name);
    CO_END(co);
}

static void names(void)
{
    CASE("a task has its function's name, until it has one of its own; NULL takes it away") {
        for (int mode = 0; mode < 2; mode++) {
            struct child frame;
            char text[400];
            set_up_in(mode);
            eddy_task_start(&a, &loop, child, &frame, .name = "a", .seconds = 1);
            CHECK_TEXT(eddy_task_name(&a), "child");
            CHECK_CODE(eddy_task_set_name(&a, NULL), 0);
            CHECK_TEXT(eddy_task_name(&a), "child");
            CHECK_CODE(eddy_task_set_name(&a, "alpha"), 0);
            CHECK_CODE(eddy_task_set_name(&a, "beta"), 0);
            CHECK_TEXT(eddy_task_name(&a), "beta");
            turns(1);
            eddy_task_describe(&a, text, sizeof text);
            CHECK(strncmp(text, "child beta (", 12) == 0);
            CHECK(strstr(text, " awaits sleep") != NULL);
            eddy_report_tasks(&loop);
            CHECK(strstr(reported, "task 1: child beta (") != NULL);
            CHECK_CODE(eddy_task_set_name(&a, NULL), 0);
            eddy_task_describe(&a, text, sizeof text);
            CHECK(strncmp(text, "child (", 7) == 0);
            run_out();
            tear_down();
        }
    }

    CASE("a name is not inherited, but a value beside it is") {
        struct parent frame;
        set_up_in(0);
        eddy_task_start(&a, &loop, parent, &frame);
        CHECK_CODE(eddy_task_set_name(&a, "p"), 0);
        turns(1);
        CHECK_TEXT(eddy_task_name(&a), "p");
        for (int i = 0; i < 3; i++)
            CHECK_TEXT(eddy_task_name(&frame.tasks[i]), "child");
        run_out();
        EXPECT("x:none,- y:one,- z:two,one x:none,- y:three,- z:two,one p:two,- called:two,- "
               "called:one,- p:one,-");
        tear_down();
    }

    CASE("the name stands in the report of a loop that is stuck, and of tasks that are left") {
        for (int mode = 0; mode < 2; mode++) {
            struct named frame;
            set_up_in(mode);
            eddy_task_start(&a, &loop, named, &frame, .name = "number 7");
            CHECK_CODE(eddy_loop_run_until_complete(&loop, &a.future), EDDY_ESTUCK);
            CHECK(strstr(reported, "named number 7 (") != NULL);
            reported[0] = '\0';
            CHECK_CODE(eddy_loop_close(&loop), EDDY_ETASKS);
            CHECK(strstr(reported, "named number 7 (") != NULL);
            cancel_task(&a);
            run_out();
            CHECK_CODE(outcome(&a), -ECANCELED);
            tear_down();
        }
    }

    CASE("a task that has ended, or never began, takes no name") {
        struct eddy_task zeroed = {.co = NULL};
        struct child frame;
        set_up_in(0);
        CHECK_CODE(eddy_task_set_name(&zeroed, "zero"), -EINVAL);
        eddy_task_start(&a, &loop, child, &frame, .name = "a");
        run_out();
        CHECK_CODE(eddy_task_set_name(&a, "alpha"), -EINVAL);
        tear_down();
    }

    CASE("as long as no task of a loop has a name or a value, nothing is allocated") {
        struct slow frame;
        set_up_in(0);
        eddy_task_start(&a, &loop, slow, &frame, .name = "a", .seconds = 1);
        turns(1);
        faults_plan("");
        eddy_task_start(&b, &loop, child, &born_later, .name = "b", .seconds = 0);
        CHECK_TEXT(eddy_task_name(&b), "child");
        turns(2);
        CHECK_INT(faults_calls("calloc") + faults_calls("malloc") + faults_calls("realloc"), 0);
        run_out();
        tear_down();
    }

    CASE("a loop that is shut down, or closed, gives all records back") {
        for (int mode = 0; mode < 2; mode++) {
            struct named frame;
            set_up_in(mode);
            eddy_task_start(&a, &loop, named, &frame, .name = "number 7");
            turns(2);
            CHECK_CODE(eddy_loop_shutdown(&loop, 1), 0);
            tear_down();
        }
    }
}

TESTS
{
    values();
    without_memory();
    many();
    names();
}
