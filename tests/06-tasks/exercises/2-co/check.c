/* What the chapter's own tests look at in detail, here one thing after the other. */
#include "cast.h"

enum { DEPTH = 5, RING = 12, CHAIN = 200000, READY = 300, TURNS_MOST = 20 };

static struct eddy_task a, b;
static struct eddy_future future, second;

static void set_up_futures(void)
{
    set_up();
    eddy_future_init(&future, &loop);
    eddy_future_init(&second, &loop);
}

static void start_waiter(struct eddy_task *task, struct waiter *frame, const char *name,
                         struct eddy_future *on)
{
    eddy_task_start(task, &loop, waiter, frame, .name = name, .on = on);
}

/* ---- A step ------------------------------------------------------------------------------------- */

static struct eddy_task *who_runs; /* while the failure of a task is told */

static void look_who_runs(struct eddy_loop *where, const struct eddy_context *context)
{
    (void)where;
    (void)context;
    who_runs = eddy_current_task();
}

static void a_step(void)
{
    CASE("a step runs the body, and when that has returned the task is at its end") {
        struct brief frame;
        set_up();
        DID("started a task whose body ends at once, with -EIO; one turn of the loop");
        CAUSE("eddy_co_step() finds the task by container_of() and calls run_bodies(), which calls "
              "the body of task->inner; if nothing has paused, eddy_task_end()");
        eddy_task_start(&a, &loop, brief, &frame, .err = -EIO);
        eddy_loop_set_exception_handler(&loop, look_who_runs);
        turns(1);
        CHECK_CODE(outcome(&a), -EIO);
        CAUSE("while a step runs, `current` is its task: eddy_co_step() sets it before "
              "run_bodies()");
        CHECK(frame.is_current);
        CAUSE(
            "after the step `current` is again what it was before: eddy_co_step() keeps that in a "
            "local variable, and puts it back");
        CHECK(eddy_current_task() == NULL);
        CAUSE("put `current` back before eddy_task_end(): that calls the loop's exception handler, "
              "and gives a spawned task's memory back");
        CHECK(who_runs == NULL);
        tear_down();
    }
}

/* ---- An await ----------------------------------------------------------------------------------- */

/* How many turns it takes to end. */
static int turns_of(struct eddy_task *task)
{
    int n = 0;

    while (!eddy_task_done(task) && n < TURNS_MOST) {
        turns(1);
        n++;
    }
    return n;
}

static void an_await(void)
{
    CASE("an await pauses until the future is done, and comes back with what became of it") {
        struct waiter one, two;
        set_up_futures();
        DID("a waits for one future, b for another; the first had a result, the other -EPERM");
        CAUSE("eddy_co_await() of what is pending: start_waiting(), remember it in task->waiting, "
              "and return true");
        start_waiter(&a, &one, "a", &future);
        start_waiter(&b, &two, "b", &second);
        turns(3);
        EXPECT("a b");
        CHECK(a.waiting == &future);
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        eddy_loop_set_exception_handler(&loop, NULL);
        CHECK_CODE(eddy_future_set_error(&second, -EPERM), 0);
        turns(1);
        EXPECT("a=OK a.OK b.EPERM");
        tear_down();
    }

    CASE("what is done already does not pause, and its outcome is the await's") {
        struct busy one;
        struct waiter two;
        set_up_futures();
        DID("a task awaited 50 times what is done; another one what has failed with -EPERM");
        CAUSE("eddy_co_await() of what is done: its outcome goes to co->place.err, and pause only "
              "if give_up_turn() says so");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        CHECK_CODE(eddy_future_set_error(&second, -EPERM), 0);
        eddy_task_start(&a, &loop, busy, &one, .name = "a", .left = 50, .step = 50, .on = &future);
        CHECK_INT(turns_of(&a), 1);
        EXPECT("a50");
        eddy_loop_set_exception_handler(&loop, NULL);
        start_waiter(&b, &two, "b", &second);
        turns(1);
        EXPECT("b b.EPERM");
        tear_down();
    }
}

static void giving_up_turns(void)
{
    CASE("a future that says so gives up a turn each time, and others have theirs") {
        struct busy one, two;
        set_up();
        DID("two tasks each awaited eddy_next_turn() three times");
        CAUSE("a done future with `turn`: give_up_turn() puts the task's handle in line and "
              "returns true");
        eddy_task_start(&a, &loop, busy, &one, .name = "a", .left = 3, .step = 1,
                        .on = eddy_next_turn());
        eddy_task_start(&b, &loop, busy, &two, .name = "b", .left = 3, .step = 1,
                        .on = eddy_next_turn());
        run_out();
        EXPECT("a3 b3 a2 b2 a1 b1");
        tear_down();
    }

    CASE("whoever never has to wait gives up the turn at every hundredth await") {
        struct busy one;
        set_up_futures();
        DID("a task awaited %d times what is done", READY);
        CAUSE("give_up_turn() counts in task->spent, up to TURN, and begins anew when it has given "
              "up a turn: or this task starves all others");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        eddy_task_start(&a, &loop, busy, &one, .name = "a", .left = READY, .step = 1000,
                        .on = &future);
        CHECK_INT(turns_of(&a), 4);
        tear_down();
    }

    CASE("a real pause is a turn given up, too, and the count begins anew") {
        struct resting one;
        set_up_futures();
        DID("awaited what is done 60 times, then what is pending, then what is done 99 times");
        CAUSE("eddy_co_await() sets task->spent to 0 when it pauses");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        eddy_task_start(&a, &loop, resting, &one, .on = &future, .pause = &second);
        turns(1);
        CHECK_CODE(eddy_future_set_result(&second, NULL), 0);
        CHECK_INT(turns_of(&a), 1);
        tear_down();
    }
}

static void a_refused_await(void)
{
    CASE("what cannot be waited for is the await's error, and the body goes on") {
        struct catcher one, two;
        struct eddy_loop strange;
        set_up();
        DID("a task awaited a future of another loop");
        CAUSE("start_waiting() looks first: a future of another loop is EDDY_EOTHER");
        CHECK_OK(eddy_loop_open(&strange, NULL));
        eddy_future_init(&future, &strange);
        eddy_task_start(&a, &loop, catcher, &one, .name = "a", .on = &future);
        turns(1);
        EXPECT("a a=EDDY_EOTHER a.OK");
        CHECK_CODE(eddy_loop_close(&strange), 0);
        DID("two tasks awaited each other");
        CAUSE("two tasks that wait for each other never wake: waits_for() sees that, and "
              "it is EDDY_EDEADLOCK");
        eddy_task_start(&a, &loop, catcher, &one, .name = "a", .on = &b.future);
        eddy_task_start(&b, &loop, catcher, &two, .name = "b", .on = &a.future);
        turns(2);
        EXPECT("a b b=EDDY_EDEADLOCK b.OK a=OK a.OK");
        tear_down();
    }

    CASE("what was refused is not waited for, and leaves nothing behind") {
        struct undeterred one;
        struct eddy_loop strange;
        set_up();
        DID("a task awaited a future of another loop, and then eddy_next_turn()");
        CAUSE("task->waiting is what the task really waits for: eddy_co_await() sets it when "
              "start_waiting() has succeeded, or the next pause comes back with that one's "
              "outcome, and a cancel goes there");
        CHECK_OK(eddy_loop_open(&strange, NULL));
        eddy_future_init(&future, &strange);
        eddy_task_start(&a, &loop, undeterred, &one, .on = &future);
        turns(1);
        CHECK(a.waiting == NULL);
        turns(1);
        EXPECT("on=EDDY_EOTHER turn=OK");
        CHECK_CODE(eddy_loop_close(&strange), 0);
        tear_down();
    }

    CASE("a spawned task cannot be awaited") {
        struct catcher one;
        set_up_futures();
        DID("a task awaited one that was spawned");
        CAUSE("its memory goes when it ends, so start_waiting() refuses it: -EINVAL");
        CHECK_OK(eddy_spawn(&loop, catcher, .name = "s", .on = &future));
        eddy_task_start(&a, &loop, catcher, &one, .name = "a",
                        .on = &eddy_next_task(&loop, NULL)->future);
        turns(1);
        EXPECT("s a a=EINVAL a.OK");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turns(1);
        tear_down();
    }
}

/* ---- A call ------------------------------------------------------------------------------------- */

static void a_call(void)
{
    CASE("a called coroutine pauses its caller, and its outcome is the call's") {
        struct caller frame;
        set_up_futures();
        DID("a task called a coroutine that waits for a future; that ended with -EPERM");
        CAUSE(
            "eddy_co_call() makes the inner one the task's inner; run_bodies() goes on with that, "
            "and at its end return_to_caller() leaves its outcome in the caller's place.err "
            "(eddy_place_outcome() tells it)");
        CHECK_CODE(eddy_future_set_result(&second, NULL), 0);
        eddy_task_start(&a, &loop, caller, &frame, .on = &future, .then = &second);
        turns(2);
        EXPECT("w");
        CHECK_CODE(eddy_future_set_error(&future, -EPERM), 0);
        turns(1);
        EXPECT("w.EPERM call=EPERM end.OK");
        CAUSE("when the called one has returned, the task's inner is the caller again");
        CHECK(frame.is_inner);
        tear_down();
    }

    CASE("what the called one ends with is looked at, like a task's outcome") {
        struct asks_brief frame;
        set_up();
        DID("a task called a coroutine that ends with 1, which is no error code");
        CAUSE("return_to_caller() asks eddy_place_outcome(), which makes -EINVAL of that");
        eddy_task_start(&a, &loop, asks_brief, &frame);
        turns(1);
        EXPECT("call=EINVAL");
        tear_down();
    }

    CASE("a step goes on at the innermost call, and calls nobody else's body") {
        struct nest outermost;
        set_up_futures();
        DID("a task is %d calls deep, and waits there; finished what it waits for", DEPTH);
        CAUSE("run_bodies() begins with task->inner, the one that awaits, and not with task->co");
        bodies = 0;
        eddy_task_start(&a, &loop, nest, &outermost, .depth = DEPTH, .on = &future);
        turns(1);
        CHECK_INT(bodies, DEPTH + 1);
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        turns(1);
        CHECK_CODE(outcome(&a), 0);
        CHECK_INT(bodies, 2 * (DEPTH + 1));
        tear_down();
    }
}

/* ---- A cancel ----------------------------------------------------------------------------------- */

static void a_cancel(void)
{
    CASE("cancelled while it waits: what it waits for is cancelled, and the await says so") {
        struct waiter frame;
        set_up_futures();
        DID("a task waits for a future; cancelled the task");
        CAUSE("ask_chain() cancels the future that to_cancel() gives, if there is one");
        start_waiter(&a, &frame, "a", &future);
        turns(1);
        CHECK(eddy_task_cancel(&a));
        CHECK(eddy_future_cancelled(&future));
        turns(1);
        EXPECT("a a.ECANCELED");
        CAUSE("of a task that is done nothing can be cancelled: false");
        CHECK(!eddy_task_cancel(&a));
        tear_down();
    }

    CASE("when the called one has ended, its cleanup section is over, for cancels too") {
        struct caller frame;
        set_up_futures();
        DID("a task called a coroutine with a cleanup section, went on to wait, was cancelled");
        CAUSE("the task counts in how many cleanup sections it is: return_to_caller() has "
              "leave_cleanup() count down for the one that has ended");
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        eddy_task_start(&a, &loop, caller, &frame, .on = &future, .then = &second);
        turns(1);
        EXPECT("w w=OK w.OK call=OK");
        CHECK(cancel_task(&a));
        turns(1);
        EXPECT("end.ECANCELED");
        tear_down();
    }

    CASE("cancelled before its first step, its cleanup section runs, and its body does not") {
        struct patient frame;
        set_up_futures();
        DID("started a task, and cancelled it before the loop ran");
        CAUSE("eddy_co_step() looks: still at EDDY_AT_START, and asked to end (unlanded)? Then "
              "skip_body(): the "
              "outcome is -ECANCELED, the place is EDDY_AT_FINALLY");
        eddy_task_start(&a, &loop, patient, &frame, .first = &future, .second = &second);
        CHECK(eddy_task_cancel(&a));
        turns(1);
        EXPECT("cleanup");
        CHECK_CODE(outcome(&a), -ECANCELED);
        CAUSE("the request has become the outcome, so it is spent: skip_body() calls "
              "eddy_co_lands()");
        CHECK_INT(a.unlanded, 0);
        tear_down();
    }
}

static void a_cancel_that_waits(void)
{
    CASE("a result that was delivered wins, and the request lands at the next await") {
        struct patient frame;
        set_up_futures();
        DID("set the result of what a task waits for, and cancelled the task in the same turn");
        CAUSE("neither may be lost. The result stays; and the request stays, task->unlanded, "
              "though there is nothing to cancel now");
        eddy_task_start(&a, &loop, patient, &frame, .first = &future, .second = &second);
        turns(1);
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        CHECK(eddy_task_cancel(&a));
        turns(1);
        EXPECT("body first=OK cleanup");
        CHECK_CODE(outcome(&a), -ECANCELED);
        CHECK(!eddy_future_done(&second));
        tear_down();
    }

    CASE("a request is delivered once: whoever looks at the error and goes on is left alone") {
        struct patient frame;
        set_up_futures();
        DID("cancelled a task that waits with CO_TRY_AWAIT, and goes on to wait for another "
            "future");
        CAUSE(
            "task->passed_on says that what comes back is this request's doing, and so it is spent "
            "(eddy_co_wake): set it when you cancel what is awaited");
        eddy_task_start(&a, &loop, patient, &frame, .first = &future, .second = &second);
        turns(1);
        CHECK(eddy_task_cancel(&a));
        turns(1);
        EXPECT("body first=ECANCELED");
        CHECK_CODE(eddy_future_set_result(&second, NULL), 0);
        turns(1);
        EXPECT("second=OK cleanup");
        CHECK_CODE(outcome(&a), 0);
        tear_down();
    }
}

static void a_cancel_and_another_one(void)
{
    CASE("cancelled twice before it runs again is cancelled once") {
        struct patient frame;
        set_up_futures();
        DID("cancelled twice a task that waits; it goes on to wait for another future");
        CAUSE(
            "the second request finds nothing to cancel any more. What the first one has noted in "
            "passed_on stays: it may set it, and not clear it");
        eddy_task_start(&a, &loop, patient, &frame, .first = &future, .second = &second);
        turns(1);
        CHECK(eddy_task_cancel(&a));
        CHECK(eddy_task_cancel(&a));
        turns(1);
        CHECK_CODE(eddy_future_set_result(&second, NULL), 0);
        turns(1);
        EXPECT("body first=ECANCELED second=OK cleanup");
        tear_down();
    }

    CASE("what somebody else has cancelled spends no request: that lands at the next await") {
        struct patient frame;
        set_up_futures();
        DID("cancelled the future that a task waits for, and in the same turn the task");
        CAUSE("that await comes back cancelled, but this request has cancelled nothing: "
              "last->passed_on is set only if there is something to cancel");
        eddy_task_start(&a, &loop, patient, &frame, .first = &future, .second = &second);
        turns(1);
        CHECK(eddy_future_cancel(&future));
        CHECK(eddy_task_cancel(&a));
        turns(1);
        EXPECT("body first=ECANCELED cleanup");
        CHECK(!eddy_future_done(&second));
        tear_down();
    }
}

static void a_cancel_at_other_times(void)
{
    CASE("a cancel that comes while the operation is being started reaches that operation") {
        struct unlucky frame;
        set_up_futures();
        DID("the function that starts the operation cancels the task that is going to wait for it");
        CAUSE("eddy_co_lands() has looked for a request before; when eddy_co_await() is about to "
              "pause there is one: ask_again()");
        eddy_task_start(&a, &loop, unlucky, &frame, .then = &second);
        turns(2);
        CHECK(eddy_future_cancelled(&frame.own));
        CAUSE("it is the same request: ask_again() takes it back and asks once more, so that it "
              "counts once");
        CHECK_INT(eddy_task_cancelling(&a), 1);
        CAUSE("to cancel the future is not enough: ask_again() also notes that the request was "
              "passed on, so that it is spent when that await comes back");
        CHECK_CODE(eddy_future_set_result(&second, NULL), 0);
        turns(1);
        EXPECT("own=ECANCELED then=OK");
        tear_down();
    }

    CASE("the cleanup section is not cut short") {
        struct patient frame;
        struct eddy_future last;
        set_up_futures();
        eddy_future_init(&last, &loop);
        DID("cancelled a task, and once more while its cleanup section waits");
        CAUSE("to_cancel() says what a cancel may reach: nothing, if the task is in its cleanup");
        eddy_task_start(&a, &loop, patient, &frame, .first = &future, .second = &second,
                        .last = &last);
        CHECK(eddy_task_cancel(&a));
        turns(1);
        CHECK(eddy_task_cancel(&a));
        CHECK(!eddy_future_done(&last));
        CHECK_CODE(eddy_future_set_result(&last, NULL), 0);
        turns(1);
        EXPECT("cleanup last=OK");
        CHECK_CODE(outcome(&a), -ECANCELED);
        tear_down();
    }
}

/* ---- Tasks that wait for tasks ------------------------------------------------------------------ */

static struct eddy_task tasks[CHAIN];
static struct waiter frames[CHAIN];

static void chains(void)
{
    CASE("a task that waits for a task passes the request on, down to the last, which ends first") {
        struct waiter one;
        struct waiter two;
        set_up_futures();
        DID("b waits for a, and a for a future; cancelled b");
        CAUSE(
            "all of the chain are asked (ask_all), and what the last of them awaits is cancelled");
        start_waiter(&a, &one, "a", &future);
        start_waiter(&b, &two, "b", &a.future);
        turns(1);
        CHECK(eddy_task_cancel(&b));
        CHECK(eddy_future_cancelled(&future));
        CHECK_INT(eddy_task_cancelling(&b), 1);
        CHECK_INT(eddy_task_cancelling(&a), 1);
        turns(2);
        EXPECT("a b a.ECANCELED b.ECANCELED");
        tear_down();
    }

    CASE("a cancel in a ring of tasks that wait for each other comes to an end") {
        set_up();
        DID("%d tasks wait for each other in a ring; cancelled one of them", RING);
        CAUSE("a ring has no last one: last_of_chain() returns NULL, nothing can be cancelled, and "
              "the request stays with the one that was asked");
        for (int i = 0; i < RING; i++)
            start_waiter(&tasks[i], &frames[i], "t", &tasks[(i + 1) % RING].future);
        turns(1);
        WAITING("eddy_task_cancel() to return");
        CHECK(eddy_task_cancel(&tasks[3]));
        CHECK_INT(tasks[3].unlanded, 1);
        CHECK_CODE(eddy_loop_shutdown(&loop, 1), EDDY_ETASKS);
        tear_down();
    }

    CASE("a long chain is cancelled in a loop, not by recursion") {
        set_up_futures();
        DID("%d tasks wait for each other in a chain; cancelled the first of them", CHAIN);
        CAUSE(
            "eddy_future_cancel() of a task comes to ask_chain() again: as deep a stack as the "
            "chain is long. last_of_chain() goes down in a loop; cancel what the last one awaits");
        for (int i = 0; i < CHAIN; i++)
            start_waiter(&tasks[i], &frames[i], "t",
                         i + 1 < CHAIN ? &tasks[i + 1].future : &future);
        turns(1);
        WAITING("eddy_task_cancel() to return");
        CHECK(eddy_task_cancel(&tasks[0]));
        CHECK(eddy_future_cancelled(&future));
        run_out();
        CHECK_CODE(outcome(&tasks[0]), -ECANCELED);
        tear_down();
    }
}

/* Whose cancel is it that comes back from below? */
static void whose_cancel(void)
{
    CASE("the one that is waited for runs: its next await is cancelled, and that was the request") {
        struct meddler one;
        struct patient two;
        set_up_futures();
        DID("b waits for a; a cancels b in its own step, awaits, and is stopped there");
        CAUSE(
            "a runs, so there is nothing to cancel now. But it has no other request and is not in "
            "its cleanup section: its next await will be cancelled, by this request, so b's is "
            "passed on as well");
        eddy_task_start(&a, &loop, meddler, &one, .whom = &b);
        eddy_task_start(&b, &loop, patient, &two, .first = &a.future, .second = &second);
        turns(3);
        EXPECT("body first=ECANCELED");
        CHECK_CODE(eddy_future_set_result(&second, NULL), 0);
        turns(1);
        EXPECT("second=OK cleanup");
        tear_down();
    }

    CASE("the one that is waited for was cancelled by others: the own request still has to land") {
        struct patient one, two;
        struct eddy_future last;
        set_up_futures();
        eddy_future_init(&last, &loop);
        DID("a was cancelled, and its cleanup section waits; b waits for a; cancelled b");
        CAUSE("a ends as cancelled, but not by this request, which its cleanup section does not "
              "feel. So b's is not passed on: it must land at b's next await");
        eddy_task_start(&a, &loop, patient, &one, .first = &future, .second = &future,
                        .last = &last);
        eddy_task_start(&b, &loop, patient, &two, .first = &a.future, .second = &second);
        CHECK(eddy_task_cancel(&a));
        turns(1);
        CHECK(eddy_task_cancel(&b));
        CHECK_CODE(eddy_future_set_result(&last, NULL), 0);
        turns(2);
        EXPECT("cleanup body last=OK first=ECANCELED cleanup");
        CHECK(!eddy_future_done(&second));
        tear_down();
    }

    CASE("the one that is waited for has a request already: the own one still has to land") {
        struct patient one, two;
        struct eddy_future third;
        set_up_futures();
        eddy_future_init(&third, &loop);
        DID("b waits for a; a's result came and a was cancelled; in the same turn cancelled b");
        CAUSE("a's next await is cancelled by the request that a has already (unlanded), not by "
              "this one. So b's is not passed on: it must land at b's next await");
        eddy_task_start(&a, &loop, patient, &one, .first = &future, .second = &second);
        eddy_task_start(&b, &loop, patient, &two, .first = &a.future, .second = &third);
        turns(1);
        CHECK_CODE(eddy_future_set_result(&future, NULL), 0);
        CHECK(eddy_task_cancel(&a));
        CHECK(eddy_task_cancel(&b));
        turns(2);
        EXPECT("body body first=OK cleanup first=ECANCELED cleanup");
        CHECK(!eddy_future_done(&third));
        tear_down();
    }
}

TESTS
{
    a_step();
    an_await();
    giving_up_turns();
    a_refused_await();
    a_call();
    a_cancel();
    a_cancel_that_waits();
    a_cancel_and_another_one();
    a_cancel_at_other_times();
    chains();
    whose_cancel();
}
