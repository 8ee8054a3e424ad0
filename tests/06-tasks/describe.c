/*
 * What a task says of itself, for reports: who, where, what it waits for. And what debug mode says
 * of tasks.
 */
#include "tasks.h"

static struct eddy_task task, other;
static struct eddy_future future;

static const char *described(const struct eddy_task *described)
{
    static char text[400];

    eddy_task_describe(described, text, sizeof text);
    return text;
}

static const char *at(const char *format, int line)
{
    static char text[400];

    snprintf(text, sizeof text, format, __FILE__, line);
    return text;
}

/* Says what its task says of itself, while it runs. */
struct talker {
    struct eddy_co co;
    struct eddy_task *task;
    struct eddy_future *on;
    int line;
};

static struct eddy_step talker(struct eddy_co *co)
{
    struct talker *self = CO_FRAME(co, talker);

    CO_BEGIN(co);
    note("[%s]", described(self->task));
    self->line = __LINE__ + 1;
    CO_AWAIT(co, self->on);
    note("[%s]", described(self->task));
    CO_FINALLY(co);
    note("[%s]", described(self->task));
    self->line = __LINE__ + 1;
    CO_AWAIT(co, eddy_next_turn());
    CO_END(co);
}

struct caller {
    struct eddy_co co;
    struct talker talker;
    struct eddy_task *task;
    struct eddy_future *on;
    int line;
};

static struct eddy_step caller(struct eddy_co *co)
{
    struct caller *self = CO_FRAME(co, caller);

    CO_BEGIN(co);
    CO_CALL(co, talker, &self->talker, .task = self->task, .on = self->on);
    memset(&self->talker, 0x5A, sizeof self->talker); /* whoever looks there now is lost */
    note("[%s]", described(self->task));
    self->line = __LINE__ + 1;
    CO_AWAIT(co, eddy_next_turn());
    CO_END(co);
}

struct slow {
    struct eddy_co co;
    double first, second;
};

static struct eddy_step slow(struct eddy_co *co)
{
    struct slow *self = CO_FRAME(co, slow);

    CO_BEGIN(co);
    scripted_advance(self->first);
    CO_AWAIT(co, eddy_next_turn());
    scripted_advance(self->second);
    CO_END(co);
}

/* Starts a task in its frame, and forgets it. */
struct careless {
    struct eddy_co co;
    bool awaits;
    struct eddy_task task;
    struct sleeper sleeper;
};

static struct eddy_step careless(struct eddy_co *co)
{
    struct careless *self = CO_FRAME(co, careless);

    CO_BEGIN(co);
    eddy_task_start(&self->task, eddy_co_loop(co), sleeper, &self->sleeper, .name = "a",
                    .seconds = 1);
    CO_AWAIT(co, eddy_next_turn());
    if (self->awaits)
        CO_AWAIT(co, &self->task.future);
    CO_END(co);
}

/* The same, behind something else. */
struct late {
    struct eddy_task other; /* before the coroutine */
    struct eddy_co co;
    struct eddy_task task;
    struct sleeper sleeper;
};

static struct eddy_step late(struct eddy_co *co)
{
    struct late *self = CO_FRAME(co, late);

    CO_BEGIN(co);
    eddy_task_start(&self->task, eddy_co_loop(co), sleeper, &self->sleeper, .name = "a",
                    .seconds = 0.001);
    CO_AWAIT(co, eddy_next_turn());
    CO_END(co);
}

static void set_up_future(void)
{
    set_up();
    eddy_future_init(&future, &loop);
}

static void describing(void)
{
    CASE("before its first step a task knows its name alone") {
        struct talker frame;
        set_up_future();
        eddy_task_start(&task, &loop, talker, &frame, .task = &task, .on = &future);
        CHECK_TEXT(described(&task), "talker is in line for its next step");
        CHECK(cancel_task(&task));
        CHECK_TEXT(described(&task), "talker is in line for its next step, and is to be cancelled");
        run_out();
        EXPECT("[talker is running]");
        tear_down();
    }

    CASE("then where it waits, and for what; or that it is in line, or runs") {
        struct talker frame;
        set_up_future();
        eddy_task_start(&task, &loop, talker, &frame, .task = &task, .on = &future);
        turns(1);
        EXPECT("[talker is running]");
        CHECK_TEXT(described(&task), at("talker (%s:%d) awaits future", frame.line));
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        CHECK_TEXT(described(&task), at("talker (%s:%d) is in line for its next step", frame.line));
        turns(1);
        trace[0] = '\0';
        CHECK_TEXT(described(&task), at("talker (%s:%d) is in line for its next step", frame.line));
        run_out();
        tear_down();
    }

    CASE("of one that waits for a task, that one's name; of an operation, its kind") {
        struct sleeper one;
        struct talker two;
        set_up();
        eddy_task_start(&other, &loop, sleeper, &one, .name = "a", .seconds = 5);
        eddy_task_start(&task, &loop, talker, &two, .task = &task, .on = &other.future);
        turns(1);
        CHECK_TEXT(described(&task), at("talker (%s:%d) awaits the task sleeper", two.line));
        CHECK(strstr(described(&other), "sleeper (tests/06-tasks/tasks.h:") != NULL);
        CHECK(strstr(described(&other), ") awaits sleep") != NULL);
        run_out();
        tear_down();
    }

    CASE("in a call, the one that waits is named with its place, and its caller as the task") {
        struct caller frame;
        set_up_future();
        eddy_task_start(&task, &loop, caller, &frame, .task = &task, .on = &future);
        turns(1);
        EXPECT("[caller is running]");
        CHECK_TEXT(described(&task), at("caller (talker, %s:%d) awaits future", frame.talker.line));
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turns(1);
        trace[0] = '\0';
        turns(1);
        EXPECT(at("[caller (%s:%d) is running]", frame.line - 4));
        CHECK_TEXT(described(&task), at("caller (%s:%d) is in line for its next step", frame.line));
        run_out();
        tear_down();
    }

    CASE("a text with little room is cut, and nothing is written behind it") {
        struct talker frame;
        char text[16];
        set_up_future();
        eddy_task_start(&task, &loop, talker, &frame, .task = &task, .on = &future);
        turns(1);
        for (size_t room = 1; room <= 12; room++) {
            memset(text, '#', sizeof text);
            eddy_task_describe(&task, text, room);
            CHECK_INT((int)strlen(text), (int)room - 1);
            CHECK(text[room] == '#');
        }
        CHECK(cancel_task(&task));
        run_out();
        tear_down();
    }

    CASE("a chain of tasks is cut to the room there is, and nothing behind that is read") {
        struct waiter inner, outer;
        set_up_future();
        eddy_task_start(&task, &loop, waiter, &inner, .name = "a", .on = &future);
        eddy_task_start(&other, &loop, waiter, &outer, .name = "b", .on = &task.future);
        turns(1);
        for (size_t room = 1; room <= 200; room++) {
            char *text = malloc(room); /* exactly: a sanitizer sees who reads more */
            CHECK(text != NULL);
            eddy_task_type.describe(&other.future, text, room);
            CHECK(strlen(text) < room);
            free(text);
        }
        CHECK(cancel_task(&other));
        run_out();
        tear_down();
    }

    CASE("a report of all tasks has a line for each, in the order of starting, and their number") {
        struct sleeper one;
        struct talker two;
        set_up_future();
        eddy_report_tasks(&loop);
        CHECK_TEXT(reported, "0 tasks\n");
        reported[0] = '\0';
        eddy_task_start(&other, &loop, sleeper, &one, .name = "a", .seconds = 5);
        eddy_report_tasks(&loop);
        CHECK_TEXT(reported, "task 1: sleeper is in line for its next step\n1 task\n");
        reported[0] = '\0';
        eddy_task_start(&task, &loop, talker, &two, .task = &task, .on = &future);
        eddy_report_tasks(&loop);
        CHECK_TEXT(reported, "task 1: sleeper is in line for its next step\n"
                             "task 2: talker is in line for its next step\n2 tasks\n");
        CHECK(cancel_task(&task));
        run_out();
        tear_down();
    }
}

static void debugging(void)
{
    CASE("debug mode reports a slow step with the coroutine's name, also the first one") {
        set_up();
        eddy_loop_set_debug(&loop, true);
        CHECK_OK(eddy_spawn(&loop, slow, .first = 1, .second = 2));
        CHECK_OK(eddy_spawn(&loop, slow, .first = 0.05, .second = 0));
        run_out();
        CHECK_TEXT(reported, "slow: took 1.000 seconds, and nothing else could run\n"
                             "slow: took 2.000 seconds, and nothing else could run\n");
        tear_down();
    }

    CASE("debug mode reports a body that ends before a task that lies in its frame") {
        static struct careless frame; /* stays, so that the test itself is in order */
        set_up();
        eddy_loop_set_debug(&loop, true);
        eddy_task_start(&task, &loop, careless, &frame, .awaits = false);
        run_out();
        CHECK_TEXT(reported,
                   "careless: it ends before the task sleeper, which lies in its frame\n");
        reported[0] = '\0';
        eddy_task_start(&task, &loop, careless, &frame, .awaits = true);
        run_out();
        CHECK_TEXT(reported, "");
        tear_down();
    }

    CASE("also of one whose coroutine is not the first in its frame, and not of what lies beside") {
        static struct {
            struct late frame;
            struct eddy_task beside;
            struct sleeper sleeper;
        } all;
        set_up();
        eddy_loop_set_debug(&loop, true);
        eddy_task_start(&all.beside, &loop, sleeper, &all.sleeper, .name = "b", .seconds = 1);
        eddy_task_start(&task, &loop, late, &all.frame);
        run_out();
        CHECK_TEXT(reported, "late: it ends before the task sleeper, which lies in its frame\n");
        tear_down();
    }
}

TESTS
{
    describing();
    debugging();
}
